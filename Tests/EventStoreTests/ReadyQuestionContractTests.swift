import Delivery
import EventStore
import Speeches
import StoreReports
import TestSupport
import Testing

/// The ready-made questions have the same answers in every store.
@Suite struct ReadyQuestionContractTests {
    private static let subjects: [ReadyQuestion.Subject] =
        ReadyQuestion.Grouping.allCases.map { .topics(by: $0) } + [.speakers, .pairs, .quotes, .documents]

    private static var filters: [ReadyQuestion.Filter] {
        var all = ReadyQuestion.Filter()
        all.topics = ["drugs", "it's"]
        all.speaker = "SPEAKER of"
        all.from = "2024"
        all.to = "2024-06"
        var speaker = ReadyQuestion.Filter()
        speaker.speaker = "_%\\"
        return [ReadyQuestion.Filter(), all, speaker]
    }

    private static func filled(_ place: StorePlace) throws -> any EventStore {
        let store = try place.open()
        var entries = "abcdef".enumerated().map {
            Entries.event(String($1), revision: "A", origin: Int64($0))
        }
        var undated = Entries.classified("undated", revision: "A", ruleset: "1")
        undated.document.deliveredOn = nil
        undated.document.speaker = nil
        undated.document.title = "a\u{0}b"
        entries.append(
            StoreEntry(position: RecordPosition(Entries.classified, Offset(9)), change: .event(undated)))
        try store.apply(Entries.batch(entries))
        return store
    }

    @Test(arguments: StoreKind.available) func answersAreTheSameEverywhere(kind: StoreKind) throws {
        let (place, reference) = (try StorePlace(kind), try StorePlace(.sqlite))
        let (store, expected) = (try Self.filled(place), try Self.filled(reference))
        var rows = 0
        for subject in Self.subjects {
            for filter in Self.filters {
                let question = ReadyQuestion(subject, filter: filter, limit: 50).question
                let answer = try store.ask(question)
                #expect(try answer == expected.ask(question), "\(subject) \(filter)")
                rows += answer.rows.count
            }
        }
        #expect(rows > 100)
        #expect(try StoreReport(store, secondsMax: 60).page(title: "t", made: "m").contains("Cyber crime"))
    }

    @Test(arguments: StoreKind.available) func aQuestionCannotChangeTheStore(kind: StoreKind) throws {
        let place = try StorePlace(kind)
        let store = try Self.filled(place)
        let before = try store.canonicalDigest()
        let statements = [
            "DELETE FROM events", "DELETE FROM events RETURNING event_id", "DROP VIEW topic_pairs",
            "SELECT 1; DELETE FROM events", "UPDATE rulesets SET is_current = 0", "COMMIT", "SELECT", "",
            "CREATE TABLE x (y integer)", "PRAGMA journal_mode = DELETE", "ATTACH DATABASE '/tmp/x.sqlite' AS x",
            "SELECT * FROM nothing", "WITH gone AS (DELETE FROM events RETURNING 1) SELECT * FROM gone",
        ]
        for statement in statements {
            let error = #expect(throws: StoreError.self, "\(statement)") {
                try store.ask(StoreQuestion(sql: statement))
            }
            #expect(error?.code == .badQuestion, "\(statement): \(error?.description ?? "")")
        }
        #expect(try store.canonicalDigest() == before)
        #expect(try store.rulesets().map(\.isCurrent) == [true])
    }

    @Test(arguments: StoreKind.available) func aQuestionThatTakesTooLongIsEnded(kind: StoreKind) throws {
        let place = try StorePlace(kind)
        let store = try Self.filled(place)
        let endless = """
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000000)
            SELECT count(*) FROM n
            """
        let error = try #require(throws: StoreError.self) {
            try store.ask(StoreQuestion(sql: endless), secondsMax: 1)
        }
        #expect(error.code == .cancelled)
        // Enough rows end it, too, and the store goes on.
        let rows = try store.ask(
            StoreQuestion(sql: "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"),
            rowsMax: 5)
        #expect(rows.isCut && rows.rows.map { $0[0] } == (1...5).map { .integer($0) })
        #expect(try store.ask(StoreQuestion(sql: "SELECT count(*) FROM events")).rows == [[.integer(7)]])
    }
}
