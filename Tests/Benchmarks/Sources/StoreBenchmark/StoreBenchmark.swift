import Delivery
import EventStore
import Foundation
import Speeches

/// Writes events into a store as the sink does, from the bytes of records, and says how many a second.
///
/// Usage: StoreBenchmark sqlite|postgresql|ndjson TARGET EVENTS COUNT
/// EVENTS is a file of events, one a line; they are repeated under other document ids until there are COUNT.
@main
struct StoreBenchmark {
    static let batch = 500

    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 5, let count = Int(arguments[4]), count > 0 else {
            FileHandle.standardError.write(Data("usage: StoreBenchmark KIND TARGET EVENTS COUNT\n".utf8))
            exit(2)
        }
        let store: any EventStore =
            switch arguments[1] {
            case "sqlite": try SQLiteEventStore(path: arguments[2])
            case "postgresql": try PostgresEventStore(connectionString: arguments[2])
            default: try NDJSONEventStore(folder: arguments[2])
            }
        let lines = try Data(contentsOf: URL(filePath: arguments[3])).split(separator: UInt8(ascii: "\n"))
        let events = try lines.map { try ClassifiedSpeech(json: Data($0)) }
        let partition = TopicPartition(KafkaTopic("speeches.classified"), Partition(0))
        var (decoding, storing, bytes) = (Duration.zero, Duration.zero, 0)
        for start in stride(from: 0, to: count, by: batch) {
            let records = (start..<min(count, start + batch)).map { record(events[$0 % events.count], $0, partition) }
            bytes += records.reduce(0) { $0 + $1.size }
            let began = ContinuousClock.now
            let entries = try records.map { try StoreEntry($0) }
            let decoded = ContinuousClock.now
            let next = Offset(Int64(start + records.count))
            try store.apply(
                StoreBatch(group: ConsumerGroup("benchmark"), entries: entries, nextOffsets: [partition: next]))
            decoding += decoded - began
            storing += .now - decoded
        }
        let began = ContinuousClock.now
        try store.close()
        storing += .now - began
        let seconds = { (duration: Duration) in duration / .seconds(1) }
        print(
            String(
                format: "events %d, %.0f MB, decode %.2f s, store %.2f s, %.0f events/s", count, Double(bytes) / 1e6,
                seconds(decoding), seconds(storing), Double(count) / seconds(decoding + storing)))
    }

    private static func record(_ event: ClassifiedSpeech, _ number: Int, _ partition: TopicPartition) -> ReceivedRecord
    {
        var event = event
        event.document.id = SpeechID("\(event.document.id)/\(number)")
        event.eventID = ClassifiedSpeech.eventID(
            document: event.document.id, revision: event.document.revision, rulesetDigest: event.ruleset.digest)
        return ReceivedRecord(
            origin: partition, offset: Offset(Int64(number)), timestamp: nil,
            key: Array(event.document.id.rawValue.utf8), value: event.json,
            headers: [
                RecordHeader("rostrum_origin_topic", "speeches.documents"),
                RecordHeader("rostrum_origin_partition", "0"),
                RecordHeader("rostrum_origin_offset", "\(number)"), RecordHeader("rostrum_run", "live"),
                RecordHeader("ce_recordedtime", "2026-01-01T00:00:00Z"),
            ])
    }
}
