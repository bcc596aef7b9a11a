import Delivery
import Testing

/// When a worker is said to stand still, and when not.
@Suite struct ProgressWatchTests {
    private let limit = Duration.seconds(10)

    /// What is found at a time after these events.
    private func stall(_ events: [(Int, DeliveryEvent)], at seconds: Int) -> ProgressWatch.Stall? {
        var watch = ProgressWatch(limit: limit)
        for (time, event) in events { watch.note(event, at: .seconds(time)) }
        return watch.stall(at: .seconds(seconds))
    }

    private func received(_ partition: TopicPartition, _ offset: Int64) -> DeliveryEvent {
        .received(partition, Offset(offset), bytes: 1, made: nil)
    }

    @Test func workWithoutProgressIsAStall() {
        let events = [(100, received(partitionZero, 7))]
        #expect(stall(events, at: 109) == nil)
        let found = stall(events, at: 110)
        #expect(found?.partition == partitionZero && found?.lastTaken == Offset(7))
        #expect(found?.since == .seconds(10) && found?.stored == nil)
    }

    @Test func theOnePartitionThatStandsIsNamedThoughOthersGoOn() {
        let events = [
            (0, received(partitionZero, 1)), (0, received(partitionOne, 1)),
            (9, .completed(partitionOne, Offset(1))), (9, .committed([partitionOne: Offset(2)])),
        ]
        #expect(stall(events, at: 12)?.partition == partitionZero)
        #expect(stall(events + [(11, .completed(partitionZero, Offset(1)))], at: 12) == nil)
    }

    @Test func aWorkerWithoutWorkMayStandForEver() {
        #expect(stall([], at: 1_000_000) == nil)
        for done: DeliveryEvent in [
            .committed([partitionZero: Offset(2)]),
            .stored([partitionZero: Offset(2)], records: 1, bytes: 1, took: .zero), .revoked([partitionZero]),
            .lost([partitionZero]),
        ] {
            #expect(stall([(0, received(partitionZero, 1)), (5, done)], at: 1_000_000) == nil)
        }
    }

    @Test func workAfterALongRestHasItsWholeTime() {
        let events = [
            (0, received(partitionZero, 1)), (1, .committed([partitionZero: Offset(2)])),
            (500, received(partitionZero, 2)),
        ]
        #expect(stall(events, at: 509) == nil)
        #expect(stall(events, at: 510)?.stored == Offset(2))
    }

    @Test func recordsThatArriveAreNoProgress() {
        let events = (0...20).map { ($0, received(partitionZero, Int64($0))) }
        #expect(stall(events, at: 20)?.since == .seconds(20))
    }

    @Test func doneButNeverCommittedIsAStall() {
        let events: [(Int, DeliveryEvent)] = [
            (0, received(partitionZero, 1)), (1, .completed(partitionZero, Offset(1))),
            (5, .commitFailed(code: "kafka-transport", message: "")),
        ]
        #expect(stall(events, at: 11)?.partition == partitionZero)
    }

    @Test func anAttemptThatWillBeRepeatedIsALifeSign() {
        let events: [(Int, DeliveryEvent)] = [
            (0, received(partitionZero, 1)), (0, received(partitionOne, 1)),
            (8, .retrying(partitionZero, Offset(1), code: "store.busy", attempt: 1, delay: .seconds(1))),
        ]
        #expect(stall(events, at: 18) == nil)
        #expect(stall(events, at: 19) != nil)
    }
}
