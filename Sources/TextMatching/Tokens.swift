/// What lies between a word and the one before it.
public enum Boundary: UInt8, BitwiseCopyable, Sendable, Comparable {
    /// Spaces, hyphens, quotation marks, a line end: the two are neighbours, a phrase may span them.
    case adjacent
    /// A comma, a bracket, a dash: same sentence, but no phrase spans it.
    case separated
    /// The word begins a sentence.
    case sentence
    /// The word begins a paragraph, and so a sentence.
    case paragraph

    /// By strength.
    public static func < (left: Boundary, right: Boundary) -> Bool { left.rawValue < right.rawValue }
}

/// One word of a text: where it stands and which terms it satisfies.
struct Token: BitwiseCopyable, Sendable {
    /// First byte.
    var start: UInt32
    /// One past the last byte, a possessive ending set aside.
    var end: UInt32
    var code: TermCode
    /// What lies before it.
    var boundary: Boundary
}

/// A phrase found: which, and its first and last word.
public struct Occurrence: BitwiseCopyable, Equatable, Sendable {
    /// The phrase.
    public var pattern: PatternID
    /// Number of its first word in the text.
    public var first: UInt32
    /// Number of its last word in the text.
    public var last: UInt32

    /// Names a find.
    public init(pattern: PatternID, first: UInt32, last: UInt32) {
        self.pattern = pattern
        self.first = first
        self.last = last
    }
}
