internal import Foundation

/// Runs blocking work on a thread of its own and waits for it without holding one of Swift's cooperative threads.
///
/// librdkafka and SQLite block in C for as long as they like; on the cooperative pool, which has one thread a core, that
/// would stop everything else. Cancellation is not passed on: the work watches a `StopSignal`.
public func runOnOwnThread<Value: Sendable>(
    named name: String, _ work: @escaping @Sendable () throws -> Value
) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        let thread = Thread { continuation.resume(with: Result { try work() }) }
        thread.name = name
        // The classifier's recursion over rules and JSON must not meet a small default stack.
        thread.stackSize = 8 << 20
        thread.start()
    }
}
