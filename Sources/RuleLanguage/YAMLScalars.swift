internal import Yams

/// Where the text of a scalar stands in its file.
///
/// YAML's marks give the start of a node only, and for a block scalar the bar itself; the rest is read from the source.
enum ScalarText {
    /// The text with the way back to the file.
    case text(EmbeddedText)
    /// Written with `>`, which joins lines.
    case folded
    /// A plain or quoted scalar over several lines, which YAML joins.
    case severalLines

    init(_ scalar: Node.Scalar, _ mark: Mark, in source: RuleText) {
        switch scalar.style {
        case .folded: self = .folded
        case .literal: self = .text(Self.block(scalar.string, mark, in: source))
        case .singleQuoted, .doubleQuoted:
            let quoted = QuotedScalar(Array(source.line(mark.line).unicodeScalars), from: mark.column - 1)
            guard let quoted, quoted.content == Array(scalar.string.unicodeScalars) else {
                self = .severalLines
                return
            }
            self = .text(EmbeddedText(quoted.content, line: mark.line, columns: quoted.columns))
        default:
            let content = Array(scalar.string.unicodeScalars)
            let line = source.line(mark.line).unicodeScalars.dropFirst(mark.column - 1)
            guard line.starts(with: content) else {
                self = .severalLines
                return
            }
            let columns = (0...content.count).map { mark.column + $0 }
            self = .text(EmbeddedText(content, line: mark.line, columns: columns))
        }
    }

    /// The text starts on the line after the bar. How far it is indented shows in its first line that is not blank,
    /// whatever spaces of that line belong to the content.
    private static func block(_ text: String, _ mark: Mark, in source: RuleText) -> EmbeddedText {
        func spaces(_ line: some Sequence<Unicode.Scalar>) -> Int {
            line.prefix { $0 == " " }.reduce(0) { count, _ in count + 1 }
        }
        var column = 1
        for (number, line) in text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
        where line.contains(where: { $0 != " " }) {
            column = spaces(source.line(mark.line + 1 + number).unicodeScalars) - spaces(line) + 1
            break
        }
        return EmbeddedText(block: text, firstLine: mark.line + 1, column: max(column, 1))
    }
}

/// A quoted scalar within one line: its characters without quotation marks and escapes, and where each stands.
struct QuotedScalar {
    private(set) var content: [Unicode.Scalar] = []
    /// Columns from 1; one more than `content` has characters.
    private(set) var columns: [Int] = []
    /// Column of the closing quotation mark.
    private(set) var end = 0

    /// - Parameter start: index of the opening quotation mark in `line`.
    /// - Returns: nil when the scalar does not end on the line.
    init?(_ line: [Unicode.Scalar], from start: Int) {
        guard line.indices.contains(start) else { return nil }
        let quote = line[start]
        var at = start + 1
        while at < line.count {
            if line[at] == quote, quote == "'", at + 1 < line.count, line[at + 1] == quote {
                append(quote, at)
                at += 2
            } else if line[at] == quote {
                columns.append(at + 1)
                end = at + 1
                return
            } else if line[at] == "\\", quote == "\"", at + 1 < line.count {
                at = readEscape(line, at)
            } else {
                append(line[at], at)
                at += 1
            }
        }
        return nil
    }

    private mutating func append(_ scalar: Unicode.Scalar, _ index: Int) {
        content.append(scalar)
        columns.append(index + 1)
    }

    private mutating func readEscape(_ line: [Unicode.Scalar], _ at: Int) -> Int {
        let digits: Int
        switch line[at + 1] {
        case "x": digits = 2
        case "u": digits = 4
        case "U": digits = 8
        default:
            append(Self.escapes[line[at + 1]] ?? line[at + 1], at)
            return at + 2
        }
        let end = min(at + 2 + digits, line.count)
        let number = String(String.UnicodeScalarView(line[(at + 2)..<end]))
        append(UInt32(number, radix: 16).flatMap { Unicode.Scalar($0) } ?? "\u{FFFD}", at)
        return end
    }

    /// YAML 1.2, section 5.7; others stand for themselves.
    private static let escapes: [Unicode.Scalar: Unicode.Scalar] = [
        "0": "\0", "a": "\u{7}", "b": "\u{8}", "t": "\t", "n": "\n", "v": "\u{B}", "f": "\u{C}", "r": "\r",
        "e": "\u{1B}", "N": "\u{85}", "_": "\u{A0}", "L": "\u{2028}", "P": "\u{2029}",
    ]
}

/// Which lines of the file a scalar takes.
extension YAMLNode {
    /// The lines of a block scalar's content, nil for any other node.
    var blockLines: Range<Int>? {
        guard case .scalar(let scalar) = node, scalar.style == .literal || scalar.style == .folded, let mark = node.mark
        else {
            return nil
        }
        // A folded scalar has fewer lines than its source: it reaches as far as lines are indented or empty.
        let key = source.line(mark.line).prefix { $0 == " " || $0 == "-" }.count
        var end = mark.line + 1
        while end <= source.lines.count {
            let line = source.line(end)
            let isEmpty = line.allSatisfy { $0 == " " || $0 == "\t" }
            if !isEmpty, line.prefix(while: { $0 == " " }).count <= key { break }
            end += 1
        }
        // Empty lines behind the block belong to what follows.
        while end > mark.line + 1, source.line(end - 1).allSatisfy({ $0 == " " || $0 == "\t" }) { end -= 1 }
        return mark.line + 1..<end
    }

    /// The lines of a plain or quoted scalar but for its last, whose line end is outside.
    var quotedLines: Range<Int>? {
        guard case .scalar(let scalar) = node, scalar.style == .singleQuoted || scalar.style == .doubleQuoted,
            let mark = node.mark, case .severalLines? = scalarText
        else { return nil }
        let quote: Character = scalar.style == .singleQuoted ? "'" : "\""
        var end = mark.line + 1
        while end <= source.lines.count, !source.line(end).contains(quote) { end += 1 }
        return mark.line..<end
    }
}
