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
    public var title: String? { didSet { known.revision = nil } }
    /// The source's own summary, normalised; it is not part of the canonical text.
    public var summary: String? { didSet { known.revision = nil } }
    /// Paragraphs, normalised, none empty.
    public var body: [String] { didSet { known.revision = nil } }
    /// Who spoke.
    public var speaker: Speaker? { didSet { known.revision = nil } }
    /// When it was delivered.
    public var deliveredOn: DeliveryDate? { didSet { known.revision = nil } }
    /// The occasion, such as a summit or a sitting.
    public var event: String? { didSet { known.revision = nil } }
    /// Where it was delivered.
    public var location: String? { didSet { known.revision = nil } }
    /// BCP 47 language tag, such as `en` or `ar`.
    public var language: String? { didSet { known.revision = nil } }
    /// Where the document comes from.
    public var source: Source? { didSet { known.revision = nil } }
    /// Further facts by name, carried through unread.
    public var attributes: [String: String] { didSet { known.revision = nil } }

    /// What is known of the content; a change of the content forgets it. It says nothing that the content does not say.
    private struct Known: Equatable {
        var revision: Revision?
        static func == (left: Known, right: Known) -> Bool { true }
    }
    private var known = Known()

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
    public var canonicalText: String { String(decoding: canonicalUTF8, as: UTF8.self) }

    /// The same text as UTF-8.
    public var canonicalUTF8: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(body.reduce(title?.utf8.count ?? 0) { $0 + $1.utf8.count + 2 })
        if let title { bytes += title.utf8 }
        var isFirst = title == nil
        for paragraph in body {
            if !isFirst { bytes += "\n\n".utf8 }
            bytes += paragraph.utf8
            isFirst = false
        }
        return bytes
    }

    /// The digest of the content. When and by whom it was fetched play no part.
    public var revision: Revision { known.revision ?? computedRevision }

    /// Takes the revision that the document was read with, if it fits the content: it need not be computed again then.
    /// - Returns: whether it fits.
    mutating func take(_ revision: Revision) -> Bool {
        guard revision == computedRevision else { return false }
        known.revision = revision
        return true
    }

    private var computedRevision: Revision {
        let length = body.reduce(1024) { $0 + $1.utf8.count + 8 }
        var digest = Digest(domain: "rostrum.document.1", reserving: length)
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
