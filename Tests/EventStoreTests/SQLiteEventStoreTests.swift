import Delivery
import EventStore
import Foundation
import GRDB
import Glibc
import Speeches
import TestSupport
import Testing

@Suite struct SQLiteEventStoreTests {
    private let folder: TemporaryFolder
    private var path: String { folder.path("store.sqlite") }

    init() throws { folder = try TemporaryFolder() }

    // MARK: Files that are not to be touched

    @Test func aNewerSchemaIsRefusedAndLeftAlone() throws {
        try SQLiteEventStore(path: path).close()
        try sql("PRAGMA user_version = 99")
        let before = try Data(contentsOf: URL(filePath: path))
        let error = try #require(throws: StoreError.self) { try SQLiteEventStore(path: path) }
        #expect(error.code == .newerSchema && !error.isRetryable)
        #expect(error.reason.contains("schema version 99"))
        #expect(error.reason.contains("up to \(SQLiteEventStore.schemaVersion)"))
        #expect(error.cure.contains("newer program"))
        #expect(try Data(contentsOf: URL(filePath: path)) == before)
    }

    @Test(arguments: ["CREATE TABLE theirs (x)", "PRAGMA application_id = 7", "PRAGMA user_version = 1"])
    func aForeignDatabaseIsRefusedAndLeftAlone(statement: String) throws {
        try sql(statement)
        let before = try Data(contentsOf: URL(filePath: path))
        let error = try #require(throws: StoreError.self) { try SQLiteEventStore(path: path) }
        #expect(error.code == .notAStore)
        #expect(try Data(contentsOf: URL(filePath: path)) == before)
    }

    @Test func aTextFileIsRefusedAndLeftAlone() throws {
        let text = Data(String(repeating: "not a database\n", count: 100).utf8)
        try text.write(to: URL(filePath: path))
        let error = try #require(throws: StoreError.self) { try SQLiteEventStore(path: path) }
        #expect(error.code == .notAStore)
        #expect(try Data(contentsOf: URL(filePath: path)) == text)
    }

    @Test func anEmptyFileBecomesAStore() throws {
        try Data().write(to: URL(filePath: path))
        let store = try SQLiteEventStore(path: path)
        try store.apply(Entries.batch([Entries.event("a", revision: "A", origin: 0)]))
        #expect(try store.content().count == 1)
    }

    // MARK: Places that cannot be written

