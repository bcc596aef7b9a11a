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

/// When a failed attempt is repeated: exponential, capped, with jitter. A pure value.
public struct RetryPolicy: Equatable, Sendable {
    /// The wait after the first failure.
    public var initialDelay: Duration
    /// The longest wait.
    public var maximumDelay: Duration
    /// The share of each wait that is random, from 0 to 1.
    public var jitter: Double
    /// Attempts in all, at least 1.
    public var maximumAttempts: Int

    /// Sets the policy; the defaults are Kafka Connect's delays and about five minutes of trying.
    public init(
        initialDelay: Duration = .milliseconds(300), maximumDelay: Duration = .seconds(60), jitter: Double = 0.2,
        maximumAttempts: Int = 12
    ) {
        self.initialDelay = initialDelay
        self.maximumDelay = maximumDelay
        self.jitter = min(max(jitter, 0), 1)
        self.maximumAttempts = max(maximumAttempts, 1)
    }

    /// The wait before the next attempt, nil when there is none left.
    ///
    /// - Parameters:
    ///   - attempts: Attempts made so far, from 1.
    ///   - generator: The source of jitter.
    public func delay(afterAttempts attempts: Int, using generator: inout some RandomNumberGenerator) -> Duration? {
        guard attempts < maximumAttempts else { return nil }
        var delay = initialDelay
        for _ in 1..<max(attempts, 1) where delay < maximumDelay { delay = delay * 2 }
        delay = min(delay, maximumDelay)
        guard jitter > 0 else { return delay }
        return delay * (1 - jitter * Double.random(in: 0...1, using: &generator))
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
