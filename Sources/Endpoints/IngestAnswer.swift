internal import Foundation

/// What a request with documents is answered.
public struct IngestAnswer: Sendable {
    /// The HTTP status.
    public var status: Int
    /// The media type of the body.
    public var contentType: String
    /// The body.
    public var body: [UInt8]
    /// After how many seconds it is worth asking again.
    public var retryAfterSeconds: Int?
    /// The scheme that a caller without a token is told of.
    public var authenticate: String?
    /// The methods that are allowed, where another was used.
    public var allow: String?
    /// The media types that are taken, where another was sent (RFC 9110, section 12.5.1).
    public var accept: String?

    /// An answer in JSON.
    public init(status: Int, json: [UInt8]) {
        self.status = status
        contentType = "application/json"
        body = json
    }

    /// A problem document (RFC 9457).
    public init(_ problem: Problem, retryAfterSeconds: Int? = nil) {
        status = problem.status
        contentType = "application/problem+json"
        body = problem.json
        self.retryAfterSeconds = retryAfterSeconds
    }
}

/// Why a request was refused (RFC 9457). It names places and quantities, never a document's text.
public struct Problem: Sendable, Codable, Equatable {
    /// One refused document of a request.
    public struct Item: Sendable, Codable, Equatable {
        /// Which document of the request, from 1.
        public var document: Int
        /// The entry of an archive.
        public var file: String?
        /// The line, where the request has lines.
        public var line: Int?
        /// A stable code.
        public var code: String
        /// What is wrong and what to do.
        public var detail: String

        /// Describes one.
        public init(document: Int, file: String?, line: Int?, code: String, detail: String) {
            self.document = document
            self.file = file
            self.line = line
            self.code = code
            self.detail = detail
        }
    }

    /// A stable name of the kind of problem: a URN.
    public var type: String
    /// The kind in words.
    public var title: String
    /// The HTTP status.
    public var status: Int
    /// What is wrong this time, and what to do.
    public var detail: String
    /// The documents that were refused.
    public var documents: [Item]?

    /// Describes a problem.
    /// - Parameter code: the last part of the type's name, such as `overload`.
    public init(_ status: Int, _ code: String, _ title: String, detail: String, documents: [Item]? = nil) {
        type = "urn:rostrum:problem:" + code
        self.title = title
        self.status = status
        self.detail = detail
        self.documents = documents
    }

    var json: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Texts and whole numbers alone: they always encode.
        guard let data = try? encoder.encode(self) else { preconditionFailure("a problem document did not encode") }
        return [UInt8](data)
    }
}
