internal import Delivery

/// Every setting there is, in the order of `Config/rostrum.yaml`.
public enum Catalogue {
    static let bootstrapServers = Setting<String>.text(
        "kafka.bootstrapServers", default: "localhost:9092",
        "Brokers to find the cluster by: host:port, several separated by commas.")
    static let clientID = Setting<String?>.clientName(
        "kafka.clientId", "How this client calls itself to the broker, in its logs and quotas.")
    static let connectSeconds = Setting<Int>.integer(
        "kafka.connectSeconds", 1...3600, unit: "seconds", default: 30,
        "How long a program waits at its start for a first answer of a broker before it gives up with exit code 69.")

    static let prefix = Setting<String?>.kafkaTopicPrefix(
        "kafkaTopics.prefix", "Put before every Kafka topic name below, so that several installations share a cluster.")
    static let documents = Setting<String>.kafkaTopicName(
        "kafkaTopics.documents", default: "speeches.documents", "Where canonical documents are published and read.")
    static let classified = Setting<String>.kafkaTopicName(
        "kafkaTopics.classified", default: "speeches.classified", "Where classification events are published and read.")
    static let candidate = Setting<String>.kafkaTopicName(
        "kafkaTopics.candidate", default: "speeches.classified.candidate",
        "Where a replay with rules that are not promoted yet publishes its events.")
    static let deadletter = Setting<String>.kafkaTopicName(
        "kafkaTopics.deadletter", default: "speeches.deadletter", "Where records go that cannot be processed.")
    static let partitions = Setting<Int>.integer(
        "kafkaTopics.partitions", 1...10_000, unit: "partitions", default: 6,
        "How many partitions 'rostrum topics create' gives each Kafka topic; the most workers that can share the work.")
    static let replicationFactor = Setting<Int>.integer(
        "kafkaTopics.replicationFactor", 1...32, unit: "brokers", default: 1,
        "How many brokers keep a copy of each partition; 3 where losing a broker must lose nothing.")

    static let classifierGroup = Setting<String>.text(
        "consumer.classifierGroup", default: "rostrum-classifier", "The consumer group that classifiers share.")
    static let sinkGroup = Setting<String>.text(
        "consumer.sinkGroup", default: "rostrum-sink", "The consumer group that sinks share.")
    static let redriveGroup = Setting<String>.text(
        "consumer.redriveGroup", default: "rostrum-redrive",
        "The consumer group that remembers how far 'rostrum deadletter redrive' came.")
    static let instanceID = Setting<String?>.optionalText(
        "consumer.instanceId", "any text, different for every worker of a group",
        "This worker's lasting name in its group (static membership): a restart then takes its partitions back without a "
            + "rebalance.")
    static let sessionSeconds = Setting<Int>.integer(
        "consumer.sessionSeconds", 6...1800, unit: "seconds", default: 45,
        "How long a silent worker keeps its partitions before the group gives them to others.")

