import Delivery
import EventStore
import Foundation
import Speeches
import TestSupport
import Testing

@Suite struct EventStoreContractTests {
    @Test(arguments: StoreKind.available) func eventsComeBackByteForByte(kind: StoreKind) throws {
        let place = try StorePlace(kind)
        let store = try place.open()
        let entries = [Entries.event("b", revision: "A", origin: 0), Entries.event("a", revision: "A", origin: 1)]
        let applied = try store.apply(Entries.batch(entries))
        #expect(applied.inserted == 2)
        let content = try store.content()
        #expect(content == NaiveStore(entries).content)
        #expect(content.map(\.event.json) == NaiveStore(entries).content.map(\.event.json))
        #expect(content.map(\.event.document.id.rawValue) == ["a", "b"])
    }

    @Test(arguments: StoreKind.available) func aSecondTimeChangesNothing(kind: StoreKind) throws {
        let place = try StorePlace(kind)
        let store = try place.open()
        let batch = Entries.batch([
            Entries.event("a", revision: "A", origin: 0), Entries.event("a", revision: "B", origin: 1),
            Entries.withdrawal("b", origin: 2), Entries.event("b", revision: "A", origin: 3),
        ])
        try store.apply(batch)
        let before = try (store.canonicalDump(), store.canonicalDigest(), store.storedOffsets(group: Entries.group))
        let again = try store.apply(batch)
        #expect(again.inserted == 0 && again.renewed == 0 && again.unchanged == 3 && again.withdrawals == 1)
        #expect(try store.canonicalDump() == before.0)
        #expect(try store.canonicalDigest() == before.1)
        #expect(try store.storedOffsets(group: Entries.group) == before.2)
    }

    @Test(arguments: StoreKind.available) func askingWhetherItIsThereChangesNothing(kind: StoreKind) throws {
        let place = try StorePlace(kind)
        let store = try place.open()
        try store.check()
        try store.apply(Entries.batch([Entries.event("a", revision: "A", origin: 0)]))
        let before = try store.canonicalDump()
        try store.check()
        #expect(try store.canonicalDump() == before)
        try store.close()
        #expect(throws: StoreError.self) { try store.check() }
    }

    /// What an open store writes to files that somebody has taken away is lost with the process.
    @Test(arguments: [StoreKind.sqlite, .ndjson]) func filesTakenAwayAreMissed(kind: StoreKind) throws {
        let place = try StorePlace(kind)
        let store = try place.open()
        let path = place.folder.path(kind == .sqlite ? "store.sqlite" : "files")
        try FileManager.default.moveItem(atPath: path, toPath: path + ".away")
        #expect { try store.check() } throws: { ($0 as? StoreError)?.code == .cannotOpen }
        try FileManager.default.moveItem(atPath: path + ".away", toPath: path)
        try store.check()
        if kind == .sqlite {
            try FileManager.default.copyItem(atPath: path, toPath: path + ".copy")
            try FileManager.default.removeItem(atPath: path)
            try FileManager.default.moveItem(atPath: path + ".copy", toPath: path)
            #expect { try store.check() } throws: { ($0 as? StoreError)?.code == .cannotOpen }
        }
    }

    /// Rows of arrival: the origin offsets of revisions, `-` for a withdrawal, and what is current in the end.
    static let arrivals: [([(String, Int64)], String?)] = [
        ([("A", 0)], "A"), ([("A", 0), ("B", 1)], "B"), ([("B", 1), ("A", 0)], "B"),
        ([("A", 0), ("B", 1), ("A", 2)], "A"), ([("A", 2), ("B", 1), ("A", 0)], "A"),
        ([("A", 0), ("A", 2), ("B", 1)], "A"), ([("B", 1), ("A", 0), ("A", 2)], "A"),
        ([("A", 0), ("-", 1)], nil), ([("-", 1), ("A", 0)], nil), ([("A", 0), ("-", 1), ("A", 0)], nil),
        ([("A", 0), ("-", 1), ("A", 2)], "A"), ([("A", 2), ("-", 1)], "A"), ([("A", 2), ("A", 0), ("-", 1)], "A"),
        ([("A", 0), ("B", 2), ("-", 1)], "B"), ([("-", 3), ("-", 1), ("A", 2)], nil), ([("-", 0)], nil),
    ]

