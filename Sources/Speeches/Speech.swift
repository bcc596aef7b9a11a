/// A canonical document: one speech, statement, question or bill summary, its text already normalised.
///
/// Every offset in an event refers to `canonicalText`. Speaker, role and venue are metadata: they are never part of
/// the canonical text unless the speaker says them. Absent fields are absent, never empty strings.
public struct Speech: Equatable, Sendable {
    /// The version of the document's schema that this library reads and writes.
    public static let schemaVersion = 1

    /// Stable name, the key of the document's Kafka records.
    public var id: SpeechID
    /// Title as the source gives it, normalised.
    public var title: String?
    /// The source's own summary, normalised; it is not part of the canonical text.
    public var summary: String?
    /// Paragraphs, normalised, none empty.
    public var body: [String]
    /// Who spoke.
    public var speaker: Speaker?
    /// When it was delivered.
    public var deliveredOn: DeliveryDate?
    /// The occasion, such as a summit or a sitting.
    public var event: String?
    /// Where it was delivered.
    public var location: String?
    /// BCP 47 language tag, such as `en` or `ar`.
    public var language: String?
    /// Where the document comes from.
    public var source: Source?
    /// Further facts by name, carried through unread.
    public var attributes: [String: String]

    /// Makes a document. Texts must already be normalised (see `TextNormalisation`).
    public init(
        id: SpeechID, title: String? = nil, summary: String? = nil, body: [String], speaker: Speaker? = nil,
        deliveredOn: DeliveryDate? = nil, event: String? = nil, location: String? = nil, language: String? = nil,
        source: Source? = nil, attributes: [String: String] = [:]
    ) {
        self.id = id
        self.title = title
        self.summary = summary
        self.body = body
        self.speaker = speaker
        self.deliveredOn = deliveredOn
        self.event = event
        self.location = location
        self.language = language
        self.source = source
        self.attributes = attributes
    }

    /// The text that offsets refer to: title and paragraphs, a blank line between each two.
    public var canonicalText: String {
        ((title.map { [$0] } ?? []) + body).joined(separator: "\n\n")
    }

    /// The digest of the content. When and by whom it was fetched play no part.
    public var revision: Revision {
        var digest = Digest(domain: "rostrum.document.1")
        for field in [title, summary, event, location, language, deliveredOn?.text] { digest.add(optional: field) }
        for field in [speaker?.id, speaker?.name, speaker?.role, speaker?.organisation] { digest.add(optional: field) }
        for field in [source?.uri, source?.publisher, source?.format, source?.licence] { digest.add(optional: field) }
        digest.add(body.count)
        for paragraph in body { digest.add(paragraph) }
        for (name, value) in attributes.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            digest.add(name)
            digest.add(value)
        }
        return Revision("sha256:" + digest.hexadecimal())
    }
}

/// Who delivered a speech. Facts about the document, never evidence of a topic.
public struct Speaker: Equatable, Sendable {
    /// The source's identifier for the person.
    public var id: String?
    /// Name as the source writes it.
    public var name: String?
    /// Office held at the time, such as `Minister for Crime and Policing`.
    public var role: String?
    /// The body spoken for.
    public var organisation: String?

    /// Describes a speaker.
    public init(id: String? = nil, name: String? = nil, role: String? = nil, organisation: String? = nil) {
        self.id = id
        self.name = name
        self.role = role
        self.organisation = organisation
    }
}

/// Where a document comes from.
public struct Source: Equatable, Sendable {
    /// Address of the original.
    public var uri: String?
    /// Who published it.
    public var publisher: String?
    /// The format it was read from, such as `govuk-content-api` or `text`.
    public var format: String?
    /// When it was fetched (RFC 3339); not part of the revision.
    public var retrievedAt: String?
    /// Under which licence, such as `OGL-UK-3.0`.
    public var licence: String?

    /// Describes a source.
    public init(
        uri: String? = nil, publisher: String? = nil, format: String? = nil, retrievedAt: String? = nil,
        licence: String? = nil
    ) {
        self.uri = uri
        self.publisher = publisher
        self.format = format
        self.retrievedAt = retrievedAt
        self.licence = licence
    }
}
