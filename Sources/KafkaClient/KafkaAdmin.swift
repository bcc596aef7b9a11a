internal import CRdKafka
public import Delivery
public import Logging
internal import Synchronization

/// Administration: Kafka topics, groups, metadata. Thread-safe; calls block for their timeout, so not for the
/// cooperative pool.
public final class KafkaAdmin: Sendable {
    let handle: ClientHandle

    /// Makes a client for administration; connects in the background.
    ///
    /// - Throws: ``KafkaError`` when a property is unknown or refused.
    public init(_ cluster: KafkaSettings, logger: Logger) throws {
        handle = try ClientHandle(
            .producer, cluster.properties(defaults: [:], fixed: [:]), wiring: .init(errors: true), logger: logger)
    }

    /// The cluster as it looks now; the first thing to ask, to know whether a broker can be reached.
    ///
    /// - Throws: ``KafkaError``, retryable when no broker answered in time; when one was reached and refused this client,
    ///   that refusal, which is not.
    public func metadata(of topic: KafkaTopic? = nil, timeout: Duration) throws -> ClusterMetadata {
        do {
            return try handle.withClient { try ClusterMetadata(of: $0, topic: topic, timeout: timeout) }
        } catch let error as KafkaError where error.isRetryable {
            // The call itself says only that nobody answered; why not comes by the way.
            handle.withClient { _ = rd_kafka_poll($0, 0) }
            throw handle.context.state.withLock { $0.refusal } ?? error
        }
    }

    /// A Kafka topic to make.
    public struct NewTopic: Equatable, Sendable {
        /// Its name.
        public var name: KafkaTopic
        /// How many partitions, from 1.
        public var partitions: Int
        /// How many copies, from 1; -1 for the broker's default.
        public var replication: Int
        /// Its settings, by Kafka's names, such as `max.message.bytes`.
        public var config: [String: String]
        /// Describes a Kafka topic to make.
        public init(_ name: KafkaTopic, partitions: Int, replication: Int = -1, config: [String: String] = [:]) {
            self.name = name
            self.partitions = partitions
            self.replication = replication
            self.config = config
        }
    }