    @Test(arguments: StoreKind.available, arrivals.indices)
    func theRevisionPublishedLastIsCurrent(kind: StoreKind, row: Int) throws {
        let (arrival, expected) = Self.arrivals[row]
        let place = try StorePlace(kind)
        let store = try place.open()
        for (index, (revision, origin)) in arrival.enumerated() {
            let entry =
                revision == "-"
                ? Entries.withdrawal("a", origin: origin, at: Int64(index))
                : Entries.event("a", revision: revision, origin: origin, at: Int64(index))
            try store.apply(Entries.batch([entry]))
        }
        #expect(try store.current()["a"] == expected)
    }

    @Test(arguments: StoreKind.available) func withoutOriginTheRecordsOwnOffsetDecides(kind: StoreKind) throws {
        let place = try StorePlace(kind)
        let store = try place.open()
        let entries = [("B", Int64(7)), ("A", 3)].map { revision, offset in
            StoreEntry(
                position: RecordPosition(Entries.classified, Offset(offset)),
                change: .event(Entries.classified("a", revision: revision, ruleset: "1")))
        }
        try store.apply(Entries.batch(entries))
        #expect(try store.current() == ["a": "B"])
    }

    @Test(arguments: StoreKind.available) func rulesetsLiveSideBySide(kind: StoreKind) throws {
        let place = try StorePlace(kind)
        let store = try place.open()
        try store.apply(
            Entries.batch([
                Entries.event("a", revision: "A", origin: 0), Entries.event("a", revision: "B", origin: 1),
                Entries.event("a", revision: "A", origin: 0, ruleset: "2", at: 2, run: "replay-1"),
            ]))
        #expect(try store.content().count == 3)
        #expect(try store.current(ruleset: "1.0.0") == ["a": "B"])
        #expect(try store.current(ruleset: "2.0.0") == ["a": "A"])
        try store.apply(Entries.batch([Entries.withdrawal("a", origin: 2, at: 3)]))
        #expect(try store.content().isEmpty)
    }

    @Test(arguments: StoreKind.available) func offsetsAreKeptPerGroupAndPartition(kind: StoreKind) throws {
        let place = try StorePlace(kind)
        let store = try place.open()
        #expect(try store.storedOffsets(group: Entries.group) == [:])
        let other = TopicPartition(KafkaTopic("speeches.classified"), Partition(1))
        try store.apply(StoreBatch(group: Entries.group, entries: [], nextOffsets: [Entries.classified: Offset(5)]))
        try store.apply(StoreBatch(group: Entries.group, entries: [], nextOffsets: [other: Offset(.max)]))
        try store.apply(StoreBatch(group: ConsumerGroup("it's"), entries: [], nextOffsets: [other: Offset(1)]))
        #expect(try store.storedOffsets(group: Entries.group) == [Entries.classified: Offset(5), other: Offset(.max)])
        #expect(try store.storedOffsets(group: ConsumerGroup("it's")) == [other: Offset(1)])
        try store.close()
        let reopened = try place.open()
        #expect(try reopened.storedOffsets(group: Entries.group).count == 2)
    }

