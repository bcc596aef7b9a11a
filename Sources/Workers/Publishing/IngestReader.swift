internal import Foundation
public import SpeechFormats
internal import Speeches

/// A media type of a request, and the format it means; nil where the content decides.
struct IngestMediaType {
    let format: FormatName?

    private static let known: KeyValuePairs<String, FormatName?> = [
        "application/json": nil, "application/x-ndjson": .jsonLines, "application/jsonl": .jsonLines,
        "text/plain": nil, "text/html": .html, "application/xhtml+xml": .html, "text/csv": .csv,
        "application/tei+xml": .tei, "application/xml": nil, "text/xml": nil, "application/gzip": nil,
        "application/x-gzip": nil, "application/x-tar": nil, "application/octet-stream": nil,
    ]

    /// The media types that are taken.
    static let listed = known.map(\.key).joined(separator: ", ")

    /// Takes a `Content-Type`, its parameters left out; nil for one that is not taken.
    init?(_ contentType: String?) {
        guard let contentType else {
            format = nil
            return
        }
        let name = contentType.prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces).lowercased()
        guard let entry = Self.known.first(where: { $0.key == name }) else { return nil }
        format = entry.value
    }
}

/// Makes documents of requests' bodies, a few at a time, on threads of its own: reading a large body takes long, and the
/// server's threads must go on.
public struct IngestReader: Sendable {
    /// Documents of a request, at most.
    public static let documentsMax = 1_000

    enum Outcome: Sendable {
        case documents([IngestDocument])
        /// The number of each document from 1, and why.
        case refused([(Int, FormatError)])
        /// What is allowed.
        case tooMany(String)
    }

    private let registry: FormatRegistry
    private let context: SourceContext
    private let withdrawn: PublishingPolicy.Withdrawn
    private let documentsMax: Int
    private let bytesMax: Int
    private let queue: OperationQueue

    /// - Parameters:
    ///   - context: what is known of all documents; its format overrides media types and detection.
    ///   - documentsMax: of a request; `documentsMax` at most.
    ///   - bytesMax: of a request's documents as JSON.
    public init(
        registry: FormatRegistry, context: SourceContext, withdrawn: PublishingPolicy.Withdrawn, documentsMax: Int,
        bytesMax: Int
    ) {
        self.registry = registry
        self.context = context
        self.withdrawn = withdrawn
        self.documentsMax = min(documentsMax, Self.documentsMax)
        self.bytesMax = bytesMax
        queue = OperationQueue()
        queue.name = "rostrum-ingest-reader"
        queue.maxConcurrentOperationCount = ProcessInfo.processInfo.activeProcessorCount
    }

    func documents(in body: [UInt8], as format: FormatName?) async -> Outcome {
        await withCheckedContinuation { continuation in
            queue.addOperation { continuation.resume(returning: read(body, as: format)) }
        }
    }

    private func read(_ body: [UInt8], as format: FormatName?) -> Outcome {
        var documents: [IngestDocument] = []
        var refusals: [(Int, FormatError)] = []
        var (number, bytes) = (0, 0)
        var context = context
        context.format = context.format ?? format
        do {
            var reader = try registry.reader(of: body, from: context)
            while let reading = reader.nextReading() {
                number += 1
                switch reading.result {
                case .success(let speech):
                    let document = document(speech, reading.warnings)
                    bytes += document.value?.count ?? 0
                    documents.append(document)
                case .failure(let error): refusals.append((number, error))
                }
                guard number <= documentsMax, bytes <= bytesMax else { return .tooMany(limit) }
            }
        } catch {
            refusals.append((number + 1, error))
        }
        return refusals.isEmpty ? .documents(documents) : .refused(refusals)
    }

    private var limit: String {
        "at most \(documentsMax) documents, of \(bytesMax) bytes as JSON, are taken at once "
            + "(delivery.maxInFlightRecords, delivery.maxInFlightBytes; never more than \(Self.documentsMax)); split it"
    }

    private func document(_ speech: Speech, _ warnings: [FormatError]) -> IngestDocument {
        if withdrawn == .withdraw, speech.attributes["withdrawn_at"] != nil {
            return IngestDocument(id: speech.id, revision: nil, value: nil, warnings: warnings)
        }
        let revision = speech.revision
        return IngestDocument(
            id: speech.id, revision: revision, value: speech.json(as: revision), warnings: warnings)
    }
}
