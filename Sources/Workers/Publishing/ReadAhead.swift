internal import Delivery
internal import Foundation
internal import SpeechFormats

/// Documents of files, read and prepared ahead by several threads and handed out in the files' order.
///
/// One thread at a time cuts a batch of parts out of the files and numbers it; it reads them beside the others, and the
/// batches wait for their turn. How far the threads may be ahead is bounded in batches, a batch in parts and bytes.
///
/// Unchecked: `files`, `isExhausted` and `cut` are touched under `source` alone, the rest under `condition`; nobody takes
/// `condition` while holding `source`, or the other way round. What only the consumer touches says so.
final class ReadAhead: @unchecked Sendable {
    private static let batchParts = 64
    private static let batchBytes = 262_144
    /// More threads would wait for the one that cuts and the one that publishes.
    private static let threadsMax = 8
    private static let stopSeconds = 10

    private let source = NSLock()
    private var files: SpeechFiles
    private var isExhausted = false
    private var cut = 0

    private let condition = NSCondition()
    private var batches: [Int: [PreparedOutcome]] = [:]
    private var taken = 0
    /// How many batches there are, once that is known.
    private var total: Int?
    private var isStopped = false
    private let aheadMax: Int

    private init(_ files: sending SpeechFiles, threads: Int) {
        self.files = files
        aheadMax = 2 * threads + 2
    }

    /// Lends the documents, for the time of the call, to a caller that goes through them once, on one thread.
    static func reading<Result>(
        _ files: sending SpeechFiles, _ body: (Outcomes) throws -> Result
    ) rethrows -> Result {
        let threads = min(ProcessInfo.processInfo.activeProcessorCount, threadsMax)
        let ahead = ReadAhead(files, threads: threads)
        let calls = (0..<threads).map { _ in OwnThread.begin("rostrum-reader") { ahead.work() } }
        defer {
            ahead.stop()
            // A thread that hangs in a read, as on a file system that is gone, is left behind.
            for call in calls { _ = call.result(within: .seconds(stopSeconds)) }
        }
        return try body(Outcomes(ahead: ahead))
    }

    /// The documents, refusals and warnings in order.
    struct Outcomes: Sequence, IteratorProtocol {
        fileprivate let ahead: ReadAhead
        private var batch: ArraySlice<PreparedOutcome> = []

        fileprivate init(ahead: ReadAhead) { self.ahead = ahead }

        mutating func next() -> PreparedOutcome? {
            while batch.isEmpty {
                guard let next = ahead.nextBatch() else { return nil }
                batch = next[...]
            }
            return batch.popFirst()
        }
    }

    private func work() {
        while waitForRoom(), let (number, parts) = nextParts() {
            let outcomes = parts.flatMap { $0.outcomes().map(PreparedOutcome.init) }
            condition.withLock {
                batches[number] = outcomes
                condition.broadcast()
            }
        }
    }

    /// False once nobody wants more.
    private func waitForRoom() -> Bool {
        condition.withLock {
            while !isStopped, batches.count >= aheadMax { condition.wait() }
            return !isStopped
        }
    }

    /// The next batch of parts, nil at the end.
    private func nextParts() -> (number: Int, parts: [SpeechFiles.Part])? {
        let (number, parts) = source.withLock {
            var parts: [SpeechFiles.Part] = []
            var bytes = 0
            while !isExhausted, parts.count < Self.batchParts, bytes < Self.batchBytes {
                guard let part = files.nextPart() else {
                    isExhausted = true
                    break
                }
                parts.append(part)
                bytes += part.bytes
            }
            defer { if !parts.isEmpty { cut += 1 } }
            return (cut, parts)
        }
        guard parts.isEmpty else { return (number, parts) }
        condition.withLock {
            total = number
            condition.broadcast()
        }
        return nil
    }

    /// The next batch in order, nil after the last.
    private func nextBatch() -> [PreparedOutcome]? {
        condition.withLock {
            while batches[taken] == nil {
                if taken == total { return nil }
                condition.wait()
            }
            defer {
                taken += 1
                condition.broadcast()
            }
            return batches.removeValue(forKey: taken)
        }
    }

    private func stop() {
        condition.withLock {
            isStopped = true
            condition.broadcast()
        }
    }
}
