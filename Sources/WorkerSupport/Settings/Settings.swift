public import Delivery
internal import Foundation

/// What the programs run with: decoded, validated once at start, the same model for all of them.
public struct Settings: Sendable, Equatable {
    /// The connection to the cluster.
    public struct Kafka: Sendable, Equatable {
        /// `host:port`, several separated by commas.
        public let bootstrapServers: String
        /// The client's name; nil for the program's.
        public let clientID: String?
        /// Seconds to wait for a first answer of a broker.
        public let connectSeconds: Int
        /// librdkafka's own properties by name. May hold secrets: never print it.
        public let extra: [String: String]
    }

    /// Names and shape of the Kafka topics.
    public struct KafkaTopics: Sendable, Equatable {
        /// Canonical documents; prefix included, as in all names here.
        public let documents: String
        /// Events.
        public let classified: String
        /// Events of a replay that is not promoted.
        public let candidate: String
        /// Records that could not be processed.
        public let deadletter: String
        /// Partitions of each.
        public let partitions: Int
        /// Copies of each partition.
        public let replicationFactor: Int
    }

    /// Group membership.
    public struct Consumer: Sendable, Equatable {
        /// Group of the classifiers.
        public let classifierGroup: String
        /// Group of the sinks.
        public let sinkGroup: String
        /// Group of the redrive of dead letters.
        public let redriveGroup: String
        /// Static member name, if any.
        public let instanceID: String?
        /// Seconds of silence before the group gives a worker up.
        public let sessionSeconds: Int
    }

    /// What is promised, and bounds on work in hand.
    public struct Delivery: Sendable, Equatable {
        /// What the classifier promises.
        public let mode: DeliveryMode
        /// Records taken and not finished, at most.
        public let maxInFlightRecords: Int
        /// Bytes of such records, at most.
        public let maxInFlightBytes: Int
        /// Milliseconds between commits.
        public let commitIntervalMilliseconds: Int
        /// Records between commits, at most.
        public let commitRecords: Int
        /// Bytes of records between commits, at most.
        public let commitBytes: Int
        /// Seconds that a transaction may be open.
        public let transactionTimeoutSeconds: Int
        /// Seconds to finish what is in hand when told to stop.
        public let drainSeconds: Int
        /// Seconds that a partition with work may stand still.
        public let stallSeconds: Int
        /// Which failures go to the dead-letter topic.
        public let deadLetterTolerance: ErrorTolerance
        /// When a failed attempt is repeated.
        public let retry: RetryPolicy
        /// Crashes with the same record in hand, at most.
        public let crashLimit: Int
        /// How often a record is sent back from the dead letters, at most.
        public let redriveLimit: Int
    }

    /// What the classifier writes.
    public struct Classifier: Sendable, Equatable {
        /// Who it is, as its events say it; a URI reference.
        public let source: String
        /// Items of evidence per topic, at most.
        public let evidencePerTopic: Int
        /// Whether words are quoted.
        public let evidenceText: EvidenceText
        /// Documents classified at a time; at least 1.
        public let threads: Int
    }

    /// The store.
    public struct Store: Sendable, Equatable {
        /// What it is.
        public let kind: StoreKind
        /// The SQLite file or the folder of files.
        public let path: String
        /// Whether a setting names the path; else it is a name in the current folder.
        public let isPathNamed: Bool
        /// The PostgreSQL database. May hold a password: never print it.
        public let connection: String?
        /// Seconds to wait for a first answer of the database.
        public let connectSeconds: Int
        /// Bytes after which files are made.
        public let fileBytes: Int
        /// Seconds after which files are made.
        public let fileSeconds: Int
        /// How files are written.
        public let compression: StoreCompression
    }

    /// How the producer takes documents over HTTP.
    public struct Ingest: Sendable, Equatable {
        /// The address it listens at.
        public let host: String
        /// Its port, 0 for any.
        public let port: Int
        /// What requests must show; nil for nothing. A secret: never print it.
        public let token: String?
        /// Bytes of a request, at most.
        public let requestBytes: Int
        /// Requests in work at once, at most.
        public let requests: Int
        /// Seconds that a request may take to come, and to wait for the brokers.
        public let requestSeconds: Int
    }

    /// Endpoints of a worker.
    public struct HTTP: Sendable, Equatable {
        /// The address that they listen at.
        public let host: String
        /// Their port, 0 for any; nil for no endpoints.
        public let port: Int?
    }

    /// Messages.
    public struct Log: Sendable, Equatable {
        /// Least severe level written.
        public let level: LogLevel
        /// Form of a line.
        public let format: LogFormat
        /// Seconds between summary lines.
        public let summarySeconds: Int
    }

    /// The connection to the cluster.
    public let kafka: Kafka
    /// The Kafka topics.
    public let kafkaTopics: KafkaTopics
    /// Group membership.
    public let consumer: Consumer
    /// What is promised, and bounds on work in hand.
    public let delivery: Delivery
    /// Bytes of the largest document that is published.
    public let documentMaxBytes: Int
    /// The folder of rule files; nil for the shipped ones.
    public let rulesPath: String?
    /// Seconds between looks at the rule files; 0 for none.
    public let rulesReloadSeconds: Int
    /// The folder of rules in the shadow, if any.
    public let rulesShadowPath: String?
    /// The file of what the rules in the shadow would change, if any.
    public let rulesShadowReport: String?
    /// What the classifier writes.
    public let classifier: Classifier
    /// Where the sink keeps events.
    public let store: Store
    /// The folder of what workers remember over a restart; nil for one in the working folder.
    public let statePath: String?
    /// How the producer takes documents over HTTP.
    public let ingest: Ingest
    /// Endpoints of a worker.
    public let http: HTTP
    /// Addresses of other workers' endpoints, `http://host:port`, to be asked for their status.
    public let statusWorkers: [String]
    /// Messages.
    public let log: Log

