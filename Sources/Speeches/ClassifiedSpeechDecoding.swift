extension ClassifiedSpeech: Decodable {
    enum CodingKeys: String, CodingKey {
        case assessment, document, topics, ruleset, truncated
        case schemaVersion = "schema_version"
        case eventID = "event_id"
        case crimePolicy = "crime_policy"
    }

    /// Reads an event of the schema version that this library knows.
    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        try members.checkSchemaVersion(.schemaVersion, is: Self.schemaVersion)
        self.init(
            eventID: EventID(try members.text(.eventID)),
            assessment: try members.value(.assessment, allowed: Assessment.allowed) { Assessment(rawValue: $0) },
            document: try members.decode(DocumentSummary.self, forKey: .document),
            crimePolicy: try members.optional(.crimePolicy),
            topics: try members.decode([TaggedTopic].self, forKey: .topics),
            ruleset: try members.decode(RulesetIdentity.self, forKey: .ruleset),
            truncated: try members.optional(.truncated) ?? false)
        guard Set(topics.map(\.id)).count == topics.count else {
            throw members.invalid(.topics, "must name each topic once")
        }
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
        let speaker: Speaker? = try members.optional(.speaker)
        let source: Source? = try members.optional(.source)
        self.init(
            id: SpeechID(try members.text(.id)), revision: Revision(try members.text(.revision)),
            title: try members.optionalText(.title), speaker: speaker == Speaker() ? nil : speaker,
            deliveredOn: try members.optional(.deliveredOn), language: try members.optionalText(.language),
            source: source == Source() ? nil : source, characters: try members.integer(.characters, from: 0),
            words: try members.integer(.words, from: 0), sentences: try members.integer(.sentences, from: 0))
    }
}

extension DeliveryDate: Decodable {
    /// Reads one of the four forms.
    public init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        guard let date = DeliveryDate(try value.decode(String.self)) else {
            throw DocumentError(
                code: .invalidDocument,
                reason: "\(DocumentError.path(value.codingPath)) must be YYYY, YYYY-MM, YYYY-MM-DD or an RFC 3339 "
                    + "timestamp")
        }
        self = date
    }
}

extension CrimePolicy: Decodable {
    enum CodingKeys: String, CodingKey { case value, score }

    /// Reads a verdict.
    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            value: try members.decode(Bool.self, forKey: .value), score: try members.score(.score))
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
        let evidence = try members.decode([Evidence].self, forKey: .evidence)
        self.init(
            id: TopicID(try members.text(.id)), label: try members.text(.label),
            codes: try members.optional(.codes) ?? [:], score: try members.score(.score),
            prominence: try members.value(.prominence, allowed: Prominence.allowed) { Prominence(rawValue: $0) },
            evidenceCount: try members.integer(.evidenceCount, from: evidence.count), evidence: evidence)
    }
}

extension Evidence: Decodable {
    enum CodingKeys: String, CodingKey { case rule, weight, sentence, spans }

    /// Reads an item of evidence.
    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            rule: RuleID(try members.text(.rule)), weight: try members.integer(.weight, from: 1, to: 3),
            sentence: try members.integer(.sentence, from: 0),
            spans: try members.decode([TextSpan].self, forKey: .spans))
        guard !spans.isEmpty else { throw members.invalid(.spans, "must hold at least one span") }
    }
}

extension TextSpan: Decodable {
    enum CodingKeys: String, CodingKey { case start, end, exact, prefix, suffix }

    /// Reads a span. Prefix and suffix may be empty: the words may begin or end the text.
    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        let start = try members.integer(.start, from: 0)
        self.init(
            start: start, end: try members.integer(.end, from: start), exact: try members.optional(.exact),
            prefix: try members.optional(.prefix), suffix: try members.optional(.suffix))
    }
}

extension CaseIterable where Self: RawRepresentable, RawValue == String {
    /// The values, in the words of an error.
    fileprivate static var allowed: String { "one of " + allCases.map(\.rawValue).joined(separator: ", ") }
}
