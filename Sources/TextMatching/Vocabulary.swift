/// What the vocabulary says of a word: nothing, one term, or a list of terms.
///
/// A term is one `WordPattern` of the rules. Most words of a text are none; most others are one.
struct TermCode: BitwiseCopyable, Equatable, Sendable {
    let rawValue: UInt32

    /// No rule names the word.
    static let none = TermCode(rawValue: 0)
    private static let listBit: UInt32 = 0x8000_0000
    private static let exactBit: UInt32 = 0x4000_0000

    static func term(_ term: Int) -> TermCode { TermCode(rawValue: UInt32(term) + 1) }
    static func list(_ list: Int) -> TermCode { TermCode(rawValue: UInt32(list) | listBit) }
    /// A list in which some terms ask for the exact characters, still to be compared.
    static func unverifiedList(_ list: Int) -> TermCode { TermCode(rawValue: UInt32(list) | listBit | exactBit) }

    @inline(__always) var isNone: Bool { rawValue == 0 }
    @inline(__always) var isSingle: Bool { rawValue < Self.exactBit }
    @inline(__always) var needsVerification: Bool { rawValue >= Self.listBit | Self.exactBit }
    /// The term of a single.
    @inline(__always) var term: UInt32 { rawValue &- 1 }
    /// The list's number.
    @inline(__always) var list: Int { Int(rawValue & ~(Self.listBit | Self.exactBit)) }
}

/// Hash of a word's folded bytes, eight at a time, as both the tokenizer and the vocabulary compute it.
enum WordHash {
    @inline(__always)
    static func mix(_ hash: UInt64, _ chunk: UInt64) -> UInt64 {
        let product = (hash ^ chunk) &* 0x9E37_79B9_7F4A_7C15
        return product ^ (product >> 32)
    }
}

/// All words that the rules name, as an open hash table keyed by folded bytes.
///
/// Words of up to eight bytes are their own key; longer ones are keyed by hash and compared byte by byte, so a hash
/// collision can never make evidence. A bit filter in front, small enough for the first-level cache, turns most words of
/// a text away after one look.
struct Vocabulary: Sendable {
    struct Entry: BitwiseCopyable, Sendable {
        var key: UInt64
        var code: TermCode
        /// Offset of a long word's bytes in the pool; `shortWord` where the key says it all.
        var pool: UInt32
    }

    private static let shortWord = UInt32.max
    private static let free = Entry(key: 0, code: .none, pool: shortWord)

    let entries: FlatArray<Entry>
    let filter: FlatArray<UInt64>
    let entryShift: UInt64
    let filterShift: UInt64
    /// Bytes of long words, each with its length before it.
    private let pool: FlatArray<UInt8>

    init(_ words: [(word: String, code: TermCode)]) {
        let bits = max(4, Self.bitsNeeded(words.count * 2))
        let filterBits = min(max(10, Self.bitsNeeded(words.count * 16)), 20)
        var entries = [Entry](repeating: Self.free, count: 1 << bits)
        var filter = [UInt64](repeating: 0, count: 1 << (filterBits - 6))
        var pool: [UInt8] = []
        let entryShift = UInt64(64 - bits)
        let filterShift = UInt64(64 - filterBits)
        for (word, code) in words {
            let bytes = Array(word.utf8)
            precondition(!bytes.isEmpty && bytes.count <= FoldedWord.maximumLength, "a word of 1 to 64 bytes")
            let hash = Self.hash(bytes)
            var entry = Entry(key: hash, code: code, pool: Self.shortWord)
            if bytes.count <= 8 {
                entry.key = Self.chunk(bytes, at: 0)
            } else {
                entry.pool = UInt32(pool.count)
                pool.append(UInt8(bytes.count))
                pool += bytes
            }
            var slot = Int(hash >> entryShift)
            while !entries[slot].code.isNone { slot = (slot + 1) & (entries.count - 1) }
            entries[slot] = entry
            let bit = Self.filterBit(hash, shift: filterShift)
            filter[bit >> 6] |= 1 << UInt64(bit & 63)
        }
        self.entries = FlatArray(entries)
        self.filter = FlatArray(filter)
        self.pool = FlatArray(pool)
        self.entryShift = entryShift
        self.filterShift = filterShift
    }

    /// The code of a word of at most eight folded bytes, given as its little-endian chunk.
    @inline(__always)
    func code(short chunk: UInt64, hash: UInt64) -> TermCode {
        guard mayContain(hash) else { return .none }
        var slot = Int(hash >> entryShift)
        while true {
            let entry = entries.base[slot]
            if entry.key == chunk && entry.pool == Self.shortWord { return entry.code }
            if entry.code.isNone { return .none }
            slot = (slot + 1) & (entries.count - 1)
        }
    }

    /// The code of a longer word; `equals` compares its folded bytes with the pool's.
    @inline(__always)
    func code(long hash: UInt64, equals: (_ pool: UnsafePointer<UInt8>, _ count: Int) -> Bool) -> TermCode {
        guard mayContain(hash) else { return .none }
        var slot = Int(hash >> entryShift)
        while true {
            let entry = entries.base[slot]
            if entry.code.isNone { return .none }
            if entry.key == hash && entry.pool != Self.shortWord {
                let bytes = pool.base + Int(entry.pool)
                if equals(bytes + 1, Int(bytes.pointee)) { return entry.code }
            }
            slot = (slot + 1) & (entries.count - 1)
        }
    }

    @inline(__always)
    private func mayContain(_ hash: UInt64) -> Bool {
        let bit = Self.filterBit(hash, shift: filterShift)
        return filter.base[bit >> 6] & (1 << UInt64(bit & 63)) != 0
    }

    /// The filter uses other bits of the product than the table's slots do.
    @inline(__always)
    private static func filterBit(_ hash: UInt64, shift: UInt64) -> Int {
        Int((hash &* 0xD6E8_FEB8_6659_FD93) >> shift)
    }

    static func hash(_ bytes: [UInt8]) -> UInt64 {
        stride(from: 0, to: bytes.count, by: 8).reduce(0) { WordHash.mix($0, chunk(bytes, at: $1)) }
    }

    private static func chunk(_ bytes: [UInt8], at start: Int) -> UInt64 {
        bytes[start..<min(start + 8, bytes.count)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    static func bitsNeeded(_ count: Int) -> Int {
        var bits = 0
        while 1 << bits < count { bits += 1 }
        return bits
    }
}