    static let mode = Setting<DeliveryMode>.choice(
        "delivery.mode", default: .atLeastOnce,
        "How the classifier delivers: at-least-once (after a crash some events are published again, under the same event "
            + "id), or exactly-once (events and offsets in Kafka transactions; readers with isolation.level=read_committed "
            + "see each event once; needs consumer.instanceId).")
    static let maxInFlightRecords = Setting<Int>.integer(
        "delivery.maxInFlightRecords", 1...1_000_000, unit: "records", default: 1_000,
        "How many records a worker has taken and not yet finished; beyond it takes no more until some are finished.")
    static let maxInFlightBytes = Setting<Int>.integer(
        "delivery.maxInFlightBytes", 1_048_576...4_294_967_296, unit: "bytes", default: 67_108_864,
        "How many bytes such records hold at most.")
    static let commitIntervalMilliseconds = Setting<Int>.integer(
        "delivery.commitIntervalMilliseconds", 10...60_000, unit: "milliseconds", default: 1_000,
        "How often finished work is committed; with exactly-once the longest time that a transaction collects events.")
    static let commitRecords = Setting<Int>.integer(
        "delivery.commitRecords", 1...1_000_000, unit: "records", default: 5_000,
        "Work is committed earlier after this many records; with exactly-once the size of a transaction.")
    static let commitBytes = Setting<Int>.integer(
        "delivery.commitBytes", 1_048_576...4_294_967_296, unit: "bytes", default: 67_108_864,
        "Work is committed earlier after records of this many bytes.")
    static let transactionTimeoutSeconds = Setting<Int>.integer(
        "delivery.transactionTimeoutSeconds", 10...900, unit: "seconds", default: 120,
        "With exactly-once, how long a transaction may be open before the brokers undo it; how long they may be away "
            + "without the classifier ending. Brokers allow 900 seconds unless told otherwise.")
    static let drainSeconds = Setting<Int>.integer(
        "delivery.drainSeconds", 1...600, unit: "seconds", default: 20,
        "How long a worker that is told to stop may take to finish what it has in hand.")
    static let stallSeconds = Setting<Int>.integer(
        "delivery.stallSeconds", 5...86_400, unit: "seconds", default: 300,
        "How long a partition may have work and make no progress before the worker ends itself with exit code 1.")
    static let deadLetterTolerance = Setting<ErrorTolerance>.choice(
        "delivery.deadLetterTolerance", default: .data,
        "Which failures go to the dead-letter topic while the worker goes on: none (every failure stops it), data (records "
            + "that cannot be read), all (also failures of processing). A broker or store that fails always stops it.")
    static let retryBackoffMilliseconds = Setting<Int>.integer(
        "delivery.retryBackoffMilliseconds", 1...60_000, unit: "milliseconds", default: 300,
        "The wait before a failed attempt is repeated; it doubles with each repetition. Only the record's own partition "
            + "waits.")
    static let retryBackoffMaxMilliseconds = Setting<Int>.integer(
        "delivery.retryBackoffMaxMilliseconds", 1...3_600_000, unit: "milliseconds", default: 60_000,
        "The longest such wait.")
    static let retryBudgetSeconds = Setting<Int>.integer(
        "delivery.retryBudgetSeconds", 0...86_400, unit: "seconds", default: 300,
        "How long an attempt is repeated in all before the worker stops, or, with the tolerance all, the record goes to "
            + "the dead letters.")
    static let crashLimit = Setting<Int>.integer(
        "delivery.crashLimit", 1...100, unit: "crashes", default: 2,
        "How often workers may crash or stand still with the same record in hand before it goes to the dead letters unread. "
            + "When the kernel kills them for want of memory, once more; when somebody else kills them, which can hit any "
            + "record, five times as often.")
    static let redriveLimit = Setting<Int>.integer(
        "delivery.redriveLimit", 1...1_000, unit: "times", default: 3,
        "How often 'rostrum deadletter redrive' sends a record back to its origin at most.")

    static let documentMaxBytes = Setting<Int>.integer(
        "producer.documentMaxBytes", 1_024...104_857_600, unit: "bytes", default: 900_000,
        "The largest document that is published, as JSON; Kafka's own limit is 1 MB unless the brokers say otherwise.")

    static let ingestHost = Setting<String>.text(
        "ingest.host", default: "127.0.0.1",
        "The address at which 'rostrum-producer serve' takes documents; 0.0.0.0 for all of this machine's. It speaks HTTP "
            + "without TLS: beyond this machine put a proxy before it, and set a token.")
    static let ingestPort = Setting<Int>.integer(
        "ingest.port", 0...65_535, unit: "(0 for any that is free, which the log then names)", default: 8087,
        "The port of that address.")
    static let ingestToken = Setting<String?>.secret(
        "ingest.token", "any text; nobody is asked for one when absent",
        "What requests must show, as 'Authorization: Bearer TOKEN'.")
    static let ingestRequestBytes = Setting<Int>.integer(
        "ingest.requestBytes", 1_024...1_073_741_824, unit: "bytes", default: 16_777_216,
        "The largest request that is taken; a larger one is answered 413.")
    static let ingestRequests = Setting<Int>.integer(
        "ingest.requests", 1...100_000, unit: "requests", default: 256,
        "How many requests are in work at once; more are answered 503 with Retry-After, as are requests beyond "
            + "delivery.maxInFlightRecords and delivery.maxInFlightBytes.")
    static let ingestRequestSeconds = Setting<Int>.integer(
        "ingest.requestSeconds", 1...600, unit: "seconds", default: 30,
        "How long a request may take to come, and then how long it waits for the brokers before it is answered 503.")

    static let rulesPath = Setting<String?>.optionalText(
        "rules.path", "a folder; the rules shipped with the program when absent", "The folder of rule files.")
    static let rulesReloadSeconds = Setting<Int>.integer(
        "rules.reloadSeconds", 0...86_400, unit: "seconds", default: 5,
        "How often the classifier looks whether rule files have changed; it then reads them all and uses them from the next "
            + "document on, if they are sound. 0: only when SIGHUP asks for it.")
    static let rulesShadowPath = Setting<String?>.optionalText(
        "rules.shadowPath", "a folder",
        "A second ruleset that the classifier applies in the shadow of the first: it makes no events, metrics and a report "
            + "say what it would change.")
    static let rulesShadowReport = Setting<String?>.optionalText(
        "rules.shadowReport", "a file",
        "Where the classifier keeps the report of what the rules in the shadow would change (HTML).")
    static let source = Setting<String>.uriReference(
        "classifier.source", default: "/rostrum/classifier",
        "Who this classifier is, as its events say it (CloudEvents 'source').")
    static let evidencePerTopic = Setting<Int>.integer(
        "classifier.evidencePerTopic", 1...1_000, unit: "items", default: 20,
        "How many items of evidence an event gives per topic; the count of all is given in any case.")
    static let evidenceText = Setting<EvidenceText>.choice(
        "classifier.evidenceText", default: .full,
        "Whether events quote the words of the evidence (full) or give their places alone (offsets).")
    static let classifierThreads = Setting<Int>.integer(
        "classifier.threads", 0...64, unit: "threads", default: 0,
        "How many documents are classified at a time, each on a thread of its own; the events of a partition keep their "
            + "order. 0: as many as the process may use processors.")

