internal import TextMatching

/// Names one condition of a compiled ruleset.
struct ConditionID: Hashable, Sendable, BitwiseCopyable {
    let index: Int
}

/// Which part of a document a condition looks at.
enum Region: Sendable, BitwiseCopyable, Hashable {
    case everywhere
    case title
    case lede
}

/// The unit of text in which the parts of a condition must meet.
enum TextUnit: Sendable, BitwiseCopyable, Hashable {
    case sentence
    case paragraph
    case document
}

/// One node of a compiled query. Conditions are numbered and refer to each other by number, children before parents.
enum Condition: Sendable {
    /// Any of the phrases that were compiled into this leaf.
    case phrases(leaf: Int, Region)
    case any([ConditionID])
    case all([ConditionID], TextUnit)
    case butNot(ConditionID, [ConditionID], TextUnit)
    case near(ConditionID, ConditionID, distance: Int, isOrdered: Bool)
    /// Each match follows the one before as its neighbour: phrases too many to spell out.
    case adjacent([ConditionID])
    case atLeast(Int, [ConditionID], TextUnit)
    case count(Int, ConditionID, TextUnit)
    /// So many for each thousand words of the unit, or of the region where it is narrower.
    case density(Int, ConditionID, TextUnit, Region)
    /// What the first finds within, or not within, what the second finds.
    case inside(ConditionID, ConditionID, isNegated: Bool)
    /// What the first finds around something that the second finds.
    case containing(ConditionID, ConditionID)
    /// What other rules find, by their numbers.
    case rules([Int], Region)
    case regularExpression(Int, Region)
}

/// Words `first` to `last` of a document.
struct WordSpan: Hashable, Sendable, BitwiseCopyable {
    var first: UInt32
    var last: UInt32
}

/// One way in which a condition holds: the spans that prove it, in order of their place.
struct Match: Hashable, Sendable {
    /// First word of the first span.
    var first: UInt32
    /// Last word of the span that ends last.
    var last: UInt32
    /// The spans in order; the usual case is one, which `first` and `last` say already.
    var spans: [WordSpan]

    init(_ span: WordSpan) {
        first = span.first
        last = span.last
        spans = []
    }

    /// Several matches that hold together.
    init(joining matches: [Match]) {
        var spans: [WordSpan] = []
        spans.reserveCapacity(matches.reduce(0) { $0 + max(1, $1.spans.count) })
        for match in matches { match.forEachSpan { spans.append($0) } }
        spans.sort { ($0.first, $0.last) < ($1.first, $1.last) }
        var distinct = 1
        for index in 1..<spans.count where spans[index] != spans[distinct - 1] {
            spans[distinct] = spans[index]
            distinct += 1
        }
        spans.removeLast(spans.count - distinct)
        self.init(inOrder: spans)
    }

    /// Two matches that hold together.
    init(joining one: Match, _ other: Match) {
        guard one.isContiguous, other.isContiguous else {
            self.init(joining: [one, other])
            return
        }
        let (left, right) = (one.extent, other.extent)
        if left == right {
            self = one
        } else {
            self.init(inOrder: (left.first, left.last) < (right.first, right.last) ? [left, right] : [right, left])
        }
    }

    /// - Parameter spans: at least one, in order, each once.
    private init(inOrder spans: [WordSpan]) {
        first = spans[0].first
        last = spans.reduce(0) { max($0, $1.last) }
        self.spans = spans.count == 1 ? [] : spans
    }

    /// All words from the first to the last.
    var extent: WordSpan { WordSpan(first: first, last: last) }

    var allSpans: [WordSpan] { spans.isEmpty ? [extent] : spans }

    /// Hands over `allSpans` without making a list of one.
    @inline(__always)
    func forEachSpan(_ body: (WordSpan) -> Void) {
        if spans.isEmpty { body(extent) } else { for span in spans { body(span) } }
    }

    /// Whether the match is one run of words.
    var isContiguous: Bool { spans.isEmpty }
}

extension Match: Comparable {
    /// By place: the order in which evidence is shown.
    static func < (left: Match, right: Match) -> Bool {
        if left.first != right.first { return left.first < right.first }
        if left.last != right.last { return left.last < right.last }
        return left.spans.lexicographicallyPrecedes(right.spans) { ($0.first, $0.last) < ($1.first, $1.last) }
    }
}
