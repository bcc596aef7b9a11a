/// How consumed offsets are stored once the outputs of their records are durable: the place where a delivery mode
/// plugs into the loop. Used from the loop's thread.
public protocol AcknowledgementStrategy: AnyObject {
    /// Where records come from.
    associatedtype Source: RecordSource
    /// Where records go.
    associatedtype Publisher: RecordPublisher

    /// Whether offsets may be settled only while no output is outstanding.
    var settlesOnlyWhenIdle: Bool { get }
    /// Called before outputs are enqueued.
    func open(_ publisher: Publisher) throws
    /// Stores the offsets. An error classified `retryable` leaves them to the next attempt; another ends the loop.
    func settle(
        _ offsets: [TopicPartition: Offset], source: Source, publisher: Publisher, timeout: Duration
    ) throws -> Settlement
    /// Gives up what is not settled. Returns true when outputs already enqueued were undone with it, so that their
    /// records must be read again.
    func abandon(_ publisher: Publisher, timeout: Duration) throws -> Bool
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
    public var settlesOnlyWhenIdle: Bool { false }
    /// Nothing to open.
    public func open(_ publisher: Publisher) {}
    /// Commits to the group.
    public func settle(
        _ offsets: [TopicPartition: Offset], source: Source, publisher: Publisher, timeout: Duration
    ) throws -> Settlement {
        try source.commit(offsets, timeout: timeout)
        return .committed
    }
    /// What was published stays published.
    public func abandon(_ publisher: Publisher, timeout: Duration) -> Bool { false }
}

/// Exactly-once: outputs and offsets become visible in one transaction, fenced by the group's identity (KIP-447).
///
/// The identity is read afresh for every transaction. An abortable failure undoes the transaction and has its records
/// read again; a fatal one (a fenced producer) ends the loop.
public final class CommitInTransaction<Source: TransactionalSource, Publisher: TransactionalPublisher>:
    AcknowledgementStrategy
where Source.GroupMetadata == Publisher.GroupMetadata {
    private var isOpen = false
    private let clock: MonotonicClock

    /// Makes the strategy for a publisher whose transactions are initialised.
    public init(clock: MonotonicClock = .system) { self.clock = clock }

    /// A transaction holds whole records only.
    public var settlesOnlyWhenIdle: Bool { true }

    /// Opens a transaction unless one is open.
    public func open(_ publisher: Publisher) throws {
        guard !isOpen else { return }
        try publisher.beginTransaction()
        isOpen = true
    }

    /// Adds the offsets and commits.
    public func settle(
        _ offsets: [TopicPartition: Offset], source: Source, publisher: Publisher, timeout: Duration
    ) throws -> Settlement {
        try open(publisher)
        let deadline = clock.now() + timeout
        do {
            try repeating(until: deadline) { remaining in
                try publisher.sendOffsets(offsets, group: source.groupMetadata(), timeout: remaining)
            }
            try repeating(until: deadline) { try publisher.commitTransaction(timeout: $0) }
        } catch let failure as any TransactionFailure where failure.requiresAbort {
            try abortTransaction(publisher, timeout: timeout)
            return .undone(reason: failure.code)
        }
        isOpen = false
        return .committed
    }

    /// Aborts the open transaction, if there is one.
    public func abandon(_ publisher: Publisher, timeout: Duration) throws -> Bool {
        guard isOpen else { return false }
        try abortTransaction(publisher, timeout: timeout)
        return true
    }

    private func abortTransaction(_ publisher: Publisher, timeout: Duration) throws {
        let deadline = clock.now() + timeout
        try repeating(until: deadline) { try publisher.abortTransaction(timeout: $0) }
        isOpen = false
    }

    /// A transaction call that fails retryably must be made again with the same arguments; nothing else is allowed
    /// meanwhile. At the deadline the loop must end: only a new producer can tell how the transaction ended.
    private func repeating(until deadline: Duration, _ call: (Duration) throws -> Void) throws {
        while true {
            do {
                return try call(max(deadline - clock.now(), .milliseconds(1)))
            } catch let failure as any ClassifiedFailure where failure.failureClass == .retryable {
                guard clock.now() < deadline else {
                    throw DeliveryStopped(
                        code: "transaction-timed-out", message: "the transaction could not be ended in time",
                        cause: failure)
                }
            }
        }
    }
}
