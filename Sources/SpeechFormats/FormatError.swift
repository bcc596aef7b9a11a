/// Why bytes did not become a speech, or not all of it. It names places, quantities, columns and members, never the
/// document's text; of a date, language or address that is none it quotes the beginning.
public struct FormatError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A stable code for logs, metrics and reject files.
    public enum Code: String, Sendable, CaseIterable {
        /// Nothing to read: no bytes, only white space, or a header without a body.
        case empty = "format.empty"
        /// Not text: NUL bytes, too many control characters, or the signature of a binary format.
        case binary = "format.binary"
        /// Text, but not in an encoding that could be read without guessing.
        case encoding = "format.encoding"
        /// Text of no format that is registered, or an override that names none.
        case unrecognised = "format.unrecognised"
        /// More bytes than a file, a body or a document may have.
        case tooLarge = "format.too_large"
        /// The format is known, and the content breaks its rules.
        case invalid = "format.invalid"
        /// The file could not be opened or read.
        case unreadable = "format.unreadable"
        /// A date that is none, in a document that is taken all the same.
        case badDate = "format.bad_date"
        /// A language that is no BCP 47 tag, in a document that is taken all the same.
        case badLanguage = "format.bad_language"
        /// An address that is no URI, in a document that is taken all the same.
        case badAddress = "format.bad_uri"
        /// Members with parts of their own that a document has no place for; it is taken without them.
        case leftOut = "format.left_out"
        /// A column or member that the caller maps and that is nowhere; documents are taken without it.
        case noColumn = "format.no_column"
        /// Links to files in folders, which are not followed.
        case link = "format.link"
    }

    /// The code.
    public let code: Code
    /// What is wrong and what is allowed.
    public let reason: String
    /// What to do about it.
    public internal(set) var cure: String
    /// The file, as the caller named it.
    public var file: String?
    /// The line, from 1.
    public var line: Int?
    /// The column in bytes, from 1.
    public var column: Int?
    /// The JSON member, such as `details.body`.
    public var path: String?

    /// Makes an error.
    public init(
        _ code: Code, _ reason: String, cure: String, file: String? = nil, line: Int? = nil, column: Int? = nil,
        path: String? = nil
    ) {
        self.code = code
        self.reason = reason
        self.cure = cure
        self.file = file
        self.line = line
        self.column = column
        self.path = path
    }

    /// Whether another attempt on the same file may succeed. The same bytes always give the same refusal.
    public var isRetryable: Bool { code == .unreadable }

    /// `file:line:column: code: reason; cure`, what is not known left out.
    public var description: String {
        let place = [file, line.map(String.init), column.map(String.init)].compactMap { $0 }.joined(separator: ":")
        let member = path.map { "\($0): " } ?? ""
        return (place.isEmpty ? "" : place + ": ") + "\(code.rawValue): \(member)\(reason); \(cure)"
    }

    /// The same error with line and column of a byte in the text it was found in.
    func at(byte offset: Int, of bytes: [UInt8]) -> FormatError {
        let before = bytes.prefix(offset)
        var error = self
        error.line = 1 + before.count { $0 == UInt8(ascii: "\n") }
        error.column = 1 + offset - (before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0)
        return error
    }

    /// A value is quoted up to this many characters: what is longer is some other text in its place.
    private static let quotedCharactersMax = 40

    /// The beginning of a value, in quotation marks.
    static func quoted(_ text: String) -> String {
        "'" + (text.count > quotedCharactersMax ? text.prefix(quotedCharactersMax) + "…" : text[...]) + "'"
    }

    /// Names of columns, as many as a person reads.
    static func listed(_ names: some Collection<String>) -> String {
        let shown = names.prefix(20).map(quoted).joined(separator: ", ")
        return shown + (names.count > 20 ? " and \(names.count - 20) more" : "")
    }

    /// The same error with a line, if it has none yet.
    func at(line number: Int?) -> FormatError {
        var error = self
        error.line = error.line ?? number
        return error
    }

    /// The same error naming a file, if it names none yet.
    func naming(file: String?) -> FormatError {
        var error = self
        error.file = error.file ?? file
        return error
    }
}
