/// What a failure means for the record that met it.
public enum FailureClass: String, Equatable, Sendable {
    /// It may pass: back off and try the same record again.
    case retryable
    /// The record itself is at fault: it goes to the dead letters.
    case data
    /// The surroundings are at fault (broker, disk, settings): the worker stops, the record stays uncommitted.
    case infrastructure
}

/// An error that knows its code and what it means for the record.
///
/// An error that does not conform counts as `infrastructure`: stopping loses nothing.
public protocol ClassifiedFailure: Error {
    /// A short, stable, bounded name, such as `document-malformed`; becomes a metric label and a header.
    var code: String { get }
    /// What it means for the record.
    var failureClass: FailureClass { get }
}

/// When a failed attempt is repeated: exponential, capped, with jitter, for a limited time in all. A pure value.
public struct RetryPolicy: Equatable, Sendable {
    /// The shortest wait there may be, so that a policy cannot spin.
    private static let leastDelay = Duration.milliseconds(1)

    /// The wait after the first failure.
    public var initialDelay: Duration
    /// The longest wait.
    public var maximumDelay: Duration
    /// The share of each wait that is random, from 0 to 1.
    public var jitter: Double
    /// The longest time from the first failure to the last attempt; zero for no second attempt.
    public var budget: Duration

    /// Sets the policy; the defaults are Kafka Connect's delays and five minutes of trying.
    public init(
        initialDelay: Duration = .milliseconds(300), maximumDelay: Duration = .seconds(60), jitter: Double = 0.2,
        budget: Duration = .seconds(300)
    ) {
        self.initialDelay = max(initialDelay, Self.leastDelay)
        self.maximumDelay = max(maximumDelay, Self.leastDelay)
        self.jitter = min(max(jitter, 0), 1)
        self.budget = budget
    }

    /// The wait before the next attempt, nil when the budget is spent. The last wait is cut so that the last attempt
    /// comes when the budget ends.
    ///
    /// - Parameters:
    ///   - attempts: Attempts made so far, from 1.
    ///   - spent: The time since the first of them failed.
    ///   - generator: The source of jitter.
    public func delay(
        afterAttempts attempts: Int, spent: Duration, using generator: inout some RandomNumberGenerator
    ) -> Duration? {
        guard spent < budget else { return nil }
        var delay = min(initialDelay, maximumDelay)
        for _ in 1..<max(attempts, 1) {
            guard delay < maximumDelay else { break }
            delay = min(delay * 2, maximumDelay)
        }
        if jitter > 0 { delay = delay * (1 - jitter * Double.random(in: 0...1, using: &generator)) }
        return min(max(delay, Self.leastDelay), budget - spent)
    }
}

/// Which failures become dead letters instead of stopping the worker.
public enum ErrorTolerance: String, CaseIterable, Equatable, Sendable {
    /// None: the first failure stops the worker.
    case none
    /// Records that are at fault themselves; the default.
    case data
    /// Those, and records whose retries are used up.
    case all
}
