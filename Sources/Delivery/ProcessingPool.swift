internal import DequeModule
internal import Foundation

/// Processes records on a fixed number of threads, each with scratch memory of its own.
///
/// Records handed over wait in one queue and are taken by whichever thread is free, so that a large record keeps nothing
/// waiting but its own partition. The queue is short (``recordsPerThread``): what is in flight as a whole is bounded by
/// the loop, in records and bytes, and what is not handed over yet waits where it was fetched. The two locks are held for
/// a few instructions each; no thread waits for another while it processes.
public final class ProcessingPool: RecordProcessing {
    /// Records handed over and not taken back, at most, for each thread: enough that no thread waits for the loop.
    public static let recordsPerThread = 32

    private let exchange: Exchange
    private let calls: [OwnThread.Call<Void>]
    private let capacity: Int
    /// Records handed over and not yet taken back.
    public private(set) var count = 0

    /// Starts the threads.
    /// - Parameters:
    ///   - threads: how many, at least one.
    ///   - crashes: remembers the record that each thread has in hand over a crash of the process.
    ///   - makeProcess: makes what processes records, once for each thread, on it.
    public init(
        threads: Int, crashes: (any CrashMemory)? = nil, clock: MonotonicClock = .system,
        makeProcess: @escaping @Sendable () -> RecordProcess
    ) {
        let exchange = Exchange()
        self.exchange = exchange
        capacity = threads * Self.recordsPerThread
        calls = (0..<max(threads, 1)).map { number in
            let hand = crashes?.hand()
            return OwnThread.begin("process-\(number + 1)") {
                hand?.adopt()
                let process = makeProcess()
                while let job = exchange.next() {
                    exchange.put(.processing(job.id, job.record, with: hand, clock, process))
                }
            }
        }
    }

    deinit { exchange.end() }

    /// Whether fewer records are with the pool than it may hold.
    public var hasRoom: Bool { count < capacity }

    /// Hands a record to the next thread that is free.
    public func submit(_ id: ProcessingID, _ record: ReceivedRecord) {
        count += 1
        exchange.submit(Exchange.Job(id: id, record: record))
    }

    /// Takes back what is processed, waiting for the first at most the timeout.
    public func finished(timeout: Duration) -> [ProcessedRecord] {
        guard count > 0 else { return [] }
        let finished = exchange.take(timeout: timeout)
        count -= finished.count
        return finished
    }

    /// Drops what no thread has begun, and waits for the rest. A thread that is still at work at the limit is left to
    /// itself.
    public func close(within limit: Duration) {
        exchange.end()
        let clock = ContinuousClock()
        let deadline = clock.now + limit
        for call in calls { _ = call.result(within: max(deadline - clock.now, .zero)) }
    }
}

/// What passes between the loop's thread and those of the pool.
///
/// Unchecked, because each of the two conditions guards the values named beside it.
private final class Exchange: @unchecked Sendable {
    struct Job {
        let id: ProcessingID
        let record: ReceivedRecord
    }

    private let work = NSCondition()
    private var jobs: Deque<Job> = []
    private var idleThreads = 0
    private var isEnded = false

    private let results = NSCondition()
    private var finished: [ProcessedRecord] = []
    private var isAwaited = false

    func submit(_ job: Job) {
        work.lock()
        jobs.append(job)
        let isAnyIdle = idleThreads > 0
        work.unlock()
        if isAnyIdle { work.signal() }
    }

    /// Waits for a record; nil when there will be none.
    func next() -> Job? {
        work.lock()
        defer { work.unlock() }
        idleThreads += 1
        while jobs.isEmpty, !isEnded { work.wait() }
        idleThreads -= 1
        return isEnded ? nil : jobs.removeFirst()
    }

    func end() {
        work.lock()
        isEnded = true
        jobs.removeAll()
        work.unlock()
        work.broadcast()
    }

    func put(_ record: ProcessedRecord) {
        results.lock()
        finished.append(record)
        let isAwaited = isAwaited
        results.unlock()
        if isAwaited { results.signal() }
    }

    func take(timeout: Duration) -> [ProcessedRecord] {
        results.lock()
        defer { results.unlock() }
        if finished.isEmpty, timeout > .zero {
            let deadline = Date(timeIntervalSinceNow: timeout / .seconds(1))
            isAwaited = true
            while finished.isEmpty, results.wait(until: deadline) {}
            isAwaited = false
        }
        defer { finished = [] }
        return finished
    }
}