    @Test(arguments: StoreKind.available) func aBatchIsStoredWholeOrNotAtAll(kind: StoreKind) throws {
        let place = try StorePlace(kind)
        let store = try place.open()
        try store.apply(Entries.batch([Entries.event("a", revision: "A", origin: 0)]))
        let before = try store.canonicalDigest()
        var twice = Entries.classified("c", revision: "A", ruleset: "1")
        twice.topics.append(twice.topics[0])
        let broken = StoreEntry(
            position: RecordPosition(Entries.classified, Offset(3)),
            provenance: EventProvenance(origin: Entries.place(3)), change: .event(twice))
        let entries = [
            Entries.event("b", revision: "A", origin: 1), Entries.withdrawal("a", origin: 2), broken,
            Entries.event("d", revision: "A", origin: 4),
        ]
        let error = try #require(throws: StoreError.self) { try store.apply(Entries.batch(entries)) }
        #expect(error.code == .invalidEvent && !error.isRetryable)
        #expect(error.position == broken.position)
        #expect(try store.canonicalDigest() == before)
        #expect(try store.storedOffsets(group: Entries.group) == [Entries.classified: Offset(1)])
        try store.apply(Entries.batch(entries.filter { $0 != broken }))
        #expect(try Set(store.current().keys) == ["b", "d"])
    }

    static let awkward: [(String, String)] = [
        ("nul", "a\u{0}b\u{0}"), ("only nul", "\u{0}"), ("quotes", "it's \"quoted\" -- '; DROP TABLE events; --"),
        ("markup", "<script>alert(1)</script><!--"), ("control", "\u{1}\u{8}\u{1B}\u{7F}\u{85}\u{2028}"),
        ("alphabets", "naïve e\u{301} 中文 العربية \u{1F600}\u{10FFFF}\u{FFFF}"),
    ]

    @Test(arguments: StoreKind.available, awkward.indices)
    func awkwardTextsAreKept(kind: StoreKind, row: Int) throws {
        let text = Self.awkward[row].1
        let place = try StorePlace(kind)
        let store = try place.open()
        var event = Entries.classified("a\(text.prefix(40))", revision: "A", ruleset: "1")
        event.document.title = text
        event.document.speaker = Speaker(id: text, name: text, role: text, organisation: text)
        event.topics[0].label = text
        event.topics[0].codes = [text: [text, "x"]]
        event.topics[0].evidence[0].spans[0] = TextSpan(start: 0, end: 1, exact: text, prefix: text, suffix: "")
        event.topics[1].evidence[0].rule = RuleID(text)
        let entry = StoreEntry(position: RecordPosition(Entries.classified, Offset(0)), change: .event(event))
        try store.apply(Entries.batch([entry]))
        try store.apply(Entries.batch([entry]))
        #expect(try store.content().map { $0.event.json == event.json } == [true])
        let withdrawal = StoreEntry(
            position: RecordPosition(Entries.classified, Offset(1)), change: .withdrawal(event.document.id))
        try store.apply(Entries.batch([withdrawal]))
        #expect(try store.content().isEmpty)
    }

    @Test(arguments: StoreKind.available) func aQuoteOfThreeMillionCharactersIsKept(kind: StoreKind) throws {
        let place = try StorePlace(kind)
        let store = try place.open()
        var event = Entries.classified("a", revision: "A", ruleset: "1")
        let quote = String(repeating: "é", count: 3_000_000)
        event.topics[0].evidence[0].spans[0].exact = quote
        let entry = StoreEntry(position: RecordPosition(Entries.classified, Offset(0)), change: .event(event))
        try store.apply(Entries.batch([entry]))
        #expect(try store.content().map { $0.event.topics[0].evidence[0].spans[0].exact == quote } == [true])
    }

    @Test(arguments: StoreKind.available) func tenThousandTopicsAreKept(kind: StoreKind) throws {
        let place = try StorePlace(kind)
        let store = try place.open()
        var event = Entries.classified("a", revision: "A", ruleset: "1")
        event.topics = (0..<10_000).map { Entries.tag("topic-\($0)", "Topic \($0)", 500) }
        let entry = StoreEntry(position: RecordPosition(Entries.classified, Offset(0)), change: .event(event))
        try store.apply(Entries.batch([entry]))
        #expect(try store.content().map { $0.event.json == event.json } == [true])
    }

