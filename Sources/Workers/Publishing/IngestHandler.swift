internal import Endpoints
internal import Foundation
internal import SpeechFormats
internal import Speeches
internal import WorkerSupport

/// What becomes of a request's body: documents of any format, published whole or refused whole.
struct IngestHandler: IngestReceiver {
    /// Refusals that an answer lists, at most.
    private static let refusalsMax = 20

    let publisher: IngestPublisher
    let reader: IngestReader
    let telemetry: WorkerTelemetry
    let stopping: @Sendable () -> Bool

    var isStopping: Bool { stopping() }

    func refusal(ofType mediaType: String?) -> IngestAnswer? {
        guard IngestMediaType(mediaType) == nil else { return nil }
        var answer = IngestAnswer(
            Problem(
                415, "media-type", "The media type is not taken",
                detail: "send one of \(IngestMediaType.listed) as Content-Type, or none: the content decides then"))
        answer.accept = IngestMediaType.listed
        return answer
    }

    func answer(_ body: [UInt8], ofType mediaType: String?) async -> IngestAnswer {
        let read = await reader.documents(in: body, as: IngestMediaType(mediaType)?.format)
        switch read {
        case .refused(let refusals):
            for (_, error) in refusals { telemetry.observe(.rejected(error)) }
            return IngestAnswer(Self.problem(refusals))
        case .tooMany(let limit):
            return IngestAnswer(Problem(413, "too-many", "The request has too many documents", detail: limit))
        case .documents(let documents):
            return Self.answer(await publisher.publish(documents), documents)
        }
    }

    func answered(status: Int, bytes: Int, seconds: Double) {
        telemetry.answered(status, bytes: bytes, seconds: seconds)
    }
    func inWork(requests: Int, bytes: Int) { telemetry.ingests(requests: requests, bytes: bytes) }

    private static func answer(_ outcome: IngestPublisher.Outcome, _ documents: [IngestDocument]) -> IngestAnswer {
        switch outcome {
        case .published(let unchanged): return IngestAnswer(status: 202, json: accepted(documents, unchanged))
        case .overloaded: return IngestServer.overloaded
        case .stopping: return IngestServer.stopping
        case .tooLarge:
            return IngestAnswer(
                Problem(
                    413, "too-many", "The request has too many documents",
                    detail:
                        "more than may be in work at once (delivery.maxInFlightRecords, delivery.maxInFlightBytes); "
                        + "split it"))
        case .failed(let code, isRetryable: true):
            return IngestAnswer(
                Problem(
                    503, "not-acknowledged", "The brokers did not acknowledge every document (\(code))",
                    detail: "send it again after the time in Retry-After; what arrived has the same id and revision"),
                retryAfterSeconds: 5)
        case .failed(let code, isRetryable: false):
            return IngestAnswer(
                Problem(
                    422, "not-taken", "The brokers refuse a document (\(code))",
                    detail: "check its size against producer.documentMaxBytes and the brokers' limit"))
        }
    }

    /// The status is that of the worst refusal: too large before no text before broken rules.
    private static func problem(_ refusals: [(Int, FormatError)]) -> Problem {
        let codes = refusals.map(\.1.code)
        let (status, code) =
            if codes.contains(.tooLarge) {
                (413, "too-large")
            } else if codes.contains(.binary) {
                (415, "no-text")
            } else {
                (422, "refused")
            }
        return Problem(
            status, code, "Documents were refused; none was published",
            detail: "correct them, or leave them out; at most \(refusalsMax) are listed",
            documents: refusals.prefix(refusalsMax).map(item))
    }

    private static func item(_ number: Int, _ error: FormatError) -> Problem.Item {
        Problem.Item(
            document: number, file: error.file, line: error.line, code: error.code.rawValue,
            detail: "\(error.path.map { $0 + ": " } ?? "")\(error.reason); \(error.cure)")
    }

    private struct Accepted: Encodable {
        struct Document: Encodable {
            let id: String
            let revision: String?
            let status: String
            /// Left out where there are none.
            let warnings: [Problem.Item]?
        }
        let accepted: Int
        let documents: [Document]
    }

    private static func accepted(_ documents: [IngestDocument], _ unchanged: Set<Int>) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let list = documents.enumerated().map { place, document in
            let done = document.value == nil ? "withdrawn" : "published"
            let warnings = document.warnings.map { item(place + 1, $0) }
            return Accepted.Document(
                id: document.id.rawValue, revision: document.revision?.rawValue,
                status: unchanged.contains(place) ? "unchanged" : done, warnings: warnings.isEmpty ? nil : warnings)
        }
        // Texts and whole numbers alone: they always encode.
        guard let data = try? encoder.encode(Accepted(accepted: list.count, documents: list)) else {
            preconditionFailure("an answer did not encode")
        }
        return [UInt8](data)
    }
}
