import Delivery
import Foundation
import Synchronization
import TestSupport
import Testing

/// Records processed by others than the loop's thread: the order of a partition is kept, and what is in flight is bounded.
@Suite struct ProcessingTests {
    typealias AtLeastOnce = CommitAfterDelivery<FakeSource, FakePublisher>

    /// Runs a loop over two partitions until nothing is left. Returns what was offered to the publisher, in order.
    private func run(
        _ processing: any RecordProcessing, records: Int64 = 40, crashes: FakeCrashMemory? = nil,
        limits: InFlightLimits = InFlightLimits(), until isOver: @escaping (FakePublisher) -> Bool
    ) throws -> (offered: [String], summary: DeliverySummary, source: FakeSource) {
        let time = ManualClock()
        let source = FakeSource([partitionZero: Array(0..<records), partitionOne: Array(0..<records)], time: time)
        let publisher = FakePublisher(time: time)
        let stop = StopRequest(clock: time.clock)
        var offered: [String] = []
        publisher.refuse = {
            offered.append("\($0.topic) " + String(decoding: $0.value ?? [], as: UTF8.self))
            return nil
        }
        source.onIdle = { if isOver(publisher) { stop.request() } }
        var settings = DeliverySettings()
        settings.limits = limits
        settings.retry = RetryPolicy(initialDelay: .milliseconds(10), jitter: 0, budget: .seconds(3600))
        let loop = DeliveryLoop(
            source: source, publisher: publisher, strategy: AtLeastOnce(),
            deadLetter: DeadLetter(topic: KafkaTopic("dead"), connectorName: "test"), settings: settings,
            clock: time.clock, generator: SeededGenerator(seed: 1), crashes: crashes, processing: processing)
        let summary = try loop.run(until: stop)
        return (offered, summary, source)
    }

    private func expected(_ origin: TopicPartition, _ records: Int64 = 40) -> [String] {
        (0..<records).map { $0 % 10 == 7 ? "dead \(origin)@\($0)" : "out \(origin)@\($0)" }
    }

