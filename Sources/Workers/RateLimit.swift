/// Spreads work evenly over time: at most so many units a second, with no credit for time in which nothing was done (the
/// generic cell rate algorithm of ITU-T I.371). A pure value.
struct RateLimit {
    private let interval: Duration
    private let tolerance: Duration
    private var next: Duration?

    /// - Parameters:
    ///   - perSecond: more than nothing.
    ///   - tolerance: how late a unit may be without delaying those after it, for who cannot wait exactly.
    init(perSecond: Double, tolerance: Duration = .zero) {
        interval = .seconds(1) / perSecond
        self.tolerance = tolerance
    }

    /// Takes one unit; the result says how long to wait first.
    mutating func take(at now: Duration) -> Duration {
        let start = max(next ?? now, now - tolerance)
        next = start + interval
        return max(start - now, .zero)
    }
}
