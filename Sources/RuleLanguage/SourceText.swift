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
    /// The whole text, a byte order mark set aside.
    public let text: String
    /// Its lines, without line ends.
    let lines: [Substring]

    /// Largest file that is read, in bytes.
    public static let maximumSize = 1 << 20

    /// Wraps a file's text.
    public init(path: String, text: String) {
        self.path = path
        let text = text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
        self.text = text
        // By code points: a carriage return and a line feed are one Character, which would hide the line's end.
        lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map {
            Substring($0.last == "\r" ? $0.dropLast() : $0)
        }
    }

    /// One line, from 1; empty beyond the end.
    public func line(_ number: Int) -> String {
        lines.indices.contains(number - 1) ? String(lines[number - 1]) : ""
    }
}

/// The text of queries as it came out of YAML, with the way back to the file.
struct EmbeddedText: Sendable {
    /// What the text says.
    let scalars: [Unicode.Scalar]
    private let layout: Layout

    private enum Layout {
        /// A block scalar: offsets at which its lines start, and the column at which all of them stand.
        case block(lineStarts: [Int], firstLine: Int, column: Int)
        /// A scalar within one line: the column of each character, and one past the last.
        case line(Int, columns: [Int])
    }

    /// A block scalar whose text begins on `firstLine`, every line of it at `column`.
    init(block text: String, firstLine: Int, column: Int) {
        let scalars = Array(text.unicodeScalars)
        self.scalars = scalars
        let starts = [0] + scalars.indices.filter { scalars[$0] == "\n" }.map { $0 + 1 }
        layout = .block(lineStarts: starts, firstLine: firstLine, column: column)
    }

    /// Characters within one line with the column of each, and a last column one past them.
    init(_ scalars: [Unicode.Scalar], line: Int, columns: [Int]) {
        self.scalars = scalars
        layout = .line(line, columns: columns)
    }

    func location(_ offset: Int) -> SourceLocation {
        switch layout {
        case .line(let line, let columns):
            return SourceLocation(line: line, column: columns[min(offset, columns.count - 1)])
        case .block(let lineStarts, let firstLine, let column):
            var low = 0
            var high = lineStarts.count
            while high - low > 1 {
                let middle = (low + high) / 2
                if lineStarts[middle] <= offset { low = middle } else { high = middle }
            }
            return SourceLocation(line: firstLine + low, column: column + offset - lineStarts[low])
        }
    }

    func range(_ offsets: Range<Int>) -> SourceRange {
        SourceRange(location(offsets.lowerBound), location(offsets.upperBound))
    }
}
