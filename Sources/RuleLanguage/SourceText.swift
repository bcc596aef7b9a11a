/// A place in a file, counted from 1 in lines and Unicode code points, as editors show it.
public struct SourceLocation: Hashable, Comparable, Sendable {
    /// From 1.
    public let line: Int
    /// From 1.
    public let column: Int

    /// Names a place.
    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    /// By line, then column.
    public static func < (left: SourceLocation, right: SourceLocation) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// A stretch of one file; `end` is one past its last character.
public struct SourceRange: Hashable, Sendable {
    /// First character.
    public let start: SourceLocation
    /// One past the last.
    public let end: SourceLocation

    /// Names a stretch.
    public init(_ start: SourceLocation, _ end: SourceLocation) {
        self.start = start
        self.end = end
    }

    /// A stretch of `length` characters on one line.
    public init(line: Int, column: Int, length: Int = 1) {
        self.init(SourceLocation(line: line, column: column), SourceLocation(line: line, column: column + length))
    }
}

/// One rule file as text: the first phase. Nothing has been understood yet.
public struct RuleText: Sendable {
    /// Path as shown in diagnostics.
    public let path: String
    /// The whole text.
    public let text: String
    /// Its lines, without line ends.
    let lines: [Substring]

    /// Largest file that is read, in bytes.
    public static let maximumSize = 1 << 20

    /// Wraps a file's text.
    public init(path: String, text: String) {
        self.path = path
        self.text = text
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map {
            $0.hasSuffix("\r") ? $0.dropLast() : $0
        }
    }

    /// One line, from 1; empty beyond the end.
    public func line(_ number: Int) -> String {
        lines.indices.contains(number - 1) ? String(lines[number - 1]) : ""
    }
}

/// The text of queries as it came out of YAML, with the way back to the file.
struct EmbeddedText: Sendable {
    let scalars: [Unicode.Scalar]
    private let lineStarts: [Int]
    private let firstLine: Int
    /// Column of the first character of the first line, and of every other line.
    private let columns: (first: Int, other: Int)

    init(_ text: String, firstLine: Int, firstColumn: Int, otherColumns: Int) {
        scalars = Array(text.unicodeScalars)
        var starts = [0]
        for (index, scalar) in scalars.enumerated() where scalar == "\n" { starts.append(index + 1) }
        lineStarts = starts
        self.firstLine = firstLine
        columns = (firstColumn, otherColumns)
    }

    func location(_ offset: Int) -> SourceLocation {
        let line = lineStarts.lastIndex { $0 <= offset } ?? 0
        let column = offset - lineStarts[line]
        return SourceLocation(line: firstLine + line, column: (line == 0 ? columns.first : columns.other) + column)
    }

    func range(_ offsets: Range<Int>) -> SourceRange {
        SourceRange(location(offsets.lowerBound), location(offsets.upperBound))
    }
}
