internal import Foundation
internal import Logging

/// One message as a line, bounded in length whatever it carries.
struct LogLine {
    /// Characters of one value; longer ones are cut and end in an ellipsis.
    static let maxValueCharacters = 2_000
    /// Facts of one line; further ones are left out.
    static let maxFacts = 40

    let time: Date
    let level: Logger.Level
    let message: String
    let facts: [(key: String, value: Logger.MetadataValue)]

    init(time: Date, level: Logger.Level, message: String, metadata: Logger.Metadata) {
        self.time = time
        self.level = level
        self.message = message
        facts = metadata.sorted { $0.key < $1.key }.prefix(Self.maxFacts).map { (key: $0.key, value: $0.value) }
    }

    private var timestamp: String {
        time.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true, timeZone: .gmt))
    }

    /// `{"time":…,"level":…,"message":…,` then the facts by key.
    var json: String {
        var members = [
            ("time", Self.quoted(timestamp)), ("level", Self.quoted(level.rawValue)), ("message", Self.quoted(message)),
        ]
        for (key, value) in facts { members.append((key, Self.json(value))) }
        return "{" + members.map { Self.quoted($0) + ":" + $1 }.joined(separator: ",") + "}\n"
    }

    /// `time level message key=value …` for people.
    var text: String {
        var line = "\(timestamp) \(level.rawValue.uppercased().padding(toLength: 8, withPad: " ", startingAt: 0)) "
        line += Self.printable(message)
        for (key, value) in facts { line += " \(key)=\(Self.printable(value.description))" }
        return line + "\n"
    }

    private static func json(_ value: Logger.MetadataValue) -> String {
        switch value {
        case .stringConvertible(let number as Int): String(number)
        case .stringConvertible(let number as Double) where number.isFinite: String(number)
        case .string(let text): quoted(text)
        default: quoted(value.description)
        }
    }

    private static func cut(_ text: String) -> String {
        text.unicodeScalars.count <= maxValueCharacters
            ? text : String(String.UnicodeScalarView(text.unicodeScalars.prefix(maxValueCharacters))) + "…"
    }

    /// A JSON string, by Foundation.
    private static func quoted(_ text: String) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        guard let data = try? encoder.encode(cut(text)) else { return "\"\"" }
        return String(decoding: data, as: UTF8.self)
    }

    /// One line whatever the text holds: control characters would let a foreign text forge lines or colour terminals.
    private static func printable(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                cut(text).unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
    }
}
