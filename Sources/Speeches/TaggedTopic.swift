/// One topic that a document treats, with the words that prove it.
public struct TaggedTopic: Equatable, Sendable {
    /// The topic's stable id.
    public var id: TopicID
    /// The topic's label, for people.
    public var label: String
    /// Codes in other schemes by scheme name, such as `iccs` or `eurovoc`.
    public var codes: [String: [String]]
    /// How strong the evidence is, 0.5 to 1.
    public var score: Score
    /// How much of the document it is.
    public var prominence: Prominence
    /// How many items of evidence there are; never capped.
    public var evidenceCount: Int
    /// The items, in order of their place in the text, capped by settings.
    public var evidence: [Evidence]

    /// Makes a tag.
    public init(
        id: TopicID, label: String, codes: [String: [String]], score: Score, prominence: Prominence,
        evidenceCount: Int, evidence: [Evidence]
    ) {
        self.id = id
        self.label = label
        self.codes = codes
        self.score = score
        self.prominence = prominence
        self.evidenceCount = evidenceCount
        self.evidence = evidence
    }
}

/// How much of a document a topic is.
public enum Prominence: String, Sendable, Codable, CaseIterable, Comparable {
    /// Named in passing.
    case mention
    /// Treated, but not what the document is about.
    case substantive
    /// What the document, or a good part of it, is about.
    case focus

    /// Orders mention before substantive before focus.
    public static func < (left: Prominence, right: Prominence) -> Bool {
        let order: [Prominence] = [.mention, .substantive, .focus]
        return order.firstIndex(of: left)! < order.firstIndex(of: right)!
    }
}

/// One proof of a topic: the rule that fired and the words it fired on. Several spans where the rule asks for several
/// things near each other.
public struct Evidence: Equatable, Sendable {
    /// The rule that fired.
    public var rule: RuleID
    /// The rule's weight, 1 to 3.
    public var weight: Int
    /// The sentence of the first span; 0 is the title, the body starts at 1.
    public var sentence: Int
    /// The words, in order of their place in the text; at least one.
    public var spans: [TextSpan]

    /// Makes an item of evidence.
    public init(rule: RuleID, weight: Int, sentence: Int, spans: [TextSpan]) {
        self.rule = rule
        self.weight = weight
        self.sentence = sentence
        self.spans = spans
    }
}

/// A stretch of the canonical text, selected twice over: by position and by quote, as the W3C Web Annotation Data Model
/// does (TextPositionSelector, TextQuoteSelector).
public struct TextSpan: Equatable, Sendable {
    /// First code point, counted from 0 in the canonical text.
    public var start: Int
    /// One past the last code point.
    public var end: Int
    /// The words themselves; nil where a site keeps quotes out of events.
    public var exact: String?
    /// Up to 32 code points before; nil where quotes are kept out.
    public var prefix: String?
    /// Up to 32 code points after; nil where quotes are kept out.
    public var suffix: String?

    /// Makes a span.
    public init(start: Int, end: Int, exact: String? = nil, prefix: String? = nil, suffix: String? = nil) {
        self.start = start
        self.end = end
        self.exact = exact
        self.prefix = prefix
        self.suffix = suffix
    }
}
