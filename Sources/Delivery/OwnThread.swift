internal import Foundation

/// Threads for work that blocks in C, which must never sit on Swift's cooperative pool.
public enum OwnThread {
    /// Runs the work on a thread of its own and waits for it without blocking the caller's thread.
    ///
    /// Cancellation does not reach the work; give it a ``StopRequest``.
    public static func run<Value: Sendable>(
        _ name: String, _ work: sending @escaping () throws -> Value
    ) async throws -> Value {
        let work = Handover(work)
        return try await withCheckedThrowingContinuation { continuation in
            start(name) { continuation.resume(with: Result { try work.take()() }) }
        }
    }

    /// Runs the work on a thread of its own and blocks for it, at most the limit; nil when it is still running then.
    /// The work goes on alone in that case, holding what it captured, and its result is dropped.
    public static func run<Value: Sendable>(
        _ name: String, within limit: Duration, _ work: @escaping @Sendable () -> Value
    ) -> Value? {
        begin(name, work).result(within: limit)
    }

    /// Begins the work on a thread of its own; its result can be waited for again and again.
    public static func begin<Value: Sendable>(
        _ name: String, _ work: @escaping @Sendable () -> Value
    ) -> Call<Value> {
        let outcome = Outcome<Value>()
        start(name) { outcome.fulfil(work()) }
        return Call(outcome: outcome)
    }

    /// Work on a thread of its own.
    public struct Call<Value: Sendable>: Sendable {
        fileprivate let outcome: Outcome<Value>

        /// Blocks for the result, at most the limit; nil when the work is still going on then.
        public func result(within limit: Duration) -> Value? { outcome.wait(limit) }
    }

    private static func start(_ name: String, _ body: @escaping @Sendable () -> Void) {
        let thread = Thread(block: body)
        thread.name = name
        thread.stackSize = 4 * 1024 * 1024
        thread.start()
    }
}

/// Carries a closure that is not `Sendable` to the one thread that calls it.
///
/// Unchecked, because the closure arrives as `sending` (nobody else can reach what it captured) and `take` gives it
/// out once.
private final class Handover<Value>: @unchecked Sendable {
    private var work: (() throws -> Value)?

    init(_ work: sending @escaping () throws -> Value) { self.work = work }

    func take() -> () throws -> Value {
        guard let work else { preconditionFailure("the work of a thread was taken twice") }
        self.work = nil
        return work
    }
}

/// A value that one thread sets and another waits for.
///
/// Unchecked, because `NSCondition` guards the value on both sides.
private final class Outcome<Value: Sendable>: @unchecked Sendable {
    private let condition = NSCondition()
    private var value: Value?

    func fulfil(_ value: Value) {
        condition.lock()
        self.value = value
        condition.signal()
        condition.unlock()
    }

    func wait(_ limit: Duration) -> Value? {
        let seconds = Double(limit.components.seconds) + Double(limit.components.attoseconds) * 1e-18
        let deadline = Date(timeIntervalSinceNow: seconds)
        condition.lock()
        defer { condition.unlock() }
        while value == nil {
            if !condition.wait(until: deadline) { break }
        }
        return value
    }
}
