public import EventStore
internal import Foundation

/// Answers as text: a table for people, CSV and JSON for programs.
public enum AnswerText {
    /// The most characters of a cell in a table; longer ones are cut. CSV and JSON cut nothing.
    public static let cellCharactersMax = 80

    /// Columns two spaces apart, numbers aligned to the right. Nothing in it can steer a terminal.
    public static func table(_ answer: StoreAnswer) -> String {
        let rows = answer.rows.map { $0.map { printable($0.description, atMost: cellCharactersMax) } }
        let isNumber = answer.columns.indices.map { column in
            !answer.rows.isEmpty && answer.rows.allSatisfy { $0[column].number != nil || $0[column] == .null }
        }
        let head = answer.columns.map { printable($0, atMost: cellCharactersMax) }
        let widths = answer.columns.indices.map { column in
            ([head] + rows).map { $0[column].count }.max() ?? 0
        }
        func line(_ cells: [String]) -> String {
            let padded = cells.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return isNumber[column] ? space + cell : cell + space
            }
            var text = padded.joined(separator: "  ")
            while text.last == " " { text.removeLast() }
            return text + "\n"
        }
        let rule = line(widths.map { String(repeating: "-", count: $0) })
        return line(head) + rule + rows.map(line).joined()
    }

    /// RFC 4180, with a line of names; CRLF between records.
    public static func csv(_ row: [String]) -> String {
        row.map { cell in
            let mustQuote = cell.unicodeScalars.contains { ",\"\r\n".unicodeScalars.contains($0) }
            return mustQuote ? "\"" + withQuotesDoubled(cell) + "\"" : cell
        }.joined(separator: ",") + "\r\n"
    }

    /// By Unicode scalars: a quote with a combining mark behind it is one character to Swift, and a quote to readers.
    private static func withQuotesDoubled(_ cell: String) -> String {
        var doubled = String.UnicodeScalarView()
        for scalar in cell.unicodeScalars {
            doubled.append(scalar)
            if scalar == "\"" { doubled.append(scalar) }
        }
        return String(doubled)
    }

    /// One JSON object, members under the columns' names, without a line break.
    public static func json(_ columns: [String], _ row: [StoreValue]) -> String {
        let members = zip(columns, row).map { name, value in "\(quoted(name)):\(json(value))" }
        return "{" + members.joined(separator: ",") + "}"
    }

    private static func json(_ value: StoreValue) -> String {
        switch value {
        case .null: "null"
        case .integer(let number): String(number)
        case .real(let number): number.isFinite ? value.description : "null"
        case .text(let text): quoted(text)
        }
    }

    private static func quoted(_ text: String) -> String {
        // An array of one text is always valid JSON; the brackets go.
        let data = try? JSONSerialization.data(withJSONObject: [text], options: .withoutEscapingSlashes)
        return String(decoding: (data ?? Data("[\"\"]".utf8)).dropFirst().dropLast(), as: UTF8.self)
    }

    /// A text on one line, cut to a length, without characters that a terminal obeys or that turn the direction of what
    /// follows (control characters, Unicode's bidirectional controls).
    public static func printable(_ text: String, atMost limit: Int) -> String {
        var shown = String.UnicodeScalarView()
        var count = 0
        for scalar in text.unicodeScalars {
            guard count < limit else {
                shown.append("…")
                break
            }
            count += 1
            switch scalar {
            case "\n", "\r", "\t", "\u{2028}", "\u{2029}": shown.append(" ")
            case "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}": shown.append("\u{FFFD}")
            default: shown.append(scalar.properties.generalCategory == .control ? "\u{FFFD}" : scalar)
            }
        }
        return String(shown)
    }
}
