import Delivery
import TestSupport
import Testing

/// Random crashes, rebalances, failures and orders of delivery reports, over many lives of a loop. The oracle knows
/// only what readers can see and what is committed.
@Suite struct DeliveryPropertyTests {
    private struct Crash: Error {}
    private let log: [TopicPartition: [Int64]] = [
        partitionZero: [0, 1, 2, 5, 6, 9, 10, 11], partitionOne: [3, 4, 5, 6, 7, 8, 20],
    ]

    private var all: Set<String> { Set(log.flatMap { origin, offsets in offsets.map { "\(origin)@\($0)" } }) }

    /// One life: a source and a publisher that misbehave at random, and a loop over them.
    private func live<Strategy: AcknowledgementStrategy>(
        _ generator: inout SeededGenerator, _ source: FakeSource, _ publisher: FakePublisher, _ time: ManualClock,
        _ strategy: Strategy, isCalm: Bool, seed: UInt64
    ) throws where Strategy.Source == FakeSource, Strategy.Publisher == FakePublisher {
        var random = SeededGenerator(seed: generator.next())
        let stop = StopRequest(clock: time.clock)
        let crashAt = isCalm ? Int.max : Int.random(in: 1...25, using: &random)
        // The broker refuses what comes of these, whoever asks.
        let refused: Set<[UInt8]> = [Array("in-0@9".utf8), Array("in-1@6".utf8)]
        var processed = 0
        var idle = 0
        publisher.pick = { Int.random(in: 0..<$0, using: &random) }
        publisher.verdict = { output in
            if output.topic == KafkaTopic("out"), refused.contains(output.value ?? []) {
                return .fail(Failure(code: "too-large", failureClass: .data))
            }
            return random.chance(isCalm ? 100 : 60) ? .deliver : .withhold
        }
        publisher.reportsPerPoll = 3
        publisher.beforeCommit = { if !isCalm, random.chance(15) { throw AbortableFailure() } }
        source.onIdle = {
            idle += 1
            if idle > 200 || (isCalm && publisher.waiting.isEmpty && source.paused.isEmpty && idle > 30) {
                stop.request()
            }
            if !isCalm, random.chance(10), let partition = source.owned.min() {
                source.script = [random.chance(50) ? .revoking([partition]) : .lost([partition])]
                if random.chance(80) { source.script.append(.assigned([partition])) }
            }
        }
        var settings = DeliverySettings()
        settings.settleInterval = .milliseconds(50)
        settings.limits = InFlightLimits(records: 5, bytes: 1 << 20)
        settings.retry = RetryPolicy(initialDelay: .milliseconds(10), jitter: 0.5, budget: .seconds(3600))
        settings.revokeBudget = .milliseconds(200)
        settings.drainLimit = .seconds(2)
        settings.settleTimeout = .seconds(2)
        settings.consecutiveUndoneLimit = 1000
        let process: RecordProcess = { record in
            processed += 1
            if processed == crashAt { throw Crash() }
            if !isCalm, random.chance(10) { throw Failure(code: "flaky", failureClass: .retryable) }
            if record.offset == Offset(5) { throw Failure(code: "bad", failureClass: .data) }
            return .publish([makeOutput(record)])
        }
        let isShuffled = random.chance(70)
        let processing: any RecordProcessing =
            isShuffled
            ? ShuffledProcessing(seed: random.next(), process) : InlineProcessing(clock: time.clock, process: process)
        let loop = DeliveryLoop(
            source: source, publisher: publisher, strategy: strategy,
            deadLetter: DeadLetter(topic: KafkaTopic("dead"), connectorName: "test"), settings: settings,
            clock: time.clock, generator: SeededGenerator(seed: seed), processing: processing)
        do { _ = try loop.run(until: stop) } catch is Crash {}
        #expect(source.isClosed, "seed \(seed)")
    }

    /// Whatever is committed was visible before.
    private func check(_ committed: [TopicPartition: Offset], _ publisher: FakePublisher, seed: UInt64) {
        let visible = Set(publisher.visibleValues() + publisher.visibleValues(of: "dead"))
        for (origin, end) in committed {
            for offset in log[origin] ?? [] where offset < end.rawValue {
                #expect(visible.contains("\(origin)@\(offset)"), "seed \(seed): \(origin)@\(offset) was lost")
            }
        }
    }

    @Test("at-least-once never commits what is not durable, and loses nothing", arguments: 0..<150 as Range<UInt64>)
    func atLeastOnce(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var committed: [TopicPartition: Offset] = [:]
        let time = ManualClock()
        var seen: [String] = []
        for life in 0..<6 {
            let source = FakeSource(log, committed: committed, time: time)
            let publisher = FakePublisher(time: time)
            for value in seen { publisher.makeVisible(value) }
            try live(
                &generator, source, publisher, time, CommitAfterDelivery(), isCalm: life == 5, seed: seed)
            check(source.committed, publisher, seed: seed)
            committed = source.committed
            seen = publisher.visibleValues() + publisher.visibleValues(of: "dead")
        }
        #expect(Set(seen) == all, "seed \(seed)")
        #expect(committed == [partitionZero: Offset(12), partitionOne: Offset(21)], "seed \(seed)")
    }

    @Test("exactly-once shows each output once", arguments: 0..<150 as Range<UInt64>)
    func exactlyOnce(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var committed: [TopicPartition: Offset] = [:]
        let time = ManualClock()
        var seen: [String] = []
        for life in 0..<6 {
            let publisher = FakePublisher(time: time)
            for value in seen { publisher.makeVisible(value) }
            let source = FakeSource(log, committed: committed, time: time)
            // A member that gets a partition again starts at what transactions have committed.
            source.committedElsewhere = { publisher.transactionOffsets }
            try live(
                &generator, source, publisher, time, CommitInTransaction(), isCalm: life == 5, seed: seed)
            #expect(source.commits == 0, "seed \(seed): offsets were committed beside the transaction")
            committed.merge(publisher.transactionOffsets) { $1 }
            check(committed, publisher, seed: seed)
            seen = publisher.visibleValues() + publisher.visibleValues(of: "dead")
            #expect(seen.count == Set(seen).count, "seed \(seed): an output is visible twice")
        }
        #expect(Set(seen) == all, "seed \(seed)")
        #expect(committed == [partitionZero: Offset(12), partitionOne: Offset(21)], "seed \(seed)")
    }
}