    /// Some are refused, some must be tried again: all that changes the order if anything does.
    private static func process(_ failing: @escaping () -> Bool) -> RecordProcess {
        { record in
            if record.offset.rawValue % 10 == 7 { throw Failure(code: "bad", failureClass: .data) }
            if failing() { throw Failure(code: "flaky", failureClass: .retryable) }
            return .publish([makeOutput(record)])
        }
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func aPartitionKeepsItsOrder(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let processing = ShuffledProcessing(seed: seed, capacity: Int.random(in: 1...30, using: &random)) { record in
            try Self.process { random.chance(15) }(record)
        }
        let result = try run(processing) { $0.visible.count == 80 }
        for origin in [partitionZero, partitionOne] {
            #expect(result.offered.filter { $0.contains("\(origin)@") } == expected(origin), "seed \(seed)")
        }
        #expect(result.source.committed == [partitionZero: Offset(40), partitionOne: Offset(40)])
        #expect(result.summary.completed == 80 && processing.isClosed)
    }

    /// However many records have come back from processing, a transaction holds no more than it may.
    @Test(arguments: 0..<50 as Range<UInt64>)
    func aTransactionIsBounded(seed: UInt64) throws {
        let time = ManualClock()
        let source = FakeSource([partitionZero: Array(0..<40), partitionOne: Array(0..<40)], time: time)
        let publisher = FakePublisher(time: time)
        let stop = StopRequest(clock: time.clock)
        source.onIdle = { if publisher.visible.count == 80 { stop.request() } }
        var sizes: [Int] = []
        var before = 0
        publisher.beforeCommit = {
            sizes.append(publisher.offered - before)
            before = publisher.offered
        }
        var settings = DeliverySettings()
        settings.settleRecords = 10
        settings.settleInterval = .seconds(3600)
        let processing = ShuffledProcessing(seed: seed, capacity: 30) { .publish([makeOutput($0)]) }
        let loop = DeliveryLoop(
            source: source, publisher: publisher, strategy: CommitInTransaction<FakeSource, FakePublisher>(),
            deadLetter: DeadLetter(topic: KafkaTopic("dead"), connectorName: "test"), settings: settings,
            clock: time.clock, processing: processing)
        #expect(try loop.run(until: stop).completed == 80)
        #expect(sizes == Array(repeating: 10, count: 8), "seed \(seed)")
    }

    @Test func whatIsInFlightIsBoundedWithAPoolToo() throws {
        let processing = ShuffledProcessing(seed: 3, capacity: 1_000, Self.process { false })
        let result = try run(processing, limits: InFlightLimits(records: 8, bytes: 1 << 20)) { $0.visible.count == 80 }
        #expect(processing.mostWaiting <= 8 && result.summary.completed == 80)
    }

    @Test func threadsKeepTheOrderAndHaveTheirOwnHands() throws {
        let memory = FakeCrashMemory()
        let threads = Mutex<Set<pthread_t>>([])
        let pool = ProcessingPool(threads: 3, crashes: memory) {
            let thread = pthread_self()
            return { record in
                threads.withLock { _ = $0.insert(thread) }
                #expect(pthread_self() == thread)
                Thread.sleep(forTimeInterval: Double(record.offset.rawValue % 3) / 2_000)
                return try Self.process { false }(record)
            }
        }
        let result = try run(pool, crashes: memory) { $0.visible.count == 80 }
        for origin in [partitionZero, partitionOne] {
            #expect(result.offered.filter { $0.contains("\(origin)@") } == expected(origin))
        }
        #expect(threads.withLock { $0.count } == 3)
        #expect(memory.hands.count == 3 && memory.hands.allSatisfy(\.isAdopted) && memory.inHand.isEmpty)
    }

    /// Only when all records of the other partition are through may the first of this one come to its end.
    @Test func aSlowRecordHoldsUpItsOwnPartitionOnly() throws {
        let others = Mutex(0)
        let isSlow: @Sendable (ReceivedRecord) -> Bool = { $0.origin == partitionZero && $0.offset == Offset(0) }
        let pool = ProcessingPool(threads: 2) {
            { record in
                if isSlow(record) {
                    let deadline = ContinuousClock.now + .seconds(60)
                    while others.withLock({ $0 < 40 }), ContinuousClock.now < deadline {
                        Thread.sleep(forTimeInterval: 0.001)
                    }
                    #expect(others.withLock { $0 } == 40)
                } else if record.origin == partitionOne {
                    others.withLock { $0 += 1 }
                }
                return .publish([makeOutput(record)])
            }
        }
        let result = try run(pool) { $0.visible.count == 80 }
        #expect(result.offered.filter { $0.contains("in-0@") } == (0..<40).map { "out in-0@\($0)" })
        #expect(result.offered.prefix(40).allSatisfy { $0.contains("in-1@") })
    }

    @Test func aSuspectIsProcessedAlone() throws {
        let memory = FakeCrashMemory()
        memory.suspected = [Offset(5)]
        let running = Mutex(0)
        let suspects = Mutex(0)
        let pool = ProcessingPool(threads: 3, crashes: memory) {
            { record in
                running.withLock { $0 += 1 }
                // The first of the two that have this offset; the second is absolved with it.
                let isSuspect = record.offset == Offset(5)
                if isSuspect { suspects.withLock { $0 += 1 } }
                if isSuspect, suspects.withLock({ $0 }) == 1 {
                    for _ in 0..<20 {
                        #expect(running.withLock { $0 } == 1)
                        Thread.sleep(forTimeInterval: 0.001)
                    }
                }
                running.withLock { $0 -= 1 }
                return .publish([makeOutput(record)])
            }
        }
        let result = try run(pool, crashes: memory) { $0.visible.count == 80 }
        #expect(result.summary.completed == 80 && memory.suspected.isEmpty && suspects.withLock { $0 } == 2)
    }

    /// While records wait all the time, those that are through are let go of: 600 MiB pass, of which 33 are with the pool.
    @Test func aBacklogHoldsNoRecordThatIsThrough() throws {
        let megabyte = 1 << 20
        let mayGoOn = DispatchSemaphore(value: 0)
        let pool = ProcessingPool(threads: 1) {
            { _ in
                mayGoOn.wait()
                return .publish([])
            }
        }
        var id = ProcessingID.first
        func submit() {
            let value = [UInt8](repeating: 1, count: megabyte)
            pool.submit(
                id,
                ReceivedRecord(
                    origin: partitionZero, offset: Offset(0), timestamp: nil, key: nil, value: value, headers: []))
            id = id.next
        }
        while pool.hasRoom { submit() }
        let before = try residentBytes()
        for _ in 0..<600 {
            mayGoOn.signal()
            while pool.finished(timeout: .seconds(60)).isEmpty {}
            submit()
        }
        let growth = try residentBytes() - before
        while pool.count > 0 {
            mayGoOn.signal()
            _ = pool.finished(timeout: .seconds(60))
        }
        #expect(growth < 300 * megabyte)
    }

    private func residentBytes() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        return try #require(Int(text.split(separator: " ")[1])) * Int(getpagesize())
    }

    @Test func aPoolThatIsClosedFinishesWhatItHasBegunOnly() throws {
        let begun = Mutex(0)
        let ended = Mutex(0)
        let pool = ProcessingPool(threads: 1) {
            { record in
                begun.withLock { $0 += 1 }
                Thread.sleep(forTimeInterval: 0.05)
                ended.withLock { $0 += 1 }
                return .publish([])
            }
        }
        var id = ProcessingID.first
        for offset in 0..<10 as Range<Int64> {
            pool.submit(id, makeRecord(partitionZero, offset))
            id = id.next
        }
        while begun.withLock({ $0 }) == 0 { Thread.sleep(forTimeInterval: 0.001) }
        pool.close(within: .seconds(60))
        let count = begun.withLock { $0 }
        #expect(count < 10 && ended.withLock { $0 } == count)
    }
}
