import Delivery
import TestSupport
import Testing

/// What only the loop with transactions does: undo, read again, rest, and end when no end can be known.
@Suite struct TransactionLoopTests {
    final class Bench {
        let time = ManualClock()
        let stop: StopRequest
        let source: FakeSource
        let publisher: FakePublisher
        var settings = DeliverySettings()
        var events: [DeliveryEvent] = []
        var process: (ReceivedRecord) throws -> ProcessingOutcome = { .publish([makeOutput($0)]) }

        init(_ log: [TopicPartition: [Int64]]) {
            stop = StopRequest(clock: time.clock)
            source = FakeSource(log, time: time)
            publisher = FakePublisher(time: time)
            source.committedElsewhere = { [publisher] in publisher.transactionOffsets }
            settings.retry = RetryPolicy(initialDelay: .seconds(1), maximumDelay: .seconds(4), jitter: 0)
            var idle = 0
            source.onIdle = { [stop] in
                idle += 1
                if idle == 300 { stop.request() }
            }
        }

        func run() throws -> DeliverySummary {
            try DeliveryLoop(
                source: source, publisher: publisher, strategy: CommitInTransaction<FakeSource, FakePublisher>(),
                deadLetter: DeadLetter(topic: KafkaTopic("dead"), connectorName: "test"), settings: settings,
                clock: time.clock, generator: SeededGenerator(seed: 1), observe: { self.events.append($0) },
                process: { try self.process($0) }
            ).run(until: stop)
        }

        var undone: [String] { events.compactMap { if case .undone(let reason) = $0 { reason } else { nil } } }
        var commits: [[TopicPartition: Offset]] {
            events.compactMap { if case .committed(let offsets) = $0 { offsets } else { nil } }
        }
    }

    private let tooLarge = Failure(code: "kafka-msg-size-too-large", failureClass: .data)

    @Test("an output that the broker refuses undoes its transaction; the next one holds the dead letter in its stead")
    func refusedOutput() throws {
        let bench = Bench([partitionZero: [0, 1, 2]])
        bench.publisher.verdict = { output in
            output.topic == KafkaTopic("out") && output.value == Array("in-0@1".utf8) ? .fail(self.tooLarge) : .deliver
        }
        _ = try bench.run()
        #expect(bench.undone == ["kafka-msg-size-too-large"])
        #expect(bench.publisher.visibleValues() == ["in-0@0", "in-0@2"])
        #expect(bench.publisher.visibleValues(of: "dead") == ["in-0@1"])
        #expect(bench.publisher.transactionOffsets == [partitionZero: Offset(3)])
        #expect(bench.events.filter { if case .deadLettered = $0 { true } else { false } }.count == 1)
    }

    @Test("a dead letter that the broker finds too large undoes its transaction; the next one holds its stub")
    func oversizedDeadLetter() throws {
        let bench = Bench([partitionZero: [0, 1]])
        bench.process = { record in
            record.offset == Offset(0)
                ? .deadLetter(DeadLetterReason(code: "bad", message: "bad")) : .publish([makeOutput(record)])
        }
        bench.publisher.verdict = { output in
            output.topic == KafkaTopic("dead") && output.value != nil ? .fail(self.tooLarge) : .deliver
        }
        _ = try bench.run()
        #expect(bench.undone == ["bad"])
        let letters = bench.publisher.visible.filter { $0.topic == KafkaTopic("dead") }
        #expect(letters.count == 1 && letters[0].headers.contains { $0.name == "rostrum.error.omitted.bytes" })
        #expect(bench.publisher.visibleValues() == ["in-0@1"])
        #expect(bench.publisher.transactionOffsets == [partitionZero: Offset(2)])
    }

    @Test func aDeadLetterThatTheBrokerRefusesStopsTheLoop() throws {
        let bench = Bench([partitionZero: [0]])
        bench.publisher.verdict = { _ in .fail(self.tooLarge) }
        let error = #expect(throws: DeliveryStopped.self) { try bench.run() }
        #expect(error?.code == "dead-letter-failed")
        #expect(bench.publisher.visible.isEmpty && bench.publisher.transactionOffsets.isEmpty)
    }

    @Test func aLostPartitionUndoesTheTransactionAndTheRestIsReadAgain() throws {
        let bench = Bench([partitionZero: [0, 1], partitionOne: [0, 1]])
        bench.settings.settleInterval = .seconds(3600)
        var step = 0
        bench.source.onIdle = {
            step += 1
            if step == 1 { bench.source.script = [.lost([partitionZero])] }
            if step == 20 { bench.stop.request() }
        }
        _ = try bench.run()
        #expect(bench.publisher.aborts == 1 && bench.undone == ["assignment-lost"])
        #expect(bench.publisher.visibleValues().sorted() == ["in-1@0", "in-1@1"])
        #expect(bench.publisher.transactionOffsets == [partitionOne: Offset(2)])
    }

