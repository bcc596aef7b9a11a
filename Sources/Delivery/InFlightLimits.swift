/// How much work may be in flight before the source is paused.
public struct InFlightLimits: Equatable, Sendable {
    /// Records begun and not yet durable, at most; above 0.
    public var records: Int
    /// Bytes of their keys and values, at most; above 0. One record may exceed it alone.
    public var bytes: Int

    /// Sets the limits.
    public init(records: Int = 10_000, bytes: Int = 64 * 1024 * 1024) {
        self.records = records
        self.bytes = bytes
    }
}

/// Opens and closes the intake by the work in flight: closes at a limit, opens again at half of it, so that a source
/// is not paused and resumed for every record.
public struct IntakeGate: Sendable {
    /// What to do to the source.
    public enum Change: Equatable, Sendable {
        /// Stop taking.
        case pause
        /// Take again.
        case resume
    }

    private let limits: InFlightLimits
    /// Whether the intake is open.
    public private(set) var isOpen = true

    /// An open gate.
    public init(_ limits: InFlightLimits) { self.limits = limits }

    /// Tells the gate what is in flight; returns the change it asks for, if any.
    public mutating func update(records: Int, bytes: Int) -> Change? {
        if isOpen, records >= limits.records || bytes >= limits.bytes {
            isOpen = false
            return .pause
        }
        if !isOpen, records <= limits.records / 2, bytes <= limits.bytes / 2 {
            isOpen = true
            return .resume
        }
        return nil
    }
}
