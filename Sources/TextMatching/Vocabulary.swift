/// What the vocabulary says of a word: nothing, one term, or a list of terms.
///
/// A term is one `WordPattern` of the rules. Most words of a text are none; most others are one.
struct TermCode: BitwiseCopyable, Equatable, Sendable {
    let rawValue: UInt32

    /// No rule names the word.
    static let none = TermCode(rawValue: 0)
    /// Nobody has asked yet.
    static let unread = TermCode(rawValue: .max)
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

    /// The low bytes of a number that a word of 0 to 16 bytes fills.
    static let masks = FlatArray((0...16).map { $0 >= 8 ? UInt64.max : (1 << UInt64(8 * $0)) - 1 })

    /// The first eight folded bytes of an ASCII word of 1 to 16 letters and digits; eight can be read. Setting the case
    /// bit folds letters and keeps digits.
    @inline(__always)
    static func first(ascii word: UnsafePointer<UInt8>, length: Int, _ masks: UnsafePointer<UInt64>) -> UInt64 {
        let bytes = UInt64(littleEndian: UnsafeRawPointer(word).loadUnaligned(as: UInt64.self))
        return (bytes | 0x2020_2020_2020_2020) & masks[length]
    }

    /// The key of an ASCII word of 1 to 16 letters and digits, sixteen bytes of which can be read.
    @inline(__always)
    init(ascii word: UnsafePointer<UInt8>, length: Int, _ masks: UnsafePointer<UInt64>) {
        self.init(
            first: Self.first(ascii: word, length: length, masks),
            second: Self.first(ascii: word + 8, length: max(length &- 8, 0), masks))
    }

    /// Takes eight more bytes of a long word into the hash.
    mutating func add(_ chunk: UInt64) { hash = Self.finish((hash ^ chunk) &* 0x9E37_79B9_7F4A_7C15) }

    @inline(__always)
    private static func finish(_ product: UInt64) -> UInt64 { product ^ (product >> 32) }
}

/// All words that the rules name, as an open hash table keyed by folded bytes.
///
/// Words of up to sixteen bytes are their own key; longer ones are compared byte by byte, so a hash collision can never
/// make evidence.
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
    private let entryShift: UInt64
    /// Bytes of long words, each with its length before it.
    private let pool: FlatArray<UInt8>

    init(_ words: [(word: String, code: TermCode)]) {
        let bits = max(4, Self.bitsNeeded(words.count * 2))
        var entries = [Entry](repeating: Self.free, count: 1 << bits)
        var pool: [UInt8] = []
        entryShift = UInt64(64 - bits)
        for (spelling, code) in words {
            let word = FoldedWord(spelling)
            precondition(word.count > 0 && !word.isTooLong, "a word of 1 to 64 bytes")
            let key = word.key
            var entry = Entry(first: key.first, second: key.second, code: code, pool: Self.shortWord)
            if word.count > WordKey.maximumExactLength {
                entry.pool = UInt32(pool.count)
                pool.append(UInt8(word.count))
                pool += word.bytes
            }
            var slot = Int(key.hash >> entryShift)
            while !entries[slot].code.isNone { slot = (slot + 1) & (entries.count - 1) }
            entries[slot] = entry
        }
        self.entries = FlatArray(entries)
        self.pool = FlatArray(pool)
    }

    /// The code of a word of at most sixteen folded bytes.
    @inline(__always)
    func code(_ key: WordKey) -> TermCode {
        var slot = Int(truncatingIfNeeded: key.hash &>> entryShift)
        while true {
            let entry = entries.base[slot]
            if entry.first == key.first && entry.second == key.second && entry.pool == Self.shortWord {
                return entry.code
            }
            if entry.code.isNone { return .none }
            slot = (slot &+ 1) & (entries.count &- 1)
        }
    }

    /// The code of a folded word of any length.
    func code(_ word: FoldedWord) -> TermCode {
        let key = word.key
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

    static func bitsNeeded(_ count: Int) -> Int {
        var bits = 0
        while 1 << bits < count { bits += 1 }
        return bits
    }
}
