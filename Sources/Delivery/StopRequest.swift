internal import Synchronization

/// Asks a loop on another thread to drain and end. May be asked any number of times, from any thread.
public final class StopRequest: Sendable {
    private let requested = Atomic<Bool>(false)

    /// A request not yet made.
    public init() {}

    /// Asks.
    public func request() { requested.store(true, ordering: .releasing) }

    /// Whether it was asked.
    public var isRequested: Bool { requested.load(ordering: .acquiring) }
}
