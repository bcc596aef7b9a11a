import Delivery
import Foundation
import Workers

/// Dead letters for people. What comes from records is shown without control characters, which could write anything
/// anywhere on a terminal.
enum DeadLetterText {
    private static let messageCharacters = 80
    private static let valueCharacters = 4_096

    static func table(_ letters: [DeadLetterFacts]) -> String {
        guard !letters.isEmpty else { return "no dead letters\n" }
        let head = ["PLACE", "TIME", "ORIGIN", "CODE", "SENT BACK", "BYTES", "KEY", "MESSAGE"]
        let rows = letters.map { letter in
            [
                "\(letter.place.partition):\(letter.offset)", letter.time.map(time) ?? "-",
                origin(letter.origin, letter.originOffset), printable(letter.code ?? "-"),
                String(letter.redriveCount), size(letter), cut(letter.key ?? "(null)", 40),
                cut(letter.message ?? "-", messageCharacters),
            ]
        }
        return aligned([head] + rows)
    }

    static func statistics(_ statistics: DeadLetterStatistics) -> String {
        guard statistics.count > 0 else { return "no dead letters\n" }
        var text = "\(letters(statistics.count)), \(statistics.bytes) bytes"
        if let oldest = statistics.oldest, let newest = statistics.newest {
            text += ", of records from \(time(oldest)) to \(time(newest))"
        }
        text += "\n"
        text += counts("by error", statistics.codes)
        text += counts("by origin", statistics.origins)
        text += counts("by worker", statistics.workers)
        let sentBack = statistics.redriveCounts.map { (key: "\($0.key) times", value: $0.value) }
        text += counts("sent back", Dictionary(uniqueKeysWithValues: sentBack))
        return text
    }

    /// So many of them.
    static func letters(_ count: Int) -> String { count == 1 ? "1 dead letter" : "\(count) dead letters" }

    /// A heading and a line for each name, the most frequent first.
    static func counts(_ title: String, _ counts: [String: Int]) -> String {
        guard !counts.isEmpty else { return "" }
        let rows = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        return "\(title):\n" + aligned(rows.map { ["  " + printable($0.key), String($0.value)] })
    }

    static func letter(_ letter: ReceivedDeadLetter) -> String {
        let record = letter.record
        var rows = [
            ["place", "\(record.origin) at offset \(record.offset)"],
            ["time", record.timestamp.map { time($0.milliseconds) } ?? "-"],
            ["origin", origin(letter.origin, letter.offset)], ["code", printable(letter.code ?? "-")],
            ["message", printable(letter.message ?? "-")], ["stage", printable(letter.stage ?? "-")],
            ["worker", printable(letter.worker ?? "-")], ["sent back", "\(letter.redriveCount) times"],
            ["key", record.key.map(bytes) ?? "(null)"],
        ]
        for (index, header) in letter.ownHeaders.enumerated() {
            rows.append([
                index == 0 ? "headers" : "", "\(printable(header.name))=\(header.value.map(bytes) ?? "(null)")",
            ])
        }
        if let omitted = letter.omittedBytes {
            rows.append(["value", "not here: \(omitted) bytes, too large for this Kafka topic; the origin has it"])
            return aligned(rows)
        }
        guard let value = record.value else { return aligned(rows + [["value", "(null)"]]) }
        return aligned(rows + [["value", "\(value.count) bytes"]]) + self.value(value)
    }

    private static func value(_ value: [UInt8]) -> String {
        guard let text = String(validating: value, as: UTF8.self) else {
            return "  not UTF-8 text; --raw writes the bytes\n"
        }
        let shown = text.prefix(valueCharacters)
        let lines = shown.split(separator: "\n", omittingEmptySubsequences: false).map {
            "  \(printable(String($0)))\n"
        }
        return lines.joined() + (shown.count < text.count ? "  … --raw writes all of it\n" : "")
    }

    private static func bytes(_ bytes: [UInt8]) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { return "\(bytes.count) bytes, not UTF-8 text" }
        return cut(text, 200)
    }

    private static func origin(_ origin: TopicPartition?, _ offset: Offset?) -> String {
        guard let origin else { return "-" }
        return printable("\(origin)" + (offset.map { " at \($0)" } ?? ""))
    }

    private static func size(_ letter: DeadLetterFacts) -> String {
        letter.omittedBytes.map { "(\(letter.bytes + $0))" } ?? String(letter.bytes)
    }

    static func time(_ milliseconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(milliseconds) / 1000)
            .formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true, timeZone: .gmt))
    }

    private static func cut(_ text: String, _ characters: Int) -> String {
        let shown = printable(String(text.prefix(characters)))
        return shown.count < text.count ? shown + "…" : shown
    }

    private static func printable(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map {
                    [.control, .format, .lineSeparator, .paragraphSeparator].contains($0.properties.generalCategory)
                        ? " " : $0
                }))
    }

    /// Columns as wide as they need to be, the last one as it is.
    private static func aligned(_ rows: [[String]]) -> String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            let cells = row.enumerated().map { column, cell in
                column == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
            }
            return cells.joined(separator: "  ") + "\n"
        }.joined()
    }
}

/// What a redrive did, or would do.
struct RedriveReport {
    let summary: RedriveSummary
    let isDry: Bool
    let group: String
    let limit: Int

    var text: String {
        var text = isDry ? "dry run: nothing is sent, nothing is committed\n" : ""
        text += "\(DeadLetterText.letters(summary.read)) read, \(summary.chosen) chosen, "
        text += "\(summary.sent) \(isDry ? "would be sent" : "sent") back\n"
        text += DeadLetterText.counts(isDry ? "would go to" : "went to", summary.routes)
        text += DeadLetterText.counts("by error", summary.codes)
        for (reason, count) in summary.held.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            text += "\(count) \(isDry ? "would stay" : "stay"): \(reason.rawValue): \(reason.explanation)\n"
        }
        if summary.isAtMaximum { text += "ended at --max" + (isDry ? "\n" : "; the same command goes on from here\n") }
        if summary.isInterrupted { text += "stopped before the end; the same command goes on from here\n" }
        if !isDry { text += "how far it came is kept in the consumer group \(group)\n" }
        return text
    }

    var json: String { DeadLetterJSON.report(self) }
}
