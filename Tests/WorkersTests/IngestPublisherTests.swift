import Delivery
import Speeches
import Synchronization
import Testing

@testable import Workers

/// Takes everything and acknowledges it when it is polled. Any thread.
private final class PromptPublisher: RecordPublisher, Sendable {
    private let state = Mutex((records: [OutgoingRecord](), waiting: [DeliveryToken]()))

    var values: [String?] {
        state.withLock { $0.records.map { $0.value.map { String(decoding: $0, as: UTF8.self) } } }
    }

    func enqueue(_ record: OutgoingRecord, token: DeliveryToken) -> EnqueueResult {
        state.withLock {
            $0.records.append(record)
            $0.waiting.append(token)
        }
        return .accepted
    }

    func poll(timeout: Duration) -> [DeliveryReport] {
        state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting.map {
                let place = DeliveryReport.StoredAt(
                    partition: TopicPartition(KafkaTopic("t"), Partition(0)), offset: Offset(0))
                return DeliveryReport(token: $0, result: .success(place))
            }
        }
    }
}

@Suite struct IngestPublisherTests {
    private func document(_ text: String?) -> IngestDocument {
        let revision = text.map { Speech(id: SpeechID("x"), body: [$0]).revision }
        return IngestDocument(id: SpeechID("x"), revision: revision, value: text.map { Array($0.utf8) }, warnings: [])
    }

    /// Whatever the last request left, a request ends with its own last revision.
    @Test func aRequestEndsWithItsLastRevision() async throws {
        let sent = PromptPublisher()
        let publisher = IngestPublisher(
            sent, topic: KafkaTopic("t"), recordsMax: 4, bytesMax: 1_000, patience: .seconds(60)
        ) { _ in }
        let stop = StopRequest()
        let reports = OwnThread.begin("reports") { Result { try publisher.run(until: stop, drain: .seconds(10)) } }
        func outcome(_ texts: [String?]) async -> IngestPublisher.Outcome {
            await publisher.publish(texts.map(document))
        }
        #expect(await outcome(["A"]) == .published(unchanged: []))
        #expect(await outcome(["B", "A"]) == .published(unchanged: []))
        #expect(sent.values == ["A", "B", "A"])
        #expect(await outcome(["A", nil, nil, "A"]) == .published(unchanged: [0]))
        #expect(sent.values == ["A", "B", "A", nil, "A"])
        // Five repetitions are nothing to publish; five changes are more than may be under way.
        #expect(await outcome(["A", "A", "A", "A", "A"]) == .published(unchanged: [0, 1, 2, 3, 4]))
        #expect(await outcome(["B", "A", "B", "A", "B"]) == .tooLarge)
        stop.request()
        try reports.result(within: .seconds(30))?.get()
        #expect(sent.values.count == 5)
    }
}
