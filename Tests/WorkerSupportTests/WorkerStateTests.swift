import Delivery
import Foundation
import Synchronization
import Testing

@testable import WorkerSupport

/// Health and status as a worker goes through its life. The clock is the test's.
@Suite struct WorkerStateTests {
    private let topic = KafkaTopic("speeches.documents")
    private let clock = ManualClock()
    private let state: WorkerState

    init() {
        let clock = clock
        state = WorkerState(
            .init(
                program: .classifier, librdkafkaVersion: "2.0.2", instanceID: "c-1", bootstrapServers: "kafka:9092",
                stallSeconds: 60),
            clock: MonotonicClock { clock.now }, wall: { Date(timeIntervalSince1970: 1_000) })
    }

    private func partition(_ number: Int32 = 0) -> TopicPartition { TopicPartition(topic, Partition(number)) }
    private func take(_ offset: Int64, of number: Int32 = 0) {
        _ = state.observe(.received(partition(number), Offset(offset), bytes: 1, made: nil))
    }
    private func connect(_ connected: Int, age: Duration = .zero) {
        state.connect {
            [
                BrokerConnection(
                    client: .consumer, connected: connected, age: age, fetchedAhead: 0, queuedRecords: 0,
                    queuedBytes: 0, partitions: [:])
            ]
        }
    }

    @Test func aWorkerThatStartsIsLiveAndNotReady() {
        state.waiting(for: "a broker at kafka:9092")
        #expect(state.live().isGood)
        #expect(state.ready().problems == ["starting: waiting for a broker at kafka:9092"])
        state.runs(group: "g")
        #expect(state.ready().isGood)
    }

    @Test func anIdleKafkaTopicIsFine() {
        state.runs(group: "g")
        connect(1)
        _ = state.observe(.assigned([partition()]))
        take(0)
        _ = state.observe(.completed(partition(), Offset(0)))
        _ = state.observe(.committed([partition(): Offset(1)]))
        clock.advance(by: .seconds(100_000))
        #expect(state.live().isGood)
        #expect(state.ready().isGood)
    }

    /// During a rebalance no partition is assigned; that is neither death nor unreadiness.
    @Test func aRebalanceIsFine() {
        state.runs(group: "g")
        connect(1)
        _ = state.observe(.assigned([partition()]))
        take(0)
        clock.advance(by: .seconds(29))
        _ = state.observe(.revoked([partition()]))
        clock.advance(by: .seconds(100))
        #expect(state.live().isGood)
        #expect(state.ready().isGood)
        #expect(state.status().assignment.isEmpty)
        _ = state.observe(.assigned([partition(1)]))
        #expect(state.live().isGood)
        #expect(state.status().assignment.map(\.partition) == [1])
        #expect(state.status().totals.rebalances == 3)
    }

    /// Neither one that joins nor one whose partitions were taken reads anything; nothing is wrong with the process.
    @Test func aRebalanceThatDoesNotEndIsSaid() throws {
        state.runs(group: "speeches")
        connect(1)
        clock.advance(by: .seconds(121))
        #expect(state.live().isGood)
        let problem = try #require(state.ready().problems.first)
        #expect(problem.contains("'speeches'") && problem.contains("121 seconds"), "\(problem)")
        #expect(state.figures().waitsForGroup == .seconds(121))
        _ = state.observe(.assigned([partition()]))
        clock.advance(by: .seconds(1_000))
        #expect(state.ready().isGood && state.figures().waitsForGroup == nil)
        _ = state.observe(.revoked([partition()]))
        clock.advance(by: .seconds(121))
        #expect(!state.ready().isGood && state.status().problems == state.ready().problems)
        state.stops()
        #expect(state.figures().waitsForGroup == nil)
    }

    /// A spare: more workers than partitions.
    @Test func aWorkerThatWasGivenNoPartitionIsReady() {
        state.runs(group: "speeches")
        connect(1)
        _ = state.observe(.assigned([]))
        clock.advance(by: .seconds(1_000))
        #expect(state.ready().isGood && state.figures().partitions == 0)
    }

