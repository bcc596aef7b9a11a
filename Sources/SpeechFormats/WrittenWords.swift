/// The words of four and more letters that a text writes, in any case of letters: by hashes of 64 bits, since a text has
/// thousands and is asked for a few.
struct WrittenWords {
    private static let bytesMin = 4
    private var hashes: Set<UInt64> = []

    /// No words.
    init() {}

    /// The words of lines; the apostrophe separates them.
    init(_ lines: [String]) {
        var all: [UInt64] = []
        for line in lines {
            var line = line
            line.withUTF8 { text in
                var scanner = WordScanner(text)
                while let word = scanner.next() { Self.add(word, to: &all) }
            }
        }
        hashes = Set(all)
    }

    /// Whether the text writes this word.
    func contains(_ word: String) -> Bool { hashes.contains(Self.hash(word.lowercased().utf8)) }

    private static func add(_ word: WordScanner.Word, to all: inout [UInt64]) {
        guard word.bytes.count >= bytesMin else { return }
        guard word.isASCII else {
            let lower = String(decoding: word.bytes, as: UTF8.self).lowercased()
            for part in lower.split(whereSeparator: { "'’".contains($0) }) where part.utf8.count >= bytesMin {
                all.append(hash(part.utf8))
            }
            return
        }
        for part in word.bytes.split(separator: UInt8(ascii: "'")) where part.count >= bytesMin {
            all.append(hash(part, lowering: 0x20))
        }
    }

    /// FNV-1a, 64 bits (RFC 9923). The bit makes ASCII's capitals small.
    private static func hash(_ bytes: some Sequence<UInt8>, lowering bit: UInt8 = 0) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1 | bit)) &* 0x0000_0100_0000_01B3 }
    }
}
