internal import CRdKafka
public import Delivery
public import Logging

/// A small Kafka cluster inside this process (librdkafka's mock cluster), listening on loopback: for the demo, and for
/// trying faults.
///
/// It keeps nothing on disk, drops the oldest beyond 5 MiB or 100,000 records a partition, knows no administration,
/// finds no offsets by time and only pretends transactions.
///
/// Unchecked, because the mock cluster's calls are thread-safe (each is an operation handed to its own thread); the
/// pointer is immutable and freed in `deinit` only.
public final class InProcessBroker: @unchecked Sendable {
    /// A kind of request, by its number in Kafka's protocol, for fault injection.
    public struct Request: Hashable, Sendable {
        let key: Int16
        /// Names a request by its number.
        public init(apiKey: Int16) { key = apiKey }
        /// Produce.
        public static let produce = Request(apiKey: 0)
        /// Fetch.
        public static let fetch = Request(apiKey: 1)
        /// Metadata.
        public static let metadata = Request(apiKey: 3)
        /// Commit of a group's offsets.
        public static let offsetCommit = Request(apiKey: 8)
        /// Search for a coordinator.
        public static let findCoordinator = Request(apiKey: 10)
        /// A member's heartbeat.
        public static let heartbeat = Request(apiKey: 12)
        /// Adding partitions to a transaction.
        public static let addPartitionsToTransaction = Request(apiKey: 24)
        /// Ending a transaction.
        public static let endTransaction = Request(apiKey: 26)
        /// Commit of offsets in a transaction.
        public static let transactionOffsetCommit = Request(apiKey: 28)
    }

    private let handle: ClientHandle
    private let cluster: OpaquePointer

    /// Starts a cluster.
    ///
    /// - Parameter brokers: How many brokers, from 1.
    public init(brokers: Int = 1, logger: Logger) throws {
        handle = try ClientHandle(.producer, ["client.id": "in-process"], wiring: .init(), logger: logger)
        let made = handle.withClient { rd_kafka_mock_cluster_new($0, Int32(brokers)) }
        guard let made else {
            throw KafkaError(.state, "start the in-process broker", message: "no cluster of \(brokers) brokers")
        }
        cluster = made
    }

    deinit { rd_kafka_mock_cluster_destroy(cluster) }

    /// Where clients find it.
    public var bootstrapServers: String { String(cString: rd_kafka_mock_cluster_bootstraps(cluster)) }

    /// Makes a Kafka topic.
    public func createTopic(_ topic: KafkaTopic, partitions: Int) throws {
        try KafkaError.check(
            rd_kafka_mock_topic_create(cluster, topic.rawValue, Int32(partitions), 1), "create a Kafka topic",
            topic: topic)
    }

    /// Answers the next requests of the kind with these errors, in order. `transport` hangs up.
    public func fail(next request: Request, with errors: [KafkaErrorCode]) {
        rd_kafka_mock_push_request_errors_array(cluster, request.key, errors.count, errors.map(\.native))
    }

    /// Cuts all connections and refuses new ones, or accepts them again.
    public func setDown(_ isDown: Bool) throws {
        try KafkaError.check(
            isDown ? rd_kafka_mock_broker_set_down(cluster, -1) : rd_kafka_mock_broker_set_up(cluster, -1),
            "take the in-process broker down or up")
    }

    /// Delays every answer.
    public func setDelay(_ delay: Duration) throws {
        try KafkaError.check(
            rd_kafka_mock_broker_set_rtt(cluster, -1, delay.milliseconds), "delay the in-process broker")
    }
}
