/// The publisher's name for one enqueued record, chosen by the caller and given back in the delivery report.
public struct DeliveryToken: Hashable, Sendable, RawRepresentable {
    /// The number.
    public let rawValue: UInt64
    /// Wraps a number.
    public init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// What became of one enqueued record. Exactly one report comes for each record that was accepted.
public struct DeliveryReport: Sendable {
    /// Whose report it is.
    public let token: DeliveryToken
    /// Where the record is stored; else why it is not. A failure is final: the publisher's own retries are used up.
    public let result: Result<StoredAt, any Error>

    /// A record's place in the log.
    public struct StoredAt: Equatable, Sendable {
        /// The partition.
        public let partition: TopicPartition
        /// The offset there.
        public let offset: Offset
        /// Names a place.
        public init(partition: TopicPartition, offset: Offset) {
            self.partition = partition
            self.offset = offset
        }
    }

    /// Reports on a record.
    public init(token: DeliveryToken, result: Result<StoredAt, any Error>) {
        self.token = token
        self.result = result
    }
}

/// Whether a publisher took a record.
public enum EnqueueResult: Equatable, Sendable {
    /// Taken; a delivery report will follow.
    case accepted
    /// The local queue is full; poll for reports and offer the record again.
    case full
}

/// Where records go: a producer of Kafka, or a fake of one.
public protocol RecordPublisher: AnyObject {
    /// Offers a record; returns at once. Throws when the record or the publisher is at fault (see
    /// ``ClassifiedFailure``); no report follows then.
    func enqueue(_ record: OutgoingRecord, token: DeliveryToken) throws -> EnqueueResult
    /// Waits for delivery reports, at most the timeout, and returns those that came.
    /// Throws only when the publisher can never publish again.
    func poll(timeout: Duration) throws -> [DeliveryReport]
}

/// A publisher whose records, together with consumed offsets, become visible all at once or not at all.
public protocol TransactionalPublisher: RecordPublisher {
    /// The consumer group's identity, which fences members that have been replaced.
    associatedtype GroupMetadata
    /// Opens a transaction.
    func beginTransaction() throws
    /// Makes consumed offsets part of the open transaction.
    func sendOffsets(_ offsets: [TopicPartition: Offset], group: GroupMetadata, timeout: Duration) throws
    /// Makes the transaction visible.
    func commitTransaction(timeout: Duration) throws
    /// Undoes the transaction; records still queued are dropped and reported as failed.
    func abortTransaction(timeout: Duration) throws
}

/// A source whose consumer group can take part in transactions.
public protocol TransactionalSource: RecordSource {
    /// The consumer group's identity.
    associatedtype GroupMetadata
    /// The identity as of now; to be read afresh for every transaction, since a rebalance changes it.
    func groupMetadata() throws -> GroupMetadata
}

/// An error of a transaction that says how to go on.
public protocol TransactionFailure: ClassifiedFailure {
    /// The transaction must be aborted and its records processed again.
    var requiresAbort: Bool { get }
}
