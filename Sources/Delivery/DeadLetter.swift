/// Why a record went to the dead letters.
public struct DeadLetterReason: Equatable, Sendable {
    /// A short, stable, bounded code, such as `document-malformed`.
    public var code: String
    /// What was wrong, without payload or secret.
    public var message: String
    /// The step that refused it, in Kafka Connect's words: `VALUE_CONVERTER`, `TRANSFORMATION`, `TASK_PUT`, …
    public var stage: String
    /// The type that refused it.
    public var className: String
    /// The type of the error.
    public var exceptionClassName: String

    /// Gives a reason.
    public init(
        code: String, message: String, stage: String = "TRANSFORMATION", className: String = "",
        exceptionClassName: String = ""
    ) {
        self.code = code
        self.message = message
        self.stage = stage
        self.className = className
        self.exceptionClassName = exceptionClassName
    }
}

/// Makes dead letters: the record as received, byte for byte, plus headers that say where it came from and why.
public struct DeadLetter: Equatable, Sendable {
    /// The names of the headers, Kafka Connect's and ours. All values are strings.
    public enum HeaderName {
        /// The Kafka topic the record came from.
        public static let topic = "__connect.errors.topic"
        /// Its partition.
        public static let partition = "__connect.errors.partition"
        /// Its offset.
        public static let offset = "__connect.errors.offset"
        /// The worker that refused it.
        public static let connectorName = "__connect.errors.connector.name"
        /// The instance of the worker.
        public static let taskID = "__connect.errors.task.id"
        /// The step that refused it.
        public static let stage = "__connect.errors.stage"
        /// The type that refused it.
        public static let className = "__connect.errors.class.name"
        /// The type of the error.
        public static let exceptionClassName = "__connect.errors.exception.class.name"
        /// What was wrong.
        public static let exceptionMessage = "__connect.errors.exception.message"
        /// The error's code.
        public static let errorCode = "rostrum.error.code"
        /// How often the record was sent back to its origin, a decimal number.
        public static let redriveCount = "rostrum.redrive.count"
        /// How many bytes of key and value were left out of a record too large for the dead-letter topic, a decimal
        /// number; only a stub has it.
        public static let omittedBytes = "rostrum.error.omitted.bytes"

        /// What every dead letter adds to its record's headers, in order; the redrive count comes after them, where the
        /// record has none.
        static let added = [
            topic, partition, offset, connectorName, taskID, stage, className, exceptionClassName, exceptionMessage,
            errorCode,
        ]
    }

    /// The longest text of a header, in bytes: the dead-letter topic has room for a record and 64 KiB.
    private static let headerTextBytes = 4_096
    /// The longest key that a stub carries, in bytes.
    private static let stubKeyBytes = 4_096

    /// The Kafka topic for dead letters.
    public var topic: KafkaTopic
    /// The worker's name, such as `rostrum-classifier`.
    public var connectorName: String
    /// The instance of the worker, such as its host or ordinal.
    public var taskID: String

    /// Describes the writer of dead letters.
    public init(topic: KafkaTopic, connectorName: String, taskID: String = "0") {
        self.topic = topic
        self.connectorName = connectorName
        self.taskID = taskID
    }

    /// The dead letter of a record. The record's own headers come first and untouched; `rostrum.redrive.count` is
    /// added only where the record does not carry one.
    public func record(for record: ReceivedRecord, reason: DeadLetterReason) -> OutgoingRecord {
        var headers = record.headers + label(record, reason)
        if !record.headers.contains(where: { $0.name == HeaderName.redriveCount }) {
            headers.append(RecordHeader(HeaderName.redriveCount, "0"))
        }
        return OutgoingRecord(
            topic: topic, key: record.key, value: record.value, headers: headers,
            timestampMilliseconds: record.timestamp?.milliseconds)
    }

    /// The dead letter of a record that is too large for the dead-letter topic: where it stands and why it was refused,
    /// without its value and headers, and without a long key. The record itself stays where it came from.
    public func stub(for record: ReceivedRecord, reason: DeadLetterReason) -> OutgoingRecord {
        let key = record.key.flatMap { $0.count <= Self.stubKeyBytes ? $0 : nil }
        var headers = label(record, reason)
        headers.append(RecordHeader(HeaderName.redriveCount, "0"))
        headers.append(RecordHeader(HeaderName.omittedBytes, String(record.size - (key?.count ?? 0))))
        return OutgoingRecord(
            topic: topic, key: key, value: nil, headers: headers, timestampMilliseconds: record.timestamp?.milliseconds)
    }

    private func label(_ record: ReceivedRecord, _ reason: DeadLetterReason) -> [RecordHeader] {
        let texts = [
            record.origin.topic.rawValue, record.origin.partition.description, record.offset.description, connectorName,
            taskID, reason.stage, reason.className, reason.exceptionClassName, reason.message, reason.code,
        ]
        return zip(HeaderName.added, texts).map { RecordHeader($0, Self.cut($1)) }
    }

    private static func cut(_ text: String) -> String {
        guard text.utf8.count > headerTextBytes else { return text }
        var bytes = 0
        let kept = text.unicodeScalars.prefix { scalar in
            bytes += UTF8.width(scalar)
            return bytes <= headerTextBytes - UTF8.width("…")
        }
        return String(String.UnicodeScalarView(kept)) + "…"
    }
}