    /// 0 stands for as many as the process may use processors; of a container's quota it knows nothing.
    private static func threads(_ setting: Int) -> Int {
        setting > 0 ? setting : min(max(ProcessInfo.processInfo.activeProcessorCount, 1), 64)
    }

    init(_ values: SettingValues) {
        let prefix = values[Catalogue.prefix] ?? ""
        kafka = Kafka(
            bootstrapServers: values[Catalogue.bootstrapServers], clientID: values[Catalogue.clientID],
            connectSeconds: values[Catalogue.connectSeconds], extra: values.extra)
        kafkaTopics = KafkaTopics(
            documents: prefix + values[Catalogue.documents], classified: prefix + values[Catalogue.classified],
            candidate: prefix + values[Catalogue.candidate], deadletter: prefix + values[Catalogue.deadletter],
            partitions: values[Catalogue.partitions], replicationFactor: values[Catalogue.replicationFactor])
        consumer = Consumer(
            classifierGroup: values[Catalogue.classifierGroup], sinkGroup: values[Catalogue.sinkGroup],
            redriveGroup: values[Catalogue.redriveGroup], instanceID: values[Catalogue.instanceID],
            sessionSeconds: values[Catalogue.sessionSeconds])
        delivery = Delivery(
            mode: values[Catalogue.mode], maxInFlightRecords: values[Catalogue.maxInFlightRecords],
            maxInFlightBytes: values[Catalogue.maxInFlightBytes],
            commitIntervalMilliseconds: values[Catalogue.commitIntervalMilliseconds],
            commitRecords: values[Catalogue.commitRecords], commitBytes: values[Catalogue.commitBytes],
            transactionTimeoutSeconds: values[Catalogue.transactionTimeoutSeconds],
            drainSeconds: values[Catalogue.drainSeconds], stallSeconds: values[Catalogue.stallSeconds],
            deadLetterTolerance: values[Catalogue.deadLetterTolerance],
            retry: RetryPolicy(
                initialDelay: .milliseconds(values[Catalogue.retryBackoffMilliseconds]),
                maximumDelay: .milliseconds(values[Catalogue.retryBackoffMaxMilliseconds]),
                budget: .seconds(values[Catalogue.retryBudgetSeconds])),
            crashLimit: values[Catalogue.crashLimit], redriveLimit: values[Catalogue.redriveLimit])
        documentMaxBytes = values[Catalogue.documentMaxBytes]
        rulesPath = values[Catalogue.rulesPath]
        rulesReloadSeconds = values[Catalogue.rulesReloadSeconds]
        rulesShadowPath = values[Catalogue.rulesShadowPath]
        rulesShadowReport = values[Catalogue.rulesShadowReport]
        classifier = Classifier(
            source: values[Catalogue.source], evidencePerTopic: values[Catalogue.evidencePerTopic],
            evidenceText: values[Catalogue.evidenceText], threads: Self.threads(values[Catalogue.classifierThreads]))
        let kind = values[Catalogue.storeKind]
        store = Store(
            kind: kind, path: values[Catalogue.storePath] ?? (kind == .ndjson ? "rostrum-events" : "rostrum.sqlite"),
            isPathNamed: values[Catalogue.storePath] != nil,
            connection: values[Catalogue.storeConnection], connectSeconds: values[Catalogue.storeConnectSeconds],
            fileBytes: values[Catalogue.storeFileBytes], fileSeconds: values[Catalogue.storeFileSeconds],
            compression: values[Catalogue.storeCompression])
        statePath = values[Catalogue.statePath]
        ingest = Ingest(
            host: values[Catalogue.ingestHost], port: values[Catalogue.ingestPort],
            token: values[Catalogue.ingestToken], requestBytes: values[Catalogue.ingestRequestBytes],
            requests: values[Catalogue.ingestRequests], requestSeconds: values[Catalogue.ingestRequestSeconds])
        http = HTTP(host: values[Catalogue.httpHost], port: values[Catalogue.httpPort])
        statusWorkers = (values[Catalogue.statusWorkers] ?? "").split(separator: ",").map(String.init)
        log = Log(
            level: values[Catalogue.logLevel], format: values[Catalogue.logFormat],
            summarySeconds: values[Catalogue.summarySeconds])
    }
}

/// Texts of all settings, each one checked against its entry already.
struct SettingValues {
    let texts: [SettingKey: String]
    let extra: [String: String]

    subscript<Value>(setting: Setting<Value>) -> Value {
        guard let text = texts[setting.entry.key] ?? setting.entry.defaultText, let value = setting.parse(text) else {
            preconditionFailure("\(setting.entry.key) has neither a checked value nor a default")
        }
        return value
    }

    subscript<Value>(setting: Setting<Value?>) -> Value? {
        guard let text = texts[setting.entry.key] ?? setting.entry.defaultText else { return nil }
        return setting.parse(text) ?? nil
    }
}
