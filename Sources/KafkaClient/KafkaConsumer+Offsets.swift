internal import CRdKafka
public import Delivery
internal import Foundation

// Pausing, seeking, committing and asking for offsets.

extension KafkaConsumer {
    /// Delivers no more records of these partitions until they are resumed.
    public func pause(_ partitions: [TopicPartition]) throws {
        try apply("pause partitions", PartitionList(partitions)) { rd_kafka_pause_partitions($0, $1) }
    }

    /// Delivers records of these partitions again. Resume only what was paused: before librdkafka 2.4 another
    /// partition could be read again from an earlier position (#4636).
    public func resume(_ partitions: [TopicPartition]) throws {
        try apply("resume partitions", PartitionList(partitions)) { rd_kafka_resume_partitions($0, $1) }
    }

    /// Reads these partitions again from these offsets.
    public func seek(to offsets: [TopicPartition: Offset]) throws {
        // Before 2.1 the timeout counts in microseconds (#4230).
        let timeout: Int32 = Librdkafka.versionNumber < 0x0201_0000 ? 10_000_000 : 10_000
        let list = PartitionList(offsets)
        try handle.withClient { client in
            try list.withList { native in
                try KafkaError.check(rd_kafka_seek_partitions(client, native, timeout), "seek")
            }
        }
        try PartitionList.check(list.entries, "seek")
    }

    /// Stores the next offsets to read in the group, waiting for the answer at most the timeout.
    ///
    /// - Throws: ``KafkaError``; retryable when the broker is away or the group is rebalancing.
    public func commit(_ offsets: [TopicPartition: Offset], timeout: Duration) throws {
        guard !offsets.isEmpty else { return }
        let list = PartitionList(offsets)
        let answer: EventQueue = try handle.withClient { client in
            guard let native = rd_kafka_queue_new(client) else {
                throw KafkaError(.state, "commit offsets", message: "librdkafka made no queue")
            }
            let queue = EventQueue(owning: native, of: handle)
            // The plain call has no timeout and waits for a broker that is away; on this queue the deadline is ours.
            // An answer that comes too late is freed with the queue.
            try list.withList { list in
                try queue.withQueue {
                    try KafkaError.check(rd_kafka_commit_queue(client, list, $0, nil, nil), "commit offsets")
                }
            }
            return queue
        }
        guard let event = answer.poll(timeout: timeout) else { throw KafkaError(.timedOut, "commit offsets") }
        try PartitionList.check(event.partitions, "commit offsets")
        try KafkaError.check(event.error, "commit offsets")
    }

    /// The group's committed offsets; a partition without one is left out.
    public func committed(_ partitions: [TopicPartition], timeout: Duration) throws -> [TopicPartition: Offset] {
        let list = PartitionList(partitions)
        try handle.withClient { client in
            try list.withList {
                try KafkaError.check(rd_kafka_committed(client, $0, timeout.milliseconds), "ask for committed offsets")
            }
        }
        return try Self.offsets(list.entries, "ask for committed offsets")
    }

    /// The offset after the last record delivered, of each partition that delivered one.
    public func position(_ partitions: [TopicPartition]) throws -> [TopicPartition: Offset] {
        let list = PartitionList(partitions)
        try handle.withClient { client in
            try list.withList { try KafkaError.check(rd_kafka_position(client, $0), "ask for positions") }
        }
        return try Self.offsets(list.entries, "ask for positions")
    }