    @Test(arguments: StoreKind.available) func eventsWithoutTheOptionalPartsAreKept(kind: StoreKind) throws {
        let place = try StorePlace(kind)
        let store = try place.open()
        let summary = DocumentSummary(
            id: SpeechID("bare"), revision: Revision("A"), title: nil, speaker: nil, deliveredOn: nil, language: nil,
            source: nil, characters: 0, words: 0, sentences: 0)
        for (index, assessment) in Assessment.allCases.enumerated() {
            var event = Entries.classified("bare", revision: "A", ruleset: "\(index)")
            event.document = summary
            event.assessment = assessment
            event.crimePolicy = nil
            event.topics = []
            event.truncated = true
            let position = RecordPosition(Entries.classified, Offset(Int64(index)))
            try store.apply(Entries.batch([StoreEntry(position: position, change: .event(event))]))
            #expect(try store.content().contains { $0.event.json == event.json })
        }
        #expect(try store.content().count == Assessment.allCases.count)
    }

    @Test(arguments: StoreKind.available) func aClosedStoreSaysSo(kind: StoreKind) throws {
        let place = try StorePlace(kind)
        let store = try place.open()
        try store.close()
        let error = try #require(throws: StoreError.self) { try store.apply(Entries.batch([])) }
        #expect(error.code == .closed)
        #expect(throws: StoreError.self) { try store.storedOffsets(group: Entries.group) }
    }

    /// Any history, sent any number of times, in any order and any batches, ends as the plain model says.
    @Test(arguments: StoreKind.available) func redeliveryAndOrderPlayNoPart(kind: StoreKind) throws {
        let seed = SeededGenerator.seed()
        print("seed of redeliveryAndOrderPlayNoPart: \(seed)")
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<25 {
            let history = Self.history(using: &generator)
            let expected = NaiveStore(history).content
            let place = try StorePlace(kind)
            let store = try place.open()
            var sent: [StoreBatch] = []
            for batch in Self.batches(history.shuffled(using: &generator), using: &generator) {
                try store.apply(batch)
                sent.append(batch)
                if Bool.random(using: &generator), let old = sent.randomElement(using: &generator) {
                    try store.apply(old)
                }
            }
            #expect(try store.content() == expected, "seed \(seed)")
            let second = try StorePlace(kind)
            let other = try second.open()
            try other.apply(Entries.batch(history))
            #expect(try store.canonicalDigest() == other.canonicalDigest(), "seed \(seed)")
        }
    }

    private static func history(using generator: inout SeededGenerator) -> [StoreEntry] {
        var entries: [StoreEntry] = []
        for origin in 0..<Int64.random(in: 1...12, using: &generator) {
            let document = ["a", "b", "c"].randomElement(using: &generator)!
            guard Int.random(in: 0..<5, using: &generator) > 0 else {
                entries.append(Entries.withdrawal(document, origin: origin, at: Int64(entries.count)))
                continue
            }
            let revision = ["A", "B", "C"].randomElement(using: &generator)!
            for ruleset in ["1", "2"] where ruleset == "1" || Bool.random(using: &generator) {
                for delivery in 0...Int.random(in: 0...1, using: &generator) {
                    entries.append(
                        Entries.event(
                            document, revision: revision, origin: origin, ruleset: ruleset, at: Int64(entries.count),
                            run: ruleset == "1" ? "live" : "replay", recordedAt: "2026-01-0\(delivery + 1)T00:00:00Z"))
                }
            }
        }
        return entries
    }

    private static func batches(_ entries: [StoreEntry], using generator: inout SeededGenerator) -> [StoreBatch] {
        var rest = entries[...]
        var batches: [StoreBatch] = []
        while !rest.isEmpty {
            let size = Int.random(in: 1...4, using: &generator)
            batches.append(Entries.batch(Array(rest.prefix(size))))
            rest = rest.dropFirst(size)
        }
        return batches
    }
}
