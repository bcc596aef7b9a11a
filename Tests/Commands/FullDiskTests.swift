import Foundation
import Testing

/// The store's disk fills up: the sink says so, loses nothing, and goes on when there is room.
@Suite(.enabled(if: TestBroker.isThere, TestBroker.absence), .serialized)
struct FullDiskTests {
    private static let documents = 300

    private func area() throws -> KafkaArea {
        let area = try KafkaArea()
        let folder = try DocumentFolder(Self.documents, named: "disk")
        #expect(try run("rostrum-producer", [folder.path], environment: area.environment).code == 0)
        let classifier = try area.start("rostrum-classifier")
        _ = try waitUntil(within: .seconds(120)) {
            try area.count(area.classified) >= Self.documents || !classifier.isRunning
        }
        classifier.send(SIGTERM)
        #expect(try classifier.end(within: .seconds(60)).code == 0)
        return area
    }

    private func expectAll(_ area: KafkaArea, by sink: RunningProgram) throws {
        try area.wait(for: KafkaArea.currentEvents, toReach: Self.documents, by: [sink])
        sink.send(SIGTERM)
        #expect(try sink.end(within: .seconds(60)).code == 0)
        #expect(area.number("SELECT count(*) FROM events") == Self.documents)
        #expect(
            area.number(
                "SELECT count(DISTINCT event_key) FROM document_topics JOIN evidence USING (event_key, topic_key)")
                == Self.documents)
        #expect(try area.sql("PRAGMA integrity_check") == "ok\n")
    }

    /// A limit on the size of its files, which is no full disk to the operating system but a failed write.
    @Test func aWriteThatFailsEndsTheSinkAndTheRestartLosesNothing() throws {
        let area = try area()
        // In blocks of 1024 bytes: enough for the tables, not for the events.
        let limited = try area.start(
            "bash", ["ROSTRUM_CONSUMER_INSTANCE_ID": "rostrum-sink"],
            arguments: ["-c", "ulimit -f 300; trap '' XFSZ; exec \(Programs.path(of: "rostrum-sink").path)"])
        let ended = try limited.end(within: .seconds(120))
        #expect(ended.code == 69, "\(ended.errors.suffix(2000))")
        let reason = ended.errors.split(separator: "\n").last { $0.contains("cannot go on") } ?? ""
        #expect(reason.contains("store.io_failed") || reason.contains("store.disk_full"), "\(reason)")
        #expect(area.number(KafkaArea.currentEvents) < Self.documents)
        try expectAll(area, by: area.start("rostrum-sink"))
    }

    /// A file system of a few megabytes, full but for some kilobytes; later there is room.
    @Test(.enabled(if: SmallDisk.isPossible, "no small file system can be mounted here (unshare, mount of a tmpfs)"))
    func aFullDiskIsWaitedForUntilThereIsRoom() throws {
        let area = try area()
        let disk = try SmallDisk(area)
        try #require(
            waitUntil(within: .seconds(90)) {
                disk.sink.errors.contains("\"error.code\":\"store.disk_full\"") || !disk.sink.isRunning
            } && disk.sink.isRunning, "\(disk.sink.errors.suffix(2000))")
        #expect(disk.sink.errors.contains("an attempt failed and will be repeated"))
        try disk.makeRoom()
        let stored = waitUntil(within: .seconds(120)) {
            disk.number(KafkaArea.currentEvents) >= Self.documents || !disk.sink.isRunning
        }
        #expect(stored && disk.sink.isRunning, "\(disk.sink.errors.suffix(2000))")
        #expect(disk.number("SELECT count(*) FROM events") == Self.documents)
        disk.sink.send(SIGTERM)
        #expect(try disk.sink.end(within: .seconds(60)).code == 0)
    }
}

/// A sink whose database is on a file system of its own, which only it sees: in a mount namespace, so that nothing of
/// it is left and no rights are needed where users may have namespaces.
private struct SmallDisk {
    /// What `unshare` is to make: a mount namespace in a user namespace of one's own, or, for root, without one.
    private static let namespaces: String? = ["-rm", "-m"].first { flags in
        (try? run("unshare", [flags, "bash", "-c", "mount -t tmpfs -o size=64k none /mnt"]).code) == 0
    }
    static var isPossible: Bool { namespaces != nil }

    let sink: RunningProgram
    private let folder: TemporaryFolder
    private let processID: Int32

    init(_ area: KafkaArea) throws {
        folder = try TemporaryFolder()
        // The shell becomes the sink, so that its process id is the sink's.
        let script = """
            mount -t tmpfs -o size=3m none \(folder.path) && head -c 2700000 /dev/zero >\(folder.path)/filler &&
            exec \(Programs.path(of: "rostrum-sink").path) --store \(folder.path)/rostrum.sqlite
            """
        let namespaces = try #require(Self.namespaces)
        sink = try area.start("unshare", arguments: [namespaces, "bash", "-c", script])
        processID = sink.processID
    }

    private func inside(_ arguments: [String]) throws -> Ended {
        let user = Self.namespaces == "-rm" ? ["-U", "--preserve-credentials"] : []
        return try run("nsenter", ["-t", String(processID), "-m"] + user + arguments)
    }

    func makeRoom() throws { #expect(try inside(["rm", "\(folder.path)/filler"]).code == 0) }

    func number(_ query: String) -> Int {
        let ended = try? inside(["sqlite3", "-cmd", ".timeout 5000", "\(folder.path)/rostrum.sqlite", query])
        return ended.flatMap { Int($0.output.trimmingCharacters(in: .whitespacesAndNewlines)) } ?? 0
    }
}
