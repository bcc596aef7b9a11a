internal import Foundation
internal import Synchronization

/// Asks a loop on another thread to drain and end. May be asked any number of times, from any thread.
public final class StopRequest: Sendable {
    private let moment = Mutex<Duration?>(nil)
    private let clock: MonotonicClock

    /// A request not yet made.
    /// - Parameter clock: tells when it was made; the clock of the loops that watch it.
    public init(clock: MonotonicClock = .system) { self.clock = clock }

    /// Asks. Only the first time counts.
    public func request() {
        moment.withLock { if $0 == nil { $0 = clock.now() } }
    }

    /// When it was asked, by the clock; nil before.
    public var requestedAt: Duration? { moment.withLock { $0 } }

    /// Whether it was asked.
    public var isRequested: Bool { requestedAt != nil }

    /// Sleeps until the time is over or a stop is asked for, whichever comes first. Blocks its thread.
    /// - Parameter clock: tells when the time is over.
    public func sleep(for time: Duration, by clock: MonotonicClock = .system) {
        let end = clock.now() + time
        while !isRequested {
            let left = end - clock.now()
            guard left > .zero else { return }
            Thread.sleep(forTimeInterval: min(left, .milliseconds(50)) / .seconds(1))
        }
    }
}
