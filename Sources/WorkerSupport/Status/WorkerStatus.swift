/// What a worker answers at `/status`, and what `rostrum status` reads there. A reader ignores members it does not know.
public struct WorkerStatus: Codable, Equatable, Sendable {
    /// One assigned partition.
    public struct PartitionStatus: Codable, Equatable, Sendable {
        /// Its Kafka topic.
        public var kafkaTopic: String
        /// Its number.
        public var partition: Int
        /// The next offset to be committed is behind this one; nil before the first commit of this worker.
        public var committedOffset: Int64?
        /// The next offset that will be readable, as far as known.
        public var endOffset: Int64?
        /// Records that are readable and not committed; nil while not known.
        public var lagRecords: Int?
        /// The age of the oldest such record known, 0 without lag; nil while not known.
        public var lagSeconds: Double?
        /// Records taken and not finished.
        public var inFlightRecords: Int
    }

    /// The ruleset in use.
    public struct RulesetStatus: Codable, Equatable, Sendable {
        /// Its name.
        public var name: String
        /// Its version.
        public var version: String
        /// The digest of everything that decides its results.
        public var digest: String
        /// When it was loaded, RFC 3339.
        public var loadedAt: String

        /// Describes a ruleset.
        public init(name: String, version: String, digest: String, loadedAt: String) {
            self.name = name
            self.version = version
            self.digest = digest
            self.loadedAt = loadedAt
        }
    }

    /// An error, as it was met.
    public struct Failure: Codable, Equatable, Sendable {
        /// Its stable code.
        public var code: String
        /// What failed, what to do.
        public var reason: String
        /// When, RFC 3339.
        public var at: String
    }

    /// What was done since the start.
    public struct Totals: Codable, Equatable, Sendable {
        /// Records taken.
        public var received = 0
        /// Events and withdrawals that are durable; for a producer, documents published.
        public var documents = 0
        /// Records put aside; for a producer, documents refused.
        public var deadLetters = 0
        /// Policy topics found.
        public var topicsFound = 0
        /// Attempts repeated.
        public var retries = 0
        /// Changes of the assignment.
        public var rebalances = 0
    }

    /// `rostrum-producer`, `rostrum-classifier` or `rostrum-sink`.
    public var program: String
    /// Rostrum's version.
    public var version: String
    /// librdkafka's version.
    public var librdkafkaVersion: String
    /// The worker's lasting name in its group, if it has one.
    public var instanceID: String?
    /// Its consumer group, if it has one.
    public var group: String?
    /// When it started, RFC 3339.
    public var startedAt: String
    /// `starting`, `running` or `stopping`.
    public var phase: String
    /// Whether it makes progress.
    public var isLive: Bool
    /// Whether it can work.
    public var isReady: Bool
    /// What keeps it from being live or ready.
    public var problems: [String]
    /// What was done since the start.
    public var totals: Totals
    /// Durable documents a second over the last interval of summaries.
    public var documentsPerSecond: Double
    /// What it reads, in order.
    public var assignment: [PartitionStatus]
    /// The ruleset in use; nil for a program without rules.
    public var ruleset: RulesetStatus?
    /// Why the last attempt to load the rules anew failed; nil after one that did not.
    public var lastReloadError: Failure?
    /// The store, for a program that has one; without secrets.
    public var store: String?
    /// The last error that made it retry, if any.
    public var lastFailure: Failure?

    private enum CodingKeys: String, CodingKey {
        case program, version, group, phase, problems, totals, assignment, ruleset, store
        case librdkafkaVersion = "librdkafka_version"
        case instanceID = "instance_id"
        case startedAt = "started_at"
        case isLive = "live"
        case isReady = "ready"
        case documentsPerSecond = "documents_per_second"
        case lastReloadError = "last_reload_error"
        case lastFailure = "last_failure"
    }
}

extension WorkerStatus.PartitionStatus {
    private enum CodingKeys: String, CodingKey {
        case partition
        case kafkaTopic = "kafka_topic"
        case committedOffset = "committed_offset"
        case endOffset = "end_offset"
        case lagRecords = "lag_records"
        case lagSeconds = "lag_seconds"
        case inFlightRecords = "in_flight_records"
    }
}

extension WorkerStatus.RulesetStatus {
    private enum CodingKeys: String, CodingKey {
        case name, version, digest
        case loadedAt = "loaded_at"
    }
}

extension WorkerStatus.Totals {
    private enum CodingKeys: String, CodingKey {
        case received, documents, retries, rebalances
        case deadLetters = "dead_letters"
        case topicsFound = "topics_found"
    }
}

/// What `/health/live` and `/health/ready` answer.
public struct HealthReport: Codable, Equatable, Sendable {
    /// `live`, `ready`, or `not live`, `not ready`.
    public var status: String
    /// What is the matter, with cause and cure; empty when nothing is.
    public var problems: [String]
    /// Whether nothing is.
    public var isGood: Bool { problems.isEmpty }
}
