/// How consumed offsets are stored once the outputs of their records are durable: the place where a delivery mode
/// plugs into the loop. Used from the loop's thread.
public protocol AcknowledgementStrategy: AnyObject {
    /// Where records come from.
    associatedtype Source: RecordSource
    /// Where records go.
    associatedtype Publisher: RecordPublisher

    /// Whether outputs and offsets become visible together. Offsets are then settled only while no output is
    /// outstanding, and an output that the broker refuses undoes all others of its transaction.
    var isTransactional: Bool { get }
    /// Called before outputs are enqueued.
    func open(_ publisher: Publisher) throws
    /// Stores the offsets. An error classified `retryable` leaves them to the next attempt; another ends the loop.
    /// - Parameter remaining: the time left, asked for anew before every wait: a request to stop shortens it.
    func settle(
        _ offsets: [TopicPartition: Offset], source: Source, publisher: Publisher, remaining: () -> Duration
    ) throws -> Settlement
    /// Gives up what is not settled. Returns true when outputs already enqueued were undone with it, so that their
    /// records must be read again.
    func abandon(_ publisher: Publisher, remaining: () -> Duration) throws -> Bool
}

/// What settling came to.
public enum Settlement: Equatable, Sendable {
    /// The offsets are stored.
    case committed
    /// The outputs since the last settlement were undone; their records must be read again.
    case undone(reason: String)
}

/// At-least-once: offsets are committed to the group after the delivery reports of everything they caused.
public final class CommitAfterDelivery<Source: RecordSource, Publisher: RecordPublisher>: AcknowledgementStrategy {
    /// Makes the strategy.
    public init() {}

    /// Offsets may be committed at any time.
    public var isTransactional: Bool { false }
    /// Nothing to open.
    public func open(_ publisher: Publisher) {}
    /// Commits to the group.
    public func settle(
        _ offsets: [TopicPartition: Offset], source: Source, publisher: Publisher, remaining: () -> Duration
    ) throws -> Settlement {
        try source.commit(offsets, timeout: remaining())
        return .committed
    }
    /// What was published stays published.
    public func abandon(_ publisher: Publisher, remaining: () -> Duration) -> Bool { false }
}

/// Exactly-once: outputs and offsets become visible in one transaction, fenced by the group's identity (KIP-447).
///
/// The identity is read afresh for every transaction. An abortable failure undoes the transaction and has its records
/// read again; a fatal one (a fenced producer) ends the loop.
public final class CommitInTransaction<Source: TransactionalSource, Publisher: TransactionalPublisher>:
    AcknowledgementStrategy
where Source.GroupMetadata == Publisher.GroupMetadata {
    private var isOpen = false

    /// Makes the strategy for a publisher whose transactions are initialised.
    public init() {}

    /// A transaction holds whole records only.
    public var isTransactional: Bool { true }

    /// Opens a transaction unless one is open.
    public func open(_ publisher: Publisher) throws {
        guard !isOpen else { return }
        try publisher.beginTransaction()
        isOpen = true
    }

    /// Adds the offsets and commits. The offsets carry the group's identity of this moment: a member that has been
    /// replaced meanwhile is refused, and its transaction undone.
    public func settle(
        _ offsets: [TopicPartition: Offset], source: Source, publisher: Publisher, remaining: () -> Duration
    ) throws -> Settlement {
        try open(publisher)
        do {
            let group = try source.groupMetadata()
            try repeating(remaining) { try publisher.sendOffsets(offsets, group: group, timeout: $0) }
            try repeating(remaining) { try publisher.commitTransaction(timeout: $0) }
        } catch let failure as any TransactionFailure where failure.requiresAbort {
            try abortTransaction(publisher, remaining)
            return .undone(reason: failure.code)
        }
        isOpen = false
        return .committed
    }

    /// Aborts the open transaction, if there is one.
    public func abandon(_ publisher: Publisher, remaining: () -> Duration) throws -> Bool {
        guard isOpen else { return false }
        try abortTransaction(publisher, remaining)
        return true
    }

    private func abortTransaction(_ publisher: Publisher, _ remaining: () -> Duration) throws {
        try repeating(remaining) { try publisher.abortTransaction(timeout: $0) }
        isOpen = false
    }

    /// The first single wait for the broker; the next are longer, for one that is slow.
    private static var firstWait: Duration { .seconds(1) }
    private static var longestWait: Duration { .seconds(30) }

    /// A transaction call that fails retryably must be made again with the same arguments; nothing else is allowed
    /// meanwhile. Single waits are short at first, so that a request to stop is heard while the broker is away. When no
    /// time is left the loop must end: only a new producer can tell how the transaction ended.
    private func repeating(_ remaining: () -> Duration, _ call: (Duration) throws -> Void) throws {
        var wait = Self.firstWait
        while true {
            do {
                return try call(max(min(wait, remaining()), .milliseconds(1)))
            } catch let failure as any ClassifiedFailure where failure.failureClass == .retryable {
                guard remaining() > .zero else {
                    throw DeliveryStopped(
                        code: DeliveryStopped.transactionTimedOut,
                        message: "the transaction could not be ended in time",
                        cause: failure)
                }
                wait = min(wait * 2, Self.longestWait)
            }
        }
    }
}
