public import Delivery
internal import EventStore
public import KafkaClient
public import Logging
public import WorkerSupport

/// The Kafka cluster as the settings describe it: how each program connects, and what it asks before it starts.
public struct Cluster: Sendable {
    private let settings: Settings
    private let program: String
    private let logger: Logger
    /// Kept up to date by the clients that a worker's loop polls.
    var statistics: ClusterStatistics?

    /// Describes the cluster for a program.
    public init(_ settings: Settings, program: String, logger: Logger) {
        self.settings = settings
        self.program = program
        self.logger = logger
    }

    /// Describes the cluster for a worker, which shows what its clients say of themselves.
    public init(_ settings: Settings, program: String, telemetry: WorkerTelemetry) {
        self.init(settings, program: program, logger: telemetry.logger)
        let statistics = ClusterStatistics()
        self.statistics = statistics
        telemetry.watches(statistics)
        telemetry.state.waiting(
            for: "a broker at \(settings.kafka.bootstrapServers) (kafka.bootstrapServers), and the Kafka topics there")
    }

    private var connection: KafkaSettings {
        var connection = KafkaSettings(
            bootstrapServers: settings.kafka.bootstrapServers, clientID: settings.kafka.clientID ?? program)
        connection.extra = settings.kafka.extra
        connection.messageMaximumBytes = KafkaTopicPlan.deadLetterBytes(settings)
        return connection
    }

    /// Makes a producer that all of a worker's outputs go through.
    public func producer() throws -> KafkaProducer {
        try KafkaProducer(connection, producing, statistics: statistics?.producing, logger: logger)
    }

    /// Makes a producer that has found a Kafka topic's partitions. One that has not waits with its first records for
    /// librdkafka's next look at the cluster, which is up to a second away.
    public func producer(to topic: KafkaTopic) throws -> KafkaProducer {
        let producer = try producer()
        // Who cannot tell now is asked again when records come.
        _ = try? producer.metadata(of: topic, timeout: .seconds(5))
        return producer
    }

    private var producing: ProducerSettings {
        var producing = ProducerSettings()
        producing.queueRecords = max(settings.delivery.maxInFlightRecords, 1_000)
        producing.queueKilobytes = max(settings.delivery.maxInFlightBytes / 1024, 16_384)
        return producing
    }

    /// Makes a producer for transactions, under a name that a restarted worker has again: it fences its predecessor,
    /// if that still lives, and undoes the transaction it left open.
    /// - Parameter name: lasts over restarts and is no other worker's.
    /// - Returns: nil when the stop was requested before the brokers agreed.
    /// - Throws: `ProgramFailure` with 69 when they do not agree within `kafka.connectSeconds`; `KafkaError` when they refuse.
    public func transactionalProducer(named name: String, until stop: StopRequest) throws -> KafkaProducer? {
        var producing = producing
        producing.transactionalID = name
        producing.transactionTimeout = .seconds(settings.delivery.transactionTimeoutSeconds)
        let producer = try KafkaProducer(
            connection, producing, statistics: statistics?.producing, logger: logger)
        let clock = MonotonicClock.system
        let deadline = clock.now() + .seconds(settings.kafka.connectSeconds)
        while true {
            do {
                // Short waits, so that a request to stop is heard; the call may be repeated.
                try producer.initTransactions(timeout: .seconds(1))
                return producer
            } catch let error as KafkaError where error.isRetryable {
                if stop.isRequested { return nil }
                guard clock.now() < deadline else {
                    throw ProgramFailure(
                        .unreachable, code: "kafka.no_transactions",
                        "the brokers did not begin transactions for '\(name)' within \(settings.kafka.connectSeconds) "
                            + "seconds (kafka.connectSeconds): \(error)")
                }
            }
        }
    }

    /// Makes a member of a group that reads these Kafka topics, under the name of the settings.
    public func consumer(of topics: [String], group: String) throws -> KafkaConsumer {
        try KafkaConsumer(
            connection, consuming(group, as: settings.consumer.instanceID),
            reading: .subscribe(topics.map { KafkaTopic($0) }), statistics: statistics?.consuming, logger: logger)
    }

    /// Makes the only member of a group of its own, for a bounded run: it says where partitions end.
    func soleConsumer(of topic: KafkaTopic, group: String, as instanceID: String) throws -> KafkaConsumer {
        var consuming = consuming(group, as: instanceID)
        consuming.reportsPartitionEnd = true
        return try KafkaConsumer(connection, consuming, reading: .subscribe([topic]), logger: logger)
    }

    /// Makes a reader of partitions that belongs to no group and says where they end.
    func reader(of places: [TopicPartition: KafkaConsumer.StartPosition]) throws -> KafkaConsumer {
        var consuming = ConsumerSettings(group: "\(program)-reader")
        consuming.reportsPartitionEnd = true
        return try KafkaConsumer(connection, consuming, reading: .assign(places), logger: logger)
    }

