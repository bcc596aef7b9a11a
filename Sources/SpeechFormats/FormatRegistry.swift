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
        formats: [any SpeechFormat] = [
            JSONLinesFormat(), CanonicalFormat(), GovUKFormat(), TEIFormat(), HTMLPageFormat(), CSVFormat(),
            PlainTextFormat(),
        ],
        documentBytesMax: Int = defaultDocumentBytes
    ) {
        self.formats = formats
        self.documentBytesMax = documentBytesMax
    }

    /// The names an override may have.
    public var names: [FormatName] { formats.map(\.name) }

    /// File name endings by which a folder's files are taken.
    public var fileExtensions: Set<String> {
        formats.reduce(into: ArchiveFormat.fileExtensions) { $0.formUnion($1.fileExtensions) }
    }

    /// The format that `context` names, else the first that recognises the bytes.
    /// - Throws: `FormatError` with code `empty`, `binary`, `encoding` or `unrecognised`.
    public func format(of bytes: [UInt8], from context: SourceContext) throws(FormatError) -> any SpeechFormat {
        if let named = try named(context) { return named }
        return try detected(FormatSample(bytes), among: formats, context)
    }

    private func named(_ context: SourceContext) throws(FormatError) -> (any SpeechFormat)? {
        guard let name = context.format else { return nil }
        if let format = formats.first(where: { $0.name == name }) { return format }
        throw FormatError(
            .unrecognised, "there is no format '\(name)'", cure: "name one of \(listed)", file: context.file)
    }

    private func detected(
        _ sample: FormatSample, among formats: [any SpeechFormat], _ context: SourceContext
    ) throws(FormatError) -> any SpeechFormat {
        guard !sample.content.isEmpty || !sample.isWhole else {
            throw FormatError(
                .empty, "the document has no bytes, or white space only", cure: "leave it out, or fetch it again",
                file: context.file)
        }
        if let format = formats.first(where: { $0.detects(sample) }) { return format }
        if let json = JSONInput.unrecognised(sample) { throw json.naming(file: context.file) }
        throw FormatError(
            .unrecognised, "the content is none of the formats \(listed)",
            cure: "convert it, or name its format if detection is wrong", file: context.file)
    }

    /// Starts reading a document of any registered format. Speeches over the size limit come as refusals.
    /// - Throws: `FormatError` when the bytes are refused as a whole.
    public func reader(of bytes: [UInt8], from context: SourceContext) throws(FormatError) -> SpeechReader {
        try reader(of: ByteInput(bytes), bytesMax: bytes.count, from: context)
    }

    /// Starts reading an input of any registered format, or a gzip file or tar of documents of any.
    /// - Parameter bytesMax: the most bytes of a document that has to be in memory whole.
    /// - Throws: `FormatError` when the bytes are refused as a whole.
    public func reader(
        of input: ByteInput, bytesMax: Int, from context: SourceContext
    ) throws(FormatError) -> SpeechReader {
        let reader: SpeechReader
        do {
            if ArchiveFormat.detects(try input.head().bytes) {
                reader = try ArchiveFormat.read(input, from: context) { (entry, inner) throws(FormatError) in
                    guard !ArchiveFormat.detects(try entry.head().bytes) else {
                        throw FormatError(
                            .unreadable, "archives in archives are not read", cure: "unpack it", file: inner.file)
                    }
                    return try self.documents(in: entry, bytesMax: bytesMax, from: inner)
                }
            } else {
                reader = try documents(in: input, bytesMax: bytesMax, from: context)
            }
        } catch {
            throw error.naming(file: context.file)
        }
        return reader.mapping { [documentBytesMax] reading in
            DocumentRules(bytesMax: documentBytesMax).applied(to: reading)
        }.naming(file: context.file)
    }

    /// Documents of one input that is no archive; what need not be in memory whole never is.
    private func documents(
        in input: ByteInput, bytesMax: Int, from context: SourceContext
    ) throws(FormatError) -> SpeechReader {
        var head = try input.head()
        var sample = FormatSample(head.bytes, isWhole: head.isWhole)
        if sample.opensJSONObject, !sample.isWhole {
            // Lines of JSON are told by where the first ends.
            head = try input.headWithLine(upTo: bytesMax)
            sample = FormatSample(head.bytes, isWhole: head.isWhole)
        }
        let streamed = formats.compactMap { $0 as? any StreamedSpeechFormat }
        let reader: SpeechReader
        if let named = try named(context) {
            if let streamed = named as? any StreamedSpeechFormat {
                reader = try streamed.read(input, from: context)
            } else {
                reader = try named.read(try input.all(upTo: bytesMax), from: context)
            }
        } else if let format = streamed.first(where: { $0.detects(sample, mapping: context.mapping) }) {
            reader = try format.read(input, from: context)
        } else {
            try refuseBinary(head.bytes)
            if let table = table(in: sample, context) {
                reader = try table.read(input, from: context)
            } else {
                let bytes = try input.all(upTo: bytesMax)
                let whole = formats.filter { !($0 is any StreamedSpeechFormat) }
                reader = try detected(FormatSample(bytes), among: whole, context).read(bytes, from: context)
            }
        }
        return reader.naming(file: context.file)
    }

    /// What would pass for plain text and is a table whose body no column's name tells: nobody wants it as one speech.
    private func table(in sample: FormatSample, _ context: SourceContext) -> CSVFormat? {
        guard !sample.content.isEmpty, formats.first(where: { $0.detects(sample) })?.name == .text else { return nil }
        let table = formats.lazy.compactMap { $0 as? CSVFormat }.first
        return table.flatMap { $0.isTable(sample, file: context.file, mapping: context.mapping) ? $0 : nil }
    }

    /// Signatures of what people also keep beside their texts, told before all of it is read.
    private func refuseBinary(_ head: [UInt8]) throws(FormatError) {
        let signatures: [([UInt8], String)] = [
            (Array("PK\u{3}\u{4}".utf8), "a ZIP archive or an office document"), (Array("%PDF-".utf8), "a PDF"),
            ([0xD0, 0xCF, 0x11, 0xE0], "an office document"), (Array("BZh".utf8) + [0x39], "a bzip2 file"),
            ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "an xz file"), ([0x28, 0xB5, 0x2F, 0xFD], "a Zstandard file"),
        ]
        guard let known = signatures.first(where: { head.starts(with: $0.0) }) else { return }
        throw FormatError(
            .binary, "this is \(known.1)", cure: "unpack it, or extract its text (pdftotext, pandoc), first")
    }

    /// All speeches of a document at once, for one that a person looks at.
    /// - Throws: `FormatError`, the first refusal.
    public func speeches(in bytes: [UInt8], from context: SourceContext) throws(FormatError) -> [Speech] {
        var speeches: [Speech] = []
        for result in try reader(of: bytes, from: context) { speeches.append(try result.get()) }
        return speeches
    }

    private var listed: String { names.map(\.rawValue).joined(separator: ", ") }
}