    static let storeKind = Setting<StoreKind>.choice(
        "store.kind", default: .sqlite,
        "What the sink writes: a SQLite file, a PostgreSQL database, or a folder of NDJSON files.")
    static let storePath = Setting<String?>.optionalText(
        "store.path", "a path; when absent rostrum.sqlite, for ndjson rostrum-events",
        "The SQLite file, or the folder of NDJSON files; made when absent.")
    static let storeConnection = Setting<String?>.secret(
        "store.connection",
        "a libpq connection string or URI, such as postgresql://rostrum@db/speeches?sslmode=verify-full",
        "The PostgreSQL database, TLS included; what it leaves out comes from libpq's own variables and files.",
        holdsSecret: Setting<String?>.holdsPassword)
    static let storeConnectSeconds = Setting<Int>.integer(
        "store.connectSeconds", 1...3600, unit: "seconds", default: 30,
        "How long the sink waits at its start for a first answer of the database before it gives up with exit code 69.")
    static let storeFileBytes = Setting<Int>.integer(
        "store.fileBytes", 65_536...1_073_741_824, unit: "bytes", default: 67_108_864,
        "With ndjson, files are made when this many bytes have come.")
    static let storeFileSeconds = Setting<Int>.integer(
        "store.fileSeconds", 1...86_400, unit: "seconds", default: 300,
        "With ndjson, files are made when the oldest event that is in none came this long ago.")
    static let storeCompression = Setting<StoreCompression>.choice(
        "store.compression", default: .none, "With ndjson, how files are written: as they are, or as Zstandard (.zst).")

    static let statePath = Setting<String?>.optionalText(
        "state.path", "a folder that lasts over a restart; rostrum-state in the working folder when absent",
        "Where workers remember which record they had in hand when they crashed, and the producer which imports are "
            + "unfinished and which files of a watched folder were taken: who deletes it has them published again.")

    static let httpHost = Setting<String>.text(
        "http.host", default: "127.0.0.1",
        "The address at which a worker's endpoints listen; 0.0.0.0 for all of this machine's, for whoever scrapes from "
            + "elsewhere: nothing at the endpoints is secret, and nothing protects them.")
    static let httpPort = Setting<Int?>.optionalInteger(
        "http.port", 0...65_535, "no endpoints when absent; 0 takes any free port and logs which",
        "The port of a worker's endpoints /health/live, /health/ready, /metrics and /status; another one for each worker "
            + "of a machine.")

    static let statusWorkers = Setting<String?>.endpointList(
        "status.workers", "The endpoints of the workers that 'rostrum status' and 'rostrum top' ask.")

    static let logLevel = Setting<LogLevel>.choice(
        "log.level", default: .info, "The least severe messages that are written.")
    static let logFormat = Setting<LogFormat>.choice(
        "log.format", default: .auto,
        "json (an object a line), text (for people), or auto (text on a terminal, else json).")
    static let summarySeconds = Setting<Int>.integer(
        "log.summarySeconds", 1...3_600, unit: "seconds", default: 30,
        "How often a worker writes a summary line of what it did.")

    /// All entries, in the order of the sample file.
    public static let entries: [SettingEntry] = [
        bootstrapServers.entry, clientID.entry, connectSeconds.entry,
        prefix.entry, documents.entry, classified.entry, candidate.entry, deadletter.entry, partitions.entry,
        replicationFactor.entry,
        classifierGroup.entry, sinkGroup.entry, redriveGroup.entry, instanceID.entry, sessionSeconds.entry,
        mode.entry, maxInFlightRecords.entry, maxInFlightBytes.entry,
        commitIntervalMilliseconds.entry, commitRecords.entry, commitBytes.entry, transactionTimeoutSeconds.entry,
        drainSeconds.entry, stallSeconds.entry, deadLetterTolerance.entry,
        retryBackoffMilliseconds.entry, retryBackoffMaxMilliseconds.entry, retryBudgetSeconds.entry,
        crashLimit.entry, redriveLimit.entry,
        documentMaxBytes.entry,
        ingestHost.entry, ingestPort.entry, ingestToken.entry, ingestRequestBytes.entry, ingestRequests.entry,
        ingestRequestSeconds.entry,
        rulesPath.entry, rulesReloadSeconds.entry, rulesShadowPath.entry, rulesShadowReport.entry, source.entry,
        evidencePerTopic.entry, evidenceText.entry, classifierThreads.entry,
        storeKind.entry, storePath.entry, storeConnection.entry, storeConnectSeconds.entry, storeFileBytes.entry,
        storeFileSeconds.entry, storeCompression.entry, statePath.entry,
        httpHost.entry, httpPort.entry, statusWorkers.entry,
        logLevel.entry, logFormat.entry, summarySeconds.entry,
    ]

