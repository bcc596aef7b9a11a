import Delivery
import EventStore
import Foundation
import Glibc
import Speeches
import TestSupport
import Testing

/// What is the file store's own: files that never change, a manifest, and a crash at any byte.
@Suite struct NDJSONEventStoreTests {
    private let temporary: TemporaryFolder
    private var folder: String { temporary.path("files") }

    init() throws { temporary = try TemporaryFolder() }

    private func open(
        fileBytes: Int = 1_000_000, fileSeconds: Int = 3600, _ compression: NDJSONEventStore.Compression = .none,
        access: StoreAccess = .write
    ) throws(StoreError) -> NDJSONEventStore {
        try NDJSONEventStore(
            folder: folder, access: access,
            settings: .init(fileBytes: fileBytes, fileSeconds: fileSeconds, compression: compression))
    }

    /// Everything under the folder that is no lock, hidden files last.
    private func names() -> [String] {
        let all = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        let files = all.filter { name in
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: folder + "/" + name, isDirectory: &isFolder)
            return !isFolder.boolValue && !name.hasSuffix(".lock")
        }
        let isHidden: (String) -> Bool = { $0.contains("/.") || $0.hasPrefix(".") }
        return files.filter { !isHidden($0) }.sorted() + files.filter(isHidden).sorted()
    }

    @Test func filesLieByMonthOfDeliveryAndTombstonesApart() throws {
        let store = try open()
        var year = Entries.classified("year", revision: "A", ruleset: "1")
        year.document.deliveredOn = DeliveryDate("2021")
        var unknown = Entries.classified("unknown", revision: "A", ruleset: "1")
        unknown.document.deliveredOn = nil
        var entries = [Entries.event("a", revision: "A", origin: 0), Entries.withdrawal("b", origin: 1)]
        for event in [year, unknown] {
            entries.append(
                StoreEntry(
                    position: RecordPosition(Entries.classified, Offset(Int64(entries.count))), change: .event(event)))
        }
        try store.apply(Entries.batch(entries))
        #expect(names() == ["manifest.json", "rulesets.json", ".journal-00000001"])
        try store.close()
        #expect(
            names() == [
                "events/delivered=2021/00000001.ndjson", "events/delivered=2024-02/00000001.ndjson",
                "events/delivered=unknown/00000001.ndjson", "manifest.json", "rulesets.json",
                "withdrawals/00000001.ndjson", ".journal-00000002",
            ])
    }

    @Test func filesAreMadeByTimeWithoutAnotherBatch() throws {
        let store = try open(fileSeconds: 1)
        try store.apply(Entries.batch([Entries.event("a", revision: "A", origin: 0)]))
        let deadline = ContinuousClock.now + .seconds(60)
        while !names().contains("events/delivered=2024-02/00000001.ndjson"), ContinuousClock.now < deadline {
            Thread.sleep(forTimeInterval: 0.05)
        }
        #expect(names().contains("events/delivered=2024-02/00000001.ndjson"))
        #expect(try store.content().count == 1)
    }

    /// Python reads the files as their README tells it to, and finds what the store finds.
    @Test(arguments: [NDJSONEventStore.Compression.none, .zstd])
    func anotherLanguageReadsTheFiles(compression: NDJSONEventStore.Compression) throws {
        let store = try open(fileBytes: 5_000, compression)
        var origin: Int64 = 0
        for (document, revision) in [
            ("a", "A"), ("b", "A"), ("a", "B"), ("c", "A"), ("c", "-"), ("b", "A"), ("a", "A"),
        ] {
            let entry =
                revision == "-"
                ? Entries.withdrawal(document, origin: origin)
                : Entries.event(document, revision: revision, origin: origin)
            try store.apply(Entries.batch([entry]))
            origin += 1
        }
        let expected = try store.content().filter(\.isCurrent).map {
            "\($0.event.document.id) \($0.event.document.revision) \($0.origin.offset)\n"
        }.joined()
        try store.close()
        let readme = try Repository.text("Sources/EventStore/README.md")
        let start = try #require(readme.range(of: "```python\n")).upperBound
        let program = String(readme[start..<readme.range(of: "```", range: start..<readme.endIndex)!.lowerBound])
        let outcome = try Python.run(["-c", program, folder])
        #expect(outcome.output == expected, "\(outcome.errors)")
        #expect(expected == "a A 6\nb A 5\n")
    }

    /// At every length that a crash can leave of the last batch, the store goes on from the batch before it.
    @Test func aTornBatchIsCutOff() throws {
        let store = try open()
        try store.apply(Entries.batch([Entries.event("a", revision: "A", origin: 0)]))
        let journal = folder + "/.journal-00000001"
        let whole = try Data(contentsOf: URL(filePath: journal)).count
        try store.apply(
            Entries.batch([Entries.event("b", revision: "A", origin: 1), Entries.withdrawal("a", origin: 2)]))
        let bytes = try Data(contentsOf: URL(filePath: journal))
        try store.close()
        for length in stride(from: whole, to: bytes.count, by: 97) {
            let copy = try TemporaryFolder()
            try FileManager.default.createDirectory(atPath: copy.path("files"), withIntermediateDirectories: true)
            try #"{"schema_version":1,"journal":1,"offsets":[],"files":[]}"#.write(
                toFile: copy.path("files/manifest.json"), atomically: true, encoding: .utf8)
            try bytes.prefix(length).write(to: URL(filePath: copy.path("files/.journal-00000001")))
            let torn = try NDJSONEventStore(folder: copy.path("files"))
            #expect(try torn.storedOffsets(group: Entries.group) == [Entries.classified: Offset(1)], "\(length)")
            #expect(try torn.current() == ["a": "A"])
            try torn.apply(
                Entries.batch([Entries.event("b", revision: "A", origin: 1), Entries.withdrawal("a", origin: 2)]))
            #expect(try torn.current() == ["b": "A"])
        }
        // Bytes that never reached the disk, with a commit line behind them that did.
        var holed = bytes
        for place in (whole + 10)..<(whole + 60) { holed[place] = 0 }
        let copy = try TemporaryFolder()
        try #"{"schema_version":1,"journal":1,"offsets":[],"files":[]}"#.write(
            toFile: copy.path("manifest.json"), atomically: true, encoding: .utf8)
        try holed.write(to: URL(filePath: copy.path(".journal-00000001")))
        #expect(try NDJSONEventStore(folder: copy.path).current() == ["a": "A"])
    }

    /// A crash between the making of files and their naming: they are made again from the journal.
    @Test func filesThatNoManifestNamesAreRemoved() throws {
        let store = try open()
        try store.apply(Entries.batch([Entries.event("a", revision: "A", origin: 0)]))
        let manifest = try Data(contentsOf: URL(filePath: folder + "/manifest.json"))
        let journal = try Data(contentsOf: URL(filePath: folder + "/.journal-00000001"))
        try store.close()
        try manifest.write(to: URL(filePath: folder + "/manifest.json"))
        try journal.write(to: URL(filePath: folder + "/.journal-00000001"))
        try Data("{".utf8).write(to: URL(filePath: folder + "/events/delivered=2024-02/.unfinished-00000001.ndjson"))
        let again = try open()
        #expect(names() == ["manifest.json", "rulesets.json", ".journal-00000001"])
        #expect(try again.current() == ["a": "A"])
        try again.close()
        #expect(try open(access: .read).current() == ["a": "A"])
    }

    /// A reader beside a writer that makes a file of every batch: whole lines, never fewer events than before.
    @Test func aReaderBesideAWriterSeesWholeLines() throws {
        let batches = 150
        let store = try open(fileBytes: 1)
        try store.apply(Entries.batch([Entries.event("first", revision: "A", origin: 0)]))
        let program = """
            import glob, json, sys, time
            folder, end, seen, deadline = sys.argv[1], int(sys.argv[2]), 0, time.monotonic() + 120
            while seen < end and time.monotonic() < deadline:
                count = 0
                for path in glob.glob(folder + "/events/*/*"):
                    with open(path) as file:
                        for line in file:
                            assert line.endswith("\\n"), path
                            count += "event" in json.loads(line)
                assert count >= seen, (count, seen)
                seen = count
            print(seen)
            """
        let reader = Process()
        let output = Pipe()
        reader.executableURL = URL(filePath: "/usr/bin/env")
        reader.arguments = [Python.interpreter, "-c", program, folder, "\(batches)"]
        reader.standardOutput = output
        try reader.run()
        for number in 1...Int64(batches) {
            try store.apply(Entries.batch([Entries.event("d\(number)", revision: "A", origin: number)]))
        }
        try store.close()
        let seen = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        reader.waitUntilExit()
        #expect(reader.terminationStatus == 0)
        #expect(Int(seen.trimmingCharacters(in: .newlines)) ?? 0 >= batches)
    }

    @Test func oneProcessWritesAndOthersSaySo() throws {
        let store = try open()
        let error = try #require(throws: StoreError.self) { try open() }
        #expect(error.code == .busy && error.isRetryable)
        #expect(error.cure.contains("folder of its own"))
        try store.apply(Entries.batch([Entries.event("a", revision: "A", origin: 0)]))
        try store.apply(Entries.batch([Entries.event("a", revision: "A", origin: 0, ruleset: "2", at: 1)]))
        // Promotions need no turn of their own.
        let digest = "sha256:" + String(repeating: "2", count: 64)
        _ = try open(access: .administer).promote(digest)
        #expect(try store.rulesets().map(\.isCurrent) == [false, true])
        let reader = try open(access: .read)
        #expect(try reader.rulesets().map(\.isCurrent) == [false, true])
        for refused in [{ _ = try reader.rollBack() }, { _ = try reader.apply(Entries.batch([])) }] {
            let error = #expect(throws: StoreError.self) { try refused() }
            #expect(error?.code == .readOnly)
        }
        try store.close()
        try open().close()
    }

    @Test func foreignAndNewerFoldersAreLeftAlone() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try "theirs".write(toFile: folder + "/file.txt", atomically: true, encoding: .utf8)
        let foreign = try #require(throws: StoreError.self) { try open() }
        #expect(foreign.code == .notAStore)
        #expect(names() == ["file.txt"])
        try #"{"schema_version":99}"#.write(toFile: folder + "/manifest.json", atomically: true, encoding: .utf8)
        let newer = try #require(throws: StoreError.self) { try open() }
        #expect(newer.code == .newerSchema && newer.reason.contains("99"))
        let nothing = try #require(throws: StoreError.self) {
            try NDJSONEventStore(folder: temporary.path("none"), access: .read)
        }
        #expect(nothing.code == .olderSchema)
        #expect(!FileManager.default.fileExists(atPath: temporary.path("none")))
    }

    /// What was withdrawn stays in files that never change, until they are written anew.
    @Test func pruningRemovesWhatWasWithdrawn() throws {
        let store = try open(fileBytes: 1)
        try store.apply(Entries.batch([Entries.event("secret", revision: "A", origin: 0)]))
        try store.apply(Entries.batch([Entries.event("kept", revision: "A", origin: 1)]))
        try store.apply(Entries.batch([Entries.withdrawal("secret", origin: 2)]))
        try store.apply(Entries.batch([Entries.event("kept", revision: "A", origin: 1, ruleset: "2", at: 3)]))
        #expect(try allText().contains("Speech secret"))
        _ = try store.prune(["sha256:" + String(repeating: "2", count: 64)])
        #expect(try !allText().contains("Speech secret"))
        #expect(try store.current() == ["kept": "A"])
        try store.apply(Entries.batch([Entries.event("secret", revision: "A", origin: 0, at: 4)]))
        #expect(try store.current() == ["kept": "A"])
        try store.close()
        #expect(try open().current() == ["kept": "A"])
    }

    private func allText() throws -> String {
        try names().map { String(decoding: try Data(contentsOf: URL(filePath: folder + "/" + $0)), as: UTF8.self) }
            .joined()
    }
}
