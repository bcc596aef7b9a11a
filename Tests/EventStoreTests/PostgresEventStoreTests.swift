import Delivery
import EventStore
import Foundation
import Speeches
import TestSupport
import Testing

/// What is PostgreSQL's own. The contract's suites run on it, too.
@Suite(.enabled(if: PostgresServer.isThere, Comment(rawValue: PostgresServer.absence)))
struct PostgresEventStoreTests {
    private let database: PostgresServer.Database

    init() throws { database = try PostgresServer.Database() }

    private func open(_ access: StoreAccess = .write) throws(StoreError) -> PostgresEventStore {
        try PostgresEventStore(connectionString: database.connectionString, access: access)
    }

    // MARK: Databases that are not to be touched

    @Test func aNewerSchemaIsRefusedAndLeftAlone() throws {
        try open().close()
        try database.psql("INSERT INTO schema_versions (version) VALUES (99); DROP VIEW topic_pairs")
        let error = try #require(throws: StoreError.self) { try open() }
        #expect(error.code == .newerSchema && !error.isRetryable)
        #expect(error.reason.contains("schema version 99"))
        #expect(error.reason.contains("up to \(PostgresEventStore.schemaVersion)"))
        #expect(try database.psql("SELECT count(*) FROM pg_views WHERE viewname = 'topic_pairs'") == "0")
    }

