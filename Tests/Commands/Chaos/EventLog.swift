import Foundation

/// What a reader sees in the Kafka topics of documents and events, and what follows from it.
struct EventLog {
    /// A record's partition and offset.
    typealias Place = String

    /// Every record of the documents' Kafka topic.
    let documents: Set<Place>
    /// How many events each of them has.
    let events: [Place: Int]

    /// Reads both topics to their ends, as a reader of committed transactions does.
    init(_ area: KafkaArea) throws {
        documents = Set(try area.kcat(area.documents, "%p@%o\n").split(separator: "\n").map(String.init))
        var events: [Place: Int] = [:]
        for line in try area.kcat(area.classified, "%h\n").split(separator: "\n") {
            let places = ["rostrum_origin_partition=", "rostrum_origin_offset="].map { name in
                line.components(separatedBy: name).last.map { String($0.prefix { $0.isNumber }) } ?? ""
            }
            events[places.joined(separator: "@"), default: 0] += 1
        }
        self.events = events
    }

    /// Documents' records without an event.
    var missing: Int { documents.filter { events[$0] == nil }.count }
    /// Events beyond the first of a document's record.
    var duplicates: Int { events.values.reduce(0) { $0 + $1 - 1 } }
}
