import Delivery
import EventStore
import Foundation
import InMemoryTracing
import Logging
import Speeches
import Testing
import Tracing
import WorkerSupport

@testable import Workers

/// Spans by swift-distributed-tracing's own tracer in memory, as a back end would get them.
@Suite struct TracingTests {
    private let tracer = InMemoryTracer()
    private let origin = TopicPartition(KafkaTopic("speeches.documents"), Partition(2))

    private func record(_ value: String?, headers: [RecordHeader]) -> ReceivedRecord {
        ReceivedRecord(
            origin: origin, offset: Offset(7), timestamp: nil, key: Array("d".utf8),
            value: value.map { Array($0.utf8) },
            headers: headers)
    }

    private func step() -> ClassificationStep {
        ClassificationStep(
            classified: KafkaTopic("speeches.classified"), headers: EventHeaders(source: "/here"),
            tracing: RecordTracing(tracer)
        ) { _ in fatalError("no document of these tests is classified") }
    }

    @Test func withoutABackEndNothingIsPaid() { #expect(RecordTracing(NoOpTracer()) == nil) }

    /// The document's span is the parent; the event carries the child, once, and not the document's own as well.
    @Test func aWithdrawalsSpanIsTheChildOfItsDocuments() throws {
        let parent = tracer.startSpan("publish", context: .topLevel, ofKind: .producer)
        let given = try #require(RecordTracing(tracer)).headers(of: parent)
        let names = given.map(\.name)
        #expect(!names.isEmpty)
        parent.end()
        let outcome = step().outcome(of: record(nil, headers: given + [RecordHeader("traceparent", "00-a-b-01")]))
        guard case .publish(let records) = outcome.outcome else {
            Issue.record("nothing was published: \(outcome)")
            return
        }
        let span = try #require(tracer.finishedSpans.first { $0.operationName == "process speeches.documents" })
        #expect(span.traceID == parent.traceID)
        #expect(span.parentSpanID == parent.spanID)
        #expect(span.kind == .consumer)
        #expect(span.attributes["messaging.kafka.offset"]?.toSpanAttribute() == .int64(7))
        #expect(span.attributes["messaging.destination.partition.id"]?.toSpanAttribute() == .string("2"))
        let carried = records[0].headers
        for name in names { #expect(carried.filter { $0.name == name }.count == 1) }
        #expect(!carried.contains { $0.name == "traceparent" })
        #expect(carried.contains { $0.text == span.spanID })
    }

    @Test func aDocumentThatCannotBeReadIsAnErrorOfItsSpan() throws {
        _ = step().outcome(of: record("no JSON", headers: []))
        let span = try #require(tracer.finishedSpans.first)
        #expect(span.status?.code == .error)
        #expect(span.attributes["error.type"]?.toSpanAttribute() == .string("document.invalid_json"))
    }

    /// A batch has no one parent: its span is linked to those of its records.
    @Test func aStoredBatchIsLinkedToItsRecords() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "rostrum-trace-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let store = try SQLiteEventStore(path: folder.appending(path: "s.sqlite").path)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let tracing = try #require(RecordTracing(tracer))
        let sink = StoreSink(
            store, group: ConsumerGroup("g"), patience: StorePatience(seconds: 1, logger: logger, stop: StopRequest()),
            tracing: tracing)
        let parent = tracer.startSpan("process", context: .topLevel, ofKind: .consumer)
        for _ in 0..<2 { _ = sink.decodeTraced(record("no event", headers: tracing.headers(of: parent))) }
        try sink.store(DecodedBatch())
        try sink.store(DecodedBatch())
        let spans = tracer.finishedSpans.filter { $0.operationName == "store batch" }
        #expect(spans.map(\.links.count) == [2, 0])
        #expect(spans[0].links[0].context.inMemorySpanContext?.spanID == parent.spanID)
        try store.close()
    }
}
