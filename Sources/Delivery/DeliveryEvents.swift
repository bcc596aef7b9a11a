/// What the loops tell of themselves, for logs and metrics. Told on the loop's thread, after the fact.
public enum DeliveryEvent: Sendable {
    /// A record was taken; when it was made, as far as the broker says.
    case received(TopicPartition, Offset, bytes: Int, made: RecordTimestamp?)
    /// A record was processed, in this time.
    case processed(TopicPartition, Offset, took: Duration)
    /// Every output of a record is durable.
    case completed(TopicPartition, Offset)
    /// A record goes to the dead letters.
    case deadLettered(TopicPartition, Offset, DeadLetterReason)
    /// A dead letter is larger than its Kafka topic takes and goes without the record's bytes.
    case deadLetterCut(TopicPartition, Offset, bytes: Int)
    /// A failed attempt will be repeated after the delay.
    case retrying(TopicPartition, Offset, code: String, attempt: Int, delay: Duration)
    /// Offsets are stored.
    case committed([TopicPartition: Offset])
    /// Offsets could not be stored now and will be tried again.
    case commitFailed(code: String, message: String)
    /// A transaction was undone; its records are read again.
    case undone(reason: String)
    /// Partitions came.
    case assigned([TopicPartition])
    /// Partitions went, in order.
    case revoked([TopicPartition])
    /// Partitions were taken away.
    case lost([TopicPartition])
    /// Partitions are paused.
    case paused([TopicPartition])
    /// Partitions are read again.
    case resumed([TopicPartition])
    /// A passing difficulty of the source.
    case trouble(SourceTrouble)
    /// A batch was stored, up to these offsets.
    case stored([TopicPartition: Offset], records: Int, bytes: Int, took: Duration)
    /// A store that was asked while there was no work for it did not answer; asked again and again.
    case storeAway(code: String)
    /// It answers again.
    case storeBack
    /// No more is taken; this much is in flight.
    case draining(inFlight: Int)
}

/// Why a loop ended before it was asked to.
public struct DeliveryStopped: ClassifiedFailure, CustomStringConvertible {
    /// A short, stable name.
    public let code: String
    /// What it was about.
    public let message: String
    /// The record that stays uncommitted, if it was about one.
    public let origin: TopicPartition?
    /// Its offset.
    public let offset: Offset?
    /// The error below, if any.
    public let cause: (any Error)?

    /// Always `infrastructure`: the record stays uncommitted and is read again.
    public var failureClass: FailureClass { .infrastructure }

    /// The code of a transaction whose end is not known.
    static let transactionTimedOut = "transaction-timed-out"

    init(code: String, message: String, record: ReceivedRecord? = nil, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.origin = record?.origin
        self.offset = record?.offset
        self.cause = cause
    }

    /// Message, place, cause.
    public var description: String {
        var text = message
        if let origin, let offset { text += " (\(origin) at offset \(offset), not committed)" }
        if let cause { text += ": \(cause)" }
        return text
    }
}

/// What a loop did in its life.
public struct DeliverySummary: Equatable, Sendable {
    /// Records taken.
    public var received = 0
    /// Records whose every output is durable.
    public var completed = 0
    /// Records sent to the dead letters.
    public var deadLettered = 0
    /// Attempts repeated.
    public var retries = 0
    /// Settlements of offsets.
    public var commits = 0
    /// Records given up uncommitted at the end; they are read again.
    public var abandoned = 0
    /// Partitions whose offsets could not be settled at the end, though their records are durable; those are read again.
    public var unsettledPartitions = 0

    /// Nothing done.
    public init() {}
}