    /// A loop that still turns does not hide a partition that stands still.
    @Test func stuckProcessingIsNeitherLiveNorReady() {
        state.runs(group: "g")
        connect(1)
        _ = state.observe(.assigned([partition(0), partition(1)]))
        take(7)
        for offset in 0..<40 {
            clock.advance(by: .seconds(1))
            take(Int64(offset), of: 1)
            _ = state.observe(.completed(partition(1), Offset(Int64(offset))))
            _ = state.observe(.committed([partition(1): Offset(Int64(offset) + 1)]))
        }
        let report = state.live()
        #expect(report.status == "not live")
        #expect(report.problems.count == 1)
        #expect(report.problems[0].hasPrefix("speeches.documents-0 has had work in hand for 40 seconds"))
        #expect(report.problems[0].contains("60 seconds (delivery.stallSeconds)"))
        #expect(!state.ready().isGood)
        _ = state.observe(.completed(partition(0), Offset(7)))
        #expect(state.live().isGood)
    }

    @Test func aLostBrokerIsLiveAndNotReadyUntilItIsBack() {
        state.runs(group: "g")
        connect(1)
        #expect(state.ready().isGood)
        connect(0)
        #expect(state.live().isGood)
        #expect(state.ready().problems.count == 1)
        #expect(state.ready().problems[0].contains("connected to no broker of kafka:9092 (kafka.bootstrapServers)"))
        connect(1)
        #expect(state.ready().isGood)
    }

    @Test func aLoopThatDoesNotAskItsClientIsNotReady() {
        state.runs(group: "g")
        connect(1, age: .seconds(31))
        #expect(state.ready().problems[0].contains("has not asked its Kafka client for 31 seconds"))
    }

    @Test func aLostStoreIsLiveAndNotReadyUntilItTakesABatch() {
        state.stores(in: "db.example/rostrum")
        state.runs(group: "g")
        connect(1)
        _ = state.observe(.assigned([partition()]))
        take(0)
        for attempt in 1...20 {
            clock.advance(by: .seconds(10))
            _ = state.observe(
                .retrying(partition(), Offset(1), code: "store.unreachable", attempt: attempt, delay: .seconds(10)))
        }
        #expect(state.live().isGood)
        #expect(
            state.ready().problems == [
                "the store db.example/rostrum does not take what it is given (store.unreachable); the batch is tried again "
                    + "until delivery.retryBudgetSeconds are over; check that the database runs and has room"
            ])
        _ = state.observe(.stored([partition(): Offset(1)], records: 1, bytes: 1, took: .zero))
        #expect(state.ready().isGood)
    }

    @Test func aWorkerThatStopsIsNotReady() {
        state.runs(group: "g")
        state.stops()
        #expect(state.ready().problems == ["stopping: finishing what is in hand"])
        #expect(state.live().isGood)
    }

    @Test func theStatusSaysWhichRulesAreInUseAndWhyNewOnesAreNot() throws {
        state.uses(rulesetNamed: "crime-policy", version: "1.0.0", digest: "sha256:1")
        state.couldNotReload(code: "rules.bad", reason: "line 3")
        var status = state.status()
        #expect(status.ruleset?.version == "1.0.0")
        #expect(status.ruleset?.loadedAt == "1970-01-01T00:16:40.000Z")
        #expect(status.lastReloadError?.reason == "line 3")
        state.uses(rulesetNamed: "crime-policy", version: "1.1.0", digest: "sha256:2")
        status = state.status()
        #expect(status.ruleset?.version == "1.1.0")
        #expect(status.lastReloadError == nil)
        // What is written is what is read.
        #expect(try JSONDecoder().decode(WorkerStatus.self, from: JSONEncoder().encode(status)) == status)
    }

    @Test func lagsAreThoseOfThePartitionsAssignedNow() {
        state.runs(group: "g")
        let partitions = [partition(0), partition(1)]
        state.connect {
            [
                BrokerConnection(
                    client: .consumer, connected: 1, age: .zero, fetchedAhead: 1, queuedRecords: 0, queuedBytes: 0,
                    partitions: Dictionary(
                        uniqueKeysWithValues: partitions.map {
                            ($0, (low: Offset(0), end: Offset(10), next: Offset(4)))
                        }
                    ))
            ]
        }
        _ = state.observe(.assigned(partitions))
        take(3, of: 1)
        #expect(state.figures().lags.mapValues(\.records) == [partition(0): 6, partition(1): 7])
        _ = state.observe(.lost([partition(1)]))
        #expect(state.figures().lags.mapValues(\.records) == [partition(0): 6])
        #expect(state.figures().inFlightRecords == 0)
    }
}

/// A clock that the test moves.
private final class ManualClock: Sendable {
    private let time = Mutex(Duration.zero)
    var now: Duration { time.withLock { $0 } }
    func advance(by step: Duration) { time.withLock { $0 += step } }
}
