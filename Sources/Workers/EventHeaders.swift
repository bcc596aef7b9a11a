internal import Delivery
internal import Foundation
internal import Speeches

/// The headers of an event's record: CloudEvents 1.0 in Kafka's binary mode, the trace, and where the event comes from.
/// What differs between a live run and a replay stands here and never in the value.
struct EventHeaders {
    /// The type of an event of this schema; a breaking change is a new type.
    static let type = "rostrum.speech.classified.v1"
    /// Where the event's schema is described (CloudEvents `dataschema`).
    static let dataSchema = "urn:rostrum:schema:event:1"

    /// What `rostrum_run` says of events that are no replay's.
    static let liveRun = "live"

    /// Who makes the events (CloudEvents `source`, a URI reference).
    let source: String
    /// `live`, or a replay's id.
    let run: String
    /// The clock of `ce_recordedtime`.
    let now: () -> Date

    init(source: String, run: String = Self.liveRun, now: @escaping () -> Date = { Date() }) {
        self.source = source
        self.run = run
        self.now = now
    }

    /// Headers of an event made of a document's record.
    /// - Parameter trace: headers of the span that made the event; empty to pass the document's trace through.
    func headers(
        of event: ClassifiedSpeech, from record: ReceivedRecord, trace: [RecordHeader] = []
    ) -> [RecordHeader] {
        var headers = [
            RecordHeader("ce_specversion", "1.0"),
            RecordHeader("ce_id", event.eventID.rawValue),
            RecordHeader("ce_source", source),
            RecordHeader("ce_type", Self.type),
            RecordHeader("ce_subject", event.document.id.rawValue),
            RecordHeader("ce_recordedtime", timestamp()),
            RecordHeader("ce_dataschema", Self.dataSchema),
            RecordHeader("content-type", "application/json"),
        ]
        if let time = event.document.deliveredOn?.timestamp { headers.append(RecordHeader("ce_time", time)) }
        return headers + provenance(of: record, trace)
    }

    /// Headers of a withdrawal: no event, hence nothing of CloudEvents.
    func headers(ofWithdrawalFrom record: ReceivedRecord, trace: [RecordHeader] = []) -> [RecordHeader] {
        provenance(of: record, trace)
    }

    private func provenance(of record: ReceivedRecord, _ trace: [RecordHeader]) -> [RecordHeader] {
        let made = record.timestamp.map { [RecordHeader("rostrum_origin_timestamp", "\($0.milliseconds)")] } ?? []
        return (trace.isEmpty ? Self.trace(of: record) : trace) + [
            RecordHeader("rostrum_origin_topic", record.origin.topic.rawValue),
            RecordHeader("rostrum_origin_partition", record.origin.partition.description),
            RecordHeader("rostrum_origin_offset", record.offset.description),
        ] + made + [RecordHeader("rostrum_run", run)]
    }

    /// The document's trace, passed through exactly once. Of several parents the last counts, as with all Kafka headers;
    /// several `tracestate` are one list (https://www.w3.org/TR/trace-context/#tracestate-header). A state without a
    /// parent means nothing and is dropped, as the same document asks.
    private static func trace(of record: ReceivedRecord) -> [RecordHeader] {
        func texts(_ name: String) -> [String] {
            record.headers.filter { $0.name.lowercased() == name }.compactMap(\.text).filter { !$0.isEmpty }
        }
        guard let parent = texts("traceparent").last else { return [] }
        let states = texts("tracestate")
        let state = states.isEmpty ? [] : [RecordHeader("tracestate", states.joined(separator: ","))]
        return [RecordHeader("traceparent", parent)] + state
    }

    private func timestamp() -> String {
        now().formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true, timeZone: .gmt))
    }
}
