/// Diagnostics as people read them.
extension Diagnostic {
    /// A line longer than this is shown in part.
    private static let widestLine = 160
    /// What is shown before the place in a line that is shown in part.
    private static let contextBefore = 60

    /// `path:line:column: severity[code]: message`, the quoted line with a caret, and the cure.
    public func rendered(in source: RuleText?) -> String {
        let start = range.start
        var text = "\(path):\(start.line):\(start.column): \(severity.rawValue)[\(code.rawValue)]: \(message)".printable
        if let source {
            let number = String(start.line)
            let gutter = String(repeating: " ", count: number.count)
            let (line, marker) = excerpt(of: source.line(start.line))
            text += "\n \(gutter) |\n \(number) | \(line)\n \(gutter) | \(marker)"
        }
        if let cure { text += "\n   = help: \(cure.printable)" }
        return text
    }

    /// The line, or as much of it as one can read, and the marker that stands under the place.
    private func excerpt(of line: String) -> (line: String, marker: String) {
        let scalars = Array(line.unicodeScalars)
        let from = min(range.start.column - 1, scalars.count)
        let to = range.end.line == range.start.line ? min(range.end.column - 1, scalars.count) : scalars.count
        guard scalars.count > Self.widestLine else { return (line.printable, Self.marker(scalars[...], from, to)) }
        let first = max(0, from - Self.contextBefore)
        let last = min(scalars.count, first + Self.widestLine)
        let shown = scalars[first..<last]
        let before = first > 0 ? "…" : ""
        let after = last < scalars.count ? "…" : ""
        let marker = Self.marker(shown, from, min(to, last))
        return (
            before + String(String.UnicodeScalarView(shown)).printable + after,
            (before.isEmpty ? "" : " ") + marker
        )
    }

    /// Carets under the characters `from..<to`, at least one; as wide as the characters are on a terminal.
    private static func marker(_ line: ArraySlice<Unicode.Scalar>, _ from: Int, _ to: Int) -> String {
        // Tabs are kept so that the caret stands under its character whatever their width.
        let indent = line[line.startIndex..<from].map { $0 == "\t" ? "\t" : String(repeating: " ", count: $0.columns) }
        let width = from < to ? line[from..<to].reduce(0) { $0 + $1.columns } : 1
        return indent.joined() + String(repeating: "^", count: max(width, 1))
    }
}

extension Unicode.Scalar {
    /// Columns that a terminal gives the character: none for marks, two for wide letters and most emoji.
    fileprivate var columns: Int {
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark: return 0
        default: break
        }
        switch value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
            0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F,
            0x1F900...0x1F9FF, 0x20000...0x3FFFD:
            return 2
        default: return 1
        }
    }
}

extension String {
    /// The text with every character that could steer a terminal or cannot be seen replaced by U+FFFD.
    var printable: String {
        guard unicodeScalars.contains(where: \.isUnprintable) else { return self }
        return String(String.UnicodeScalarView(unicodeScalars.map { $0.isUnprintable ? "\u{FFFD}" : $0 }))
    }
}

extension Unicode.Scalar {
    fileprivate var isUnprintable: Bool {
        if self == "\t" || self == "\n" { return false }
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: return true
        default: return false
        }
    }
}
