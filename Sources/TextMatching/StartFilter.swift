/// Tells, by the hashes of words alone, where in a text a phrase may begin, so that most words are never looked up.
///
/// A phrase is known by its first three words, a shorter one by all it has. Most sequences of words begin no phrase, even
/// where each of their words is in many (`of the`), and one bit for each says so. The filter may say yes of words that
/// begin nothing; it never says no of words that do.
struct StartFilter: Sendable {
    /// Few bits are set, up to a size at which the filter still fits the second cache level: a false yes costs as much
    /// as reading five words.
    private static let bitsPerEntry = 64
    private static let maximumBits = 21
    /// A phrase whose first words have more spellings than this together is known by its first word.
    private static let maximumSpellings = 64

    private let bits: FlatArray<UInt64>
    private let mask: UInt64
    private let hasWildcards: Bool

    /// The hash of a word's first eight folded bytes.
    @inline(__always)
    static func hash(_ first: UInt64) -> UInt64 { (first &* 0x9E37_79B9_7F4A_7C15) &>> 40 }

    /// The hash of a word's first four folded bytes, by which wildcards are known.
    @inline(__always)
    static func hash(beginning first: UInt64) -> UInt64 { hash(first & 0xFFFF_FFFF) }

    /// The hash of words in a row, given the hash of all but the last. The hash of none is 0.
    @inline(__always)
    static func hash(_ before: UInt64, _ last: UInt64) -> UInt64 { before &* 8 &+ last }

    /// The filter as the scanning loop reads it, valid as long as the filter is.
    var reader: Reader { Reader(bits: bits.base, mask: mask, hasWildcards: hasWildcards) }

    struct Reader {
        fileprivate let bits: UnsafePointer<UInt64>
        fileprivate let mask: UInt64
        fileprivate let hasWildcards: Bool

        /// In the lowest bit: whether a phrase may begin with words of this hash. The other bits mean nothing.
        @inline(__always)
        func mayBegin(_ hash: UInt64) -> UInt64 {
            bits[Int(truncatingIfNeeded: (hash & mask) &>> 6)] &>> (hash & 63)
        }

        /// In the lowest bit: whether a wildcard that begins a phrase may name a word of these first bytes.
        @inline(__always)
        func mayBeWildcard(_ first: UInt64) -> UInt64 {
            hasWildcards ? mayBegin(StartFilter.hash(beginning: first)) : 0
        }
    }
}

extension StartFilter {
    /// The first one to three words of a phrase: for each the hashes of its spellings, none where it is a wildcard.
    typealias Opening = [[UInt64]]

    /// - Parameters:
    ///   - openings: of all phrases; the same may be given more than once.
    ///   - wildcards: those that begin a phrase.
    init(openings: [Opening], wildcards: [Wildcard]) {
        let openings = openings.map { Self.known($0) }
        let beginnings = Set(wildcards.flatMap { Self.beginnings($0.literalPrefix.prefix(4)) })
        let entries = openings.reduce(beginnings.count) { $0 + $1.reduce(1) { $0 * $1.count } }
        let bitCount = min(max(12, Vocabulary.bitsNeeded(entries * Self.bitsPerEntry)), Self.maximumBits)
        let mask: UInt64 = (1 << UInt64(bitCount)) - 1
        var filter = [UInt64](repeating: 0, count: 1 << (bitCount - 6))
        func add(_ hash: UInt64) { filter[Int((hash & mask) >> 6)] |= 1 << (hash & 63) }
        for opening in openings { Self.forEachHash(of: opening, add) }
        for beginning in beginnings { add(Self.hash(beginning)) }
        bits = FlatArray(filter)
        self.mask = mask
        hasWildcards = !wildcards.isEmpty
    }

    /// The first four bytes, little-endian, that a word may have which begins with `prefix`: itself where it is as long.
    private static func beginnings(_ prefix: ArraySlice<UInt8>) -> [UInt64] {
        if prefix.count == 4 { return [prefix.reversed().reduce(0) { $0 << 8 | UInt64($1) }] }
        let longer = bytesInWords.flatMap { beginnings(prefix + [$0]) }
        // The word may end here.
        return longer + beginnings(prefix + [UInt8](repeating: 0, count: 4 - prefix.count))
    }

    /// Every byte that a folded word may have.
    private static let bytesInWords: [UInt8] =
        [UInt8(ascii: "'")] + Array(UInt8(ascii: "0")...UInt8(ascii: "9"))
        + Array(UInt8(ascii: "a")...UInt8(ascii: "z"))
        + Array(0x80...0xFF)

    /// As many words of an opening as can be known by their spellings; nothing where the first is a wildcard, which is
    /// known by its own filter.
    private static func known(_ opening: Opening) -> ArraySlice<[UInt64]> {
        if opening[0].isEmpty { return [] }
        let isKnown = !opening.contains(where: \.isEmpty)
        return isKnown && opening.reduce(1, { $0 * $1.count }) <= maximumSpellings ? opening[...] : opening[..<1]
    }

    private static func forEachHash(of words: ArraySlice<[UInt64]>, before: UInt64 = 0, _ body: (UInt64) -> Void) {
        guard let spellings = words.first else { return }
        for spelling in spellings {
            let hash = hash(before, spelling)
            if words.count == 1 { body(hash) } else { forEachHash(of: words.dropFirst(), before: hash, body) }
        }
    }
}
