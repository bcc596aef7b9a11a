internal import CRdKafka
public import Delivery

/// The cluster as one broker describes it.
public struct ClusterMetadata: Equatable, Sendable {
    /// One broker.
    public struct Broker: Equatable, Sendable {
        /// Its number.
        public let id: Int32
        /// Its host.
        public let host: String
        /// Its port.
        public let port: Int32
    }

    /// One Kafka topic.
    public struct Topic: Equatable, Sendable {
        /// Its name.
        public let name: KafkaTopic
        /// Its partitions, by number.
        public let partitions: [PartitionInfo]
        /// What is wrong with it, nil when nothing is.
        public let error: KafkaErrorCode?
    }

    /// One partition.
    public struct PartitionInfo: Equatable, Sendable {
        /// Its number.
        public let partition: Partition
        /// The broker that leads it, below 0 when none does.
        public let leader: Int32
        /// The brokers that hold it.
        public let replicas: [Int32]
    }

    /// The brokers.
    public let brokers: [Broker]
    /// The Kafka topics: the one asked for, or all.
    public let topics: [Topic]

    /// The partitions of a Kafka topic, empty when it does not exist.
    public func partitions(of topic: KafkaTopic) -> [TopicPartition] {
        topics.filter { $0.name == topic && $0.error == nil }
            .flatMap { $0.partitions.map { TopicPartition(topic, $0.partition) } }
    }

    init(of client: OpaquePointer, topic: KafkaTopic?, timeout: Duration) throws {
        let handle = topic.flatMap { rd_kafka_topic_new(client, $0.rawValue, nil) }
        defer { if let handle { rd_kafka_topic_destroy(handle) } }
        var metadata: UnsafePointer<rd_kafka_metadata>?
        try KafkaError.check(
            rd_kafka_metadata(client, handle == nil ? 1 : 0, handle, &metadata, timeout.milliseconds),
            "describe the cluster", topic: topic)
        guard let metadata else {
            throw KafkaError(.state, "describe the cluster", message: "librdkafka gave no description")
        }
        defer { rd_kafka_metadata_destroy(metadata) }
        brokers = UnsafeBufferPointer(start: metadata.pointee.brokers, count: Int(metadata.pointee.broker_cnt))
            .map { Broker(id: $0.id, host: String(cString: $0.host), port: $0.port) }
        topics = UnsafeBufferPointer(start: metadata.pointee.topics, count: Int(metadata.pointee.topic_cnt))
            .map(Topic.init)
    }
}

extension ClusterMetadata.Topic {
    fileprivate init(_ topic: rd_kafka_metadata_topic) {
        name = KafkaTopic(String(cString: topic.topic))
        error = topic.err == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : KafkaErrorCode(topic.err)
        partitions = UnsafeBufferPointer(start: topic.partitions, count: Int(topic.partition_cnt))
            .map { partition in
                ClusterMetadata.PartitionInfo(
                    partition: Partition(partition.id), leader: partition.leader,
                    replicas: Array(
                        UnsafeBufferPointer(start: partition.replicas, count: Int(partition.replica_cnt))))
            }
            .sorted { $0.partition < $1.partition }
    }
}