    private func consuming(_ group: String, as instanceID: String?) -> ConsumerSettings {
        var consuming = ConsumerSettings(group: group)
        consuming.instanceID = instanceID
        consuming.sessionTimeout = .seconds(settings.consumer.sessionSeconds)
        // While the end of a transaction is waited for, nothing is polled.
        consuming.maximumPollInterval = max(
            consuming.maximumPollInterval, consuming.sessionTimeout,
            settings.delivery.timeToEndTransactions + .seconds(60))
        return consuming
    }

    /// Makes a client for administration.
    public func admin() throws -> KafkaAdmin { try KafkaAdmin(connection, logger: logger) }

    /// Waits for a first answer of a broker, and checks that Kafka topics are there, so that a wrong address or a missing
    /// topic ends the program with a reason instead of silence.
    /// - Returns: false when the stop was requested before a broker answered: there is nothing to start then.
    /// - Throws: `ProgramFailure`: 69 when no broker answers in time, 78 when a topic is missing; `KafkaError` when a
    ///   broker refuses this client.
    public func isReady(topics: [String], until stop: StopRequest) throws -> Bool {
        let admin = try admin()
        guard try waitForBroker(admin, until: stop) else { return false }
        for topic in topics {
            let metadata = try admin.metadata(of: KafkaTopic(topic), timeout: .seconds(10))
            guard !metadata.partitions(of: KafkaTopic(topic)).isEmpty else {
                throw ProgramFailure(
                    .badConfiguration, code: "kafka.topic_missing",
                    "the Kafka topic '\(topic)' does not exist at \(settings.kafka.bootstrapServers); make it with "
                        + "'rostrum topics create', or check its name (kafkaTopics.…) and kafkaTopics.prefix")
            }
        }
        return true
    }

    private func waitForBroker(_ admin: KafkaAdmin, until stop: StopRequest) throws -> Bool {
        let clock = MonotonicClock.system
        let deadline = clock.now() + .seconds(settings.kafka.connectSeconds)
        while true {
            do {
                // Short waits, so that a request to stop is heard.
                _ = try admin.metadata(of: KafkaTopic(settings.kafkaTopics.documents), timeout: .seconds(1))
                return true
            } catch let error as KafkaError where error.isRetryable {
                if stop.isRequested { return false }
                guard clock.now() < deadline else {
                    throw ProgramFailure(
                        .unreachable, code: "kafka.unreachable",
                        "no broker answered at \(settings.kafka.bootstrapServers) within "
                            + "\(settings.kafka.connectSeconds) seconds (kafka.bootstrapServers, kafka.connectSeconds); "
                            + "check that it runs, that the address is right and that it can be reached from here")
                }
            }
        }
    }
}

extension ProgramFailure {
    /// What an error means for a program: which exit code, which text.
    public init(_ error: any Error) {
        switch error {
        case let failure as ProgramFailure: self = failure
        case let error as KafkaError: self.init(Self.exitCode(of: error), code: error.code, "\(error)")
        case let error as StoreError: self.init(Self.exitCode(of: error), code: error.code.rawValue, error.description)
        case let failure as StoreFailure: self.init(failure.error)
        case let stopped as DeliveryStopped:
            let cause = stopped.cause.map(ProgramFailure.init)
            self.init(cause?.exitCode ?? .failed, code: stopped.code, stopped.description)
        case let failure as any ClassifiedFailure: self.init(.failed, code: failure.code, "\(failure)")
        default: self.init(.failed, code: "unexpected", "\(error)")
        }
    }

    private static func exitCode(of error: KafkaError) -> ExitCode {
        switch error.errorCode {
        case .transport, .allBrokersDown, .resolve, .timedOut, .requestTimedOut, .messageTimedOut: .unreachable
        case .invalidArgument, .authentication, .saslAuthenticationFailed, .unsupportedMechanism, .tls, .unknownTopic,
            .unknownTopicOrPartition, .topicAuthorizationFailed, .groupAuthorizationFailed,
            .transactionalIDAuthorizationFailed, .invalidTransactionTimeout:
            .badConfiguration
        default: .failed
        }
    }

    private static func exitCode(of error: StoreError) -> ExitCode {
        switch error.code {
        case .cannotOpen, .readOnly, .busy, .unreachable, .ioFailed, .diskFull: .unreachable
        case .newerSchema, .olderSchema, .notAStore: .badConfiguration
        case .unknownRuleset, .badQuestion: .usage
        case .corrupt, .invalidEvent, .cancelled, .closed, .failed: .failed
        }
    }
}
