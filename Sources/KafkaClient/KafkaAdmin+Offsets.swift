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
        // A request for offsets by time takes two times that are no times: the beginning's and the end's (Kafka's
        // protocol, ListOffsets).
        let operation = "ask for the ends of partitions"
        let low = try answers(to: operation, of: partitions, at: Int64(RD_KAFKA_OFFSET_BEGINNING), timeout)
        let high = try answers(to: operation, of: partitions, at: Int64(RD_KAFKA_OFFSET_END), timeout)
        return Dictionary(
            uniqueKeysWithValues: partitions.map {
                ($0, Watermarks(low: low[$0] ?? Offset(0), high: high[$0] ?? Offset(0)))
            })
    }

    /// The first offset whose record was made at or after the time, in milliseconds since 1970. A partition without such
    /// a record is left out.
    ///
    /// - Throws: ``KafkaError`` when the brokers do not answer for every partition in time.
    public func offsets(
        of partitions: [TopicPartition], at time: Int64, timeout: Duration
    ) throws -> [TopicPartition: Offset] {
        guard !partitions.isEmpty else { return [:] }
        return try answers(to: "ask for offsets by time", of: partitions, at: max(time, 0), timeout)
    }

    /// Offsets by time, or by what stands for a time; what the broker knows none for is left out.
    private func answers(
        to operation: String, of partitions: [TopicPartition], at time: Int64, _ timeout: Duration
    ) throws -> [TopicPartition: Offset] {
        let handle = handle
        // Before librdkafka 2.3 the call's own timeout is not kept (#4460).
        let answer = OwnThread.run("rdkafka-query", within: timeout + .seconds(1)) {
            Result {
                let list = PartitionList(partitions.map { ($0, time) })
                try handle.withClient { client in
                    try list.withList {
                        try KafkaError.check(rd_kafka_offsets_for_times(client, $0, timeout.milliseconds), operation)
                    }
                }
                try PartitionList.check(list.entries, operation)
                return list.entries.filter { $0.offset >= 0 }.map { ($0.partition, Offset($0.offset)) }
            }
        }
        guard let answer else { throw KafkaError(.timedOut, operation) }
        return Dictionary(try answer.get(), uniquingKeysWith: { $1 })
    }
}
