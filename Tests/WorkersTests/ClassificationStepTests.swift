import Delivery
import Foundation
import Speeches
import Testing

@testable import Workers

@Suite struct ClassificationStepTests {
    static let speech = Speech(
        id: SpeechID("doc-1"), title: "A title", body: ["A paragraph."],
        deliveredOn: DeliveryDate("2016-05-12T12:30:00+00:00"), language: "en")

    private let step = ClassificationStep(
        classified: KafkaTopic("classified"),
        headers: EventHeaders(source: "/here", now: { Date(timeIntervalSince1970: 1_650_000_000.25) })
    ) { speech in
        ClassifiedSpeech(
            eventID: EventID("e1"), assessment: .empty,
            document: DocumentSummary(speech, characters: 1, words: 0, sentences: 0), crimePolicy: nil, topics: [],
            ruleset: RulesetIdentity(name: "n", version: "1", digest: "sha256:0"))
    }

    private func record(
        key: String? = "doc-1", value: [UInt8]? = Self.speech.json, headers: [RecordHeader] = []
    ) -> ReceivedRecord {
        ReceivedRecord(
            origin: TopicPartition(KafkaTopic("documents"), Partition(3)), offset: Offset(42),
            timestamp: RecordTimestamp(milliseconds: 1_650_000_000_000), key: key.map { Array($0.utf8) }, value: value,
            headers: headers)
    }

    private func published(_ record: ReceivedRecord) throws -> OutgoingRecord {
        guard case .publish(let records) = step.outcome(of: record).outcome else {
            throw Unexpected(outcome: "\(step.outcome(of: record).outcome)")
        }
        return try #require(records.count == 1 ? records[0] : nil)
    }

    private struct Unexpected: Error { let outcome: String }

    @Test func anEventHasTheHeadersOfCloudEventsInBinaryMode() throws {
        let event = try published(record())
        #expect(event.topic == KafkaTopic("classified"))
        #expect(event.key == Array("doc-1".utf8))
        #expect(event.partition == nil)
        #expect(try ClassifiedSpeech(json: Data(event.value ?? [])).document.id == SpeechID("doc-1"))
        #expect(
            event.headers.map { "\($0.name)=\($0.text ?? "")" } == [
                "ce_specversion=1.0", "ce_id=e1", "ce_source=/here", "ce_type=rostrum.speech.classified.v1",
                "ce_subject=doc-1", "ce_recordedtime=2022-04-15T05:20:00.250Z",
                "ce_dataschema=urn:rostrum:schema:event:1",
                "content-type=application/json", "ce_time=2016-05-12T12:30:00+00:00", "rostrum_origin_topic=documents",
                "rostrum_origin_partition=3", "rostrum_origin_offset=42", "rostrum_origin_timestamp=1650000000000",
                "rostrum_run=live",
            ])
    }

    /// CloudEvents' time is a timestamp; a date alone is none.
    @Test func aDateWithoutTimeGivesNoTime() throws {
        var speech = Self.speech
        speech.deliveredOn = DeliveryDate("2016-05-12")
        let event = try published(record(value: speech.json))
        #expect(!event.headers.contains { $0.name == "ce_time" })
    }

    struct Trace: Sendable {
        let received: [RecordHeader]
        let passed: [String]
    }

    @Test(arguments: [
        Trace(received: [], passed: []),
        Trace(received: [RecordHeader("traceparent", "p")], passed: ["traceparent=p"]),
        Trace(
            received: [RecordHeader("traceparent", "p"), RecordHeader("tracestate", "a=1")],
            passed: ["traceparent=p", "tracestate=a=1"]),
        Trace(
            received: [RecordHeader("traceparent", "p1"), RecordHeader("Traceparent", "p2")], passed: ["traceparent=p2"]
        ),
        Trace(
            received: [
                RecordHeader("tracestate", "a=1"), RecordHeader("traceparent", "p"), RecordHeader("tracestate", "b=2"),
            ], passed: ["traceparent=p", "tracestate=a=1,b=2"]),
        Trace(received: [RecordHeader("tracestate", "a=1")], passed: []),
        Trace(received: [RecordHeader("traceparent", bytes: nil), RecordHeader("own", "x")], passed: []),
        Trace(received: [RecordHeader("traceparent", bytes: [0xFF])], passed: []),
    ])
    func theTracePassesExactlyOnce(trace: Trace) throws {
        let event = try published(record(headers: trace.received))
        let passed = event.headers.filter { $0.name.hasPrefix("trace") }.map { "\($0.name)=\($0.text ?? "")" }
        #expect(passed == trace.passed)
        #expect(!event.headers.contains { $0.name == "own" })
    }

    @Test func aNullDocumentIsANullEvent() throws {
        let event = try published(record(value: nil, headers: [RecordHeader("traceparent", "p")]))
        #expect(event.key == Array("doc-1".utf8))
        #expect(event.value == nil)
        #expect(
            event.headers.map(\.name) == [
                "traceparent", "rostrum_origin_topic", "rostrum_origin_partition", "rostrum_origin_offset",
                "rostrum_origin_timestamp", "rostrum_run",
            ])
    }

    struct Bad: Sendable {
        let key: String?
        let value: [UInt8]?
        let code: String
    }

    @Test(arguments: [
        Bad(key: "doc-1", value: Array("{".utf8), code: "document.invalid_json"),
        Bad(key: "doc-1", value: [], code: "document.invalid_json"),
        Bad(key: "doc-1", value: [0xFF, 0xFE], code: "document.invalid_json"),
        Bad(
            key: "doc-1", value: Array(#"{"schema_version":2,"id":"doc-1","body":[]}"#.utf8),
            code: "document.unsupported_version"),
        Bad(key: "other", value: Self.speech.json, code: "document.invalid"),
        Bad(key: nil, value: Self.speech.json, code: "document.invalid"),
        Bad(key: "", value: nil, code: "document.invalid"),
        Bad(key: nil, value: nil, code: "document.invalid"),
    ])
    func whatCannotBeReadIsADeadLetter(bad: Bad) throws {
        guard case .deadLetter(let reason) = step.outcome(of: record(key: bad.key, value: bad.value)).outcome else {
            Issue.record("not a dead letter")
            return
        }
        #expect(reason.code == bad.code)
        #expect(reason.stage == "VALUE_CONVERTER")
        #expect(!reason.message.isEmpty)
    }
}
