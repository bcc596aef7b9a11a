public import Logging

/// Every metadata key that a log line may carry. Never the text of a document, never a secret.
public enum LogKey: String, Sendable, CaseIterable {
    /// A Kafka topic.
    case kafkaTopic = "kafka.topic"
    /// A partition's number.
    case kafkaPartition = "kafka.partition"
    /// A record's offset.
    case kafkaOffset = "kafka.offset"
    /// A consumer group.
    case kafkaGroup = "kafka.group"
    /// The brokers that were asked.
    case kafkaBootstrapServers = "kafka.bootstrap_servers"
    /// A member's lasting name.
    case kafkaInstanceID = "kafka.instance_id"
    /// How a group shares out its partitions.
    case kafkaAssignor = "kafka.assignor"
    /// What the classifier promises about its events.
    case deliveryMode = "delivery.mode"
    /// The partitions that a worker was given or lost.
    case kafkaPartitions = "kafka.partitions"
    /// How many partitions a worker reads now.
    case partitionsAssigned = "partitions.assigned"
    /// librdkafka's facility, such as `FAIL`.
    case kafkaFacility = "kafka.facility"
    /// A document's id.
    case documentID = "document.id"
    /// A file or address that documents are read from.
    case documentSource = "document.source"
    /// Documents, events or rows so far.
    case documents = "documents"
    /// Documents since the last summary, a second.
    case documentsPerSecond = "documents.per_second"
    /// Documents that were refused.
    case documentsRejected = "documents.rejected"
    /// Records that are readable and not committed.
    case lag = "lag"
    /// Topics found.
    case topicsFound = "topics.found"
    /// Records put aside.
    case deadLetters = "dead_letters"
    /// Bytes of a record.
    case bytes = "bytes"
    /// Records that came a second time.
    case redelivered = "redelivered"
    /// Records taken and not finished.
    case inFlight = "in_flight"
    /// Which attempt it was, from 1.
    case attempt = "attempt"
    /// Deaths of processes by a fatal signal of their own.
    case crashes = "crashes"
    /// Deaths of processes that may have been for want of memory.
    case kills = "kills"
    /// Deaths of processes that others caused.
    case killsFromOutside = "kills.outside"
    /// Attempts repeated.
    case retries = "retries"
    /// Rows that a store wrote anew.
    case eventsStored = "events.stored"
    /// Withdrawals.
    case withdrawals = "withdrawals"
    /// The ruleset's name.
    case rulesetName = "ruleset.name"
    /// The ruleset's version.
    case rulesetVersion = "ruleset.version"
    /// The ruleset's digest.
    case rulesetDigest = "ruleset.digest"
    /// What the store is.
    case storeKind = "store.kind"
    /// The store's file or folder.
    case storePath = "store.path"
    /// A file or folder of what a worker remembers over a restart.
    case statePath = "state.path"
    /// A stable error code.
    case errorCode = "error.code"
    /// What failed, with which value, what is allowed, what to do.
    case errorReason = "error.reason"
    /// Rostrum's own version.
    case version = "version"
    /// librdkafka's version.
    case librdkafkaVersion = "librdkafka.version"
    /// The address of a worker's endpoints.
    case httpHost = "http.host"
    /// Their port.
    case httpPort = "http.port"
    /// The address at which a producer takes documents.
    case ingestHost = "ingest.host"
    /// Its port.
    case ingestPort = "ingest.port"
    /// The status that a request was answered with.
    case httpStatus = "http.status"
    /// Why a program stops.
    case stopReason = "stop.reason"
    /// The exit code.
    case exitCode = "exit.code"
    /// How long something took or may take, in milliseconds.
    case milliseconds = "milliseconds"
    /// How often a message was left out since it was last written.
    case repeats = "log.repeats"
}

extension Logger {
    /// Writes a message with keys of the one list.
    /// - Parameter facts: made only where the level is written, since some lines are for every record.
    public func write(
        _ level: Logger.Level, _ message: Logger.Message, _ facts: @autoclosure () -> [LogKey: any LogValue] = [:]
    ) {
        log(
            level: level, message,
            metadata: Logger.Metadata(uniqueKeysWithValues: facts().map { ($0.key.rawValue, $0.value.metadataValue) }))
    }
}

/// What a key may carry: text, or a number that stays a number in JSON.
public protocol LogValue: Sendable {
    /// The value as swift-log takes it.
    var metadataValue: Logger.MetadataValue { get }
}

extension String: LogValue {
    /// The text.
    public var metadataValue: Logger.MetadataValue { .string(self) }
}

extension Int: LogValue {
    /// The number.
    public var metadataValue: Logger.MetadataValue { .stringConvertible(self) }
}

extension Double: LogValue {
    /// The number.
    public var metadataValue: Logger.MetadataValue { .stringConvertible(self) }
}
