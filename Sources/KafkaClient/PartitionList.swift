internal import CRdKafka
internal import Delivery

/// The owner of a librdkafka list of partitions.
struct PartitionList: ~Copyable {
    /// One entry read back.
    struct Entry {
        let partition: TopicPartition
        let offset: Int64
        let code: KafkaErrorCode
    }

    private let list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    /// A list of partitions, each with an offset or without one.
    init(_ partitions: some Collection<(TopicPartition, Int64)>) {
        guard let list = rd_kafka_topic_partition_list_new(Int32(partitions.count)) else {
            preconditionFailure("librdkafka made no list")
        }
        self.list = list
        for (partition, offset) in partitions {
            let entry = rd_kafka_topic_partition_list_add(
                list, partition.topic.rawValue, partition.partition.rawValue)
            entry?.pointee.offset = offset
        }
    }

    init(_ partitions: [TopicPartition]) {
        self.init(partitions.map { ($0, Int64(RD_KAFKA_OFFSET_INVALID)) })
    }

    init(_ offsets: [TopicPartition: Offset]) {
        self.init(offsets.sorted { $0.key < $1.key }.map { ($0.key, $0.value.rawValue) })
    }

    deinit { rd_kafka_topic_partition_list_destroy(list) }

    borrowing func withList<Result>(
        _ body: (UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) throws -> Result
    ) rethrows -> Result {
        try body(list)
    }

    /// What the list holds now.
    var entries: [Entry] { Self.entries(UnsafePointer(list)) }

    /// What a borrowed list holds.
    static func entries(_ list: UnsafePointer<rd_kafka_topic_partition_list_t>?) -> [Entry] {
        guard let list, let elements = list.pointee.elems else { return [] }
        return (0..<Int(list.pointee.cnt)).map { index in
            let element = elements[index]
            return Entry(
                partition: TopicPartition(
                    KafkaTopic(String(cString: element.topic)), Partition(element.partition)),
                offset: element.offset, code: KafkaErrorCode(element.err))
        }
    }

    /// Throws the first entry's error, if any has one.
    static func check(_ entries: [Entry], _ operation: String) throws {
        for entry in entries where entry.code.rawValue != 0 {
            throw KafkaError(
                entry.code, operation, topic: entry.partition.topic, partition: entry.partition.partition)
        }
    }
}
