/// Tells, by the hashes of words alone, where in a text a phrase may begin, so that most words are never looked up.
///
/// A phrase is known by its first three words, a shorter one by all it has. Most sequences of words begin no phrase, even
/// where each of their words is in many (`of the`), and one bit for each says so. A wildcard is known by the beginnings
/// of the words that it may name. The filter may say yes of words that begin nothing; it never says no of words that do,
/// as long as their first bytes are those of ASCII words (`isCertain`).
struct StartFilter: Sendable {
    /// Few bits are set, up to a size at which the filter still fits the second cache level: a false yes costs as much
    /// as reading five words.
    private static let bitsPerEntry = 64
    private static let maximumBits = 21
    /// A phrase whose first words have more spellings than this together is known by its first word.
    private static let maximumSpellings = 128

    private let bits: FlatArray<UInt64>
    private let mask: UInt64
    /// The first bytes of a word by which wildcards are known; all of them where no rule has a wildcard.
    private let beginningMask: UInt64

    /// The hash of a word's first eight folded bytes.
    @inline(__always)
    static func hash(_ first: UInt64) -> UInt64 { (first &* 0x9E37_79B9_7F4A_7C15) &>> 40 }

    /// Whether all is known of a word by its first eight folded bytes: beginnings are spelt out for ASCII only.
    static func isCertain(_ first: UInt64) -> Bool { first & 0x8080_8080_8080_8080 == 0 }

    /// The hash of words in a row, given the hash of all but the last. The hash of none is 0.
    @inline(__always)
    static func hash(_ before: UInt64, _ last: UInt64) -> UInt64 { before &* 8 &+ last }

    /// The filter as the scanning loop reads it, valid as long as the filter is.
    var reader: Reader { Reader(bits: bits.base, mask: mask, beginningMask: beginningMask) }

    struct Reader {
        fileprivate let bits: UnsafePointer<UInt64>
        fileprivate let mask: UInt64
        fileprivate let beginningMask: UInt64

        /// In the lowest bit: whether a phrase may begin with words of this hash. The other bits mean nothing.
        @inline(__always)
        func mayBegin(_ hash: UInt64) -> UInt64 {
            bits[Int(truncatingIfNeeded: (hash & mask) &>> 6)] &>> (hash & 63)
        }

        /// The hash by which a word is known after the first of a phrase. Where no rule has a wildcard, it is that of the
        /// word, which tells words apart better.
        @inline(__always)
        func hash(following first: UInt64, _ word: UInt64) -> UInt64 {
            beginningMask == .max ? word : StartFilter.hash(first & beginningMask)
        }

        /// In the lowest bit: whether a phrase may begin with one word, by its two hashes. The other bits mean nothing.
        @inline(__always)
        func mayBegin(with word: UInt64, _ following: UInt64) -> UInt64 {
            beginningMask == .max ? mayBegin(word) : mayBegin(word) | mayBegin(following)
        }
    }
}

extension StartFilter {
    /// One of the first three words of a phrase: how it may be spelt, or the wildcard.
    enum Opener {
        case word([FoldedWord])
        case wildcard(Wildcard)
    }

    /// - Parameters:
    ///   - openers: by term.
    ///   - openings: the terms that all phrases begin with, up to three; the same may be given more than once.
    init(openers: [Opener], openings: [[UInt32]]) {
        let beginnings = Beginnings(of: Set(openings.joined()).map { openers[Int($0)] })
        // Terms are in many openings: the hashes of each are made once.
        let first = Self.hashes(openers, of: openings.lazy.map { $0[..<1] }, isFirst: true, beginnings)
        let later = Self.hashes(openers, of: openings.lazy.map { $0[1...] }, isFirst: false, beginnings)
        let hashed = openings.map { opening -> ArraySlice<[UInt64]> in
            let hashes = [first[Int(opening[0])]] + opening.dropFirst().map { later[Int($0)] }
            // The first word only where that is a wildcard, which is known by itself, or where the spellings of all are
            // too many.
            let isWhole =
                !openers[Int(opening[0])].isWildcard && hashes.reduce(1) { $0 * $1.count } <= Self.maximumSpellings
            return isWhole ? hashes[...] : hashes[..<1]
        }
        let entries = hashed.reduce(0) { $0 + $1.reduce(1) { $0 * $1.count } }
        let bitCount = min(max(12, Vocabulary.bitsNeeded(entries * Self.bitsPerEntry)), Self.maximumBits)
        let mask: UInt64 = (1 << UInt64(bitCount)) - 1
        var filter = [UInt64](repeating: 0, count: 1 << (bitCount - 6))
        for opening in hashed {
            Self.forEachHash(of: opening) { filter[Int(($0 & mask) >> 6)] |= 1 << ($0 & 63) }
        }
        bits = FlatArray(filter)
        self.mask = mask
        beginningMask = beginnings.mask
    }