    /// Makes Kafka topics.
    ///
    /// - Returns: What went wrong, by Kafka topic; empty when all were made. ``KafkaErrorCode/topicAlreadyExists`` is
    ///   one of the errors.
    /// - Throws: ``KafkaError`` when the cluster did not answer.
    public func createTopics(_ topics: [NewTopic], timeout: Duration) throws -> [KafkaTopic: KafkaError] {
        var native: [OpaquePointer?] = []
        defer { rd_kafka_NewTopic_destroy_array(&native, native.count) }
        var text = [CChar](repeating: 0, count: 512)
        for topic in topics {
            guard
                let made = rd_kafka_NewTopic_new(
                    topic.name.rawValue, Int32(topic.partitions), Int32(topic.replication), &text, text.count)
            else {
                throw KafkaError(
                    .invalidArgument, "create a Kafka topic",
                    message: "\(topic.partitions) partitions, replication \(topic.replication) were refused",
                    topic: topic.name)
            }
            native.append(made)
            for (name, value) in topic.config.sorted(by: { $0.key < $1.key }) {
                try KafkaError.check(
                    rd_kafka_NewTopic_set_config(made, name, value), "create a Kafka topic", topic: topic.name)
            }
        }
        let event = try request(RD_KAFKA_ADMIN_OP_CREATETOPICS, "create Kafka topics", timeout, operates: true) {
            rd_kafka_CreateTopics($0, &native, native.count, $1, $2)
        }
        return event.withEvent { event in
            var count = 0
            let results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count)
            return Self.failures(results, count, "create a Kafka topic")
        }
    }

    /// Deletes Kafka topics with all their records.
    ///
    /// - Returns: What went wrong, by Kafka topic.
    public func deleteTopics(_ topics: [KafkaTopic], timeout: Duration) throws -> [KafkaTopic: KafkaError] {
        var native: [OpaquePointer?] = topics.map { rd_kafka_DeleteTopic_new($0.rawValue) }
        defer { rd_kafka_DeleteTopic_destroy_array(&native, native.count) }
        let event = try request(RD_KAFKA_ADMIN_OP_DELETETOPICS, "delete Kafka topics", timeout, operates: true) {
            rd_kafka_DeleteTopics($0, &native, native.count, $1, $2)
        }
        return event.withEvent { event in
            var count = 0
            let results = rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count)
            return Self.failures(results, count, "delete a Kafka topic")
        }
    }

    /// The settings of a Kafka topic, by Kafka's names, as far as the broker tells them.
    public func config(of topic: KafkaTopic, timeout: Duration) throws -> [String: String] {
        var native: [OpaquePointer?] = [rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.rawValue)]
        defer { rd_kafka_ConfigResource_destroy_array(&native, native.count) }
        let operation = "describe a Kafka topic"
        let event = try request(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, operation, timeout) {
            rd_kafka_DescribeConfigs($0, &native, native.count, $1, $2)
        }
        return try event.withEvent { event in
            var count = 0
            let result = rd_kafka_event_DescribeConfigs_result(event)
            guard let resources = rd_kafka_DescribeConfigs_result_resources(result, &count), count == 1 else {
                throw KafkaError(.state, operation, message: "the broker gave no answer", topic: topic)
            }
            try KafkaError.check(rd_kafka_ConfigResource_error(resources[0]), operation, topic: topic)
            var entryCount = 0
            let entries = rd_kafka_ConfigResource_configs(resources[0], &entryCount)
            var config: [String: String] = [:]
            for index in 0..<entryCount {
                guard let entry = entries?[index], let name = rd_kafka_ConfigEntry_name(entry),
                    let value = rd_kafka_ConfigEntry_value(entry)
                else { continue }
                config[String(cString: name)] = String(cString: value)
            }
            return config
        }
    }

    private static func failures(
        _ results: UnsafeMutablePointer<OpaquePointer?>?, _ count: Int, _ operation: String
    ) -> [KafkaTopic: KafkaError] {
        var failures: [KafkaTopic: KafkaError] = [:]
        for index in 0..<count {
            guard let result = results?[index] else { continue }
            let code = rd_kafka_topic_result_error(result)
            guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { continue }
            let topic = KafkaTopic(String(cString: rd_kafka_topic_result_name(result)))
            failures[topic] = KafkaError(
                KafkaErrorCode(code), operation,
                message: rd_kafka_topic_result_error_string(result).map { String(cString: $0) }, topic: topic)
        }
        return failures
    }

    /// Makes one administrative request on a queue of its own and waits for its answer.
    func request(
        _ kind: rd_kafka_admin_op_t, _ operation: String, _ timeout: Duration, operates: Bool = false,
        _ call: (OpaquePointer, OpaquePointer?, OpaquePointer) -> Void
    ) throws -> Event {
        let queue: EventQueue = try handle.withClient { client in
            guard let options = rd_kafka_AdminOptions_new(client, kind), let native = rd_kafka_queue_new(client) else {
                throw KafkaError(.state, operation, message: "librdkafka made no queue")
            }
            defer { rd_kafka_AdminOptions_destroy(options) }
            let queue = EventQueue(owning: native, of: handle)
            var text = [CChar](repeating: 0, count: 256)
            try KafkaError.check(
                rd_kafka_AdminOptions_set_request_timeout(options, timeout.milliseconds, &text, text.count), operation)
            if operates {
                // How long the controller may take until every broker knows.
                try KafkaError.check(
                    rd_kafka_AdminOptions_set_operation_timeout(options, timeout.milliseconds, &text, text.count),
                    operation)
            }
            queue.withQueue { call(client, options, $0) }
            return queue
        }
        guard let event = queue.poll(timeout: timeout + .seconds(1)) else { throw KafkaError(.timedOut, operation) }
        guard event.error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw KafkaError(KafkaErrorCode(event.error), operation, message: event.errorText)
        }
        return event
    }
}
