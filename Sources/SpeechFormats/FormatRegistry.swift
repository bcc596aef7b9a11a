public import Speeches

/// The formats a program reads, in the order they are asked, and the size a document may have.
public struct FormatRegistry: Sendable {
    /// Kafka's default message limit is 1 MB; this leaves room for key, headers and framing.
    public static let defaultDocumentBytes = 900_000

    /// The formats, first match wins.
    public let formats: [any SpeechFormat]
    /// The most bytes a document's canonical JSON may have.
    public let documentBytesMax: Int

    /// Makes a registry; by default of every format this library reads.
    /// - Parameter documentBytesMax: bytes of canonical JSON, at least 1.
    public init(
        formats: [any SpeechFormat] = [CanonicalFormat(), GovUKFormat(), PlainTextFormat()],
        documentBytesMax: Int = defaultDocumentBytes
    ) {
        self.formats = formats
        self.documentBytesMax = documentBytesMax
    }

    /// The names an override may have.
    public var names: [FormatName] { formats.map(\.name) }

    /// The format that `context` names, else the first that recognises the bytes.
    /// - Throws: `FormatError` with code `empty`, `binary`, `encoding` or `unrecognised`.
    public func format(of bytes: [UInt8], from context: SourceContext) throws(FormatError) -> any SpeechFormat {
        if let name = context.format {
            guard let format = formats.first(where: { $0.name == name }) else {
                throw FormatError(
                    .unrecognised, "there is no format '\(name)'", cure: "name one of \(listed)", file: context.file)
            }
            return format
        }
        let sample = FormatSample(bytes)
        guard !sample.content.isEmpty else {
            throw FormatError(
                .empty, bytes.isEmpty ? "the document has no bytes" : "the document is white space only",
                cure: "leave it out, or fetch it again", file: context.file)
        }
        if let format = formats.first(where: { $0.detects(sample) }) { return format }
        throw FormatError(
            .unrecognised, "the content is none of the formats \(listed)",
            cure: "convert it, or name its format if detection is wrong", file: context.file)
    }

    /// Starts reading a document of any registered format. Speeches over the size limit come as refusals.
    /// - Throws: `FormatError` when the bytes are refused as a whole.
    public func reader(of bytes: [UInt8], from context: SourceContext) throws(FormatError) -> SpeechReader {
        let format = try format(of: bytes, from: context)
        let reader: SpeechReader
        do {
            reader = try format.read(bytes, from: context)
        } catch {
            throw error.naming(file: context.file)
        }
        return reader.mapping { [documentBytesMax] result in
            result.flatMap { Self.checkSize($0, documentBytesMax) }.mapError { $0.naming(file: context.file) }
        }
    }

    /// All speeches of a document at once, for one that a person looks at.
    /// - Throws: `FormatError`, the first refusal.
    public func speeches(in bytes: [UInt8], from context: SourceContext) throws(FormatError) -> [Speech] {
        var speeches: [Speech] = []
        for result in try reader(of: bytes, from: context) { speeches.append(try result.get()) }
        return speeches
    }

    private var listed: String { names.map(\.rawValue).joined(separator: ", ") }

    private static func checkSize(_ speech: Speech, _ limit: Int) -> Result<Speech, FormatError> {
        let size = speech.json.count
        guard size > limit else { return .success(speech) }
        return .failure(
            FormatError(
                .tooLarge, "the document has \(size) bytes as JSON; \(limit) are allowed",
                cure: "split it by contribution, or raise the document limit together with the broker's"))
    }
}