    /// The first part of every key, with what the part is about, in the order of the sample file.
    static let sections: [(name: String, about: String)] = [
        ("kafka", "The connection to the Kafka cluster."),
        ("kafkaTopics", "Names of the Kafka topics, and how 'rostrum topics create' makes them."),
        ("consumer", "How the classifier and the sink share partitions."),
        (
            "delivery",
            "What a worker promises and holds in hand, when it commits, how it stops, what it gives up on."
        ),
        ("producer", "What the producer publishes."),
        ("ingest", "How 'rostrum-producer serve' takes documents over HTTP."),
        ("rules", "The rules."),
        ("classifier", "What the classifier writes into its events."),
        ("store", "Where the sink keeps events."),
        ("state", "What workers remember over a restart, apart from what Kafka and the store hold."),
        ("http", "What a worker answers over HTTP: /health/live, /health/ready, /metrics, /status."),
        ("status", "What 'rostrum status' and 'rostrum top' look at."),
        ("log", "Messages on standard error."),
    ]

    /// The map of librdkafka's own properties that are passed on unread.
    static let extra = SettingKey("kafka.extra")
    static let extraSentence =
        "Any other property of librdkafka by its own name, such as security.protocol, sasl.username or ssl.ca.location."

    /// Properties that a setting or the worker's contract decides; passing them on would break one or the other.
    static let ownedProperties: [String: String] = [
        "bootstrap.servers": "kafka.bootstrapServers", "metadata.broker.list": "kafka.bootstrapServers",
        "client.id": "kafka.clientId", "group.instance.id": "consumer.instanceId",
        "group.id": "consumer.classifierGroup or consumer.sinkGroup",
        "session.timeout.ms": "consumer.sessionSeconds",
        "transactional.id": "delivery.mode, consumer.classifierGroup and consumer.instanceId",
        "transaction.timeout.ms": "delivery.transactionTimeoutSeconds",
    ]
    /// Properties that carry the delivery contract and that no setting changes.
    static let fixedProperties: Set<String> = [
        "enable.auto.commit", "enable.auto.offset.store", "enable.idempotence", "partitioner",
        "isolation.level", "acks", "request.required.acks", "log.queue", "opaque", "statistics.interval.ms",
    ]

    /// Whether a setting's value must never be shown, by the last part of its name.
    static let secretNames = Set(entries.filter(\.isSecret).compactMap(\.key.components.last))

    /// Whether a property's value must never be shown.
    static func isSecret(property: String) -> Bool {
        ["password", "secret", "token", "oauthbearer.config", "pem", "jaas"].contains { property.contains($0) }
    }
}

/// What the classifier promises about its events.
public enum DeliveryMode: String, Sendable, CaseIterable {
    /// No document is lost; after a crash some events are published again, under the same event id.
    case atLeastOnce = "at-least-once"
    /// Events and offsets are committed together, in Kafka transactions.
    case exactlyOnce = "exactly-once"
}

/// Whether events quote the words of their evidence.
public enum EvidenceText: String, Sendable, CaseIterable {
    /// Words and places.
    case full
    /// Places alone.
    case offsets
}

/// What the sink writes.
public enum StoreKind: String, Sendable, CaseIterable {
    /// A SQLite file.
    case sqlite
    /// A PostgreSQL database.
    case postgresql
    /// A folder of NDJSON files.
    case ndjson
}

/// How NDJSON files are written.
public enum StoreCompression: String, Sendable, CaseIterable {
    /// As they are.
    case none
    /// Zstandard.
    case zstd
}

/// The least severe messages that are written; swift-log's levels.
public enum LogLevel: String, Sendable, CaseIterable {
    /// Everything, each record by itself.
    case trace
    /// What a developer wants while looking for a fault.
    case debug
    /// Start, summaries, stop.
    case info
    /// Unusual, not wrong.
    case notice
    /// Wrong, and dealt with.
    case warning
    /// Wrong, and something was not done.
    case error
    /// The program cannot go on.
    case critical
}

/// How messages are written.
public enum LogFormat: String, Sendable, CaseIterable {
    /// Text on a terminal, else JSON.
    case auto
    /// One JSON object a line.
    case json
    /// One line of text for people.
    case text
}
