import Delivery
import TestSupport
import Testing

@Suite struct BatchLoopTests {
    final class FakeStore: BatchStore {
        var offsets: [TopicPartition: Offset] = [:]
        var rows: [String] = []
        var batches: [Int] = []
        var failures: [any Error] = []
        var checks = 0
        /// What the next checks throw; nil for an answer.
        var silences: [(any Error)?] = []

        func storedOffsets(of partitions: [TopicPartition]) -> [TopicPartition: Offset] {
            offsets.filter { partitions.contains($0.key) }
        }

        func check() throws {
            checks += 1
            if !silences.isEmpty, let silence = silences.removeFirst() { throw silence }
        }

        func store(_ batch: DecodedBatch<String>) throws {
            if !failures.isEmpty { throw failures.removeFirst() }
            rows += batch.items
            batches.append(batch.items.count)
            offsets.merge(batch.nextOffsets) { $1 }
        }
    }

    final class Bench {
        let time = ManualClock()
        let stop: StopRequest
        let source: FakeSource
        let publisher: FakePublisher
        let store = FakeStore()
        var settings = DeliverySettings()
        var limits = BatchLimits()
        var events: [DeliveryEvent] = []
        var crashes: FakeCrashMemory?
        var decode: (ReceivedRecord) throws -> DecodingOutcome<String> = {
            .item(String(decoding: $0.value ?? [], as: UTF8.self))
        }

        init(_ log: [TopicPartition: [Int64]], committed: [TopicPartition: Offset] = [:]) {
            source = FakeSource(log, committed: committed, time: time)
            publisher = FakePublisher(time: time)
            stop = StopRequest(clock: time.clock)
            settings.retry = RetryPolicy(initialDelay: .seconds(1), jitter: 0, budget: .seconds(3))
            var idle = 0
            source.onIdle = { [stop] in
                idle += 1
                if idle == 100 { stop.request() }
            }
        }

        func run() throws -> DeliverySummary {
            try BatchLoop(
                source: source, deadLetters: publisher,
                deadLetter: DeadLetter(topic: KafkaTopic("dead"), connectorName: "sink"), store: store,
                settings: settings, limits: limits, clock: time.clock, generator: SeededGenerator(seed: 1),
                crashes: crashes, observe: { self.events.append($0) }, decode: { try self.decode($0) }
            ).run(until: stop)
        }
    }

    @Test func readingStartsAtTheStoresOffsetsNotTheGroups() throws {
        let bench = Bench([partitionZero: [0, 1, 2, 3]], committed: [partitionZero: Offset(3)])
        bench.store.offsets = [partitionZero: Offset(1)]
        let summary = try bench.run()
        #expect(bench.store.rows == ["in-0@1", "in-0@2", "in-0@3"])
        #expect(bench.store.offsets == [partitionZero: Offset(4)])
        #expect(summary.completed == 3 && summary.abandoned == 0)
        #expect(bench.source.committed == [partitionZero: Offset(4)])
    }

    /// An empty store beside an old group is a store that was made anew: it gets everything.
    @Test func whatTheStoreHasNeverStoredBeginsAtTheBeginning() throws {
        let bench = Bench([partitionZero: [0, 1, 2, 3]], committed: [partitionZero: Offset(3)])
        let summary = try bench.run()
        #expect(bench.store.rows == ["in-0@0", "in-0@1", "in-0@2", "in-0@3"])
        #expect(summary.completed == 4)
    }

    @Test func aRecordThatCrashesTheProcessIsPutAsideUndecoded() throws {
        let bench = Bench([partitionZero: [0, 1, 2]])
        let memory = FakeCrashMemory()
        memory.refused = [Offset(1): DeadLetterReason(code: "record.crashes_process", message: "twice")]
        bench.crashes = memory
        bench.decode = { record in
            #expect(memory.inHand == [record.offset] && record.offset != Offset(1))
            return .item(String(decoding: record.value ?? [], as: UTF8.self))
        }
        #expect(try bench.run().deadLettered == 1)
        #expect(bench.store.rows == ["in-0@0", "in-0@2"] && memory.inHand.isEmpty && memory.recalls == 1)
        #expect(bench.publisher.visibleValues(of: "dead") == ["in-0@1"])
        #expect(bench.source.committed == [partitionZero: Offset(3)])
    }

    @Test func aDeadLetterTooLargeGoesAsAStubAndTheOthersWhole() throws {
        for early in [true, false] {
            let bench = Bench([partitionZero: [0, 1, 2]])
            bench.decode = { _ in .deadLetter(DeadLetterReason(code: "bad", message: "bad")) }
            let tooLarge = Failure(code: "too-large", failureClass: .data)
            let isIt = { (output: OutgoingRecord) in output.value == Array("in-0@1".utf8) }
            if early {
                bench.publisher.refuse = { isIt($0) ? tooLarge : nil }
            } else {
                bench.publisher.verdict = { isIt($0) ? .fail(tooLarge) : .deliver }
            }
            #expect(try bench.run().deadLettered == 3)
            #expect(Set(bench.publisher.visibleValues(of: "dead")) == ["in-0@0", "", "in-0@2"])
            let stubs = bench.publisher.visible.filter { $0.value == nil }
            #expect(stubs.count == 1 && stubs[0].headers.contains(RecordHeader("rostrum.error.omitted.bytes", "6")))
            #expect(bench.source.committed == [partitionZero: Offset(3)])
        }
    }

