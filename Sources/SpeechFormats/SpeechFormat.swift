public import Speeches

/// One format that speeches come in: it recognises its own bytes and makes canonical documents of them.
///
/// A format is a value without state and may be used from any thread. Reading is synchronous and does no input or
/// output of its own. A new format conforms to this protocol and joins a `FormatRegistry`; one that holds many speeches
/// hands them out one by one through its `SpeechReader`, and one that need not be in memory whole is a
/// `StreamedSpeechFormat`.
public protocol SpeechFormat: Sendable {
    /// The name for overrides and for `source.format`, such as `text`.
    var name: FormatName { get }

    /// File name endings, lower case, without the dot, by which a folder's files are taken.
    var fileExtensions: Set<String> { get }

    /// Whether the bytes look like this format. Content decides; a file's name never does.
    func detects(_ sample: FormatSample) -> Bool

    /// Starts reading. One speech that is refused does not end the reader; bytes that are refused as a whole throw.
    /// - Throws: `FormatError`, without the file's name, which the registry adds.
    func read(_ bytes: [UInt8], from context: SourceContext) throws(FormatError) -> SpeechReader
}

/// A format that is read in pieces, so that a file may be larger than memory.
public protocol StreamedSpeechFormat: SpeechFormat {
    /// Whether the bytes look like this format, given which columns or members the caller maps.
    func detects(_ sample: FormatSample, mapping: FieldMapping) -> Bool

    /// Starts reading; pulls from the input as speeches are asked for.
    /// - Throws: `FormatError`, without the file's name, which the registry adds.
    func read(_ input: ByteInput, from context: SourceContext) throws(FormatError) -> SpeechReader
}

extension StreamedSpeechFormat {
    /// Most formats look the same whatever is mapped.
    public func detects(_ sample: FormatSample, mapping: FieldMapping) -> Bool { detects(sample) }

    /// Reads bytes in memory the same way.
    /// - Throws: `FormatError`, without the file's name, which the registry adds.
    public func read(_ bytes: [UInt8], from context: SourceContext) throws(FormatError) -> SpeechReader {
        try read(ByteInput(bytes), from: context)
    }
}

/// A format's name, such as `govuk-content-api`.
public struct FormatName: StringIdentifier {
    /// The name as written in overrides and in `source.format`.
    public let rawValue: String
    /// Wraps a name.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Plain text with or without header lines.
    public static let text = FormatName("text")
    /// A GOV.UK Content API item.
    public static let govUK = FormatName("govuk-content-api")
    /// Rostrum's own document JSON.
    public static let canonical = FormatName("rostrum-document")
    /// An HTML page.
    public static let html = FormatName("html")
    /// TEI XML as ParlaMint writes it.
    public static let tei = FormatName("tei")
    /// A JSON object a line.
    public static let jsonLines = FormatName("json-lines")
    /// A table with column names.
    public static let csv = FormatName("csv")
}

/// A document's bytes as detection looks at them.
///
/// It is the whole document where formats are concerned that are read whole: the members of a JSON object stand in any
/// order, and a long body may come before all that tell one format from another. Formats that are read in pieces are
/// asked with the first mebibyte.
public struct FormatSample: Sendable {
    /// The bytes, a byte order mark and leading white space left out.
    public let content: ArraySlice<UInt8>
    /// Whether these are all the bytes there are.
    public let isWhole: Bool

    /// Takes the sample from a document's bytes, without copying them.
    public init(_ bytes: [UInt8], isWhole: Bool = true) {
        self.isWhole = isWhole
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let start = bytes.starts(with: mark) ? mark.count : 0
        content = bytes[start...].drop { $0 == 0x20 || (0x09...0x0D).contains($0) }
    }

    /// Whether the text opens a JSON object.
    var opensJSONObject: Bool { content.first == UInt8(ascii: "{") }

    /// The same of a member's path, such as `source.uri`: its name as a whole, or each of its parts.
    func containsJSONPath(_ path: String) -> Bool {
        let parts = path.split(separator: ".").map { String($0) }
        return containsJSONString(path) || (parts.count > 1 && parts.allSatisfy(containsJSONString))
    }

    /// Whether a JSON string of exactly these characters occurs. Inside another string its quotes would be escaped, so
    /// a document's text cannot fake a member.
    func containsJSONString(_ text: String) -> Bool {
        let wanted = Array("\"\(text)\"".utf8)
        return content.withUnsafeBytes { content in
            var place = 0
            while let found = content.first(wanted[0], from: place) {
                if content[found...].starts(with: wanted) { return true }
                place = found + 1
            }
            return false
        }
    }
}

/// What the caller knows about the bytes, beyond the bytes.
public struct SourceContext: Equatable, Sendable {
    /// The file as the caller names it, for errors only; it never enters the document.
    public var file: String?
    /// The original's address, where the caller knows it; it becomes the document's id if the format has none.
    public var uri: String?
    /// Who published it, where the format does not say.
    public var publisher: String?
    /// Under which licence, where the format does not say.
    public var licence: String?
    /// When it was fetched (RFC 3339).
    public var retrievedAt: String?
    /// The format, instead of detection.
    public var format: FormatName?
    /// The encoding of plain text, instead of detection; bytes that do not fit are refused.
    public var encoding: TextEncoding?
    /// Which member or column is what, for JSON lines and tables.
    public var mapping = FieldMapping()

    /// Whether a link that is itself named as a file is followed; those found in folders never are.
    public var followsNamedLinks = true

    /// Describes where bytes come from.
    public init(
        file: String? = nil, uri: String? = nil, publisher: String? = nil, licence: String? = nil,
        retrievedAt: String? = nil, format: FormatName? = nil, encoding: TextEncoding? = nil,
        mapping: FieldMapping = FieldMapping(), followsNamedLinks: Bool = true
    ) {
        self.file = file
        self.uri = uri
        self.publisher = publisher
        self.licence = licence
        self.retrievedAt = retrievedAt
        self.format = format
        self.encoding = encoding
        self.mapping = mapping
        self.followsNamedLinks = followsNamedLinks
    }
}
