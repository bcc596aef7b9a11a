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
        for scalar in text.precomposedStringWithCanonicalMapping.unicodeScalars {
            if isSpace(scalar) {
                pendingSpace = !scalars.isEmpty
            } else if !isDropped(scalar) {
                if pendingSpace { scalars.append(" ") }
                pendingSpace = false
                scalars.append(scalar)
            }
        }
        return String(scalars)
    }

    /// The same, nil when nothing is left: absent means absent.
    public static func optionalLine(_ text: String?) -> String? {
        let line = text.map(line) ?? ""
        return line.isEmpty ? nil : line
    }

    /// Paragraphs of plain text: separated by blank lines where there are any, else one a line.
    public static func paragraphs(_ text: String) -> [String] {
        let unified = String(
            text.unicodeScalars.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\u{2029}" }
                .map { String($0) }.joined(separator: "\n"))
        let lines = unified.split(separator: "\n", omittingEmptySubsequences: false).map { Self.line(String($0)) }
        guard lines.dropLast().contains(where: \.isEmpty) else { return lines.filter { !$0.isEmpty } }
        return lines.split(whereSeparator: \.isEmpty).map { $0.joined(separator: " ") }
    }

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
