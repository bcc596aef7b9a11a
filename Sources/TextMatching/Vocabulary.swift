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

/// The folded bytes of a word as the vocabulary keys it: two numbers say all of a word of up to sixteen bytes.
struct WordKey: BitwiseCopyable, Equatable, Sendable {
    /// Bytes 0 to 7, little-endian, zero beyond the word.
    var first: UInt64
    /// Bytes 8 to 15.
    var second: UInt64
    var hash: UInt64

    /// Longest word, in folded bytes, that its key says all of.
    static let maximumExactLength = 16

    @inline(__always)
    init(first: UInt64, second: UInt64) {
        self.first = first
        self.second = second
        hash = Self.finish((first &* 0x9E37_79B9_7F4A_7C15) ^ (second &* 0xC2B2_AE3D_27D4_EB4F))
    }

    /// Low bytes that a word of 0 to 16 bytes has in each of its two numbers: two entries a length.
    static let masks: FlatArray<UInt64> = {
        func lowBytes(_ count: Int) -> UInt64 { count >= 8 ? .max : (1 << UInt64(8 * count)) - 1 }
        return FlatArray((0...16).flatMap { length in [lowBytes(length), lowBytes(max(length - 8, 0))] })
    }()

    /// The key of an ASCII word of 1 to 16 letters and digits, sixteen bytes of which can be read; setting the case bit
    /// folds letters and keeps digits.
    @inline(__always)
    init(ascii word: UnsafePointer<UInt8>, length: Int, _ masks: UnsafePointer<UInt64>) {
        let raw = UnsafeRawPointer(word)
        let caseBits: UInt64 = 0x2020_2020_2020_2020
        let low = UInt64(littleEndian: raw.loadUnaligned(as: UInt64.self)) | caseBits
        let high = UInt64(littleEndian: (raw + 8).loadUnaligned(as: UInt64.self)) | caseBits
        self.init(first: low & masks[2 &* length], second: high & masks[2 &* length &+ 1])
    }

    /// The key of a word given as its chunks of eight bytes, at least two.
    init(chunks: [UInt64]) {
        self.init(first: chunks[0], second: chunks[1])
        for chunk in chunks.dropFirst(2) { hash = Self.finish((hash ^ chunk) &* 0x9E37_79B9_7F4A_7C15) }
    }

    @inline(__always)
    private static func finish(_ product: UInt64) -> UInt64 { product ^ (product >> 32) }
}

/// All words that the rules name, as an open hash table keyed by folded bytes.
///
/// Words of up to sixteen bytes are their own key; longer ones are compared byte by byte, so a hash collision can never
/// make evidence. A bit filter in front, small enough for the first-level cache, turns most words of a text away after
/// one look.
struct Vocabulary: Sendable {
    struct Entry: BitwiseCopyable, Sendable {
        var first: UInt64
        var second: UInt64
        var code: TermCode
        /// Offset of a long word's bytes in the pool; `shortWord` where the key says it all.
        var pool: UInt32
    }

    static let shortWord = UInt32.max
    private static let free = Entry(first: 0, second: 0, code: .none, pool: shortWord)

    let entries: FlatArray<Entry>
    let filter: FlatArray<UInt64>
    let filterMask: UInt64
    private let entryShift: UInt64
    /// Bytes of long words, each with its length before it.
    private let pool: FlatArray<UInt8>

    init(_ words: [(word: String, code: TermCode)]) {
        let bits = max(4, Self.bitsNeeded(words.count * 2))
        let filterBits = min(max(10, Self.bitsNeeded(words.count * 16)), 19)
        var entries = [Entry](repeating: Self.free, count: 1 << bits)
        var filter = [UInt64](repeating: 0, count: 1 << (filterBits - 6))
        var pool: [UInt8] = []
        entryShift = UInt64(64 - bits)
        filterMask = (1 << UInt64(filterBits)) - 1
        for (word, code) in words {
            let bytes = Array(word.utf8)
            precondition(!bytes.isEmpty && bytes.count <= FoldedWord.maximumLength, "a word of 1 to 64 bytes")
            let key = WordKey(chunks: Self.chunks(bytes))
            var entry = Entry(first: key.first, second: key.second, code: code, pool: Self.shortWord)
            if bytes.count > WordKey.maximumExactLength {
                entry.pool = UInt32(pool.count)
                pool.append(UInt8(bytes.count))
                pool += bytes
            }
            var slot = Int(key.hash >> entryShift)
            while !entries[slot].code.isNone { slot = (slot + 1) & (entries.count - 1) }
            entries[slot] = entry
            let bit = key.hash & filterMask
            filter[Int(bit >> 6)] |= 1 << (bit & 63)
        }
        self.entries = FlatArray(entries)
        self.filter = FlatArray(filter)
        self.pool = FlatArray(pool)
    }

    /// The code of a word of at most sixteen folded bytes.
    @inline(__always)
    func code(_ key: WordKey) -> TermCode {
        var slot = Int(key.hash >> entryShift)
        while true {
            let entry = entries.base[slot]
            if entry.first == key.first && entry.second == key.second && entry.pool == Self.shortWord {
                return entry.code
            }
            if entry.code.isNone { return .none }
            slot = (slot + 1) & (entries.count - 1)
        }
    }

    /// The code of a folded word of any length.
    func code(_ word: FoldedWord) -> TermCode {
        let key = WordKey(chunks: stride(from: 0, to: max(word.count, 9), by: 8).map { word.chunk(at: $0) })
        guard word.count > WordKey.maximumExactLength else { return code(key) }
        var slot = Int(key.hash >> entryShift)
        while !entries[slot].code.isNone {
            let entry = entries[slot]
            if entry.pool != Self.shortWord, Int(pool[Int(entry.pool)]) == word.count,
                (0..<word.count).allSatisfy({ pool[Int(entry.pool) + 1 + $0] == word[$0] })
            {
                return entry.code
            }
            slot = (slot + 1) & (entries.count - 1)
        }
        return .none
    }

    private static func chunks(_ bytes: [UInt8]) -> [UInt64] {
        stride(from: 0, to: max(bytes.count, 9), by: 8).map { start in
            guard start < bytes.count else { return 0 }
            return bytes[start..<min(start + 8, bytes.count)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
    }

    static func bitsNeeded(_ count: Int) -> Int {
        var bits = 0
        while 1 << bits < count { bits += 1 }
        return bits
    }
}
