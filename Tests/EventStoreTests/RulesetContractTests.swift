import Delivery
import EventStore
import Foundation
import Speeches
import TestSupport
import Testing

/// Results of several rulesets side by side: which the views show, and how that changes.
@Suite struct RulesetContractTests {
    /// Two rulesets over three documents, the second of which only the second ruleset has seen in full.
    private static func filled(_ place: StorePlace) throws -> any EventStore {
        let store = try place.open()
        try store.apply(
            Entries.batch([
                Entries.event("a", revision: "A", origin: 0), Entries.event("b", revision: "A", origin: 1),
                Entries.event("b", revision: "B", origin: 2),
                Entries.event("a", revision: "A", origin: 0, ruleset: "2", at: 3, run: "replay-1"),
                Entries.event("c", revision: "A", origin: 3, ruleset: "2", at: 4, run: "replay-1"),
                Entries.event("a", revision: "A", origin: 0, ruleset: "3", at: 5, run: "replay-2"),
            ]))
        return store
    }

    private static let digests = ["1", "2", "3"].map { "sha256:" + String(repeating: $0, count: 64) }

    private func shown(_ store: any EventStore) throws -> [String] {
        let answer = try store.ask(StoreQuestion(sql: "SELECT document_id FROM current_documents ORDER BY document_id"))
        return answer.rows.map { $0[0].description }
    }

    @Test(arguments: StoreKind.available) func theyAreListedWithTheirCounts(kind: StoreKind) throws {
        let place = try StorePlace(kind)
        let store = try Self.filled(place)
        let rulesets = try store.rulesets()
        #expect(rulesets.map(\.digest) == Self.digests)
        #expect(rulesets.map(\.version) == ["1.0.0", "2.0.0", "3.0.0"])
        #expect(rulesets.map(\.events) == [3, 2, 1])
        #expect(rulesets.map(\.documents) == [2, 2, 1])
        #expect(rulesets.map(\.isCurrent) == [true, false, false])
        #expect(rulesets.map(\.isPrevious) == [false, false, false])
        #expect(try shown(store) == ["a", "b"])
    }

    @Test(arguments: StoreKind.available) func promotionsAreUndoneInOrder(kind: StoreKind) throws {
        let place = try StorePlace(kind)
        let store = try Self.filled(place)
        #expect(try store.promote(Self.digests[1]) == RulesetSwitch(from: Self.digests[0], to: Self.digests[1]))
        #expect(try shown(store) == ["a", "c"])
        #expect(try store.promote(Self.digests[1]) == RulesetSwitch(from: Self.digests[1], to: Self.digests[1]))
        _ = try store.promote(Self.digests[2])
        #expect(try store.rulesets().map(\.isPrevious) == [false, true, false])
        #expect(try store.rollBack() == RulesetSwitch(from: Self.digests[2], to: Self.digests[1]))
        #expect(try store.rollBack() == RulesetSwitch(from: Self.digests[1], to: Self.digests[0]))
        #expect(try shown(store) == ["a", "b"])
        let error = try #require(throws: StoreError.self) { try store.rollBack() }
        #expect(error.code == .unknownRuleset)
        let unknown = try #require(throws: StoreError.self) { try store.promote("sha256:0") }
        #expect(unknown.code == .unknownRuleset)
        try store.close()
        #expect(try place.open().rulesets().map(\.isCurrent) == [true, false, false])
    }

    /// What the views show plays no part in what is stored.
    @Test(arguments: StoreKind.available) func aPromotionChangesNoEvent(kind: StoreKind) throws {
        let place = try StorePlace(kind)
        let store = try Self.filled(place)
        let before = try store.canonicalDigest()
        _ = try store.promote(Self.digests[1])
        #expect(try store.canonicalDigest() == before)
    }

    @Test(arguments: StoreKind.available) func pruningDeletesOneRulesetsResults(kind: StoreKind) throws {
        let place = try StorePlace(kind)
        let store = try Self.filled(place)
        _ = try store.promote(Self.digests[1])
        let error = try #require(throws: StoreError.self) { try store.prune([Self.digests[0], Self.digests[1]]) }
        #expect(error.code == .unknownRuleset)
        #expect(try store.rulesets().count == 3)
        let pruned = try store.prune([Self.digests[0]])
        #expect(pruned.events == 3)
        // b had both its revisions from the first ruleset alone.
        #expect(pruned.documents == 2)
        #expect(try store.rulesets().map(\.digest) == Array(Self.digests[1...]))
        #expect(try store.content().map(\.event.document.id.rawValue) == ["a", "a", "c"])
        #expect(throws: StoreError.self) { try store.rollBack() }
        // A ruleset that comes back is one like any other.
        try store.apply(Entries.batch([Entries.event("b", revision: "B", origin: 9)]))
        #expect(try store.current() == ["b": "B"])
        #expect(try shown(store) == ["a", "c"])
    }

    /// A reader beside ten thousand promotions sees one ruleset or the other in full, and both of them in time.
    @Test(arguments: StoreKind.available) func noReaderSeesAMixture(kind: StoreKind) throws {
        let place = try StorePlace(kind)
        let store = try place.open()
        let documents = 20
        for ruleset in ["1", "2"] {
            let entries = (0..<documents).map { number in
                var event = Entries.classified("d\(number)", revision: "A", ruleset: ruleset)
                event.topics = [Entries.tag("only-\(ruleset)", "Only \(ruleset)", 500)]
                return StoreEntry(
                    position: RecordPosition(Entries.classified, Offset(Int64(number))),
                    provenance: EventProvenance(origin: Entries.place(Int64(number))), change: .event(event))
            }
            try store.apply(Entries.batch(entries))
        }
        let done = StopRequest()
        let writer = Thread {
            var next = 1
            while !done.isRequested {
                _ = try? store.promote(Self.digests[next])
                next = 1 - next
            }
        }
        writer.start()
        defer { done.request() }
        // One question over two views: were they read at different moments, their rulesets could differ.
        let reader = try StoreReader(place)
        var seen: [String: Int] = [:]
        for _ in 0..<reader.reads { seen[try reader.read(), default: 0] += 1 }
        #expect(Set(seen.keys) == ["only-1 \(documents) \(documents)", "only-2 \(documents) \(documents)"])
        print("noReaderSeesAMixture, \(kind): \(seen)")
    }
}

/// Reads what the views show, over and over, on one connection of another program's kind.
private final class StoreReader {
    private let store: any EventStore
    let reads = 10_000
    private static let question = StoreQuestion(
        sql: """
            SELECT min(topic_id), max(topic_id), count(*), (SELECT count(*) FROM current_documents) FROM current_topics
            """)

    init(_ place: StorePlace) throws { store = try place.open(.read) }

    /// The topic that every document has, the number of tags, the number of documents.
    func read() throws -> String {
        let row = try store.ask(Self.question).rows[0].map(\.description)
        return row[0] == row[1] ? "\(row[0]) \(row[2]) \(row[3])" : "mixture of \(row[0]) and \(row[1])"
    }
}
