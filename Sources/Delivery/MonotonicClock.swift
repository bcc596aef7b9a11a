/// A clock that only goes forward; injected so that tests can hold it.
public struct MonotonicClock: Sendable {
    /// Time since an arbitrary origin.
    public let now: @Sendable () -> Duration

    /// A clock that asks the closure.
    public init(now: @escaping @Sendable () -> Duration) { self.now = now }

    /// The machine's clock.
    public static let system: MonotonicClock = {
        let origin = ContinuousClock.now
        return MonotonicClock { ContinuousClock.now - origin }
    }()
}
