internal import Delivery
internal import Instrumentation
internal import Tracing

/// Spans of records, for whatever back end the process was given (`InstrumentationSystem.bootstrap` before a worker runs);
/// nil without one, so that nothing is paid for spans that nobody keeps. Without a back end a document's own trace context
/// still goes through to its event, untouched.
///
/// Names and attributes follow OpenTelemetry's conventions for messaging
/// (https://opentelemetry.io/docs/specs/semconv/messaging/kafka/).
struct RecordTracing: Sendable {
    private let tracer: any Tracer

    /// - Parameter tracer: the process's unless told otherwise.
    init?(_ tracer: any Tracer) {
        if tracer is NoOpTracer { return nil }
        self.tracer = tracer
    }

    /// What the process was given.
    static var ofProcess: RecordTracing? { RecordTracing(InstrumentationSystem.tracer) }

    /// The span of one record's processing, a child of the span that its headers name. The caller ends it.
    func processing(_ record: ReceivedRecord) -> any Span {
        let span = tracer.startAnySpan(
            "process \(record.origin.topic)", context: context(of: record), ofKind: .consumer)
        span.attributes["messaging.system"] = "kafka"
        span.attributes["messaging.operation.type"] = "process"
        span.attributes["messaging.destination.name"] = record.origin.topic.rawValue
        span.attributes["messaging.destination.partition.id"] = record.origin.partition.description
        span.attributes["messaging.kafka.offset"] = Int(record.offset.rawValue)
        if let key = record.key {
            span.attributes["messaging.kafka.message.key"] = String(decoding: key, as: UTF8.self)
        }
        return span
    }

    /// The span of publishing one record. The caller ends it.
    func sending(to topic: KafkaTopic) -> any Span {
        let span = tracer.startAnySpan("send \(topic)", context: .topLevel, ofKind: .producer)
        span.attributes["messaging.system"] = "kafka"
        span.attributes["messaging.operation.type"] = "send"
        span.attributes["messaging.destination.name"] = topic.rawValue
        return span
    }

    /// The span of storing a batch: linked to the spans of its records, since it has no one parent.
    func storing(_ records: [InstrumentationContext], of topic: KafkaTopic?) -> any Span {
        let span = tracer.startAnySpan("store batch", context: .topLevel, ofKind: .consumer)
        span.attributes["messaging.batch.message_count"] = records.count
        if let topic { span.attributes["messaging.destination.name"] = topic.rawValue }
        for context in records { span.addLink(SpanLink(context: context, attributes: [:])) }
        return span
    }

    /// The trace context that a record carries.
    func context(of record: ReceivedRecord) -> InstrumentationContext {
        var context = InstrumentationContext.topLevel
        tracer.extract(record.headers, into: &context, using: HeaderExtractor())
        return context
    }

    /// The span's own context as headers, in order; empty where the back end gives none.
    func headers(of span: any Span) -> [RecordHeader] {
        var headers: [String: String] = [:]
        tracer.inject(span.context, into: &headers, using: HeaderInjector())
        return headers.sorted { $0.key < $1.key }.map { RecordHeader($0.key, $0.value) }
    }
}

/// Of several headers with one name the last counts, as with all of Kafka's; only text is read.
private struct HeaderExtractor: Extractor {
    func extract(key: String, from carrier: [RecordHeader]) -> String? {
        carrier.last { $0.name.lowercased() == key.lowercased() }?.text
    }
}

private struct HeaderInjector: Injector {
    func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) { carrier[key] = value }
}
