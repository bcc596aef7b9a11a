internal import Speeches

/// The lines of a text, normalised, in one piece of memory: a text has hundreds, and a string for each would cost more than
/// all that is asked of them.
struct NormalisedLines {
    private var bytes: [UInt8] = []
    private var places: [(range: Range<Int>, isIndented: Bool)] = []

    /// - Parameter rawLines: the lines as they stand, with the spaces at their beginnings.
    init(_ rawLines: [Substring]) {
        places.reserveCapacity(rawLines.count)
        for raw in rawLines {
            let start = bytes.count
            if raw.utf8.withContiguousStorageIfAvailable({ TextNormalisation.append($0, to: &bytes) }) == nil {
                var copy = String(raw)
                copy.withUTF8 { TextNormalisation.append($0, to: &bytes) }
            }
            let first = raw.utf8.first
            places.append((start..<bytes.count, first == UInt8(ascii: " ") || first == UInt8(ascii: "\t")))
        }
    }

    /// Lends the lines, for the time of the call.
    func withLines<Result>(_ body: ([LineText]) -> Result) -> Result {
        bytes.withUnsafeBufferPointer { bytes in
            body(
                places.map {
                    LineText(UnsafeBufferPointer(rebasing: bytes[$0.range]), isIndented: $0.isIndented)
                })
        }
    }
}

/// A normalised line, by its bytes, which must outlive it.
///
/// What is asked of its characters (Unicode's grapheme clusters) is answered by bytes where the cluster's borders are
/// certain: between characters of ASCII, of which a line has no control characters, and beside dashes and quotation marks.
/// Everything else is left to the string's own characters.
struct LineText {
    let bytes: UnsafeBufferPointer<UInt8>
    let isIndented: Bool

    init(_ bytes: UnsafeBufferPointer<UInt8>, isIndented: Bool = false) {
        self.bytes = bytes
        self.isIndented = isIndented
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }
    var isEmpty: Bool { bytes.isEmpty }
    var width: Int { bytes.count }

    var startsInLowerCase: Bool {
        guard let first = bytes.first else { return false }
        if first < 0x80, isBorder(after: 1) { return 0x61...0x7A ~= first }
        if Self.isPunctuation(bytes, at: 0), isBorder(after: 3) { return false }
        return text.first?.isLowercase == true
    }

    /// A remark of the record's, such as `(spoke in French)`.
    var isRemark: Bool {
        guard bytes.first == UInt8(ascii: "("), bytes.last == UInt8(ascii: ")") else { return false }
        if isBorder(after: 1), Self.isBorder(bytes, before: bytes.count - 1) { return true }
        let text = text
        return text.first == "(" && text.last == ")"
    }

    static func endsInHyphen(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard bytes.last == UInt8(ascii: "-") else { return false }
        return isBorder(bytes, before: bytes.count - 1) || String(decoding: bytes, as: UTF8.self).hasSuffix("-")
    }

    /// Whether the last character, quotation marks and closing brackets left out, ends a sentence.
    var endsSentence: Bool {
        var end = bytes.count
        while end > 0 {
            let byte = bytes[end - 1]
            if byte < 0x80 {
                guard Self.isBorder(bytes, before: end - 1) else { return endsSentenceByCharacters }
                guard Self.isCloser(byte) else { return Self.isSentenceEnd(byte) }
                end -= 1
            } else if end >= 3, Self.isPunctuation(bytes, at: end - 3) {
                guard Self.isBorder(bytes, before: end - 3) else { return endsSentenceByCharacters }
                // U+2019 and U+201D close; U+2026 is the ellipsis.
                guard byte == 0x99 || byte == 0x9D else { return byte == 0xA6 }
                end -= 3
            } else {
                return endsSentenceByCharacters
            }
        }
        return false
    }

    private var endsSentenceByCharacters: Bool {
        guard let last = text.last(where: { !"”’\"')]»".contains($0) }) else { return false }
        return ".!?:;…".contains(last)
    }

    private static func isCloser(_ byte: UInt8) -> Bool { "\"')]".utf8.contains(byte) }

    private static func isSentenceEnd(_ byte: UInt8) -> Bool { ".!?:;".utf8.contains(byte) }

    /// Whether it is short and has numbers and their punctuation alone.
    var isNumber: Bool {
        guard bytes.count <= 24 else { return false }
        var hasDigit = false
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): hasDigit = true
            case UInt8(ascii: " "), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "/"): break
            case 0..<0x80: return false
            default:
                let text = text
                return text.contains(where: \.isNumber) && text.allSatisfy { $0.isNumber || "-/ .".contains($0) }
            }
        }
        return hasDigit
    }

    /// Whether a cluster certainly ends after so many bytes, given that these are ASCII or punctuation.
    private func isBorder(after count: Int) -> Bool { count >= bytes.count || bytes[count] < 0x80 }

    /// Whether a cluster certainly begins at a place, given that ASCII or punctuation stands there.
    private static func isBorder(_ bytes: UnsafeBufferPointer<UInt8>, before place: Int) -> Bool {
        place == 0 || bytes[place - 1] < 0x80 || (place >= 3 && isPunctuation(bytes, at: place - 3))
    }

    /// U+2010 to U+2027 (E2 80 90 to E2 80 A7): dashes and quotation marks, which join with nothing before or after them
    /// but with marks that follow.
    private static func isPunctuation(_ bytes: UnsafeBufferPointer<UInt8>, at place: Int) -> Bool {
        place + 2 < bytes.count && bytes[place] == 0xE2 && bytes[place + 1] == 0x80 && 0x90...0xA7 ~= bytes[place + 2]
    }
}
