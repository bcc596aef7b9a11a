import Delivery
import Foundation
import SpeechFormats
import Speeches
import Synchronization
import Testing
import WorkerSupport

@testable import Workers

@Suite struct ProducerWorkerTests {
    private func settings(_ environment: [String: String] = [:]) throws -> Settings {
        try SettingsResolution(SettingsSources(environment: environment)).settings()
    }

    private func outcomes(_ count: Int) -> [SpeechFiles.Outcome] {
        (0..<count).map { .speech(Speech(id: SpeechID("id-\($0)"), body: ["Text \($0)."]), file: "f\($0)") }
    }

    @Test func documentsAreKeyedByTheirIdInOrder() throws {
        let publisher = TestPublisher()
        let worker = ProducerWorker(try settings(), publisher: publisher) { _ in }
        let summary = try worker.publish(outcomes(3), until: StopRequest())
        #expect(summary.published == 3)
        #expect(summary.exitCode == .done)
        #expect(publisher.records.map(\.topic) == Array(repeating: KafkaTopic("speeches.documents"), count: 3))
        #expect(
            publisher.records.compactMap(\.key).map { String(decoding: $0, as: UTF8.self) } == ["id-0", "id-1", "id-2"])
        #expect(try Speech(json: Data(publisher.records[1].value ?? [])).body == ["Text 1."])
    }

    @Test func neverMoreWaitThanTheSettingsAllow() throws {
        let publisher = TestPublisher()
        let settings = try settings(["ROSTRUM_DELIVERY_MAX_IN_FLIGHT_RECORDS": "4"])
        let summary = try ProducerWorker(settings, publisher: publisher) { _ in }.publish(
            outcomes(50), until: StopRequest())
        #expect(summary.published == 50)
        #expect(publisher.mostWaiting == 4)
    }

    @Test func aFullQueueIsWaitedFor() throws {
        let publisher = TestPublisher(capacity: 2)
        let summary = try ProducerWorker(try settings(), publisher: publisher) { _ in }
            .publish(outcomes(9), until: StopRequest())
        #expect(summary.published == 9)
        #expect(publisher.records.count == 9)
    }

    @Test func refusalsAndFailuresAreCountedByCode() throws {
        let publisher = TestPublisher(
            isFailing: { $0.key == Array("id-1".utf8) }, isRefused: { $0.key == Array("id-2".utf8) })
        var rejected: [FormatError] = []
        var failed: [SpeechID] = []
        var refused: [String] = []
        let worker = ProducerWorker(try settings(), publisher: publisher) { notice in
            switch notice {
            case .rejected(let error, _): rejected.append(error)
            case .refused(let id, let file, _, _): refused.append("\(id) of \(file)")
            case .failed(let id, _, _): failed.append(id)
            case .progress, .nearDuplicate, .warning: break
            }
        }
        let refusal = FormatError(.empty, "nothing", cure: "leave it out", file: "x")
        let summary = try worker.publish(
            outcomes(4) + [.rejected(refusal), .ignored(file: "y")], until: StopRequest())
        #expect(summary.published == 2)
        #expect(summary.rejected == ["format.empty": 1, "test-refused": 1])
        #expect(summary.failed == ["test-refused": 1])
        #expect(summary.ignored == 1)
        #expect(summary.exitCode == .failed)
        #expect(rejected == [refusal])
        #expect(failed == [SpeechID("id-1")])
        #expect(refused == ["id-2 of f2"])
    }

    @Test func refusalsAloneMeanProblemsFound() throws {
        let worker = ProducerWorker(try settings(), publisher: TestPublisher()) { _ in }
        let refusal = FormatError(.empty, "nothing", cure: "leave it out", file: "x")
        #expect(try worker.publish([.rejected(refusal)], until: StopRequest()).exitCode == .problemsFound)
    }

    /// What is published with a warning is published.
    @Test func warningsAreCountedAndToldAndNoProblem() throws {
        var told: [FormatError] = []
        let worker = ProducerWorker(try settings(), publisher: TestPublisher()) { notice in
            if case .warning(let error) = notice { told.append(error) }
        }
        let warning = FormatError(.badDate, "'yesterday' is no date", cure: "write a day", file: "x", line: 3)
        let summary = try worker.publish(outcomes(2) + [.warning(warning)], until: StopRequest())
        #expect(summary.published == 2)
        #expect(summary.warnings == ["format.bad_date": 1])
        #expect(summary.exitCode == .done)
        #expect(told == [warning])
    }

    @Test func aStopEndsItWithWhatIsDoneAcknowledged() throws {
        let stop = StopRequest()
        stop.request()
        let worker = ProducerWorker(try settings(), publisher: TestPublisher()) { _ in }
        let summary = try worker.publish(outcomes(3), until: stop)
        #expect(summary.isInterrupted)
        #expect(summary.exitCode == .failed)
    }

    /// Brokers that take records and report on none for long, as while they are away, while the window or the queue is full.
    @Test(arguments: [(window: "4", queue: 1_000), ("1000", 4)])
    func aStopIsHeardWhileNothingGoesOn(window: String, queue: Int) throws {
        let tenths = Mutex(0)
        let clock = MonotonicClock { .milliseconds(100 * tenths.withLock { $0 }) }
        let stop = StopRequest()
        func publisher() -> TestPublisher {
            TestPublisher(capacity: queue, onPoll: { _ in tenths.withLock { $0 += 1 } }) { polls in
                if polls == 3 { stop.request() }
                return polls > 1_000
            }
        }
        let settings = try settings([
            "ROSTRUM_DELIVERY_MAX_IN_FLIGHT_RECORDS": window, "ROSTRUM_DELIVERY_DRAIN_SECONDS": "10",
        ])
        let importing = publisher()
        let summary = try ProducerWorker(settings, publisher: importing, clock: clock) { _ in }
            .publish(outcomes(50), until: stop)
        #expect(summary.isInterrupted)
        #expect(summary.failed == ["publish.unacknowledged": 4])
        #expect(importing.records.count == 4)
        // Asked to withdraw, it is no other.
        let withdrawing = publisher()
        let none = try ProducerWorker(settings, publisher: withdrawing, clock: clock) { _ in }
            .withdraw((0..<50).map { SpeechID("id-\($0)") }, until: stop)
        #expect(none.isInterrupted && withdrawing.records.count == 4)
        #expect(tenths.withLock { $0 } < 300)
    }

    /// A time in which no documents came, as in a watch, is no credit for those that come then.
    @Test func theRateIsAMaximum() throws {
        let seconds = Mutex(0.0)
        let clock = MonotonicClock { .seconds(seconds.withLock { $0 }) }
        let publisher = TestPublisher(
            onPoll: { timeout in seconds.withLock { $0 += max(timeout / .seconds(1), 0.001) } })
        var policy = PublishingPolicy()
        policy.documentsPerSecondMax = 10
        var moments: [Double] = []
        let documents = outcomes(20).enumerated().lazy.map { number, outcome in
            moments.append(seconds.withLock { $0 })
            if number == 10 { seconds.withLock { $0 += 60 } }
            return outcome
        }
        let worker = ProducerWorker(try settings(), publisher: publisher, policy: policy, clock: clock) { _ in }
        #expect(try worker.publish(documents, until: StopRequest()).published == 20)
        let lasting = try #require(moments.last) - moments[11]
        #expect(lasting > 0.7, "eight documents after a minute without any: \(moments)")
    }

    @Test func whatRepeatsTheDocumentBeforeIsLeftOutWithdrawalsToo() throws {
        var policy = PublishingPolicy()
        policy.withdrawn = .withdraw
        func outcome(_ text: String?) -> SpeechFiles.Outcome {
            var speech = Speech(id: SpeechID("a"), body: [text ?? "Withdrawn."])
            if text == nil { speech.attributes["withdrawn_at"] = "2024-02-29" }
            return .speech(speech, file: "f")
        }
        let publisher = TestPublisher()
        let summary = try ProducerWorker(try settings(), publisher: publisher, policy: policy) { _ in }
            .publish(["One.", "One.", nil, nil, "One."].map(outcome), until: StopRequest())
        #expect(publisher.records.map { $0.value != nil } == [true, false, true])
        #expect(summary.published == 2 && summary.withdrawn == 1 && summary.unchanged == 2)
    }

    @Test func aWithdrawalIsANullValue() throws {
        let publisher = TestPublisher()
        let summary = try ProducerWorker(try settings(), publisher: publisher) { _ in }
            .withdraw([SpeechID("a")], until: StopRequest())
        #expect(summary.withdrawn == 1)
        #expect(publisher.records == [OutgoingRecord(topic: KafkaTopic("speeches.documents"), key: [97], value: nil)])
    }
}
