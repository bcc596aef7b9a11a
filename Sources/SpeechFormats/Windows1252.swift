/// The code page of Western European Windows (WHATWG Encoding, `windows-1252`, its five holes left undefined).
enum Windows1252 {
    /// 0x80...0x9F; 0 where the code page defines nothing.
    private static let high: [UInt16] = [
        0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017D, 0,
        0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0, 0x017E,
        0x0178,
    ]

    static func isUndefined(_ byte: UInt8) -> Bool {
        (0x80...0x9F).contains(byte) && high[Int(byte - 0x80)] == 0
    }

    /// The text, nil if a byte is undefined.
    static func decode(_ bytes: ArraySlice<UInt8>) -> String? {
        var units: [UInt16] = []
        units.reserveCapacity(bytes.count)
        for byte in bytes {
            if isUndefined(byte) { return nil }
            units.append((0x80...0x9F).contains(byte) ? high[Int(byte - 0x80)] : UInt16(byte))
        }
        return String(decoding: units, as: UTF16.self)
    }

    /// Whether bytes that are not UTF-8 read like Western European text: no undefined byte, no intact UTF-8 sequence
    /// (then it is damaged UTF-8), mostly ASCII, and every other byte where such text would have it.
    static func isPlausible(_ bytes: [UInt8]) -> Bool {
        var highCount = 0
        for (index, byte) in bytes.enumerated() where byte >= 0x80 {
            highCount += 1
            if let length = UTF8Damage.sequenceLength(in: bytes, at: index), length > 1 { return false }
            let before = index > 0 ? bytes[index - 1] : 0x20
            let after = index + 1 < bytes.count ? bytes[index + 1] : 0x20
            guard fits(byte, before: before, after: after) else { return false }
        }
        return highCount * 4 <= bytes.count
    }

    private static func fits(_ byte: UInt8, before: UInt8, after: UInt8) -> Bool {
        switch byte {
        // Quotes, dashes, dots, bullets, ligatures, trade mark: what word processors put into prose.
        case 0x82, 0x84...0x87, 0x89, 0x8B, 0x91...0x97, 0x99, 0x9B: true
        case 0x80: isDigit(after) || isDigit(before) || after == 0x20 && isDigit(before) || isLetter(after)
        // No-break space, ¡ ¢ £ § © ª « soft hyphen ® ° ² ³ ´ · ¹ º » ¼ ½ ¾ ¿.
        case 0xA0...0xA3, 0xA7, 0xA9...0xAB, 0xAD, 0xAE, 0xB0, 0xB2...0xB4, 0xB7, 0xB9...0xBF: true
        // Icelandic letters and y with diaeresis are what random bytes most often look like.
        case 0xD0, 0xDD, 0xDE, 0xF0, 0xFD, 0xFE, 0xFF, 0x9F: false
        case 0x8A, 0x8C, 0x8E, 0xC0...0xD6, 0xD8...0xDC: !isLowercase(before) && (isLetter(after) || isLetter(before))
        case 0x9A, 0x9C, 0x9E, 0xDF...0xF6, 0xF8...0xFC:
            isLetter(before) || isLetter(after) || (isSpace(before) && isSpace(after) && isWord(byte))
        default: false
        }
    }

    /// Letters that are whole words in French, Italian, Portuguese or Spanish: à, è, é, ì, ó.
    private static func isWord(_ byte: UInt8) -> Bool { [0xE0, 0xE8, 0xE9, 0xEC, 0xF3].contains(byte) }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isLowercase(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (0xDF...0xFF).contains(byte)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        isLowercase(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) || (0xC0...0xDE).contains(byte)
    }
}