    @Test func aMissingFolderIsSaid() throws {
        let error = try #require(throws: StoreError.self) {
            try SQLiteEventStore(path: folder.path("none/store.sqlite"))
        }
        #expect(error.code == .cannotOpen && !error.isRetryable)
        #expect(error.description.contains("none/store.sqlite"))
        #expect(error.cure.contains("folder must exist"))
    }

    @Test func aFolderInPlaceOfAFileIsSaid() throws {
        let error = try #require(throws: StoreError.self) { try SQLiteEventStore(path: folder.path) }
        #expect(error.code == .cannotOpen)
    }

    /// Root may write anywhere, so a thread gives up root's rights on files first.
    @Test func aReadOnlyFolderIsSaid() throws {
        let store = try SQLiteEventStore(path: path)
        try store.apply(Entries.batch([Entries.event("a", revision: "A", origin: 0)]))
        try store.close()
        #expect(chmod(path, 0o444) == 0 && chmod(folder.path, 0o555) == 0)
        defer { _ = chmod(folder.path, 0o755) }
        for (place, codes) in [
            (folder.path("new.sqlite"), [StoreError.Code.cannotOpen]), (path, [.readOnly, .cannotOpen]),
        ] {
            let result = withoutRootsRights { Result { try SQLiteEventStore(path: place) } }
            let error = try #require(throws: StoreError.self) { try result.get() }
            #expect(codes.contains(error.code), "\(error)")
            #expect(error.cure.contains("writable"))
        }
    }

    @Test func bytesAreShownByTwoDigitsEach() throws {
        let store = try SQLiteEventStore(path: path)
        #expect(try store.ask(StoreQuestion(sql: "SELECT x'0a00ff'")).rows == [[.text("0a00ff")]])
    }

    @Test func aFullDiskIsSurvived() throws {
        let store = try SQLiteEventStore(path: path, settings: .init(maximumBytes: 400_000))
        var applied = 0
        var refused: (batch: StoreBatch, error: StoreError)?
        while refused == nil, applied < 2_000 {
            let origin = Int64(applied)
            let batch = Entries.batch([
                Entries.event("d\(applied)", revision: "A", origin: origin),
                Entries.event("e\(applied)", revision: "A", origin: origin),
            ])
            do {
                try store.apply(batch)
                applied += 1
            } catch {
                refused = (batch, error)
            }
        }
        let (batch, error) = try #require(refused)
        #expect(error.code == .diskFull && error.isRetryable)
        #expect(try store.content().count == 2 * applied)
        #expect(try store.storedOffsets(group: Entries.group) == [Entries.classified: Offset(Int64(applied))])
        #expect(throws: StoreError.self) { try store.apply(batch) }
        try store.close()
        let larger = try SQLiteEventStore(path: path)
        try larger.apply(batch)
        #expect(try larger.content().count == 2 * applied + 2)
        #expect(try sql("PRAGMA integrity_check") == "ok")
    }

    // MARK: Other processes

    @Test func aWriterElsewhereIsWaitedForAndThenSaid() throws {
        let store = try SQLiteEventStore(path: path, settings: .init(busyTimeoutSeconds: 0.05))
        let batch = Entries.batch([Entries.event("a", revision: "A", origin: 0)])
        let other = try LockingProcess(path)
        let error = try #require(throws: StoreError.self) { try store.apply(batch) }
        #expect(error.code == .busy && error.isRetryable)
        #expect(try store.content().isEmpty)
        try other.release()
        try store.apply(batch)
        #expect(try store.content().count == 1)
    }

    @Test func aWriterKilledInItsTransactionLeavesNothing() throws {
        let store = try SQLiteEventStore(path: path, settings: .init(busyTimeoutSeconds: 30))
        try store.apply(Entries.batch([Entries.event("a", revision: "A", origin: 0)]))
        let digest = try store.canonicalDigest()
        let other = try LockingProcess(path, statement: "DELETE FROM spans")
        other.kill()
        #expect(try store.canonicalDigest() == digest)
        try store.apply(Entries.batch([Entries.event("b", revision: "A", origin: 1)]))
        #expect(try store.content().count == 2)
        #expect(try sql("PRAGMA integrity_check") == "ok")
    }

    /// A reader in another process, while batches are written, sees whole batches or nothing of them.
    @Test func aReaderElsewhereSeesWholeBatches() throws {
        let store = try SQLiteEventStore(path: path)
        let batches = 60
        let reader = Process()
        let output = Pipe()
        reader.executableURL = URL(filePath: "/usr/bin/env")
        reader.arguments = [Python.interpreter, "-c", Self.readingProgram, path, "\(batches)"]
        reader.standardOutput = output
        try reader.run()
        for number in 0..<Int64(batches) {
            let entries = (0..<3).map { Entries.event("\(number)-\($0)", revision: "A", origin: number * 3 + $0) }
            try store.apply(Entries.batch(entries))
        }
        reader.waitUntilExit()
        let report = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        print("aReaderElsewhereSeesWholeBatches: \(report)")
        #expect(reader.terminationStatus == 0)
        #expect(report.hasSuffix("last offset \(batches * 3)\n"))
    }

    private static let readingProgram = """
        import sqlite3, sys, time
        connection = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True, timeout=30)
        states, end, deadline = set(), int(sys.argv[2]) * 3, time.monotonic() + 120
        while time.monotonic() < deadline:
            offset, events, topics, spans, current = connection.execute(
                "SELECT ifnull((SELECT max(next_offset) FROM offsets), 0), (SELECT count(*) FROM events),"
                " (SELECT count(*) FROM document_topics), (SELECT count(*) FROM spans),"
                " (SELECT count(*) FROM current_documents)").fetchone()
            assert (events, topics, spans, current) == (offset, 2 * offset, 6 * offset, offset), (offset, events)
            assert offset % 3 == 0
            states.add(offset)
            if offset == end: break
        print(f"{len(states)} states seen, last offset {max(states)}")
        """

    @Test func twoConnectionsMayOpenAndWriteInTurn() throws {
        let first = try SQLiteEventStore(path: path)
        let second = try SQLiteEventStore(path: path)
        try first.apply(Entries.batch([Entries.event("a", revision: "A", origin: 0)]))
        try second.apply(Entries.batch([Entries.event("a", revision: "B", origin: 1)]))
        try first.apply(Entries.batch([Entries.event("a", revision: "A", origin: 0)]))
        #expect(try first.current() == ["a": "B"])
        #expect(try first.canonicalDigest() == second.canonicalDigest())
    }

    // MARK: Tables

    @Test func otherProgramsReadTheSameText() throws {
        let store = try SQLiteEventStore(path: path)
        var event = Entries.classified("nul", revision: "A", ruleset: "1")
        event.document.title = "a\u{0}b"
        let position = RecordPosition(Entries.classified, Offset(0))
        try store.apply(Entries.batch([StoreEntry(position: position, change: .event(event))]))
        let program = """
            import sqlite3, sys
            row = sqlite3.connect(sys.argv[1]).execute("SELECT typeof(title), title FROM current_documents").fetchone()
            print(row)
            """
        let outcome = try Python.run(["-c", program, path])
        #expect(outcome.output == "('text', 'a\\x00b')\n", "\(outcome.errors)")
    }

    @Test func theFirstRulesetIsCurrentAndTheViewsShowIt() throws {
        let store = try SQLiteEventStore(path: path)
        try store.apply(Entries.batch([Entries.event("a", revision: "A", origin: 0)]))
        try store.apply(
            Entries.batch([
                Entries.event("a", revision: "A", origin: 0, ruleset: "2", at: 1),
                Entries.event("b", revision: "A", origin: 1, ruleset: "2", at: 2),
            ]))
        #expect(try sql("SELECT group_concat(version) FROM rulesets WHERE is_current = 1") == "1.0.0")
        #expect(try sql("SELECT group_concat(document_id) FROM current_documents") == "a")
        #expect(try sql("SELECT count(*) FROM current_topics") == "2")
        #expect(try sql("SELECT sum(documents) FROM topic_by_month") == "2")
        #expect(try sql("SELECT sum(documents) FROM topic_pairs") == "1")
        #expect(try sql("SELECT count(*) FROM evidence_quotes") == "6")
    }

    @Test func aWithdrawalTakesTheSpeakerAlong() throws {
        let store = try SQLiteEventStore(path: path)
        try store.apply(
            Entries.batch([
                Entries.event("a", revision: "A", origin: 0), Entries.event("b", revision: "A", origin: 1),
                Entries.withdrawal("a", origin: 2),
            ]))
        #expect(try sql("SELECT group_concat(name) FROM speakers") == "Speaker of b")
        for table in ["documents", "events"] { #expect(try sql("SELECT count(*) FROM \(table)") == "1") }
        #expect(try sql("SELECT count(*) FROM spans") == "6")
        #expect(try sql("PRAGMA foreign_key_check") == nil)
    }

    @Test func runsKeepTheirFirstAndLastTime() throws {
        let store = try SQLiteEventStore(path: path)
        for (place, day) in [2, 3, 1].enumerated() {
            let time = "2026-01-0\(day)T00:00:00Z"
            try store.apply(
                Entries.batch([Entries.event("d\(day)", revision: "A", origin: Int64(place), recordedAt: time)]))
        }
        try store.apply(Entries.batch([Entries.event("x", revision: "A", origin: 9, run: "replay-1", recordedAt: nil)]))
        #expect(
            try sql(
                "SELECT group_concat(run_id || ' ' || ifnull(first_recorded_at || last_recorded_at, '-')) FROM runs")
                == "live 2026-01-01T00:00:00Z2026-01-03T00:00:00Z,replay-1 -")
    }

    // MARK: Means

    /// Runs statements on a connection of its own and gives the first value of the last row.
    @discardableResult
    private func sql(_ statement: String) throws -> String? {
        let queue = try DatabaseQueue(path: path)
        defer { try? queue.close() }
        return try queue.writeWithoutTransaction { database in
            guard let row = try Row.fetchOne(database, sql: statement), let value: DatabaseValue = row[0] else {
                return nil
            }
            return value.isNull ? nil : String.fromDatabaseValue(value) ?? "\(value)"
        }
    }

    /// Runs on a thread whose rights on files are nobody's (setfsuid(2) counts for one thread).
    private func withoutRootsRights<Value: Sendable>(_ body: @escaping @Sendable () -> Value) -> Value {
        let done = DispatchSemaphore(value: 0)
        let box = Box<Value>()
        Thread.detachNewThread {
            if geteuid() == 0 { _ = setfsuid(65_534) }
            box.value = body()
            done.signal()
        }
        done.wait()
        return box.value!
    }
}

/// setfsuid(2), which Swift's Glibc module leaves out.
private let setfsuid = unsafeBitCast(dlsym(nil, "setfsuid"), to: (@convention(c) (UInt32) -> Int32).self)

/// Handed from one thread to another with a semaphore between, which orders the two accesses.
private final class Box<Value>: @unchecked Sendable {
    var value: Value?
}

/// Another process that has begun to write and says so.
private final class LockingProcess {
    private let process = Process()
    private let input = Pipe()

    init(_ path: String, statement: String = "SELECT 1") throws {
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            Python.interpreter, "-c",
            """
            import sqlite3, sys
            connection = sqlite3.connect(sys.argv[1], isolation_level=None)
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(sys.argv[2])
            print("locked", flush=True)
            sys.stdin.readline()
            connection.execute("ROLLBACK")
            """, path, statement,
        ]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let said = output.fileHandleForReading.availableData
        #expect(String(decoding: said, as: UTF8.self).hasPrefix("locked"))
    }

    func release() throws {
        try input.fileHandleForWriting.write(contentsOf: Data("\n".utf8))
        process.waitUntilExit()
    }

    func kill() {
        Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
