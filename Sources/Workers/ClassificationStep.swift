internal import Delivery
internal import Foundation
internal import Speeches
internal import Tracing

/// What the classifier makes of one record: an event of a document, a null event of a withdrawal, a dead letter of what
/// cannot be read. Used from one thread: the classifier inside owns scratch memory.
struct ClassificationStep {
    let classified: KafkaTopic
    let headers: EventHeaders
    /// Nil where nobody keeps spans.
    var tracing: RecordTracing?
    let classify: (Speech) -> ClassifiedSpeech

    /// The outcome, and the event where there is one, for counting.
    func outcome(of record: ReceivedRecord) -> (outcome: ProcessingOutcome, event: ClassifiedSpeech?) {
        let span = tracing?.processing(record)
        defer { span?.end() }
        let trace = span.flatMap { tracing?.headers(of: $0) } ?? []
        do throws(DocumentError) {
            let key = try Self.key(of: record)
            guard let value = record.value else { return (.publish([withdrawal(of: key, from: record, trace)]), nil) }
            let speech = try Speech(json: Data(value))
            guard speech.id == key else {
                throw DocumentError(
                    code: .invalidDocument,
                    reason: "the record's key is not the document's id; they must be equal, so that revisions and "
                        + "withdrawals of a document meet in one partition")
            }
            let event = classify(speech)
            let outgoing = OutgoingRecord(
                topic: classified, key: record.key, value: event.json,
                headers: headers.headers(of: event, from: record, trace: trace))
            return (.publish([outgoing]), event)
        } catch {
            span?.attributes["error.type"] = error.code.rawValue
            span?.setStatus(SpanStatus(code: .error))
            let reason = DeadLetterReason(
                code: error.code.rawValue, message: error.reason, stage: "VALUE_CONVERTER",
                className: "Workers.ClassificationStep", exceptionClassName: "Speeches.DocumentError")
            return (.deadLetter(reason), nil)
        }
    }

    private func withdrawal(
        of key: SpeechID, from record: ReceivedRecord, _ trace: [RecordHeader]
    ) -> OutgoingRecord {
        OutgoingRecord(
            topic: classified, key: Array(key.rawValue.utf8), value: nil,
            headers: headers.headers(ofWithdrawalFrom: record, trace: trace))
    }

    private static func key(of record: ReceivedRecord) throws(DocumentError) -> SpeechID {
        guard let key = record.key.flatMap({ String(validating: $0, as: UTF8.self) }), !key.isEmpty else {
            throw DocumentError(
                code: .invalidDocument,
                reason: "the record has no key, or one that is not UTF-8; it must be the document's id")
        }
        return SpeechID(key)
    }
}
