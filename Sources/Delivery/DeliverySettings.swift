/// The bounds and intervals of a delivery loop.
public struct DeliverySettings: Equatable, Sendable {
    /// How much may be in flight.
    public var limits = InFlightLimits()
    /// How often offsets are settled.
    public var settleInterval: Duration = .seconds(1)
    /// Offsets are settled earlier after this many records; it bounds a transaction.
    public var settleRecords = 5_000
    /// Offsets are settled earlier after records of this many bytes; it bounds a transaction.
    public var settleBytes = 64 * 1024 * 1024
    /// The longest wait for one settlement. With transactions the loop ends when it is over, so that it must be long
    /// enough for a broker that is away.
    public var settleTimeout: Duration = .seconds(10)
    /// The longest wait for work in flight when partitions are revoked. Must stay well under the session timeout.
    public var revokeBudget: Duration = .seconds(15)
    /// The longest time from the request to stop to the end of the loop.
    public var drainLimit: Duration = .seconds(20)
    /// The longest wait for room in the publisher's queue.
    public var queueFullLimit: Duration = .seconds(60)
    /// When a failed attempt is repeated, and how long a transaction waits for its settlement after one that was
    /// undone.
    public var retry = RetryPolicy()
    /// Which failures become dead letters.
    public var tolerance: ErrorTolerance = .data
    /// Transactions undone one after another before the loop gives up.
    public var consecutiveUndoneLimit = 10
    /// How often a store without work is asked whether it is there.
    public var storeCheckInterval: Duration = .seconds(10)
    /// The longest single wait for the source, hence for noticing a request to stop.
    public var pollTimeout: Duration = .milliseconds(100)

    /// The defaults.
    public init() {}
}

/// What processing made of one record.
public enum ProcessingOutcome: Sendable {
    /// Publish these, in order; with none the record is complete at once.
    case publish([OutgoingRecord])
    /// The record itself is at fault.
    case deadLetter(DeadLetterReason)
}
