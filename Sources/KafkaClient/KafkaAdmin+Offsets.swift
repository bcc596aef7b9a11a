internal import CRdKafka
public import Delivery

extension KafkaAdmin {
    /// The oldest offset of each partition and the next one that will be readable, asked of all at once.
    ///
    /// - Throws: ``KafkaError`` when the brokers do not answer for every partition in time.
    public func watermarks(
        of partitions: [TopicPartition], timeout: Duration
    ) throws -> [TopicPartition: Watermarks] {
        guard !partitions.isEmpty else { return [:] }
        let low = try offsets(of: partitions, at: Int64(RD_KAFKA_OFFSET_BEGINNING), timeout)
        let high = try offsets(of: partitions, at: Int64(RD_KAFKA_OFFSET_END), timeout)
        return low.merging(high) { Watermarks(low: $0.low, high: $1.high) }
    }

    /// A request for offsets by time takes two times that are no times: the beginning's and the end's (Kafka's protocol,
    /// ListOffsets).
    private func offsets(
        of partitions: [TopicPartition], at place: Int64, _ timeout: Duration
    ) throws -> [TopicPartition: Watermarks] {
        let operation = "ask for the ends of partitions"
        let handle = handle
        // Before librdkafka 2.3 the call's own timeout is not kept (#4460).
        let answer = OwnThread.run("rdkafka-query", within: timeout + .seconds(1)) {
            Result {
                let list = PartitionList(partitions.map { ($0, place) })
                try handle.withClient { client in
                    try list.withList {
                        try KafkaError.check(rd_kafka_offsets_for_times(client, $0, timeout.milliseconds), operation)
                    }
                }
                try PartitionList.check(list.entries, operation)
                return list.entries.map { ($0.partition, Offset(max($0.offset, 0))) }
            }
        }
        guard let answer else { throw KafkaError(.timedOut, operation) }
        return Dictionary(uniqueKeysWithValues: try answer.get().map { ($0, Watermarks(low: $1, high: $1)) })
    }
}
