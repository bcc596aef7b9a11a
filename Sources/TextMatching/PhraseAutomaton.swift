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
/// A text's words become terms by one look into the vocabulary; from each word that begins a phrase a trie of terms is
/// walked as far as it goes. Words beyond the rules end a walk at once, so a scan costs about as much with thirty
/// thousand phrases as with three hundred. README.md in this folder tells the story from the naive solution up.
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

    let vocabulary: Vocabulary
    let wildcards: WildcardIndex
    /// The node that each term leads to from the root, or `none`.
    let roots: FlatArray<UInt32>
    let nodes: FlatArray<Node>
    /// One bit for each pair of terms that a phrase begins with, by hash: most pairs of words begin none.
    private let pairs: FlatArray<UInt64>
    private let pairMask: UInt64
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
        vocabulary: Vocabulary, wildcards: WildcardIndex, roots: [UInt32], nodes: [Node],
        edges: [(parent: UInt32, term: UInt32, node: UInt32)], lists: [[UInt32]], exactForms: [[UInt8]],
        patternCount: Int
    ) {
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
        let pairBits = min(max(10, Vocabulary.bitsNeeded(edges.count * 8)), 18)
        pairMask = (1 << UInt64(pairBits)) - 1
        pairs = FlatArray(Self.pairFilter(roots, edges, mask: pairMask))
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
        var slot = Int(Self.edgeHash(key) >> edgeShift)
        while true {
            let edge = edges.base[slot]
            if edge.key == key { return edge.node }
            if edge.key == Self.freeKey { return Self.none }
            slot = (slot + 1) & (edges.count - 1)
        }
    }

    private static func pairFilter(
        _ roots: [UInt32], _ edges: [(parent: UInt32, term: UInt32, node: UInt32)], mask: UInt64
    ) -> [UInt64] {
        var firstTerms: [UInt32: UInt32] = [:]
        for (term, root) in roots.enumerated() where root != none { firstTerms[root] = UInt32(term) }
        var filter = [UInt64](repeating: 0, count: Int((mask + 1) / 64))
        for edge in edges {
            guard let first = firstTerms[edge.parent] else { continue }
            let bit = pairHash(first, edge.term) & mask
            filter[Int(bit >> 6)] |= 1 << (bit & 63)
        }
        return filter
    }

    /// Whether some phrase may begin with these two terms; now and then it says so of one that does not.
    @inline(__always)
    func mayBegin(_ first: UInt32, _ second: UInt32) -> Bool {
        let bit = Self.pairHash(first, second) & pairMask
        return pairs.base[Int(truncatingIfNeeded: bit &>> 6)] &>> (bit & 63) & 1 != 0
    }

    @inline(__always)
    private static func pairHash(_ first: UInt32, _ second: UInt32) -> UInt64 {
        ((UInt64(first) &<< 32 | UInt64(second)) &* 0x9E37_79B9_7F4A_7C15) &>> 40
    }

    @inline(__always)
    private static func edgeHash(_ key: UInt64) -> UInt64 {
        let product = key &* 0x9E37_79B9_7F4A_7C15
        return (product ^ (product >> 29)) &* 0xBF58_476D_1CE4_E5B9
    }
}

/// The wildcards of a ruleset by their first two bytes, so that a word of a text is compared with few of them.
struct WildcardIndex: Sendable {
    struct Candidate: Sendable {
        let wildcard: Wildcard
        let term: UInt32
    }

    let isEmpty: Bool
    /// One bit for each pair of bytes that a wildcard begins with.
    let filter: FlatArray<UInt64>
    private let candidates: [UInt16: [Candidate]]

    init(_ wildcards: [Candidate]) {
        var filter = [UInt64](repeating: 0, count: 1024)
        var candidates: [UInt16: [Candidate]] = [:]
        for candidate in wildcards {
            let key = UInt16(candidate.wildcard.bytes[0]) | UInt16(candidate.wildcard.bytes[1]) << 8
            filter[Int(key >> 6)] |= 1 << UInt64(key & 63)
            candidates[key, default: []].append(candidate)
        }
        isEmpty = wildcards.isEmpty
        self.filter = FlatArray(filter)
        self.candidates = candidates
    }

    /// Whether any wildcard begins with these two folded bytes.
    @inline(__always)
    func mayMatch(_ firstTwo: UInt16) -> Bool {
        filter.base[Int(firstTwo >> 6)] & (1 << UInt64(firstTwo & 63)) != 0
    }

    /// Hands over the term of each wildcard that names the word.
    func forEachMatch(_ firstTwo: UInt16, count: Int, _ word: (Int) -> UInt8, _ body: (UInt32) -> Void) {
        guard let candidates = candidates[firstTwo] else { return }
        for candidate in candidates where candidate.wildcard.matches(count: count, word) { body(candidate.term) }
    }
}
