public import Foundation

/// The wire form of a document: JSON, members in fixed order, absent fields left out.
extension Speech {
    /// The bytes that go into a `speeches.documents` record. The same document gives the same bytes everywhere.
    public var json: [UInt8] { json(as: revision) }

    /// The same, for a caller that has the revision already: it takes as long as writing.
    public func json(as revision: Revision) -> [UInt8] {
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
                    for (name, value) in attributes.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
                        writer.key(name)
                        writer.string(value)
                    }
                }
            }
        }
        return writer.bytes
    }

    /// No fewer bytes than `json` has, for far less work: says that a document is small enough without writing it.
    public var jsonBytesAtMost: Int {
        var texts = [id.rawValue, title, summary, deliveredOn?.text, event, location, language]
        texts += [speaker?.id, speaker?.name, speaker?.role, speaker?.organisation]
        texts += [source?.uri, source?.publisher, source?.format, source?.retrievedAt, source?.licence]
        var bytes = texts.reduce(1024) { $0 + ($1?.utf8.count ?? 0) * JSONWriter.bytesPerByteAtMost }
        for paragraph in body { bytes += paragraph.utf8.count * JSONWriter.bytesPerByteAtMost + 3 }
        for (name, value) in attributes {
            bytes += (name.utf8.count + value.utf8.count) * JSONWriter.bytesPerByteAtMost + 6
        }
        return bytes
    }

    /// Reads a document from JSON. Unknown members are ignored; an unknown schema version, a missing id or body, an
    /// empty string, a null or a revision that does not fit the content is refused.
    /// - Throws: `DocumentError`.
    public init(json data: Data) throws(DocumentError) {
        self = try WireForm.read(SpeechWire.self, from: data).speech
    }
}

/// The document as JSON spells it; checked before it becomes a `Speech`.
private struct SpeechWire: WireObject {
    let speech: Speech

    enum CodingKeys: String, CodingKey {
        case id, revision, title, summary, body, speaker, event, location, language, source, attributes
        case schemaVersion = "schema_version"
        case deliveredOn = "delivered_on"
    }

    init(from decoder: any Decoder) throws { try self.init(decoder.container(keyedBy: CodingKeys.self)) }

    init(_ members: some WireMembers<CodingKeys>) throws {
        try members.checkSchemaVersion(.schemaVersion, is: Speech.schemaVersion)
        let body = try members.strings(.body)
        guard !body.contains("") else { throw members.invalid(.body, "must not hold empty paragraphs") }
        let attributes = try members.optionalStringsByName(.attributes) ?? [:]
        guard !attributes.values.contains("") else {
            throw members.invalid(.attributes, "must not hold empty strings; leave them out instead")
        }
        let speaker: Speaker? = try members.optional(.speaker)
        let source: Source? = try members.optional(.source)
        let id = try members.text(.id)
        guard id.utf8.count <= SpeechID.bytesMax else {
            throw members.invalid(.id, "must have at most \(SpeechID.bytesMax) bytes")
        }
        var speech = Speech(
            id: SpeechID(id), title: try members.optionalText(.title),
            summary: try members.optionalText(.summary), body: body, speaker: speaker == Speaker() ? nil : speaker,
            deliveredOn: try members.optionalDate(.deliveredOn), event: try members.optionalText(.event),
            location: try members.optionalText(.location), language: try members.optionalText(.language),
            source: source == Source() ? nil : source, attributes: attributes)
        guard try members.optionalText(.revision).map({ speech.take(Revision($0)) }) ?? true else {
            throw members.invalid(
                .revision,
                "does not fit the content: the document was changed after it was made; leave it out to have it computed"
            )
        }
        self.speech = speech
    }
}

extension JSONWriter {
    mutating func member(_ name: StaticString, _ speaker: Speaker?) {
        guard let speaker, speaker != Speaker() else { return }
        key(name)
        object { writer in
            writer.member("id", speaker.id)
            writer.member("name", speaker.name)
            writer.member("role", speaker.role)
            writer.member("organisation", speaker.organisation)
        }
    }

    mutating func member(_ name: StaticString, _ source: Source?) {
        guard let source, source != Source() else { return }
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
