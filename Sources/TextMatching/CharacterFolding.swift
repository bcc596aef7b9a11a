internal import Foundation

/// What a character is to the tokenizer.
enum CharacterClass: UInt8 {
    /// White space within a paragraph.
    case space
    /// A letter, a digit or a mark that belongs to one.
    case word
    /// Quotation marks, hyphens, slashes and the like: words on both sides are still neighbours.
    case soft
    /// Commas, colons, brackets and all other symbols: words on both sides are no neighbours.
    case hard
    /// A full stop, question or exclamation mark, or ellipsis.
    case terminator
    /// A line end; two of them end the paragraph.
    case newline
    /// `'` and its typographic forms: part of a word between letters, else soft.
    case apostrophe
    /// A hyphen: soft beside a word, hard when it stands alone as a dash.
    case hyphen
    /// `&`, read as the word `and`.
    case ampersand
    /// Soft hyphens and zero-width characters: not there.
    case ignorable
    /// First byte of a character beyond ASCII.
    case beyondASCII
}

/// Folding of characters: to lower case, without diacritics, ligatures and letter forms spelt out.
///
/// Tables are computed once from the Unicode data of the system for the scripts whose case and marks we fold (Latin,
/// Greek, Cyrillic, Armenian's neighbours, presentation forms); letters of other scripts fold to themselves.
struct CharacterFolding: Sendable {
    static let shared = CharacterFolding()

    /// The class of each byte; `beyondASCII` from 0x80.
    let byteClasses: FlatArray<UInt8>
    private let foldings: [UInt32: [UInt8]]

    private init() {
        byteClasses = FlatArray((0...255).map { Self.byteClass(UInt8($0)).rawValue })
        var foldings: [UInt32: [UInt8]] = [:]
        for range in [0x80...0x52F, 0x1E00...0x1FFF, 0xFB00...0xFB06, 0xFF10...0xFF5A] {
            for value in range {
                guard let scalar = Unicode.Scalar(UInt32(value)), Self.generalClass(scalar) == .word else { continue }
                foldings[scalar.value] = Self.computeFolding(scalar)
            }
        }
        self.foldings = foldings
    }

    /// The folded UTF-8 form of a word character; empty for a combining mark.
    func appendFolded(_ scalar: Unicode.Scalar, to folded: inout FoldedWord) {
        if scalar.value < 0x80 {
            let byte = UInt8(scalar.value)
            folded.append((UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte)
        } else if let bytes = foldings[scalar.value] {
            for byte in bytes { folded.append(byte) }
        } else if !Self.isMark(scalar) {
            for byte in UTF8.encode(scalar)! { folded.append(byte) }
        }
    }

    /// The class of any character.
    func characterClass(_ scalar: Unicode.Scalar) -> CharacterClass {
        scalar.value < 0x80 ? Self.byteClass(UInt8(scalar.value)) : Self.classBeyondASCII(scalar)
    }

    /// A whole text folded, for words of rules; not for the scanning loop.
    func folded(_ text: String) -> String {
        var bytes: [UInt8] = []
        for scalar in text.unicodeScalars where characterClass(scalar) != .ignorable {
            var word = FoldedWord()
            appendFolded(scalar, to: &word)
            bytes += word.bytes
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func byteClass(_ byte: UInt8) -> CharacterClass {
        switch byte {
        case 0x80...: .beyondASCII
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            .word
        case UInt8(ascii: "\n"), UInt8(ascii: "\r"): .newline
        case UInt8(ascii: " "), UInt8(ascii: "\t"), 0x0B, 0x0C: .space
        case UInt8(ascii: "."), UInt8(ascii: "!"), UInt8(ascii: "?"): .terminator
        case UInt8(ascii: "'"): .apostrophe
        case UInt8(ascii: "-"): .hyphen
        case UInt8(ascii: "&"): .ampersand
        case UInt8(ascii: "\""), UInt8(ascii: "/"), UInt8(ascii: "*"), UInt8(ascii: "_"), UInt8(ascii: "#"),
            UInt8(ascii: "@"), UInt8(ascii: "`"):
            .soft
        default: .hard
        }
    }

    private static func classBeyondASCII(_ scalar: Unicode.Scalar) -> CharacterClass {
        switch scalar.value {
        case 0xAD, 0x200B...0x200D, 0x2060, 0xFEFF: .ignorable
        case 0x2019, 0x02BC, 0xFF07: .apostrophe
        case 0x2010, 0x2011, 0x2012, 0x2013, 0x2212: .hyphen
        case 0x2018, 0x201A...0x201F, 0xAB, 0xBB, 0x2039, 0x203A: .soft
        case 0x2026, 0x203D, 0xFF01, 0xFF0E, 0xFF1F, 0x3002: .terminator
        case 0x85, 0x2028, 0x2029: .newline
        default: generalClass(scalar)
        }
    }

    private static func generalClass(_ scalar: Unicode.Scalar) -> CharacterClass {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
            .letterNumber, .nonspacingMark, .spacingMark, .enclosingMark:
            .word
        case .spaceSeparator: .space
        default: .hard
        }
    }

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark: true
        default: false
        }
    }

    /// Letters that Unicode does not decompose, spelt as English indexes spell them.
    private static let spellings: [UInt32: String] = [
        0xDF: "ss", 0xE6: "ae", 0xF8: "o", 0xF0: "d", 0xFE: "th", 0x111: "d", 0x127: "h", 0x131: "i", 0x142: "l",
        0x153: "oe", 0x167: "t", 0x1E9E: "ss",
    ]

    private static func computeFolding(_ scalar: Unicode.Scalar) -> [UInt8] {
        let lower = scalar.properties.lowercaseMapping.unicodeScalars
        var folded = ""
        for letter in String(String.UnicodeScalarView(lower)).decomposedStringWithCompatibilityMapping.unicodeScalars
        where !isMark(letter) {
            if let spelling = spellings[letter.value] {
                folded += spelling
            } else {
                folded.unicodeScalars.append(letter)
            }
        }
        return Array(folded.utf8)
    }
}

/// The folded bytes of one word, up to a bound, in place: longer words are words, but no rule can name them.
struct FoldedWord {
    /// Longest word, in folded UTF-8 bytes, that can be matched.
    static let maximumLength = 64
    private var storage = InlineArray<64, UInt8>(repeating: 0)
    /// Number of bytes, counted on beyond the bound.
    private(set) var count = 0

    /// An empty word.
    init() {}

    /// A word that is folded already.
    init(_ word: String) {
        for byte in word.utf8 { append(byte) }
    }

    mutating func append(_ byte: UInt8) {
        if count < Self.maximumLength { storage[count] = byte }
        count += 1
    }

    mutating func removeAll() { count = 0 }

    /// Drops what was appended after the first `length` bytes.
    mutating func truncate(to length: Int) { count = min(count, length) }

    var isTooLong: Bool { count > Self.maximumLength }

    /// A copy of the bytes, for the words of rules.
    var bytes: [UInt8] { (0..<min(count, Self.maximumLength)).map { storage[$0] } }

    subscript(index: Int) -> UInt8 { storage[index] }
}
