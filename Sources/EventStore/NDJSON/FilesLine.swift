internal import Delivery
internal import Foundation
internal import Speeches

/// A line of the files: an event with where it comes from, or a tombstone. One JSON object; `event` is the record's value,
/// byte for byte.
enum FilesLine {
    private struct Head: Codable {
        let origin: Place
        let run: String?
        let recordedAt: String?
        let withdrawn: String?

        enum CodingKeys: String, CodingKey {
            case origin, run, withdrawn
            case recordedAt = "recorded_at"
        }
    }

    private struct Place: Codable {
        let topic: String
        let partition: Int32
        let offset: Int64
    }

    private struct Body: Decodable { let event: ClassifiedSpeech }

    /// The folder that a line's file lies in, from the store's: events by month of delivery, or its year where only that
    /// is known; tombstones, which know no date, apart.
    static func folder(of entry: StoreEntry) -> String {
        guard case .event(let event) = entry.change else { return "withdrawals" }
        return "events/delivered=\(event.document.deliveredOn.map { String($0.date.prefix(7)) } ?? "unknown")"
    }

    /// The line, without a line break at its end.
    static func bytes(of entry: StoreEntry) -> [UInt8] {
        let origin = entry.origin
        let place = Place(
            topic: origin.partition.topic.rawValue, partition: origin.partition.partition.rawValue,
            offset: origin.offset.rawValue)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        func head(withdrawn: String?) -> [UInt8] {
            let head = Head(
                origin: place, run: entry.provenance.run, recordedAt: entry.provenance.recordedAt, withdrawn: withdrawn)
            guard let data = try? encoder.encode(head) else {
                preconditionFailure("texts and numbers have a JSON form")
            }
            return Array(data)
        }
        switch entry.change {
        case .withdrawal(let id): return head(withdrawn: id.rawValue)
        case .event(let event):
            var line = head(withdrawn: nil)
            // The closing brace gives way to one more member.
            line.removeLast()
            line += Array(",\"event\":".utf8)
            line += event.json
            line.append(UInt8(ascii: "}"))
            return line
        }
    }

    /// Reads a line back.
    static func entry(_ line: ArraySlice<UInt8>) throws -> StoreEntry {
        let data = Data(line)
        let head = try JSONDecoder().decode(Head.self, from: data)
        let origin = RecordPosition(
            TopicPartition(KafkaTopic(head.origin.topic), Partition(head.origin.partition)), Offset(head.origin.offset))
        let provenance = EventProvenance(origin: origin, run: head.run, recordedAt: head.recordedAt)
        if let id = head.withdrawn {
            return StoreEntry(position: origin, provenance: provenance, change: .withdrawal(SpeechID(id)))
        }
        let event = try JSONDecoder().decode(Body.self, from: data).event
        return StoreEntry(position: origin, provenance: provenance, change: .event(event))
    }
}
