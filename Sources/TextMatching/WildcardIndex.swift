/// The wildcards of a ruleset by their first two letters, so that a word of a text is compared with few of them.
struct WildcardIndex: Sendable {
    struct Candidate: Sendable {
        let wildcard: Wildcard
        let term: UInt32
    }

    /// What tells most words apart from a wildcard, without touching its pattern.
    private struct Beginning: BitwiseCopyable, Sendable {
        /// The first bytes of the literal prefix, up to eight, little-endian, and which bytes of a word they are.
        let first: UInt64
        let mask: UInt64
        let term: UInt32
        /// Whether a word of these first bytes needs nothing more.
        let decides: Bool

        init(_ candidate: Candidate) {
            let prefix = candidate.wildcard.literalPrefix
            first = prefix.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
            mask = prefix.count >= 8 ? .max : (1 << UInt64(8 * prefix.count)) - 1
            term = candidate.term
            decides = candidate.wildcard.isPrefix && prefix.count <= 8
        }
    }

    private static let bucketCount = 1024

    /// In order of bucket; candidates of bucket n are `candidates[starts[n]..<starts[n + 1]]`, in the order given.
    private let beginnings: FlatArray<Beginning>
    private let candidates: [Candidate]
    private let starts: FlatArray<UInt32>

    init(_ wildcards: [Candidate]) {
        var buckets = [[Candidate]](repeating: [], count: Self.bucketCount)
        for candidate in wildcards {
            let bytes = candidate.wildcard.bytes
            buckets[Self.bucket(UInt64(bytes[0]) | UInt64(bytes[1]) << 8)].append(candidate)
        }
        var starts: [UInt32] = [0]
        for bucket in buckets { starts.append(starts.last! + UInt32(bucket.count)) }
        self.starts = FlatArray(starts)
        candidates = buckets.flatMap { $0 }
        beginnings = FlatArray(candidates.map(Beginning.init))
    }

    var isEmpty: Bool { candidates.isEmpty }

    /// Five bits of each of the first two bytes tell letters apart.
    @inline(__always)
    private static func bucket(_ first: UInt64) -> Int { Int(truncatingIfNeeded: first & 31 | (first &>> 3) & 0x3E0) }

    /// Hands over the term of each wildcard that names a word, in the order in which they were given.
    /// - Parameter first: the word's first eight folded bytes.
    @inline(__always)
    func forEachMatch(_ first: UInt64, count: Int, _ word: (Int) -> UInt8, _ body: (UInt32) -> Void) {
        let bucket = Self.bucket(first)
        for index in Int(starts[bucket])..<Int(starts[bucket + 1]) {
            let beginning = beginnings[index]
            guard first & beginning.mask == beginning.first,
                beginning.decides || candidates[index].wildcard.matches(count: count, word)
            else { continue }
            body(beginning.term)
        }
    }
}