    /// The hashes of those terms that are asked for, by term.
    private static func hashes(
        _ openers: [Opener], of terms: some Sequence<ArraySlice<UInt32>>, isFirst: Bool, _ beginnings: Beginnings
    ) -> [[UInt64]] {
        var hashes = [[UInt64]](repeating: [], count: openers.count)
        for term in terms.joined() where hashes[Int(term)].isEmpty {
            hashes[Int(term)] = openers[Int(term)].hashes(isFirst: isFirst, beginnings)
        }
        return hashes
    }

    private static func forEachHash(of words: ArraySlice<[UInt64]>, before: UInt64 = 0, _ body: (UInt64) -> Void) {
        guard let spellings = words.first else { return }
        for spelling in spellings {
            let hash = hash(before, spelling)
            if words.count == 1 { body(hash) } else { forEachHash(of: words.dropFirst(), before: hash, body) }
        }
    }
}

extension StartFilter.Opener {
    fileprivate var isWildcard: Bool {
        if case .wildcard = self { true } else { false }
    }

    fileprivate func hashes(isFirst: Bool, _ beginnings: Beginnings) -> [UInt64] {
        switch self {
        case .word(let spellings):
            let first = Set(spellings.map { isFirst ? $0.first : $0.first & beginnings.mask })
            return first.map { StartFilter.hash($0) }
        case .wildcard(let wildcard): return beginnings.beginnings(of: wildcard).map { StartFilter.hash($0) }
        }
    }
}

/// The first bytes of words by which the wildcards of a ruleset are known: five, or fewer where a wildcard has so few
/// letters before its `*` that too many words begin with them.
private struct Beginnings {
    private static let maximumLength = 5
    /// Bytes that are spelt out beyond the letters of a wildcard: two of them are some 1,500 beginnings.
    private static let maximumUnknown = 2
    /// Every ASCII byte that a folded word may have.
    private static let bytesInWords: [UInt8] =
        [UInt8(ascii: "'")] + Array(UInt8(ascii: "0")...UInt8(ascii: "9"))
        + Array(UInt8(ascii: "a")...UInt8(ascii: "z"))

    /// The bytes of a beginning within a word's first eight; all where there are no wildcards.
    let mask: UInt64
    private let length: Int

    init(of openers: [StartFilter.Opener]) {
        var shortest = Int.max
        for case .wildcard(let wildcard) in openers {
            shortest = min(shortest, wildcard.literalPrefix.count)
        }
        length = min(shortest, Self.maximumLength - Self.maximumUnknown) + Self.maximumUnknown
        mask = shortest == .max ? .max : (1 << UInt64(8 * length)) - 1
    }

    /// Every beginning, little-endian, of a word that a wildcard may name.
    func beginnings(of wildcard: Wildcard) -> [UInt64] {
        let prefix = wildcard.literalPrefix.prefix(length)
        var open: [UInt64] = [prefix.reversed().reduce(0) { $0 << 8 | UInt64($1) }]
        var ended: [UInt64] = []
        for position in prefix.count..<length {
            ended += open
            open = open.flatMap { beginning in
                Self.bytesInWords.map { beginning | UInt64($0) << UInt64(8 * position) }
            }
        }
        return ended + open
    }
}
