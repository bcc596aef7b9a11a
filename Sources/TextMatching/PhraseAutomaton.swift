/// Names one phrase of an automaton.
public struct PatternID: Hashable, Comparable, Sendable, BitwiseCopyable {
    /// Counted from 0 in the order of `PhraseAutomaton.Builder.add`.
    public let rawValue: UInt32
    /// Names the phrase added as number `rawValue`.
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// The number as an index.
    public var index: Int { Int(rawValue) }
    /// By number.
    public static func < (left: PatternID, right: PatternID) -> Bool { left.rawValue < right.rawValue }
}

/// Every word and phrase of a whole ruleset as one automaton over words: immutable, shareable between threads.
///
/// A filter names the words of a text with which a phrase may begin; from each of them a trie of terms is walked as far
/// as it goes, and a word becomes a term by one look into the vocabulary. Words beyond the rules end a walk at once, so
/// a scan costs about as much with thirty thousand phrases as with three hundred. README.md in this folder tells the
/// story from the naive solution up.
public final class PhraseAutomaton: Sendable {
    /// Longest phrase, in words.
    public static let maximumPhraseLength = 24

    struct Node: BitwiseCopyable, Sendable {
        /// The phrase that ends here, or `none`.
        var pattern: UInt32
        /// Number of terms that lead on.
        var children: UInt32
        /// Where there is one child only, its term and node: no table look-up.
        var onlyTerm: UInt32
        var onlyNode: UInt32
    }
    struct Edge: BitwiseCopyable, Sendable {
        var key: UInt64
        var node: UInt32
    }

    static let none = UInt32.max
    private static let freeKey = UInt64.max

    let starts: StartFilter
    let vocabulary: Vocabulary
    let wildcards: WildcardIndex
    /// The node that each term leads to from the root, or `none`.
    let roots: FlatArray<UInt32>
    let nodes: FlatArray<Node>
    private let edges: FlatArray<Edge>
    private let edgeShift: UInt64
    /// Terms of list n are `listTerms[listStarts[n]..<listStarts[n + 1]]`.
    let listStarts: FlatArray<UInt32>
    let listTerms: FlatArray<UInt32>
    /// The exact characters that a term asks for, empty where it asks for none; by term.
    let exactForms: [[UInt8]]
    /// How many phrases there are.
    public let patternCount: Int

    init(
        starts: StartFilter, vocabulary: Vocabulary, wildcards: WildcardIndex, roots: [UInt32], nodes: [Node],
        edges: [(parent: UInt32, term: UInt32, node: UInt32)], lists: [[UInt32]], exactForms: [[UInt8]],
        patternCount: Int
    ) {
        self.starts = starts
        self.vocabulary = vocabulary
        self.wildcards = wildcards
        self.roots = FlatArray(roots)
        self.nodes = FlatArray(nodes)
        self.exactForms = exactForms
        self.patternCount = patternCount
        var starts: [UInt32] = [0]
        for list in lists { starts.append(starts.last! + UInt32(list.count)) }
        listStarts = FlatArray(starts)
        listTerms = FlatArray(lists.flatMap { $0 })
        let bits = max(4, Vocabulary.bitsNeeded(edges.count * 2))
        edgeShift = UInt64(64 - bits)
        var table = [Edge](repeating: Edge(key: Self.freeKey, node: 0), count: 1 << bits)
        for edge in edges {
            let key = UInt64(edge.parent) << 32 | UInt64(edge.term)
            var slot = Int(Self.edgeHash(key) >> edgeShift)
            while table[slot].key != Self.freeKey { slot = (slot + 1) & (table.count - 1) }
            table[slot] = Edge(key: key, node: edge.node)
        }
        self.edges = FlatArray(table)
    }

    /// The node that `term` leads to from `node`, or `none`.
    @inline(__always)
    func child(of node: UInt32, _ term: UInt32) -> UInt32 {
        let parent = nodes.base[Int(node)]
        if parent.children <= 1 {
            return parent.children == 1 && parent.onlyTerm == term ? parent.onlyNode : Self.none
        }
        let key = UInt64(node) << 32 | UInt64(term)
        var slot = Int(truncatingIfNeeded: Self.edgeHash(key) &>> edgeShift)
        while true {
            let edge = edges.base[slot]
            if edge.key == key { return edge.node }
            if edge.key == Self.freeKey { return Self.none }
            slot = (slot &+ 1) & (edges.count &- 1)
        }
    }

    @inline(__always)
    private static func edgeHash(_ key: UInt64) -> UInt64 {
        let product = key &* 0x9E37_79B9_7F4A_7C15
        return (product ^ (product >> 29)) &* 0xBF58_476D_1CE4_E5B9
    }
}