    @Test func anIdleStoreIsAskedAndItsSilenceIsSaidOnceItIsOver() throws {
        let bench = Bench([partitionZero: [0]])
        let away = Failure(code: "away", failureClass: .retryable)
        bench.store.silences = [nil, away, away, nil]
        bench.settings.storeCheckInterval = .seconds(1)
        _ = try bench.run()
        let told = bench.events.compactMap { event in
            switch event {
            case .storeAway(let code): code
            case .storeBack: "back"
            default: nil
            }
        }
        #expect(told == ["away", "away", "back"])
        #expect(bench.store.checks > 4 && bench.store.rows == ["in-0@0"])
        // Asked at its interval and no more often: a hundred polls without a record take ten seconds.
        #expect(bench.store.checks <= 10)
        #expect(bench.publisher.polls == bench.store.checks)
    }

    @Test func aStoreThatIsTakenAwayEndsTheLoop() throws {
        let bench = Bench([partitionZero: []])
        bench.store.silences = [Failure(code: "gone", failureClass: .infrastructure)]
        bench.settings.storeCheckInterval = .seconds(1)
        #expect(throws: Failure.self) { try bench.run() }
    }

    @Test func batchesEndAtTheirLimits() throws {
        let bench = Bench([partitionZero: (0..<10).map { Int64($0) }])
        bench.limits.records = 4
        _ = try bench.run()
        #expect(bench.store.batches == [4, 4, 2])
        let small = Bench([partitionZero: (0..<6).map { Int64($0) }])
        small.limits.bytes = 12
        _ = try small.run()
        #expect(small.store.batches == [2, 2, 2])
    }

    @Test func refusedRecordsAreDeadLettersBeforeTheirOffsetsAreStored() throws {
        let bench = Bench([partitionZero: [0, 1, 2]])
        bench.decode = { record in
            switch record.offset.rawValue {
            case 0: .deadLetter(DeadLetterReason(code: "bad", message: "bad"))
            case 1: throw Failure(code: "event-malformed", failureClass: .data)
            default: .skip
            }
        }
        let summary = try bench.run()
        #expect(summary.deadLettered == 2)
        #expect(bench.publisher.visibleValues(of: "dead") == ["in-0@0", "in-0@1"])
        #expect(bench.store.offsets == [partitionZero: Offset(3)])
    }

    @Test func aFailedDeadLetterStopsWithNothingStored() throws {
        for early in [true, false] {
            let bench = Bench([partitionZero: [0, 1]])
            bench.decode = { _ in .deadLetter(DeadLetterReason(code: "bad", message: "bad")) }
            let broken = Failure(code: "topic-missing", failureClass: .infrastructure)
            if early { bench.publisher.refuse = { _ in broken } }
            bench.publisher.verdict = { _ in .fail(broken) }
            let error = #expect(throws: DeliveryStopped.self) { try bench.run() }
            #expect(error?.code == "dead-letter-failed" && error?.offset == Offset(0))
            #expect(bench.store.offsets.isEmpty && bench.source.committed.isEmpty && bench.source.isClosed)
        }
    }

    @Test func aStoreThatIsBusyIsTriedAgainWithTheSourcePaused() throws {
        let bench = Bench([partitionZero: [0, 1, 2]])
        bench.limits.records = 2
        bench.store.failures = Array(repeating: Failure(code: "busy", failureClass: .retryable), count: 2)
        let summary = try bench.run()
        #expect(summary.retries == 2 && bench.store.rows == ["in-0@0", "in-0@1", "in-0@2"])
        #expect(bench.source.paused.isEmpty)
    }

    @Test func usedUpRetriesAndOtherFailuresStop() throws {
        for (failure, expected) in [
            (Failure(code: "busy", failureClass: .retryable), 3),
            (Failure(code: "disk-full", failureClass: .infrastructure), 1),
        ] {
            let bench = Bench([partitionZero: [0]])
            bench.store.failures = Array(repeating: failure, count: 10)
            #expect(throws: (any Error).self) { try bench.run() }
            #expect(bench.store.failures.count == 10 - expected)
            #expect(bench.store.rows.isEmpty && bench.source.committed.isEmpty && bench.source.isClosed)
        }
    }

    @Test func revocationStoresWhatIsPendingFirst() throws {
        let bench = Bench([partitionZero: [0, 1]])
        bench.limits.delay = .seconds(3600)
        var sent = false
        bench.source.onIdle = {
            if sent { bench.stop.request() } else { bench.source.script = [.revoking([partitionZero])] }
            sent = true
        }
        _ = try bench.run()
        #expect(bench.store.rows.count == 2 && bench.source.committed == [partitionZero: Offset(2)])
    }

    @Test func whatIsPendingOfALostPartitionIsDroppedAndTheRestReadAgain() throws {
        let bench = Bench([partitionZero: [0, 1], partitionOne: [5, 6]])
        bench.limits.delay = .seconds(10)
        var sent = false
        bench.source.onIdle = {
            if !sent { bench.source.script = [.lost([partitionZero])] }
            sent = true
            if bench.store.batches.count == 1 { bench.stop.request() }
        }
        _ = try bench.run()
        #expect(bench.store.rows == ["in-1@5", "in-1@6"])
        #expect(bench.store.offsets == [partitionOne: Offset(7)])
    }

    @Test func aBusyStoreAtRevocationLeavesTheBatchToTheNextOwner() throws {
        let bench = Bench([partitionZero: [0], partitionOne: [5]])
        bench.limits.delay = .seconds(10)
        bench.store.failures = [Failure(code: "busy", failureClass: .retryable)]
        var sent = false
        bench.source.onIdle = {
            if !sent { bench.source.script = [.revoking([partitionZero])] }
            sent = true
            if bench.store.batches.count == 1 { bench.stop.request() }
        }
        _ = try bench.run()
        #expect(bench.store.rows == ["in-1@5"])
        #expect(bench.source.committed == [partitionOne: Offset(6)])
    }
}
