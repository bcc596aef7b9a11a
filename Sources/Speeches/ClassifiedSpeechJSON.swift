public import Foundation

/// The wire form of an event: complete plain JSON, members in fixed order.
extension ClassifiedSpeech {
    /// The bytes that go into a `speeches.classified` record: the same for the same document and ruleset, everywhere.
    public var json: [UInt8] {
        var writer = JSONWriter(capacity: 1024 + topics.reduce(0) { $0 + 256 + $1.evidence.count * 320 })
        writer.object { writer in
            writer.member("schema_version", Self.schemaVersion)
            writer.member("event_id", eventID.rawValue)
            writer.member("assessment", assessment.rawValue)
            writer.member("document", document)
            if let crimePolicy {
                writer.key("crime_policy")
                writer.object { writer in
                    writer.member("value", crimePolicy.value)
                    writer.member("score", crimePolicy.score)
                }
            }
            writer.key("topics")
            writer.array(topics) { $0.value($1) }
            writer.key("ruleset")
            writer.object { writer in
                writer.member("name", ruleset.name)
                writer.member("version", ruleset.version)
                writer.member("digest", ruleset.digest)
            }
            if truncated { writer.member("truncated", true) }
        }
        return writer.bytes
    }

    /// Reads an event from JSON. Unknown members are ignored; an unknown schema version is refused.
    /// - Throws: `DocumentError`.
    public init(json data: Data) throws(DocumentError) {
        do {
            let version = try JSONDecoder().decode(EventVersion.self, from: data).schemaVersion
            guard version == Self.schemaVersion else {
                throw DocumentError(
                    code: .unsupportedVersion,
                    reason: "schema_version is \(version); this program reads \(Self.schemaVersion)")
            }
            self = try JSONDecoder().decode(ClassifiedSpeech.self, from: data)
        } catch let error as DocumentError {
            throw error
        } catch let error as DecodingError {
            throw DocumentError(decoding: error)
        } catch {
            throw DocumentError(code: .invalidJSON, reason: "not readable as JSON")
        }
    }
}

private struct EventVersion: Decodable {
    let schemaVersion: Int
    enum CodingKeys: String, CodingKey { case schemaVersion = "schema_version" }
}

extension JSONWriter {
    fileprivate mutating func member(_ name: StaticString, _ document: DocumentSummary) {
        key(name)
        object { writer in
            writer.member("id", document.id.rawValue)
            writer.member("revision", document.revision.rawValue)
            writer.member("title", document.title)
            writer.member("speaker", document.speaker)
            writer.member("delivered_on", document.deliveredOn?.text)
            writer.member("language", document.language)
            writer.member("source", document.source)
            writer.member("characters", document.characters)
            writer.member("words", document.words)
            writer.member("sentences", document.sentences)
        }
    }

    fileprivate mutating func value(_ topic: TaggedTopic) {
        object { writer in
            writer.member("id", topic.id.rawValue)
            writer.member("label", topic.label)
            if !topic.codes.isEmpty {
                writer.key("codes")
                writer.object { writer in
                    for (scheme, codes) in topic.codes.sorted(by: { $0.key < $1.key }) {
                        writer.key(scheme)
                        writer.array(codes) { $0.string($1) }
                    }
                }
            }
            writer.member("score", topic.score)
            writer.member("prominence", topic.prominence.rawValue)
            writer.member("evidence_count", topic.evidenceCount)
            writer.key("evidence")
            writer.array(topic.evidence) { $0.value($1) }
        }
    }

    private mutating func value(_ evidence: Evidence) {
        object { writer in
            writer.member("rule", evidence.rule.rawValue)
            writer.member("weight", evidence.weight)
            writer.member("sentence", evidence.sentence)
            writer.key("spans")
            writer.array(evidence.spans) { writer, span in
                writer.object { writer in
                    writer.member("start", span.start)
                    writer.member("end", span.end)
                    writer.member("exact", span.exact)
                    writer.member("prefix", span.prefix)
                    writer.member("suffix", span.suffix)
                }
            }
        }
    }
}

extension ClassifiedSpeech: Decodable {
    enum CodingKeys: String, CodingKey {
        case assessment, document, topics, ruleset, truncated
        case eventID = "event_id"
        case crimePolicy = "crime_policy"
    }

