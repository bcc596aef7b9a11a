public import WorkerSupport

/// An installation at one moment, as far as it could be reached: what `rostrum status` shows. What could not be asked is
/// nil, and `problems` says why; nothing is guessed.
public struct InstallationStatus: Codable, Equatable, Sendable {
    /// Something that is not as it should be.
    public struct Problem: Codable, Equatable, Sendable {
        /// A stable code.
        public var code: String
        /// What, with which value, and what to do.
        public var text: String
    }

    /// A Kafka topic.
    public struct TopicStatus: Codable, Equatable, Sendable {
        /// Its name.
        public var name: String
        /// Its partitions; 0 when it is not there.
        public var partitions: Int
        /// Offsets between its ends: its records, and fewer than that where transactions or compaction left holes.
        public var records: Int64?
        /// The next offsets of all partitions added up; it only grows, so that two of them give a rate.
        public var written: Int64?
        /// How it differs from what the settings want.
        public var differences: [String]
    }

    /// A consumer group.
    public struct GroupStatus: Codable, Equatable, Sendable {
        /// Its name.
        public var name: String
        /// Kafka's word for its state.
        public var state: String
        /// Its members.
        public var members: [MemberStatus]
        /// Records readable and not committed, over all partitions; nil where it has never committed.
        public var lag: Int64?
        /// Partitions of its Kafka topics that no member reads.
        public var unreadPartitions: Int

        private enum CodingKeys: String, CodingKey {
            case name, state, members, lag
            case unreadPartitions = "unread_partitions"
        }
    }

    /// A member of a group.
    public struct MemberStatus: Codable, Equatable, Sendable {
        /// Its lasting name, else its client id.
        public var name: String
        /// Where it connects from.
        public var host: String
        /// How many partitions it reads.
        public var partitions: Int
    }

    /// A worker, asked at its endpoints.
    public struct WorkerAnswer: Codable, Equatable, Sendable {
        /// Its address.
        public var address: String
        /// What it said; nil when it did not answer.
        public var status: WorkerStatus?

        /// Notes what a worker said.
        public init(address: String, status: WorkerStatus?) {
            self.address = address
            self.status = status
        }
    }

    /// The rules that the settings name, as a classifier that starts now would find them.
    public struct RulesStatus: Codable, Equatable, Sendable {
        /// The ruleset's name.
        public var name: String
        /// Its version.
        public var version: String
        /// Its digest.
        public var digest: String
    }

    /// Dead letters that 'rostrum deadletter redrive' has not been through.
    public struct DeadLetterStatus: Codable, Equatable, Sendable {
        /// How many were read.
        public var count: Int
        /// How many there are for each reason, by code.
        public var codes: [String: Int]
        /// Whether the time was over before all were read.
        public var isPartial: Bool

        private enum CodingKeys: String, CodingKey {
            case count, codes
            case isPartial = "partial"
        }
    }

    /// The store.
    public struct StoreSummary: Codable, Equatable, Sendable {
        /// Its kind.
        public var kind: String
        /// Where it is; never a password.
        public var place: String
        /// Documents with a current revision.
        public var documents: Int
        /// Events.
        public var events: Int
        /// When the newest event was classified, RFC 3339.
        public var newest: String?
        /// Records of the events' Kafka topics that it has not stored.
        public var behind: Int64?
    }

    /// When it was taken, RFC 3339.
    public var takenAt: String
    /// The brokers that were asked.
    public var bootstrapServers: String
    /// How many brokers there are; nil when none answered.
    public var brokers: Int?
    /// The Kafka topics; nil when no broker answered.
    public var kafkaTopics: [TopicStatus]?
    /// The consumer groups; nil when no broker answered.
    public var groups: [GroupStatus]?
    /// The workers that the settings name.
    public var workers: [WorkerAnswer]
    /// The rules of the settings; nil when they are not valid.
    public var rules: RulesStatus?
    /// The dead letters; nil when they could not be read.
    public var deadLetters: DeadLetterStatus?
    /// The store; nil when it could not be opened.
    public var store: StoreSummary?
    /// Everything that is not as it should be, worst first.
    public var problems: [Problem]

    private enum CodingKeys: String, CodingKey {
        case brokers, groups, workers, rules, store, problems
        case takenAt = "taken_at"
        case bootstrapServers = "bootstrap_servers"
        case kafkaTopics = "kafka_topics"
        case deadLetters = "dead_letters"
    }
}
