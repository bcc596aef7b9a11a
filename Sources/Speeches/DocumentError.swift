/// Why a document or event was refused. The text names members, never their content.
public struct DocumentError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A stable code for logs, metrics and dead-letter headers.
    public enum Code: String, Sendable, CaseIterable {
        /// Not JSON at all.
        case invalidJSON = "document.invalid_json"
        /// JSON, but a member is missing, misspelt or of the wrong type.
        case invalidDocument = "document.invalid"
        /// A schema version that this program does not read.
        case unsupportedVersion = "document.unsupported_version"
    }
    /// The code.
    public let code: Code
    /// What is wrong, where, and what is allowed.
    public let reason: String

    /// Makes an error.
    public init(code: Code, reason: String) {
        self.code = code
        self.reason = reason
    }

    /// Code and reason.
    public var description: String { "\(code.rawValue): \(reason)" }

    /// Foundation's error without Foundation's descriptions, which quote the input.
    init(decoding error: DecodingError) {
        switch error {
        case .keyNotFound(let key, let context):
            self.init(
                code: .invalidDocument,
                reason: "\(Self.path(context.codingPath + [key])) is missing; see Config/schemas")
        case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
            self.init(
                code: .invalidDocument,
                reason: "\(Self.path(context.codingPath)) must be \(Self.name(of: type)); see Config/schemas")
        case .dataCorrupted(let context) where context.codingPath.isEmpty:
            self.init(code: .invalidJSON, reason: "the bytes are not valid JSON in UTF-8")
        case .dataCorrupted(let context):
            self.init(
                code: .invalidDocument,
                reason: "\(Self.path(context.codingPath)) has a value that is not allowed; see Config/schemas")
        @unknown default:
            self.init(code: .invalidJSON, reason: "not readable as JSON")
        }
    }

    /// A member's place, such as `topics[2].score`. Names that the document's author chose are content: `*` instead.
    static func path(_ path: [any CodingKey]) -> String {
        var text = ""
        var isAuthorsName = false
        for key in path {
            if let index = key.intValue {
                text += "[\(index)]"
            } else {
                text += (text.isEmpty ? "" : ".") + (isAuthorsName ? "*" : key.stringValue)
                isAuthorsName = ["attributes", "codes"].contains(key.stringValue)
            }
        }
        return text.isEmpty ? "the document" : text
    }

    private static func name(of type: any Any.Type) -> String {
        switch type {
        case is String.Type: "a string"
        case is Int.Type: "a whole number"
        case is Double.Type: "a number"
        case is Bool.Type: "true or false"
        case is any RandomAccessCollection.Type: "an array"
        default: "an object"
        }
    }
}