    /// Reads the members of an event; the schema version is the caller's to check.
    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            eventID: EventID(try members.decode(String.self, forKey: .eventID)),
            assessment: try members.decode(Assessment.self, forKey: .assessment),
            document: try members.decode(DocumentSummary.self, forKey: .document),
            crimePolicy: try members.decodeIfPresent(CrimePolicy.self, forKey: .crimePolicy),
            topics: try members.decode([TaggedTopic].self, forKey: .topics),
            ruleset: try members.decode(RulesetIdentity.self, forKey: .ruleset),
            truncated: try members.decodeIfPresent(Bool.self, forKey: .truncated) ?? false)
    }
}

extension DocumentSummary: Decodable {
    enum CodingKeys: String, CodingKey {
        case id, revision, title, speaker, language, source, characters, words, sentences
        case deliveredOn = "delivered_on"
    }

    /// Reads the members of a summary.
    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            id: SpeechID(try members.decode(String.self, forKey: .id)),
            revision: Revision(try members.decode(String.self, forKey: .revision)),
            title: try members.decodeIfPresent(String.self, forKey: .title),
            speaker: try members.decodeIfPresent(Speaker.self, forKey: .speaker),
            deliveredOn: try members.decodeIfPresent(DeliveryDate.self, forKey: .deliveredOn),
            language: try members.decodeIfPresent(String.self, forKey: .language),
            source: try members.decodeIfPresent(Source.self, forKey: .source),
            characters: try members.decode(Int.self, forKey: .characters),
            words: try members.decode(Int.self, forKey: .words),
            sentences: try members.decode(Int.self, forKey: .sentences))
    }
}

extension DeliveryDate: Decodable {
    /// Reads one of the four forms.
    public init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        guard let date = DeliveryDate(try value.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: value, debugDescription: "must be YYYY, YYYY-MM, YYYY-MM-DD or an RFC 3339 timestamp")
        }
        self = date
    }
}

extension Score: Decodable {
    /// Reads a number from 0 to 1 and rounds it to thousandths.
    public init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        let number = try value.decode(Double.self)
        guard (0...1).contains(number) else {
            throw DecodingError.dataCorruptedError(in: value, debugDescription: "a score lies between 0 and 1")
        }
        self.init(thousandths: Int((number * 1000).rounded()))
    }
}

extension CrimePolicy: Decodable {
    enum CodingKeys: String, CodingKey { case value, score }

    /// Reads a verdict.
    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            value: try members.decode(Bool.self, forKey: .value), score: try members.decode(Score.self, forKey: .score))
    }
}

extension TaggedTopic: Decodable {
    enum CodingKeys: String, CodingKey {
        case id, label, codes, score, prominence, evidence
        case evidenceCount = "evidence_count"
    }

    /// Reads a tag.
    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            id: TopicID(try members.decode(String.self, forKey: .id)),
            label: try members.decode(String.self, forKey: .label),
            codes: try members.decodeIfPresent([String: [String]].self, forKey: .codes) ?? [:],
            score: try members.decode(Score.self, forKey: .score),
            prominence: try members.decode(Prominence.self, forKey: .prominence),
            evidenceCount: try members.decode(Int.self, forKey: .evidenceCount),
            evidence: try members.decode([Evidence].self, forKey: .evidence))
    }
}

extension Evidence: Decodable {
    enum CodingKeys: String, CodingKey { case rule, weight, sentence, spans }

    /// Reads an item of evidence.
    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            rule: RuleID(try members.decode(String.self, forKey: .rule)),
            weight: try members.decode(Int.self, forKey: .weight),
            sentence: try members.decode(Int.self, forKey: .sentence),
            spans: try members.decode([TextSpan].self, forKey: .spans))
    }
}

extension TextSpan: Decodable {
    enum CodingKeys: String, CodingKey { case start, end, exact, prefix, suffix }

    /// Reads a span.
    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            start: try members.decode(Int.self, forKey: .start), end: try members.decode(Int.self, forKey: .end),
            exact: try members.decodeIfPresent(String.self, forKey: .exact),
            prefix: try members.decodeIfPresent(String.self, forKey: .prefix),
            suffix: try members.decodeIfPresent(String.self, forKey: .suffix))
    }
}