    @Test func aForeignSchemaIsRefusedAndLeftAlone() throws {
        try database.psql("CREATE SCHEMA rostrum; CREATE TABLE rostrum.theirs (x integer)")
        let error = try #require(throws: StoreError.self) { try open() }
        #expect(error.code == .notAStore)
        #expect(
            try database.psql(
                "SELECT string_agg(relname, ',') FROM pg_class WHERE relnamespace = 'rostrum'::regnamespace")
                == "theirs")
    }

    @Test func otherTablesAreNoHindrance() throws {
        try database.psql("CREATE TABLE public.events (x integer)")
        try open().apply(Entries.batch([Entries.event("a", revision: "A", origin: 0)]))
        #expect(try database.psql("SELECT count(*) FROM public.events") == "0")
    }

    @Test func anotherEncodingIsRefused() throws {
        let latin = try PostgresServer.Database(encoding: "LATIN1")
        let error = try #require(throws: StoreError.self) {
            try PostgresEventStore(connectionString: latin.connectionString)
        }
        #expect(error.code == .notAStore && error.reason.contains("LATIN1"))
    }

    @Test func manyProgramsMayOpenANewDatabaseAtOnce() async throws {
        try await withThrowingTaskGroup { group in
            for number in 0..<8 {
                group.addTask {
                    try await OwnThread.run("opener \(number)") {
                        try PostgresEventStore(connectionString: database.connectionString).close()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try database.psql("SELECT string_agg(version::text, ',') FROM schema_versions") == "1")
    }

    // MARK: Reading alone

    @Test func readingMakesAndChangesNothing() throws {
        let nothing = try #require(throws: StoreError.self) { try open(.read) }
        #expect(nothing.code == .olderSchema)
        #expect(try database.psql("SELECT count(*) FROM pg_namespace WHERE nspname = 'rostrum'") == "0")
        try open().apply(Entries.batch([Entries.event("a", revision: "A", origin: 0)]))
        let reader = try open(.read)
        #expect(throws: StoreError.self) { try reader.apply(Entries.batch([Entries.withdrawal("a", origin: 1)])) }
        #expect(try reader.content().count == 1)
    }

    // MARK: Connections

    @Test func aConnectionStringIsNeverRepeated() throws {
        for string in ["host=127.0.0.1 password='open sesame", "postgresql://u:open sesame@[::1"] {
            let error = try #require(throws: StoreError.self) { try PostgresEventStore(connectionString: string) }
            #expect(error.code == .cannotOpen)
            #expect(!error.description.contains("sesame"))
        }
        let wrong = PostgresServer.connectionString! + " password=sesame"
        let error = try #require(throws: StoreError.self) { try PostgresEventStore(connectionString: wrong) }
        #expect(error.code == .unreachable && !error.description.contains("sesame"), "\(error)")
        #expect(error.reason.contains("password authentication failed"))
    }

    @Test func anAbsentServerIsSaidAndRetryable() throws {
        let error = try #require(throws: StoreError.self) {
            try PostgresEventStore(connectionString: "host=127.0.0.1 port=1 dbname=x user=x")
        }
        #expect(error.code == .unreachable && error.isRetryable)
        #expect(error.reason.contains("127.0.0.1:1"))
    }

    @Test func tlsIsTheConnectionStrings() throws {
        let folder = try #require(ProcessInfo.processInfo.environment["ROSTRUM_TEST_POSTGRES_FOLDER"])
        let safe = database.connectionString + " sslmode=verify-full sslrootcert=\(folder)/authority.crt"
        let store = try PostgresEventStore(connectionString: safe)
        let answer = try store.ask(StoreQuestion(sql: "SELECT ssl::int FROM pg_stat_ssl WHERE pid = pg_backend_pid()"))
        #expect(answer.rows == [[.integer(1)]])
        let foreign = database.connectionString + " sslmode=verify-full sslrootcert=/etc/hostname"
        let error = try #require(throws: StoreError.self) { try PostgresEventStore(connectionString: foreign) }
        #expect(error.code == .unreachable)
    }

    /// The server ends the connection between two batches: the next one finds that out, the one after it succeeds.
    @Test func aLostConnectionIsMadeAgain() throws {
        let store = try open()
        try store.apply(Entries.batch([Entries.event("a", revision: "A", origin: 0)]))
        try endConnections()
        let batch = Entries.batch([Entries.event("b", revision: "A", origin: 1)])
        let error = try #require(throws: StoreError.self) { try store.apply(batch) }
        #expect(error.isRetryable, "\(error)")
        #expect(try store.apply(batch).inserted == 1)
        #expect(try store.content().count == 2)
    }

    private func endConnections() throws {
        try PostgresServer.psql(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = '\(database.name)' AND pid <> pg_backend_pid()
            """)
    }

    // MARK: Many writers

    /// Four stores write the same history, each in its own order, all at once: as if one had written it.
    @Test func writersMeetWithoutHarm() async throws {
        let seed = SeededGenerator.seed()
        print("seed of writersMeetWithoutHarm: \(seed)")
        var generator = SeededGenerator(seed: seed)
        var history: [StoreEntry] = []
        for origin in 0..<Int64(120) {
            let document = "d\(Int.random(in: 0..<8, using: &generator))"
            let revision = ["A", "B", "C"].randomElement(using: &generator)!
            history.append(
                Int.random(in: 0..<10, using: &generator) == 0
                    ? Entries.withdrawal(document, origin: origin)
                    : Entries.event(document, revision: revision, origin: origin))
        }
        let expected = NaiveStore(history).content
        let orders = (0..<4).map { _ in history.shuffled(using: &generator) }
        try await withThrowingTaskGroup { group in
            for (number, order) in orders.enumerated() {
                group.addTask { try await OwnThread.run("writer \(number)") { try write(order) } }
            }
            try await group.waitForAll()
        }
        let store = try open()
        #expect(try store.content() == expected, "seed \(seed)")
        #expect(
            try database.psql(
                "SELECT count(*) FROM (SELECT document_id FROM documents GROUP BY 1 HAVING sum(is_current) <> 1) AS x")
                == "0")
    }

    /// As the sink does: what is retryable is tried again.
    private func write(_ entries: [StoreEntry]) throws {
        let store = try open()
        var rest = entries[...]
        while !rest.isEmpty {
            let batch = Entries.batch(Array(rest.prefix(5)))
            let deadline = ContinuousClock.now + .seconds(60)
            while let error = failure(of: batch, on: store) {
                guard error.isRetryable, ContinuousClock.now < deadline else { throw error }
            }
            rest = rest.dropFirst(5)
        }
    }

    private func failure(of batch: StoreBatch, on store: PostgresEventStore) -> StoreError? {
        do {
            try store.apply(batch)
            return nil
        } catch {
            return error
        }
    }

    // MARK: Tables

    @Test func aWithdrawalTakesTheSpeakerAlong() throws {
        let store = try open()
        try store.apply(
            Entries.batch([
                Entries.event("a", revision: "A", origin: 0), Entries.event("b", revision: "A", origin: 1),
            ]))
        try store.apply(Entries.batch([Entries.withdrawal("a", origin: 2)]))
        #expect(try database.psql("SELECT string_agg(name, ',') FROM speakers") == "Speaker of b")
        for table in ["documents", "events"] { #expect(try database.psql("SELECT count(*) FROM \(table)") == "1") }
        #expect(try database.psql("SELECT count(*) FROM spans") == "6")
    }

    @Test func runsKeepTheirFirstAndLastTime() throws {
        let store = try open()
        for (place, day) in [2, 3, 1].enumerated() {
            try store.apply(
                Entries.batch([
                    Entries.event(
                        "d\(day)", revision: "A", origin: Int64(place), recordedAt: "2026-01-0\(day)T00:00:00Z")
                ]))
        }
        try store.apply(Entries.batch([Entries.event("x", revision: "A", origin: 9, run: "replay-1", recordedAt: nil)]))
        #expect(
            try database.psql(
                "SELECT run_id, first_recorded_at, last_recorded_at FROM runs ORDER BY run_key")
                == "live|2026-01-01T00:00:00Z|2026-01-03T00:00:00Z\nreplay-1||")
    }

    /// What PostgreSQL's text cannot hold is written in another way, and two texts never become one.
    @Test func textsThatLookAlikeStayApart() throws {
        let store = try open()
        let mark = String(Unicode.Scalar(UInt16(0xFDD0))!)
        let ids = ["a\0", "a\(mark)0", "a\(mark)", "a\(mark)1", "a\u{FFFD}", "a"]
        let entries = ids.enumerated().map { Entries.event($1, revision: "A", origin: Int64($0)) }
        try store.apply(Entries.batch(entries))
        #expect(try Set(store.content().map(\.event.document.id.rawValue)) == Set(ids))
        for (place, id) in ids.enumerated() {
            try store.apply(Entries.batch([Entries.withdrawal(id, origin: Int64(10 + place))]))
            #expect(try store.content().count == ids.count - 1 - place)
        }
    }
}
