/// The words of four and more letters that a text writes, in any case of letters: by hashes of 64 bits, since a text has
/// thousands and is asked for a few.
struct WrittenWords {
    private static let bytesMin = 4
    /// A power of two of places, at most half of them taken; 0 is an empty one. The hashes are mixed well enough to say
    /// themselves where they stand.
    private var table: [UInt64]

    /// The words of lines; the apostrophe separates them.
    init(_ lines: [LineText]) {
        var all: [UInt64] = []
        for line in lines {
            var scanner = WordScanner(line.bytes)
            while let word = scanner.next() { Self.add(word, to: &all) }
        }
        var size = 16
        while size < all.count * 2 { size *= 2 }
        table = [UInt64](repeating: 0, count: size)
        for hash in all {
            let place = Self.place(of: hash, in: table)
            table[place] = hash
        }
    }

    /// Whether the text writes this word.
    func contains(_ word: String) -> Bool {
        let hash = Self.hash(word.lowercased().utf8)
        return table[Self.place(of: hash, in: table)] == hash
    }

    /// Where a hash stands, or would.
    private static func place(of hash: UInt64, in table: [UInt64]) -> Int {
        let mask = table.count - 1
        // FNV's lower bits depend on few of the last letters; the upper ones on all.
        var place = Int(truncatingIfNeeded: hash >> 32) & mask
        while table[place] != 0, table[place] != hash { place = (place + 1) & mask }
        return place
    }

    private static func add(_ word: WordScanner.Word, to all: inout [UInt64]) {
        guard word.bytes.count >= bytesMin else { return }
        guard word.isASCII else {
            let lower = String(decoding: word.bytes, as: UTF8.self).lowercased()
            // A mark at its beginning belongs to what stands before it: ")" with an accent is no letter.
            for part in lower.split(whereSeparator: { !$0.isLetter }) where part.utf8.count >= bytesMin {
                all.append(hash(part.utf8))
            }
            return
        }
        var (hash, length) = (offsetBasis, 0)
        for byte in word.bytes {
            if byte == UInt8(ascii: "'") {
                if length >= bytesMin { all.append(hash | 1) }
                (hash, length) = (offsetBasis, 0)
            } else {
                hash = (hash ^ UInt64(byte | 0x20)) &* prime
                length += 1
            }
        }
        if length >= bytesMin { all.append(hash | 1) }
    }

    /// FNV-1a, 64 bits (RFC 9923), made odd so that it is never 0.
    private static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(offsetBasis) { ($0 ^ UInt64($1)) &* prime } | 1
    }

    private static let offsetBasis: UInt64 = 0xCBF2_9CE4_8422_2325
    private static let prime: UInt64 = 0x0000_0100_0000_01B3
}