    /// The first offset whose record was made at or after the time, in milliseconds since 1970. A partition without
    /// such a record is left out.
    public func offsets(
        at times: [TopicPartition: Int64], timeout: Duration
    ) throws -> [TopicPartition: Offset] {
        try outerDeadline(timeout, "ask for offsets by time") { client in
            let list = PartitionList(times.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
            try list.withList {
                try KafkaError.check(
                    rd_kafka_offsets_for_times(client, $0, timeout.milliseconds), "ask for offsets by time")
            }
            return try Self.offsets(list.entries, "ask for offsets by time")
        }
    }

    /// The oldest offset of the partition and the next one to be written, as the broker has them now. A partition that
    /// has no leader for a moment, such as one just made, is asked again until the timeout.
    public func watermarks(of partition: TopicPartition, timeout: Duration) throws -> Watermarks {
        let clock = MonotonicClock.system
        let deadline = clock.now() + timeout
        while true {
            do {
                return try askForWatermarks(of: partition, timeout: max(deadline - clock.now(), .milliseconds(100)))
            } catch let error as KafkaError where error.isRetryable && clock.now() < deadline {
                Thread.sleep(forTimeInterval: 0.1)
            }
        }
    }

    private func askForWatermarks(of partition: TopicPartition, timeout: Duration) throws -> Watermarks {
        try outerDeadline(timeout, "ask for watermarks") { client in
            var low: Int64 = 0
            var high: Int64 = 0
            try KafkaError.check(
                rd_kafka_query_watermark_offsets(
                    client, partition.topic.rawValue, partition.partition.rawValue, &low, &high, timeout.milliseconds),
                "ask for watermarks", topic: partition.topic, partition: partition.partition)
            return Watermarks(low: Offset(low), high: Offset(high))
        }
    }

    /// The watermarks that came with the last fetch, without asking the broker; nil before the first.
    public func cachedWatermarks(of partition: TopicPartition) -> Watermarks? {
        var low: Int64 = 0
        var high: Int64 = 0
        let code = handle.withClient {
            rd_kafka_get_watermark_offsets(
                $0, partition.topic.rawValue, partition.partition.rawValue, &low, &high)
        }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, high >= 0 else { return nil }
        return Watermarks(low: Offset(max(low, 0)), high: Offset(high))
    }

    /// The group's identity as of now; to be read afresh for every transaction.
    public func groupMetadata() throws -> KafkaGroupMetadata {
        guard let metadata = handle.withClient({ rd_kafka_consumer_group_metadata($0) }) else {
            throw KafkaError(.state, "ask for the group's identity", message: "the consumer has no group")
        }
        return KafkaGroupMetadata(owning: metadata)
    }

    /// The cluster as it looks now.
    public func metadata(of topic: KafkaTopic? = nil, timeout: Duration) throws -> ClusterMetadata {
        try handle.withClient { try ClusterMetadata(of: $0, topic: topic, timeout: timeout) }
    }

    private func apply(
        _ operation: String, _ list: borrowing PartitionList,
        _ call: (OpaquePointer, UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) -> rd_kafka_resp_err_t
    ) throws {
        try handle.withClient { client in
            try list.withList { try KafkaError.check(call(client, $0), operation) }
        }
        try PartitionList.check(list.entries, operation)
    }

    /// Calls whose own timeout is not kept before librdkafka 2.3 (#4460) run on a thread that may be left behind.
    private func outerDeadline<Value: Sendable>(
        _ timeout: Duration, _ operation: String, _ call: @escaping @Sendable (OpaquePointer) throws -> Value
    ) throws -> Value {
        let result = handle.call(within: timeout + .seconds(1)) { client in Result { try call(client) } }
        guard let result else { throw KafkaError(.timedOut, operation) }
        return try result.get()
    }

    private static func offsets(
        _ entries: [PartitionList.Entry], _ operation: String
    ) throws -> [TopicPartition: Offset] {
        try PartitionList.check(entries, operation)
        return Dictionary(
            entries.filter { $0.offset >= 0 }.map { ($0.partition, Offset($0.offset)) }, uniquingKeysWith: { $1 })
    }
}

/// The ends of a partition.
public struct Watermarks: Equatable, Sendable {
    /// The oldest offset still there.
    public let low: Offset
    /// The next offset to be written.
    public let high: Offset
    /// Names the ends.
    public init(low: Offset, high: Offset) {
        self.low = low
        self.high = high
    }
}
