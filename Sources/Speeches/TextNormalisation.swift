/// How source text becomes canonical text. Written down in `Config/schemas/README.md` and applied once, by whoever makes
/// the document; nobody downstream normalises again, because offsets refer to the result.
///
/// - Unicode is composed (NFC).
/// - White space of every kind (tabs, line ends, no-break and typographic spaces) becomes one space; none at the ends.
/// - Control characters and byte order marks go. Everything else stays as written: quotes, dashes, soft hyphens.
public enum TextNormalisation {
    /// One line of text, such as a title or a paragraph; empty when nothing is left.
    public static func line(_ text: String) -> String {
        var text = text
        return text.withUTF8 { bytes -> String? in
            // Most lines of prose are normal already; telling so is many times cheaper than making them anew.
            if PlainLine.isNormal(bytes) { return nil }
            return made(of: bytes)
        } ?? text
    }

    /// Appends one line, normalised; the bytes are a part of a text that is valid UTF-8, cut between characters.
    package static func append(_ line: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) {
        // Texts cut at a width leave a space at most lines' ends.
        let line = PlainLine.trimmed(line)
        if PlainLine.isNormal(line) {
            output.append(contentsOf: line)
        } else if !PlainLine.append(line, to: &output) {
            output.append(contentsOf: scalarByScalar(String(decoding: line, as: UTF8.self)).utf8)
        }
    }

    private static func made(of bytes: UnsafeBufferPointer<UInt8>) -> String {
        var output: [UInt8] = []
        guard PlainLine.append(bytes, to: &output) else {
            return scalarByScalar(String(decoding: bytes, as: UTF8.self))
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// The rules as they are written down.
    private static func scalarByScalar(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        var pendingSpace = false
        var isComposed = true
        for scalar in text.unicodeScalars {
            if isSpace(scalar) {
                pendingSpace = !scalars.isEmpty
            } else if !isDropped(scalar) {
                if pendingSpace { scalars.append(" ") }
                pendingSpace = false
                scalars.append(scalar)
                isComposed = isComposed && isInert(scalar)
            }
        }
        // Last, because a letter and its accent may have met only now, when what stood between them is gone.
        return isComposed ? String(scalars) : CanonicalComposition.composed(scalars)
    }

    /// Whether a character is composed whatever stands beside it, as all below U+0300 are, and the punctuation and
    /// currency signs of prose (Unicode, DerivedNormalizationProps, NFC_Quick_Check and combining class).
    private static func isInert(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x300, 0x2010...0x205E, 0x20A0...0x20BF: true
        default: false
        }
    }

    /// The same, nil when nothing is left: absent means absent.
    public static func optionalLine(_ text: String?) -> String? {
        let line = text.map(line) ?? ""
        return line.isEmpty ? nil : line
    }

    /// Lines of plain text, normalised, blank ones kept as empty strings. A line ends at LF, CR, CR LF, form feed, NEL
    /// or Unicode's line and paragraph separators.
    public static func lines(_ text: String) -> [String] {
        rawLines(text).map { line(String($0)) }
    }

    /// The same lines as they stand in the text, without their ends.
    public static func rawLines(_ text: String) -> [Substring] {
        var text = text
        text.makeContiguousUTF8()
        let ends = text.withUTF8 { lineEnds(in: $0) }
        let bytes = text.utf8
        func index(_ offset: Int) -> String.Index { bytes.index(bytes.startIndex, offsetBy: offset) }
        var lines: [Substring] = []
        lines.reserveCapacity(ends.count + 1)
        var start = bytes.startIndex
        for end in ends {
            lines.append(text[start..<index(end.lowerBound)])
            start = index(end.upperBound)
        }
        lines.append(text[start...])
        return lines
    }

    /// Where lines end: the places of the bytes that end them.
    private static func lineEnds(in bytes: UnsafeBufferPointer<UInt8>) -> [Range<Int>] {
        var ends: [Range<Int>] = []
        var index = 0
        while index < bytes.count {
            // Nearly every byte is a letter, a space or a mark of ASCII.
            guard bytes[index] < 0x0E || bytes[index] > 0x7F else {
                index += 1
                continue
            }
            let length = lineEnd(in: bytes, at: index)
            if length > 0 { ends.append(index..<(index + length)) }
            index += max(length, 1)
        }
        return ends
    }

    /// How many bytes of a line's end stand here; 0 for none.
    private static func lineEnd(in bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> Int {
        func byte(_ offset: Int) -> UInt8 { index + offset < bytes.count ? bytes[index + offset] : 0 }
        switch bytes[index] {
        case 0x0D: return byte(1) == 0x0A ? 2 : 1
        case 0x0A...0x0C: return 1
        case 0xC2: return byte(1) == 0x85 ? 2 : 0
        case 0xE2: return byte(1) == 0x80 && (byte(2) == 0xA8 || byte(2) == 0xA9) ? 3 : 0
        default: return 0
        }
    }

    /// Paragraphs of plain text; see `paragraphs(ofLines:)`.
    public static func paragraphs(_ text: String) -> [String] {
        paragraphs(ofLines: lines(text)[...])
    }

    /// Paragraphs of normalised lines. Text that was wrapped at a width (blank lines, no line over 100 characters) has
    /// its lines joined up to the next blank one; in any other text each line is a paragraph.
    public static func paragraphs(ofLines lines: ArraySlice<String>) -> [String] {
        let text = lines.drop(while: \.isEmpty)
        let end = text.lastIndex { !$0.isEmpty }.map { $0 + 1 } ?? text.startIndex
        let isWrapped = text[..<end].contains("") && !text.contains(where: isLong)
        guard isWrapped else { return text.filter { !$0.isEmpty } }
        return text.split(whereSeparator: \.isEmpty).map { $0.joined(separator: " ") }
    }

    /// No line has more characters than bytes, which are quickly counted.
    private static func isLong(_ line: String) -> Bool { line.utf8.count > wrapWidthMax && line.count > wrapWidthMax }

    /// Editors and mail programs wrap at 72 to 100 characters.
    private static let wrapWidthMax = 100

    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        if 0x21...0x7E ~= scalar.value { return false }
        return switch scalar.properties.generalCategory {
        case .spaceSeparator, .lineSeparator, .paragraphSeparator: true
        case .control: scalar.value == 0x09 || (0x0A...0x0D).contains(scalar.value) || scalar.value == 0x85
        default: false
        }
    }

    private static func isDropped(_ scalar: Unicode.Scalar) -> Bool {
        guard !(0x20...0x7E ~= scalar.value) else { return false }
        return scalar.properties.generalCategory == .control || scalar.value == 0xFEFF
    }
}