    @Test func theIdentityOfTheGroupIsReadForEachTransaction() throws {
        let bench = Bench([partitionZero: [0]])
        var idle = 0
        bench.source.onIdle = {
            idle += 1
            switch idle {
            case 20:
                bench.source.log[partitionZero] = [0, 1]
                bench.source.script = [.revoking([partitionZero]), .assigned([partitionZero])]
            case 60: bench.stop.request()
            default: break
            }
        }
        _ = try bench.run()
        #expect(bench.publisher.generations == [1, 2])
    }

    @Test func recordsAndBytesBoundATransaction() throws {
        for bound in ["records", "bytes"] {
            let bench = Bench([partitionZero: (0..<20).map { Int64($0) }])
            bench.settings.settleInterval = .seconds(3600)
            // A value is six bytes long, or seven.
            if bound == "records" { bench.settings.settleRecords = 4 } else { bench.settings.settleBytes = 24 }
            bench.source.onIdle = { bench.stop.request() }
            _ = try bench.run()
            let sizes = zip(bench.commits.dropFirst(), bench.commits).map { later, earlier in
                (later[partitionZero]?.rawValue ?? 0) - (earlier[partitionZero]?.rawValue ?? 0)
            }
            #expect(bench.commits.count >= 5 && sizes.allSatisfy { $0 <= 4 }, "\(bound): \(sizes)")
            #expect(bench.publisher.visibleValues().count == 20)
        }
    }

    @Test func transactionsThatKeepFailingRestLongerAndThenStopTheLoop() throws {
        let bench = Bench([partitionZero: [0]])
        bench.settings.settleInterval = .milliseconds(10)
        bench.settings.consecutiveUndoneLimit = 4
        var attempts: [Duration] = []
        bench.publisher.beforeCommit = {
            attempts.append(bench.time.clock.now())
            throw AbortableFailure()
        }
        let error = #expect(throws: DeliveryStopped.self) { try bench.run() }
        #expect(error?.code == "transactions-keep-failing")
        let rests = zip(attempts.dropFirst(), attempts).map { $0 - $1 }
        #expect(attempts.count == 4)
        for (rest, least) in zip(rests, [1, 2, 4]) { #expect(rest >= .seconds(least) && rest < .seconds(least + 1)) }
        #expect(bench.publisher.visible.isEmpty)
    }

    /// A broker that is away for as long as the closure says.
    private func away(_ bench: Bench, until isBack: @escaping () -> Bool) {
        bench.publisher.beforeCommit = {
            guard !isBack() else { return }
            bench.time.advance(.seconds(1))
            throw Failure(code: "kafka-timed-out", failureClass: .retryable)
        }
    }

    @Test func aBrokerThatIsAwayForAMinuteIsWaitedFor() throws {
        let bench = Bench([partitionZero: [0, 1]])
        bench.settings.settleTimeout = .seconds(150)
        away(bench) { bench.time.clock.now() > .seconds(62) }
        _ = try bench.run()
        #expect(bench.publisher.visibleValues() == ["in-0@0", "in-0@1"] && bench.undone.isEmpty)
    }

    @Test func aBrokerThatStaysAwayEndsTheLoop() throws {
        let bench = Bench([partitionZero: [0]])
        bench.settings.settleTimeout = .seconds(150)
        away(bench) { false }
        let error = #expect(throws: DeliveryStopped.self) { try bench.run() }
        #expect(error?.code == "transaction-timed-out")
        // The time for one more attempt to end, at the end.
        #expect(bench.time.clock.now() < .seconds(150 + 30))
    }

    @Test func aStopIsHeardWhileTheBrokerIsAway() throws {
        let bench = Bench([partitionZero: [0]])
        bench.settings.settleTimeout = .seconds(150)
        bench.settings.drainLimit = .seconds(20)
        var attempts = 0
        bench.publisher.beforeCommit = {
            attempts += 1
            if attempts == 3 { bench.stop.request() }
            bench.time.advance(.seconds(1))
            throw Failure(code: "kafka-timed-out", failureClass: .retryable)
        }
        _ = try bench.run()
        #expect(bench.events.contains { if case .commitFailed = $0 { true } else { false } })
        let asked = try #require(bench.stop.requestedAt)
        #expect(bench.time.clock.now() - asked <= .seconds(20))
        #expect(bench.source.isClosed)
    }
}
