public import Foundation

/// The wire form of a document: JSON, members in fixed order, absent fields left out.
extension Speech {
    /// The bytes that go into a `speeches.documents` record. The same document gives the same bytes everywhere.
    public var json: [UInt8] {
        var writer = JSONWriter(capacity: 512 + body.reduce(0) { $0 + $1.utf8.count + 8 })
        writer.object { writer in
            writer.member("schema_version", Self.schemaVersion)
            writer.member("id", id.rawValue)
            writer.member("revision", revision.rawValue)
            writer.member("title", title)
            writer.member("summary", summary)
            writer.key("body")
            writer.array(body) { $0.string($1) }
            writer.member("speaker", speaker)
            writer.member("delivered_on", deliveredOn?.text)
            writer.member("event", event)
            writer.member("location", location)
            writer.member("language", language)
            writer.member("source", source)
            if !attributes.isEmpty {
                writer.key("attributes")
                writer.object { writer in
                    for (name, value) in attributes.sorted(by: { $0.key < $1.key }) {
                        writer.key(name)
                        writer.string(value)
                    }
                }
            }
        }
        return writer.bytes
    }

    /// Reads a document from JSON. Unknown members are ignored; an unknown schema version, a missing id or body, an
    /// empty string, a null or a revision that does not fit the content is refused.
    /// - Throws: `DocumentError`.
    public init(json data: Data) throws(DocumentError) {
        let wire: SpeechWire
        do {
            wire = try JSONDecoder().decode(SpeechWire.self, from: data)
        } catch let error as DecodingError {
            throw DocumentError(decoding: error)
        } catch {
            throw DocumentError(code: .invalidJSON, reason: "not readable as JSON")
        }
        self = try wire.speech()
    }
}

/// Why a document was refused. The text names members, never their content.
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

    init(decoding error: DecodingError) {
        func path(_ context: DecodingError.Context) -> String {
            let names = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }
            return names.isEmpty ? "the document" : names.joined(separator: ".")
        }
        switch error {
        case .keyNotFound(let key, let context):
            self.init(
                code: .invalidDocument,
                reason: "member '\(key.stringValue)' is missing in \(path(context)); see Config/schemas")
        case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
            self.init(code: .invalidDocument, reason: "\(path(context)) must be of type \(type); see Config/schemas")
        case .dataCorrupted(let context):
            self.init(
                code: context.codingPath.isEmpty ? .invalidJSON : .invalidDocument,
                reason: context.codingPath.isEmpty
                    ? "the bytes are not valid JSON in UTF-8" : "\(path(context)): \(context.debugDescription)")
        @unknown default:
            self.init(code: .invalidJSON, reason: "not readable as JSON")
        }
    }
}

/// The document as JSON spells it; checked before it becomes a `Speech`.
private struct SpeechWire: Decodable {
    let schemaVersion: Int
    let id: String
    let revision: String?
    let title: String?
    let summary: String?
    let body: [String]
    let speaker: Speaker?
    let deliveredOn: String?
    let event: String?
    let location: String?
    let language: String?
    let source: Source?
    let attributes: [String: String]?

    enum CodingKeys: String, CodingKey {
        case id, revision, title, summary, body, speaker, event, location, language, source, attributes
        case schemaVersion = "schema_version"
        case deliveredOn = "delivered_on"
    }

    func speech() throws(DocumentError) -> Speech {
        guard schemaVersion == Speech.schemaVersion else {
            throw DocumentError(
                code: .unsupportedVersion,
                reason: "schema_version is \(schemaVersion); this program reads \(Speech.schemaVersion)")
        }
        let fields = [("id", id), ("title", title), ("summary", summary), ("event", event), ("location", location)]
        for (name, value) in fields where value == "" {
            throw DocumentError(code: .invalidDocument, reason: "member '\(name)' is empty; leave it out instead")
        }
        var date: DeliveryDate?
        if let deliveredOn {
            date = DeliveryDate(deliveredOn)
            guard date != nil else {
                throw DocumentError(
                    code: .invalidDocument,
                    reason: "delivered_on must be YYYY, YYYY-MM, YYYY-MM-DD or an RFC 3339 timestamp")
            }
        }
        let speech = Speech(
            id: SpeechID(id), title: title, summary: summary, body: body, speaker: speaker, deliveredOn: date,
            event: event, location: location, language: language, source: source, attributes: attributes ?? [:])
        if let revision, revision != speech.revision.rawValue {
            throw DocumentError(
                code: .invalidDocument,
                reason: "revision does not fit the content: the document was changed after it was made; leave "
                    + "'revision' out to have it computed")
        }
        return speech
    }
}

extension JSONWriter {
    mutating func member(_ name: StaticString, _ speaker: Speaker?) {
        guard let speaker else { return }
        key(name)
        object { writer in
            writer.member("id", speaker.id)
            writer.member("name", speaker.name)
            writer.member("role", speaker.role)
            writer.member("organisation", speaker.organisation)
        }
    }

    mutating func member(_ name: StaticString, _ source: Source?) {
        guard let source else { return }
        key(name)
        object { writer in
            writer.member("uri", source.uri)
            writer.member("publisher", source.publisher)
            writer.member("format", source.format)
            writer.member("retrieved_at", source.retrievedAt)
            writer.member("licence", source.licence)
        }
    }
}
