/// Spreads work evenly over time: at most so many units a second, with no credit for time in which nothing was done.
/// A pure value.
struct RateLimit {
    private let interval: Duration
    private var next: Duration?

    /// - Parameter perSecond: more than nothing.
    init(perSecond: Double) { interval = .seconds(1) / perSecond }

    /// Takes one unit; the result says how long to wait first.
    mutating func take(at now: Duration) -> Duration {
        let start = max(next ?? now, now)
        next = start + interval
        return start - now
    }
}
