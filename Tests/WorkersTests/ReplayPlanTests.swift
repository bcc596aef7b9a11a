import Delivery
import Foundation
import Speeches
import Synchronization
import Testing
import WorkerSupport

@testable import Workers

/// A source of one script.
private final class ScriptedSource: RecordSource {
    var events: [SourceEvent?]
    private let poll: (Duration) -> Void

    init(_ events: [SourceEvent?], poll: @escaping (Duration) -> Void) {
        self.events = events
        self.poll = poll
    }

    func poll(timeout: Duration) throws -> SourceEvent? {
        poll(timeout)
        return events.isEmpty ? nil : events.removeFirst()
    }
    func take(_ partitions: [TopicPartition], startingAt starts: [TopicPartition: Offset]) throws {}
    func release(_ partitions: [TopicPartition]) throws {}
    func pause(_ partitions: [TopicPartition]) throws {}
    func resume(_ partitions: [TopicPartition]) throws {}
    func seek(to offsets: [TopicPartition: Offset]) throws {}
    func commit(_ offsets: [TopicPartition: Offset], timeout: Duration) throws {}
    func close(within limit: Duration) {}
}

@Suite struct PlanLockTests {
    @Test func aPlanIsCarriedOutOnceAtATime() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "plan-\(UUID().uuidString).json").path
        let first = try PlanLock(path)
        let failure = #expect(throws: ProgramFailure.self) { try PlanLock(path) }
        #expect(failure?.code == "replay.plan_in_use")
        first.release()
        #expect(!FileManager.default.fileExists(atPath: path + ".lock"))
        try PlanLock(path).release()
        #expect(throws: ProgramFailure.self) { try PlanLock("/nonexistent/plan.json").release() }
    }
}

@Suite struct BrokerSilenceTests {
    /// A broker that is away sends troubles, which are no news; what is done between polls is no silence.
    @Test func onlyWaitingForNothingCounts() throws {
        let time = Mutex(Duration.zero)
        let clock = MonotonicClock { time.withLock { $0 } }
        let topic = KafkaTopic("speeches.documents")
        let end = SourceEvent.reachedEnd(TopicPartition(topic, Partition(0)), Offset(1))
        let trouble = SourceEvent.trouble(SourceTrouble(code: "kafka.transport", message: "away"))
        let source = ScriptedSource([nil, trouble, end, nil]) { _ in time.withLock { $0 += .seconds(14) } }
        var silence = BrokerSilence(of: topic, clock: clock)
        for _ in 0..<4 {
            _ = try silence.poll(source)
            time.withLock { $0 += .seconds(1_000) }
        }
        source.events = [trouble, nil]
        _ = try silence.poll(source)
        #expect(throws: (any Error).self) { try silence.poll(source) }
    }
}

@Suite struct ReplayBoundTests {
    static let now: Int64 = 1_700_000_000_000

    @Test(arguments: [
        ("earliest", ReplayBound.earliest), ("latest", .latest), ("offset:0", .offset(0)), ("offset:42", .offset(42)),
        ("2022-05-17", .time(1_652_745_600_000)), ("2022-05-17T09:30", .time(1_652_779_800_000)),
        ("2022-05-17T09:30:15Z", .time(1_652_779_815_000)), ("2022-05-17T09:30:15.250Z", .time(1_652_779_815_250)),
        ("2022-05-17T09:30:15+02:00", .time(1_652_772_615_000)), ("-PT24H", .time(now - 86_400_000)),
        ("PT1H30M", .time(now - 5_400_000)), ("-P2DT6H", .time(now - 194_400_000)), ("P1W", .time(now - 604_800_000)),
    ])
    func whatIsUnderstood(_ text: String, _ bound: ReplayBound) {
        #expect(ReplayBound(text, now: Self.now) == bound)
    }

    @Test(arguments: [
        "", "now", "offset:", "offset:-1", "offset:x", "2022", "2022-13-01",
        "2022-02-30", "2022-11-31T10:00", "2022-05-17 09:30", "P", "PT", "P1Y",
        "P1M",
        "-P", "P1D2H", "PT1H30", "-PT99999999999S", "1969-12-31", "P999999W",
    ])
    func whatIsRefused(_ text: String) {
        #expect(ReplayBound(text, now: Self.now) == nil)
    }
}

