import Delivery
import Foundation
import SpeechFormats
import Speeches
import Testing
import WorkerSupport

@testable import Workers

/// A publisher that takes a bounded number of records and reports when it is polled.
private final class TestPublisher: RecordPublisher {
    struct Refused: ClassifiedFailure {
        let failureClass: FailureClass
        var code: String { "test-refused" }
    }

    let capacity: Int
    private(set) var records: [OutgoingRecord] = []
    private(set) var mostWaiting = 0
    private var waiting: [(token: DeliveryToken, isFailing: Bool)] = []
    private let isFailing: (OutgoingRecord) -> Bool
    private let isRefused: (OutgoingRecord) -> Bool

    init(
        capacity: Int = 1_000, isFailing: @escaping (OutgoingRecord) -> Bool = { _ in false },
        isRefused: @escaping (OutgoingRecord) -> Bool = { _ in false }
    ) {
        self.capacity = capacity
        self.isFailing = isFailing
        self.isRefused = isRefused
    }

    func enqueue(_ record: OutgoingRecord, token: DeliveryToken) throws -> EnqueueResult {
        if isRefused(record) { throw Refused(failureClass: .data) }
        guard waiting.count < capacity else { return .full }
        waiting.append((token, isFailing(record)))
        mostWaiting = max(mostWaiting, waiting.count)
        records.append(record)
        return .accepted
    }

    func poll(timeout: Duration) -> [DeliveryReport] {
        defer { waiting.removeAll() }
        return waiting.map { token, isFailing in
            DeliveryReport(
                token: token,
                result: isFailing
                    ? .failure(Refused(failureClass: .infrastructure))
                    : .success(.init(partition: TopicPartition(KafkaTopic("t"), Partition(0)), offset: Offset(0))))
        }
    }
}

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
        let worker = ProducerWorker(try settings(), publisher: publisher) { notice in
            switch notice {
            case .rejected(let error): rejected.append(error)
            case .failed(let id, _, _): failed.append(id)
            case .progress, .nearDuplicate, .warning: break
            }
        }
        let refusal = FormatError(.empty, "nothing", cure: "leave it out", file: "x")
        let summary = try worker.publish(
            outcomes(4) + [.rejected(refusal), .ignored(file: "y")], until: StopRequest())
        #expect(summary.published == 2)
        #expect(summary.rejected == ["format.empty": 1])
        #expect(summary.failed == ["test-refused": 2])
        #expect(summary.ignored == 1)
        #expect(summary.exitCode == .failed)
        #expect(rejected == [refusal])
        #expect(Set(failed) == [SpeechID("id-1"), SpeechID("id-2")])
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

    @Test func aWithdrawalIsANullValue() throws {
        let publisher = TestPublisher()
        let summary = try ProducerWorker(try settings(), publisher: publisher) { _ in }
            .withdraw([SpeechID("a")], until: StopRequest())
        #expect(summary.withdrawn == 1)
        #expect(publisher.records == [OutgoingRecord(topic: KafkaTopic("speeches.documents"), key: [97], value: nil)])
    }
}
