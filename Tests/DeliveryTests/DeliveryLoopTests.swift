import Delivery
import TestSupport
import Testing

@Suite struct DeliveryLoopTests {
    typealias AtLeastOnce = CommitAfterDelivery<FakeSource, FakePublisher>

    /// A loop's surroundings; it stops when the source is idle and nothing is outstanding.
    final class Bench {
        let time = ManualClock()
        let stop: StopRequest
        let source: FakeSource
        let publisher: FakePublisher
        var settings = DeliverySettings()
        var events: [DeliveryEvent] = []
        var bounds: [TopicPartition: Offset]?
        var onEvent: (DeliveryEvent) -> Void = { _ in }
        var crashes: FakeCrashMemory?
        var process: (ReceivedRecord) throws -> ProcessingOutcome = { .publish([makeOutput($0)]) }

        init(_ log: [TopicPartition: [Int64]]) {
            source = FakeSource(log, time: time)
            publisher = FakePublisher(time: time)
            stop = StopRequest(clock: time.clock)
            settings.retry = RetryPolicy(
                initialDelay: .seconds(1), maximumDelay: .seconds(4), jitter: 0, budget: .seconds(7))
            let source = source
            let stop = stop
            source.onIdle = { [publisher] in
                if publisher.waiting.isEmpty, source.paused.isEmpty { stop.request() }
            }
        }

        func loop() -> DeliveryLoop<AtLeastOnce> {
            DeliveryLoop(
                source: source, publisher: publisher, strategy: AtLeastOnce(),
                deadLetter: DeadLetter(topic: KafkaTopic("dead"), connectorName: "test"), settings: settings,
                bounds: bounds, clock: time.clock, generator: SeededGenerator(seed: 1), crashes: crashes,
                observe: {
                    self.events.append($0)
                    self.onEvent($0)
                }, process: { try self.process($0) })
        }

        func run() throws -> DeliverySummary { try loop().run(until: stop) }
    }

    @Test func everyRecordIsPublishedAndCommitted() throws {
        let bench = Bench([partitionZero: [0, 1, 2], partitionOne: [5, 9]])
        let summary = try bench.run()
        #expect(summary.received == 5 && summary.completed == 5 && summary.abandoned == 0)
        #expect(bench.publisher.visibleValues().count == 5)
        #expect(bench.source.committed == [partitionZero: Offset(3), partitionOne: Offset(10)])
        #expect(bench.source.isClosed)
    }

    @Test func aRecordWithoutOutputsIsCompleteAtOnce() throws {
        let bench = Bench([partitionZero: [0, 1]])
        bench.process = { _ in .publish([]) }
        #expect(try bench.run().completed == 2)
        #expect(bench.source.committed == [partitionZero: Offset(2)])
    }

    @Test func aDataErrorGoesToTheDeadLettersAndTheRestGoesOn() throws {
        let bench = Bench([partitionZero: [0, 1, 2]])
        bench.process = { record in
            if record.offset == Offset(1) { throw Failure(code: "document-malformed", failureClass: .data) }
            return .publish([makeOutput(record)])
        }
        let summary = try bench.run()
        #expect(summary.deadLettered == 1 && summary.completed == 3)
        #expect(bench.publisher.visibleValues(of: "dead") == ["in-0@1"])
        #expect(bench.publisher.visibleValues() == ["in-0@0", "in-0@2"])
        #expect(bench.source.committed == [partitionZero: Offset(3)])
    }

    @Test func aFailedDeadLetterStopsTheLoopWithTheRecordUncommitted() throws {
        for early in [true, false] {
            let bench = Bench([partitionZero: [0, 1, 2]])
            bench.process = { record in
                record.offset == Offset(1)
                    ? .deadLetter(DeadLetterReason(code: "bad", message: "bad")) : .publish([makeOutput(record)])
            }
            let broken = Failure(code: "topic-missing", failureClass: .infrastructure)
            if early {
                bench.publisher.refuse = { $0.topic == KafkaTopic("dead") ? broken : nil }
            } else {
                bench.publisher.verdict = { $0.topic == KafkaTopic("dead") ? .fail(broken) : .deliver }
            }
            let error = #expect(throws: DeliveryStopped.self) { try bench.run() }
            #expect(error?.code == "dead-letter-failed" && error?.offset == Offset(1))
            #expect(bench.source.committed[partitionZero] ?? Offset(0) <= Offset(1))
            #expect(bench.source.isClosed)
        }
    }