@Suite struct ReplayPlanTests {
    private func plan(_ ranges: [ReplayPlan.Range]) -> ReplayPlan {
        ReplayPlan(
            run: "replay-1", createdAt: "2026-01-01T00:00:00Z", documentsTopic: "d", eventsTopic: "e",
            ruleset: .init(RulesetIdentity(name: "r", version: "1.0.0", digest: "sha256:0")), ranges: ranges)
    }

    private func withFile<Value>(_ text: String? = nil, _ body: (String) throws -> Value) throws -> Value {
        let path = FileManager.default.temporaryDirectory.appending(path: "plan-\(UUID().uuidString).json").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        if let text { try Data(text.utf8).write(to: URL(filePath: path)) }
        return try body(path)
    }

    @Test func whatIsWrittenIsReadBack() throws {
        var plan = plan([
            .init(partition: 0, start: 5, end: 10, next: 5), .init(partition: 3, start: 0, end: 7, next: 7),
        ])
        plan.advance(to: [TopicPartition(KafkaTopic("d"), Partition(0)): Offset(8)])
        try withFile { path in
            try plan.write(to: path)
            let read = try ReplayPlan(file: path)
            #expect(read == plan)
            #expect(read.remaining == 2)
            #expect(read.total == 12)
            #expect(read.starts == [TopicPartition(KafkaTopic("d"), Partition(0)): Offset(8)])
            #expect(read.ends == [TopicPartition(KafkaTopic("d"), Partition(0)): Offset(10)])
        }
    }

    @Test func aPlanNeverGoesBack() {
        var plan = plan([.init(partition: 0, start: 0, end: 10, next: 6)])
        plan.advance(to: [TopicPartition(KafkaTopic("d"), Partition(0)): Offset(4)])
        plan.advance(to: [TopicPartition(KafkaTopic("other"), Partition(0)): Offset(9)])
        #expect(plan.ranges[0].next == 6)
        #expect(!plan.isComplete)
        plan.complete()
        #expect(plan.isComplete)
    }

    @Test(arguments: [
        "", "{}", "[1]", "not json",
        #"{"format":1,"run":"r","created_at":"","documents_topic":"d","events_topic":"e","published":0,"skipped":0,"#
            + #""ruleset":{"name":"r","version":"1","digest":"x"},"ranges":[{"partition":0,"start":9,"end":3,"next":9}]}"#,
        #"{"format":2,"run":"r","created_at":"","documents_topic":"d","events_topic":"e","published":0,"skipped":0,"#
            + #""ruleset":{"name":"r","version":"1","digest":"x"},"ranges":[]}"#,
    ])
    func whatIsNoPlanIsRefused(_ text: String) throws {
        try withFile(text) { path in
            let failure = #expect(throws: ProgramFailure.self) { try ReplayPlan(file: path) }
            #expect(failure?.exitCode == .badConfiguration)
            #expect(failure?.code == "replay.plan_unreadable")
        }
    }

    @Test func aPlaceThatCannotBeWrittenIsSaid() {
        let failure = #expect(throws: ProgramFailure.self) { try plan([]).write(to: "/nonexistent/plan.json") }
        #expect(failure?.exitCode == .failed)
    }
}

@Suite struct RateLimitTests {
    @Test func unitsAreSpreadEvenly() {
        var limit = RateLimit(perSecond: 10)
        #expect(limit.take(at: .zero) == .zero)
        #expect(limit.take(at: .zero) == .milliseconds(100))
        #expect(limit.take(at: .milliseconds(150)) == .milliseconds(50))
    }

    /// Whoever waits too long by less than the tolerance keeps the rate.
    @Test func latenessIsMadeUpForWithinTheTolerance() {
        var limit = RateLimit(perSecond: 10, tolerance: .milliseconds(20))
        _ = limit.take(at: .zero)
        #expect(limit.take(at: .milliseconds(115)) == .zero)
        #expect(limit.take(at: .milliseconds(190)) == .milliseconds(10))
        #expect(limit.take(at: .seconds(60)) == .zero)
        #expect(limit.take(at: .seconds(60)) == .milliseconds(80))
    }

    @Test func idleTimeGivesNoCredit() {
        var limit = RateLimit(perSecond: 10)
        _ = limit.take(at: .zero)
        #expect(limit.take(at: .seconds(60)) == .zero)
        #expect(limit.take(at: .seconds(60)) == .milliseconds(100))
    }
}
