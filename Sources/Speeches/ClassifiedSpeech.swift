/// What the classifier says of one document: every topic with its evidence. The value of a `speeches.classified` record.
public struct ClassifiedSpeech: Equatable, Sendable {
    /// The version of the event's schema that this library reads and writes.
    public static let schemaVersion = 1

    /// Derived from document id, revision and ruleset digest alone.
    public var eventID: EventID
    /// Whether the rules could be applied.
    public var assessment: Assessment
    /// What the event says about the document itself.
    public var document: DocumentSummary
    /// The verdict on the document as a whole; only when classified.
    public var crimePolicy: CrimePolicy?
    /// Topics that stand, by score descending, then id.
    public var topics: [TaggedTopic]
    /// The rules that made it.
    public var ruleset: RulesetIdentity
    /// True when the event is not the whole answer: evidence was dropped to keep it under its size limit, or a limit of
    /// work was reached and there may be evidence that nobody looked at.
    public var truncated: Bool

    /// Makes an event.
    public init(
        eventID: EventID, assessment: Assessment, document: DocumentSummary, crimePolicy: CrimePolicy?,
        topics: [TaggedTopic], ruleset: RulesetIdentity, truncated: Bool = false
    ) {
        self.eventID = eventID
        self.assessment = assessment
        self.document = document
        self.crimePolicy = crimePolicy
        self.topics = topics
        self.ruleset = ruleset
        self.truncated = truncated
    }

    /// The id that document id, revision and ruleset digest determine: 32 hexadecimal digits.
    public static func eventID(document: SpeechID, revision: Revision, rulesetDigest: String) -> EventID {
        var digest = Digest(domain: "rostrum.event.1")
        digest.add(document.rawValue)
        digest.add(revision.rawValue)
        digest.add(rulesetDigest)
        return EventID(digest.hexadecimal(length: 32))
    }
}

/// Whether the rules could be applied to a document; every document yields an event.
public enum Assessment: String, Sendable, Codable, CaseIterable {
    /// The rules were applied.
    case classified
    /// The document's language is not one the ruleset reads.
    case unsupportedLanguage = "unsupported_language"
    /// The document has no words.
    case empty
}

/// The verdict on a document as a whole.
public struct CrimePolicy: Equatable, Sendable {
    /// Whether the document is about crime policy.
    public var value: Bool
    /// How strongly, 0 to 1.
    public var score: Score

    /// Makes a verdict.
    public init(value: Bool, score: Score) {
        self.value = value
        self.score = score
    }
}

/// What an event repeats of its document, so that a reader need not join.
public struct DocumentSummary: Equatable, Sendable {
    /// The document's id.
    public var id: SpeechID
    /// The revision that was classified.
    public var revision: Revision
    /// Title, if the document has one.
    public var title: String?
    /// Speaker, if known.
    public var speaker: Speaker?
    /// Delivery date, if known.
    public var deliveredOn: DeliveryDate?
    /// BCP 47 tag, if known.
    public var language: String?
    /// Source, if known.
    public var source: Source?
    /// Length of the canonical text in Unicode code points.
    public var characters: Int
    /// Number of words.
    public var words: Int
    /// Number of sentences, the title counted as one.
    public var sentences: Int

    /// Summarises a document with the figures that its scan gave.
    public init(_ speech: Speech, characters: Int, words: Int, sentences: Int) {
        self.init(
            id: speech.id, revision: speech.revision, title: speech.title, speaker: speech.speaker,
            deliveredOn: speech.deliveredOn, language: speech.language, source: speech.source,
            characters: characters, words: words, sentences: sentences)
    }

    /// Makes a summary of its parts.
    public init(
        id: SpeechID, revision: Revision, title: String?, speaker: Speaker?, deliveredOn: DeliveryDate?,
        language: String?, source: Source?, characters: Int, words: Int, sentences: Int
    ) {
        self.id = id
        self.revision = revision
        self.title = title
        self.speaker = speaker
        self.deliveredOn = deliveredOn
        self.language = language
        self.source = source
        self.characters = characters
        self.words = words
        self.sentences = sentences
    }
}
