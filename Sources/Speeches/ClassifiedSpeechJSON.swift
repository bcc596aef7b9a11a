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

    /// No fewer bytes than `json` has, for far less work: says that an event is small enough without writing it.
    public var jsonBytesAtMost: Int {
        func text(_ text: String?) -> Int { text.map { $0.utf8.count * JSONWriter.bytesPerByteAtMost } ?? 0 }
        var bytes = 1024 + text(document.id.rawValue) + text(document.title) + text(document.language)
        bytes += text(document.deliveredOn?.text) + text(ruleset.name) + text(ruleset.version)
        if let speaker = document.speaker {
            bytes += [speaker.id, speaker.name, speaker.role, speaker.organisation].reduce(64) { $0 + text($1) }
        }
        if let source = document.source {
            let fields = [source.uri, source.publisher, source.format, source.retrievedAt, source.licence]
            bytes += fields.reduce(64) { $0 + text($1) }
        }
        for topic in topics {
            bytes += 256 + text(topic.id.rawValue) + text(topic.label)
            for (scheme, codes) in topic.codes { bytes += codes.reduce(8 + text(scheme)) { $0 + 3 + text($1) } }
            for item in topic.evidence {
                bytes += 128 + text(item.rule.rawValue)
                for span in item.spans { bytes += 128 + text(span.exact) + text(span.prefix) + text(span.suffix) }
            }
        }
        return bytes
    }

    /// Reads an event from JSON. Unknown members are ignored; an unknown schema version is refused.
    /// - Throws: `DocumentError`.
    public init(json data: Data) throws(DocumentError) {
        self = try WireForm.read(ClassifiedSpeech.self, from: data)
    }
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
                    for (scheme, codes) in topic.codes.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
                    ) {
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
