import Delivery
import Foundation
import Workers

/// Dead letters for programs. Members that do not apply are left out, as are null keys and
/// values.
enum DeadLetterJSON {
    static func list(_ letters: [DeadLetterFacts]) -> String {
        guard !letters.isEmpty else { return "[]\n" }
        return "[\n" + letters.map { encoded(Facts($0)) }.joined(separator: ",\n") + "\n]\n"
    }

    static func letter(_ letter: ReceivedDeadLetter) -> String { encoded(Letter(letter)) + "\n" }

    static func statistics(_ statistics: DeadLetterStatistics) -> String {
        encoded(
            Statistics(
                count: statistics.count, bytes: statistics.bytes, codes: statistics.codes, origins: statistics.origins,
                workers: statistics.workers,
                redrive_counts: Dictionary(
                    uniqueKeysWithValues: statistics.redriveCounts.map { (String($0.key), $0.value) }),
                oldest: statistics.oldest.map(DeadLetterText.time), newest: statistics.newest.map(DeadLetterText.time)))
            + "\n"
    }

    static func report(_ report: RedriveReport) -> String {
        let summary = report.summary
        return encoded(
            Report(
                dry_run: report.isDry, group: report.group, redrive_limit: report.limit, read: summary.read,
                chosen: summary.chosen, sent: summary.sent, routes: summary.routes, codes: summary.codes,
                held: Dictionary(uniqueKeysWithValues: summary.held.map { ($0.key.rawValue, $0.value) }),
                at_maximum: summary.isAtMaximum, interrupted: summary.isInterrupted)) + "\n"
    }

    private static func encoded(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Texts, whole numbers and booleans alone: they always encode.
        guard let data = try? encoder.encode(value) else { preconditionFailure("a dead letter's facts did not encode") }
        return String(decoding: data, as: UTF8.self)
    }

    // Names as they stand in the output.
    // swift-format-ignore: AlwaysUseLowerCamelCase
    private struct Statistics: Encodable {
        let count, bytes: Int
        let codes, origins, workers, redrive_counts: [String: Int]
        let oldest, newest: String?
    }

    // swift-format-ignore: AlwaysUseLowerCamelCase
    private struct Report: Encodable {
        let dry_run: Bool
        let group: String
        let redrive_limit, read, chosen, sent: Int
        let routes, codes, held: [String: Int]
        let at_maximum, interrupted: Bool
    }

    private struct Place: Encodable {
        let topic: String
        let partition: Int32
        let offset: Int64?
    }

    // swift-format-ignore: AlwaysUseLowerCamelCase
    private struct Facts: Encodable {
        let place: Place
        let origin: Place?
        let time, code, message, stage, worker, key: String?
        let redrive_count, bytes: Int
        let omitted_bytes: Int?

        init(_ facts: DeadLetterFacts) {
            place = Place(
                topic: facts.place.topic.rawValue, partition: facts.place.partition.rawValue,
                offset: facts.offset.rawValue)
            origin = facts.origin.map {
                Place(
                    topic: $0.topic.rawValue, partition: $0.partition.rawValue, offset: facts.originOffset?.rawValue)
            }
            time = facts.time.map(DeadLetterText.time)
            code = facts.code
            message = facts.message
            stage = facts.stage
            worker = facts.worker
            key = facts.key
            redrive_count = facts.redriveCount
            bytes = facts.bytes
            omitted_bytes = facts.omittedBytes
        }
    }

    /// Bytes as text where they are UTF-8, else as base64.
    private struct Bytes: Encodable {
        let text, base64: String?

        init(_ bytes: [UInt8]) {
            text = String(validating: bytes, as: UTF8.self)
            base64 = text == nil ? Data(bytes).base64EncodedString() : nil
        }
    }

    private struct Header: Encodable {
        let name: String
        let value: Bytes?
    }

    private struct Letter: Encodable {
        let facts: Facts
        let headers: [Header]
        let key, value: Bytes?

        init(_ letter: ReceivedDeadLetter) {
            facts = Facts(DeadLetterFacts(letter))
            headers = letter.ownHeaders.map { Header(name: $0.name, value: $0.value.map(Bytes.init)) }
            key = letter.record.key.map(Bytes.init)
            value = letter.record.value.map(Bytes.init)
        }
    }
}
