extension ClassifiedSpeech: WireObject {
    enum CodingKeys: String, CodingKey {
        case assessment, document, topics, ruleset, truncated
        case schemaVersion = "schema_version"
        case eventID = "event_id"
        case crimePolicy = "crime_policy"
    }

    /// Reads an event of the schema version that this library knows.
    public init(from decoder: any Decoder) throws { try self.init(decoder.container(keyedBy: CodingKeys.self)) }

    init(_ members: some WireMembers<CodingKeys>) throws {
        try members.checkSchemaVersion(.schemaVersion, is: Self.schemaVersion)
        self.init(
            eventID: EventID(try members.text(.eventID)),
            assessment: try members.value(.assessment, allowed: Assessment.allowed) { Assessment(rawValue: $0) },
            document: try members.object(.document),
            crimePolicy: try members.optional(.crimePolicy),
            topics: try members.objects(.topics),
            ruleset: try members.object(.ruleset),
            truncated: try members.optionalFlag(.truncated) ?? false)
        guard Set(topics.map(\.id)).count == topics.count else {
            throw members.invalid(.topics, "must name each topic once")
        }
    }
}

extension DocumentSummary: WireObject {
    enum CodingKeys: String, CodingKey {
        case id, revision, title, speaker, language, source, characters, words, sentences
        case deliveredOn = "delivered_on"
    }

    /// Reads the members of a summary.
    public init(from decoder: any Decoder) throws { try self.init(decoder.container(keyedBy: CodingKeys.self)) }

    init(_ members: some WireMembers<CodingKeys>) throws {
        let speaker: Speaker? = try members.optional(.speaker)
        let source: Source? = try members.optional(.source)
        self.init(
            id: SpeechID(try members.text(.id)), revision: Revision(try members.text(.revision)),
            title: try members.optionalText(.title), speaker: speaker == Speaker() ? nil : speaker,
            deliveredOn: try members.optionalDate(.deliveredOn), language: try members.optionalText(.language),
            source: source == Source() ? nil : source, characters: try members.integer(.characters, from: 0),
            words: try members.integer(.words, from: 0), sentences: try members.integer(.sentences, from: 0))
    }
}

extension CrimePolicy: WireObject {
    enum CodingKeys: String, CodingKey { case value, score }

    /// Reads a verdict.
    public init(from decoder: any Decoder) throws { try self.init(decoder.container(keyedBy: CodingKeys.self)) }

    init(_ members: some WireMembers<CodingKeys>) throws {
        self.init(
            value: try members.flag(.value), score: try members.score(.score))
    }
}

extension TaggedTopic: WireObject {
    enum CodingKeys: String, CodingKey {
        case id, label, codes, score, prominence, evidence
        case evidenceCount = "evidence_count"
    }

    /// Reads a tag.
    public init(from decoder: any Decoder) throws { try self.init(decoder.container(keyedBy: CodingKeys.self)) }

    init(_ members: some WireMembers<CodingKeys>) throws {
        let evidence: [Evidence] = try members.objects(.evidence)
        self.init(
            id: TopicID(try members.text(.id)), label: try members.text(.label),
            codes: try members.optionalListsByName(.codes) ?? [:], score: try members.score(.score),
            prominence: try members.value(.prominence, allowed: Prominence.allowed) { Prominence(rawValue: $0) },
            evidenceCount: try members.integer(.evidenceCount, from: evidence.count), evidence: evidence)
    }
}

extension Evidence: WireObject {
    enum CodingKeys: String, CodingKey { case rule, weight, sentence, spans }

    /// Reads an item of evidence.
    public init(from decoder: any Decoder) throws { try self.init(decoder.container(keyedBy: CodingKeys.self)) }

    init(_ members: some WireMembers<CodingKeys>) throws {
        self.init(
            rule: RuleID(try members.text(.rule)), weight: try members.integer(.weight, from: 1, to: 3),
            sentence: try members.integer(.sentence, from: 0),
            spans: try members.objects(.spans))
        guard !spans.isEmpty else { throw members.invalid(.spans, "must hold at least one span") }
    }
}

extension TextSpan: WireObject {
    enum CodingKeys: String, CodingKey { case start, end, exact, prefix, suffix }

    /// Reads a span. Prefix and suffix may be empty: the words may begin or end the text.
    public init(from decoder: any Decoder) throws { try self.init(decoder.container(keyedBy: CodingKeys.self)) }

    init(_ members: some WireMembers<CodingKeys>) throws {
        let start = try members.integer(.start, from: 0)
        self.init(
            start: start, end: try members.integer(.end, from: start), exact: try members.optionalString(.exact),
            prefix: try members.optionalString(.prefix), suffix: try members.optionalString(.suffix))
    }
}

extension CaseIterable where Self: RawRepresentable, RawValue == String {
    /// The values, in the words of an error.
    fileprivate static var allowed: String { "one of " + allCases.map(\.rawValue).joined(separator: ", ") }
}