    @Test func anOversizedDeadLetterStopsTooAndIsNotSentRoundInCircles() throws {
        let bench = Bench([partitionZero: [0]])
        bench.publisher.refuse = { _ in Failure(code: "too-large", failureClass: .data) }
        let error = #expect(throws: DeliveryStopped.self) { try bench.run() }
        #expect(error?.code == "dead-letter-failed")
        #expect(bench.source.committed.isEmpty)
    }

    @Test func aRecordTooLargeForTheDeadLetterTopicIsRefusedByItsPlaceAndTheRestGoesOn() throws {
        for early in [true, false] {
            let bench = Bench([partitionZero: [0, 1]])
            bench.process = { record in
                record.offset == Offset(0)
                    ? .deadLetter(DeadLetterReason(code: "bad", message: "bad")) : .publish([makeOutput(record)])
            }
            let tooLarge = Failure(code: "too-large", failureClass: .data)
            let isWhole = { (output: OutgoingRecord) in output.topic == KafkaTopic("dead") && output.value != nil }
            if early {
                bench.publisher.refuse = { isWhole($0) ? tooLarge : nil }
            } else {
                bench.publisher.verdict = { isWhole($0) ? .fail(tooLarge) : .deliver }
            }
            let summary = try bench.run()
            #expect(summary.deadLettered == 1 && summary.completed == 2)
            let letters = bench.publisher.visible.filter { $0.topic == KafkaTopic("dead") }
            #expect(letters.count == 1 && letters.first?.value == nil)
            let headers = letters.first?.headers.map { "\($0.name)=\($0.text ?? "")" } ?? []
            #expect(headers.contains("__connect.errors.offset=0") && headers.contains("rostrum.error.code=bad"))
            #expect(headers.contains("rostrum.error.omitted.bytes=6"))
            #expect(
                bench.events.contains {
                    if case .deadLetterCut(partitionZero, Offset(0), 6) = $0 { true } else { false }
                }
            )
            #expect(bench.source.committed == [partitionZero: Offset(2)])
        }
    }

    @Test func aRecordThatCrashesTheProcessIsPutAsideUnprocessed() throws {
        let bench = Bench([partitionZero: [0, 1, 2]])
        let memory = FakeCrashMemory()
        memory.refused = [Offset(1): DeadLetterReason(code: "record.crashes_process", message: "twice")]
        bench.crashes = memory
        var processed: [Offset] = []
        bench.process = { record in
            #expect(memory.inHand == [record.offset])
            processed.append(record.offset)
            if record.offset == Offset(2) { throw Failure(code: "document-malformed", failureClass: .data) }
            return .publish([makeOutput(record)])
        }
        #expect(try bench.run().deadLettered == 2)
        #expect(processed == [Offset(0), Offset(2)] && memory.inHand.isEmpty && memory.recalls == 1)
        #expect(bench.publisher.visibleValues(of: "dead") == ["in-0@1", "in-0@2"])
        #expect(bench.source.committed == [partitionZero: Offset(3)])
    }

    @Test func withoutToleranceARecordThatCrashesTheProcessStopsTheLoop() throws {
        let bench = Bench([partitionZero: [0]])
        let memory = FakeCrashMemory()
        memory.refused = [Offset(0): DeadLetterReason(code: "record.crashes_process", message: "twice")]
        bench.crashes = memory
        bench.settings.tolerance = .none
        let error = #expect(throws: DeliveryStopped.self) { try bench.run() }
        #expect(error?.code == "record.crashes_process" && bench.source.committed.isEmpty)
    }

    @Test func anOversizedOutputBecomesADeadLetter() throws {
        for early in [true, false] {
            let bench = Bench([partitionZero: [0, 1]])
            let tooLarge = Failure(code: "too-large", failureClass: .data)
            let isTarget = { (output: OutgoingRecord) in
                output.topic == KafkaTopic("out") && output.value == Array("in-0@0".utf8)
            }
            if early {
                bench.publisher.refuse = { isTarget($0) ? tooLarge : nil }
            } else {
                bench.publisher.verdict = { isTarget($0) ? .fail(tooLarge) : .deliver }
            }
            let summary = try bench.run()
            #expect(summary.deadLettered == 1 && summary.completed == 2)
            #expect(bench.publisher.visibleValues(of: "dead") == ["in-0@0"])
            #expect(bench.source.committed == [partitionZero: Offset(2)])
        }
    }

    @Test func aRetryHoldsItsPartitionOnlyAndKeepsItsOrder() throws {
        let bench = Bench([partitionZero: [0, 1, 2], partitionOne: [0, 1, 2]])
        var attempts = 0
        bench.process = { record in
            if record.origin == partitionZero, record.offset == Offset(0) {
                attempts += 1
                if attempts < 4 { throw Failure(code: "flaky", failureClass: .retryable) }
            }
            return .publish([makeOutput(record)])
        }
        let summary = try bench.run()
        #expect(attempts == 4 && summary.retries == 3 && summary.completed == 6)
        let values = bench.publisher.visibleValues()
        #expect(values.filter { $0.hasPrefix("in-0") } == ["in-0@0", "in-0@1", "in-0@2"])
        #expect(values.prefix(3) == ["in-1@0", "in-1@1", "in-1@2"])
        #expect(bench.source.committed == [partitionZero: Offset(3), partitionOne: Offset(3)])
    }

    @Test func usedUpRetriesStopOrBecomeDeadLettersByTolerance() throws {
        for tolerance in ErrorTolerance.allCases {
            let bench = Bench([partitionZero: [0, 1]])
            bench.settings.tolerance = tolerance
            bench.process = { _ in throw Failure(code: "flaky", failureClass: .retryable) }
            if tolerance == .all {
                #expect(try bench.run().deadLettered == 2)
                #expect(bench.source.committed == [partitionZero: Offset(2)])
            } else {
                let error = #expect(throws: DeliveryStopped.self) { try bench.run() }
                #expect(error?.code == "flaky" && error?.offset == Offset(0))
                #expect(bench.source.committed.isEmpty)
            }
        }
    }

    @Test func withoutToleranceADataErrorStops() throws {
        let bench = Bench([partitionZero: [0]])
        bench.settings.tolerance = .none
        bench.process = { _ in .deadLetter(DeadLetterReason(code: "bad", message: "bad")) }
        #expect(throws: DeliveryStopped.self) { try bench.run() }
        #expect(bench.publisher.visible.isEmpty && bench.source.committed.isEmpty)
    }

    @Test func anInfrastructureErrorStopsAndCommitsWhatIsDurable() throws {
        let bench = Bench([partitionZero: [0, 1, 2]])
        bench.process = { record in
            if record.offset == Offset(2) { throw Failure(code: "disk-full", failureClass: .infrastructure) }
            return .publish([makeOutput(record)])
        }
        let error = #expect(throws: DeliveryStopped.self) { try bench.run() }
        #expect(error?.code == "disk-full" && error?.offset == Offset(2))
        #expect(bench.source.committed[partitionZero] == Offset(2))
    }

    @Test func anOutputThatCannotBePublishedStopsWithItsRecordUncommitted() throws {
        let bench = Bench([partitionZero: [0, 1]])
        bench.publisher.verdict = { output in
            output.value == Array("in-0@0".utf8)
                ? .fail(Failure(code: "kafka-msg-timed-out", failureClass: .infrastructure)) : .deliver
        }
        let error = #expect(throws: DeliveryStopped.self) { try bench.run() }
        #expect(error?.code == "kafka-msg-timed-out")
        #expect(bench.source.committed.isEmpty)
    }

    @Test func revocationWaitsForWorkInFlightThenCommitsThenReleases() throws {
        let bench = Bench([partitionZero: [0, 1, 2]])
        var polls = 0
        bench.publisher.verdict = { _ in
            // Reports come only once the revocation is being served.
            polls += 1
            return bench.source.script.isEmpty && polls > 20 ? .deliver : .withhold
        }
        var sent = false
        bench.source.onIdle = {
            if !sent {
                sent = true
                bench.source.script = [.revoking([partitionZero])]
            } else if bench.publisher.waiting.isEmpty {
                bench.stop.request()
            }
        }
        _ = try bench.run()
        #expect(bench.source.committed == [partitionZero: Offset(3)])
        #expect(bench.source.owned.isEmpty)
    }

    @Test func revocationBeyondTheBudgetCommitsOnlyTheDurablePrefix() throws {
        let bench = Bench([partitionZero: [0, 1, 2]])
        bench.publisher.verdict = { $0.value == Array("in-0@1".utf8) ? .withhold : .deliver }
        var sent = false
        bench.source.onIdle = {
            if sent { bench.stop.request() } else { bench.source.script = [.revoking([partitionZero])] }
            sent = true
        }
        bench.settings.drainLimit = .seconds(1)
        _ = try bench.run()
        #expect(bench.source.committed == [partitionZero: Offset(1)])
        #expect(bench.source.owned.isEmpty)
    }

    @Test func aLostPartitionCommitsNothing() throws {
        let bench = Bench([partitionZero: [0, 1, 2], partitionOne: [0]])
        bench.settings.settleInterval = .seconds(3600)
        var sent = false
        bench.source.onIdle = {
            if sent { bench.stop.request() } else { bench.source.script = [.lost([partitionZero])] }
            sent = true
        }
        _ = try bench.run()
        #expect(bench.source.committed == [partitionOne: Offset(1)])
    }

    @Test func reportsAfterAPartitionCameBackDoNotCommitForIt() throws {
        let bench = Bench([partitionZero: [0]])
        bench.settings.revokeBudget = .milliseconds(100)
        bench.settings.drainLimit = .milliseconds(100)
        // The first output's report is withheld over the revocation and comes after the partition is back; the second
        // attempt's report never comes.
        var outputs = 0
        bench.process = { record in
            outputs += 1
            return .publish([
                OutgoingRecord(topic: KafkaTopic("out"), key: nil, value: [UInt8(outputs)])
            ])
        }
        var isBack = false
        bench.publisher.verdict = { $0.value == [1] && isBack ? .deliver : .withhold }
        var step = 0
        bench.source.onIdle = {
            step += 1
            switch step {
            case 1: bench.source.script = [.revoking([partitionZero]), .assigned([partitionZero])]
            case 2: isBack = true
            case 5: bench.stop.request()
            default: break
            }
        }
        let summary = try bench.run()
        #expect(outputs == 2 && summary.completed == 0 && summary.abandoned == 1)
        #expect(bench.source.committed.isEmpty)
    }

    @Test func intakeClosesAtTheLimitAndOpensAgain() throws {
        let bench = Bench([partitionZero: (0..<100).map { Int64($0) }])
        bench.settings.limits = InFlightLimits(records: 10, bytes: 1 << 20)
        bench.publisher.reportsPerPoll = 1
        // Nothing is acknowledged until the loop has closed its intake, or has taken all there is.
        bench.publisher.verdict = { _ in
            bench.source.paused.isEmpty && bench.source.delivered.count < 100 ? .withhold : .deliver
        }
        let summary = try bench.run()
        #expect(summary.completed == 100 && bench.publisher.mostWaiting == 10)
        #expect(bench.events.contains { if case .paused = $0 { true } else { false } })
        #expect(bench.source.committed == [partitionZero: Offset(100)])
    }

    @Test func aFullPublisherIsWaitedForAndNothingIsCompleteTooEarly() throws {
        let bench = Bench([partitionZero: [0, 1, 2]])
        bench.publisher.capacity = 1
        bench.process = { record in .publish([makeOutput(record), makeOutput(record), makeOutput(record)]) }
        bench.onEvent = { event in
            guard case .completed(_, let offset) = event else { return }
            let durable = bench.publisher.visibleValues().filter { $0 == "in-0@\(offset)" }
            #expect(durable.count == 3, "complete while outputs of it were still being offered")
        }
        let summary = try bench.run()
        #expect(summary.completed == 3 && bench.publisher.visibleValues().count == 9)
    }

    @Test func aPublisherThatStaysFullStopsTheLoop() throws {
        let bench = Bench([partitionZero: [0, 1]])
        bench.publisher.capacity = 1
        bench.publisher.verdict = { _ in .withhold }
        bench.settings.drainLimit = .seconds(1)
        let error = #expect(throws: DeliveryStopped.self) { try bench.run() }
        #expect(error?.code == "publisher-queue-full" && bench.source.committed.isEmpty)
    }

    @Test func drainWaitsForWorkInFlightWithinItsLimit() throws {
        for answers in [true, false] {
            let bench = Bench([partitionZero: [0, 1]])
            var draining = false
            bench.publisher.verdict = { _ in draining && answers ? .deliver : .withhold }
            bench.source.onIdle = {
                draining = true
                bench.stop.request()
            }
            let summary = try bench.run()
            #expect(summary.abandoned == (answers ? 0 : 2))
            #expect(bench.source.committed == (answers ? [partitionZero: Offset(2)] : [:]))
            #expect(bench.source.isClosed)
        }
    }

    @Test func aCommitThatFailsForNowIsTriedAgain() throws {
        let bench = Bench([partitionZero: [0]])
        bench.source.commitFailure = Failure(code: "kafka-transport", failureClass: .retryable)
        var idle = 0
        bench.source.onIdle = {
            idle += 1
            if idle == 30 { bench.source.commitFailure = nil }
            if idle == 60 { bench.stop.request() }
        }
        #expect(try bench.run().unsettledPartitions == 0)
        #expect(bench.source.committed == [partitionZero: Offset(1)])
        #expect(bench.events.contains { if case .commitFailed = $0 { true } else { false } })
    }

    /// Whoever ends by itself must not say that all is done.
    @Test func whatCouldNotBeCommittedAtTheEndIsSaid() throws {
        let bench = Bench([partitionZero: [0], partitionOne: [0]])
        bench.source.commitFailure = Failure(code: "kafka-transport", failureClass: .retryable)
        var idle = 0
        bench.source.onIdle = {
            idle += 1
            if idle == 30 { bench.stop.request() }
        }
        let summary = try bench.run()
        #expect(summary.unsettledPartitions == 2 && summary.abandoned == 0 && summary.completed == 2)
    }

    @Test func aBoundedRunEndsByItselfAndTakesNothingBeyond() throws {
        let bench = Bench([partitionZero: [0, 1, 2, 3], partitionOne: [0, 2]])
        bench.source.reportsEnd = true
        bench.source.onIdle = {}
        // Partition one ends in a hole: only the report of its end tells that nothing more comes before the bound.
        bench.bounds = [partitionZero: Offset(2), partitionOne: Offset(3)]
        let summary = try bench.run()
        #expect(summary.completed == 4)
        #expect(bench.source.committed == [partitionZero: Offset(2), partitionOne: Offset(3)])
    }

    @Test func aBoundedRunWaitsForItsRetries() throws {
        let bench = Bench([partitionZero: [0]])
        bench.source.onIdle = {}
        bench.bounds = [partitionZero: Offset(1)]
        var attempts = 0
        bench.process = { record in
            attempts += 1
            if attempts < 3 { throw Failure(code: "flaky", failureClass: .retryable) }
            return .publish([makeOutput(record)])
        }
        #expect(try bench.run().completed == 1)
        #expect(bench.source.committed == [partitionZero: Offset(1)])
    }
}
