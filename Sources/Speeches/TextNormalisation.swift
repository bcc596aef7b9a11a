internal import Foundation

/// How source text becomes canonical text. Written down in `Config/schemas/README.md` and applied once, by whoever makes
/// the document; nobody downstream normalises again, because offsets refer to the result.
///
/// - Unicode is composed (NFC).
/// - White space of every kind (tabs, line ends, no-break and typographic spaces) becomes one space; none at the ends.
/// - Control characters and byte order marks go. Everything else stays as written: quotes, dashes, soft hyphens.
public enum TextNormalisation {
    /// One line of text, such as a title or a paragraph; empty when nothing is left.
    public static func line(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        var pendingSpace = false
        for scalar in text.unicodeScalars {
            if isSpace(scalar) {
                pendingSpace = !scalars.isEmpty
            } else if !isDropped(scalar) {
                if pendingSpace { scalars.append(" ") }
                pendingSpace = false
                scalars.append(scalar)
            }
        }
        // Last, because a letter and its accent may have met only now, when what stood between them is gone.
        return String(scalars).precomposedStringWithCanonicalMapping
    }

    /// The same, nil when nothing is left: absent means absent.
    public static func optionalLine(_ text: String?) -> String? {
        let line = text.map(line) ?? ""
        return line.isEmpty ? nil : line
    }

    /// Lines of plain text, normalised, blank ones kept as empty strings. A line ends at LF, CR, CR LF, form feed, NEL
    /// or Unicode's line and paragraph separators.
    public static func lines(_ text: String) -> [String] {
        text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map { line(String($0)) }
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
        switch scalar.properties.generalCategory {
        case .spaceSeparator, .lineSeparator, .paragraphSeparator: true
        case .control: scalar.value == 0x09 || (0x0A...0x0D).contains(scalar.value) || scalar.value == 0x85
        default: false
        }
    }

    private static func isDropped(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .control || scalar.value == 0xFEFF
    }
}
