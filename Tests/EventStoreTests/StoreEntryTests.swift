import Delivery
import EventStore
import Speeches
import Testing

@Suite struct StoreEntryTests {
    static let event = Entries.classified("a", revision: "A", ruleset: "1")
    static let origin = [
        RecordHeader("rostrum_origin_topic", "speeches.documents"), RecordHeader("rostrum_origin_partition", "3"),
        RecordHeader("rostrum_origin_offset", "42"),
    ]

    @Test func readsAnEventWithItsHeaders() throws {
        let headers =
            [RecordHeader("rostrum_run", "live"), RecordHeader("ce_recordedtime", "2026-01-01T00:00:00Z")] + Self.origin
        let entry = try StoreEntry(Self.record(key: "a", value: Self.event.json, headers: headers))
        #expect(entry.change == .event(Self.event))
        #expect(entry.provenance.run == "live")
        #expect(entry.provenance.recordedAt == "2026-01-01T00:00:00Z")
        #expect(entry.origin == RecordPosition(TopicPartition(Entries.documents, Partition(3)), Offset(42)))
        #expect(entry.position == RecordPosition(Entries.classified, Offset(7)))
    }

    @Test func readsATombstoneAndFallsBackToItsOwnPlace() throws {
        let entry = try StoreEntry(Self.record(key: "a", value: nil, headers: []))
        #expect(entry.change == .withdrawal(SpeechID("a")))
        #expect(entry.documentID == SpeechID("a"))
        #expect(entry.origin == entry.position)
    }

    @Test func anEventMayLackAKeyButNotHaveAnother() throws {
        #expect(try StoreEntry(Self.record(key: nil, value: Self.event.json, headers: [])).documentID == SpeechID("a"))
        Self.expectRefusal(key: "b", value: Self.event.json, headers: [], "key is not the id")
        Self.expectRefusal(key: nil, value: nil, headers: [], "has no key")
        Self.expectRefusal(key: "", value: nil, headers: [], "at least one byte")
    }

    @Test func anEventIDThatDoesNotFollowIsRefused() {
        var event = Self.event
        event.eventID = EventID("0123")
        Self.expectRefusal(key: "a", value: event.json, headers: [], "event_id does not follow")
    }

    @Test(
        arguments: [
            ["speeches.documents", "3", nil], ["speeches.documents", nil, "1"], [nil, "3", "1"], ["", "3", "1"],
            ["speeches.documents", "-1", "1"], ["speeches.documents", "3", "-1"], ["speeches.documents", "3", "x"],
            ["speeches.documents", "3", "9223372036854775808"], ["speeches.documents", "2147483648", "1"],
        ] as [[String?]]) func anOriginIsWholeOrAbsent(_ values: [String?])
    {
        let names = ["rostrum_origin_topic", "rostrum_origin_partition", "rostrum_origin_offset"]
        let headers = zip(names, values).compactMap { name, value in value.map { RecordHeader(name, $0) } }
        Self.expectRefusal(key: "a", value: Self.event.json, headers: headers, "rostrum_origin_topic")
    }

    /// The time is for a figure alone: an event is stored with a bad one, or none, all the same.
    @Test(
        arguments: [("1650000000000", 1_650_000_000_000), ("soon", nil), ("", nil), (nil, nil)] as [(String?, Int64?)])
    func theDocumentsTimeIsReadWhereItIsOne(text: String?, milliseconds: Int64?) throws {
        let headers = text.map { [RecordHeader("rostrum_origin_timestamp", $0)] } ?? []
        let entry = try StoreEntry(Self.record(key: "a", value: Self.event.json, headers: headers))
        #expect(entry.provenance.originMade == milliseconds)
    }

    @Test func namesThatRowsAreFoundByAreBounded() throws {
        let long = String(repeating: "é", count: StoreEntry.nameBytesMax / 2)
        let allowed = Entries.classified(long, revision: "A", ruleset: "1")
        #expect(try StoreEntry(Self.record(key: long, value: allowed.json, headers: [])).documentID == SpeechID(long))
        let tooLong = long + "x"
        var topic = Self.event
        topic.topics[0].id = TopicID(tooLong)
        Self.expectRefusal(key: "a", value: topic.json, headers: [], "a topic's id has 1025 bytes")
        var codes = Self.event
        codes.topics[1].codes = [tooLong: ["1"]]
        Self.expectRefusal(key: "a", value: codes.json, headers: [], "a scheme of codes has 1025 bytes")
        let document = Entries.classified(tooLong, revision: "A", ruleset: "1")
        Self.expectRefusal(key: nil, value: document.json, headers: [], "the document's id has 1025 bytes")
        Self.expectRefusal(key: tooLong, value: nil, headers: [], "the document's id has 1025 bytes")
        Self.expectRefusal(
            key: "a", value: Self.event.json, headers: [RecordHeader("rostrum_run", tooLong)],
            "the header rostrum_run has 1025 bytes")
    }

    private static func record(key: String?, value: [UInt8]?, headers: [RecordHeader]) -> ReceivedRecord {
        ReceivedRecord(
            origin: Entries.classified, offset: Offset(7), timestamp: nil, key: key.map { Array($0.utf8) },
            value: value, headers: headers)
    }

    private static func expectRefusal(
        key: String?, value: [UInt8]?, headers: [RecordHeader], _ reason: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let error = #expect(throws: DocumentError.self, sourceLocation: sourceLocation) {
            try StoreEntry(record(key: key, value: value, headers: headers))
        }
        #expect(error?.reason.contains(reason) == true, "\(error?.reason ?? "")", sourceLocation: sourceLocation)
    }
}
