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
        // Most lines of prose are normal already; telling so is many times cheaper than making them anew.
        if text.withUTF8(isNormal) { return text }
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

    /// Whether UTF-8 is a line of printable ASCII, inert characters up to U+02FF and typographic punctuation, with single
    /// spaces inside. What is not told here may be normal too.
    private static func isNormal(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var previous = UInt8(ascii: " ")
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            switch byte {
            case 0x20: guard previous != 0x20 else { return false }
            case 0x21...0x7E: break
            // U+00C0 to U+02FF; those below hold controls and the no-break space.
            case 0xC3...0xCB: index += 1
            // U+2010 to U+2027 (E2 80 90 to E2 80 A7): dashes and quotation marks.
            case 0xE2 where bytes[index] == 0x80 && 0x90...0xA7 ~= bytes[index + 1]: index += 2
            default: return false
            }
            previous = byte
        }
        return previous != 0x20 || bytes.isEmpty
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
        let bytes = text.utf8
        var lines: [Substring] = []
        var start = bytes.startIndex
        var index = start
        while index < bytes.endIndex {
            let length = lineEnd(in: bytes, at: index)
            guard length > 0 else {
                bytes.formIndex(after: &index)
                continue
            }
            lines.append(text[start..<index])
            bytes.formIndex(&index, offsetBy: length)
            start = index
        }
        lines.append(text[start...])
        return lines
    }

    /// How many bytes of a line's end stand here; 0 for none.
    private static func lineEnd(in bytes: String.UTF8View, at index: String.Index) -> Int {
        func byte(_ offset: Int) -> UInt8 {
            bytes.index(index, offsetBy: offset, limitedBy: bytes.endIndex).map { $0 < bytes.endIndex ? bytes[$0] : 0 }
                ?? 0
        }
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
        let isWrapped = text[..<end].contains("") && !text.contains { $0.count > wrapWidthMax }
        guard isWrapped else { return text.filter { !$0.isEmpty } }
        return text.split(whereSeparator: \.isEmpty).map { $0.joined(separator: " ") }
    }

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
