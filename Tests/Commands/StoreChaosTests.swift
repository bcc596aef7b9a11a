import Foundation
import Testing

/// What is done to a store while a sink writes to it, and that nothing is lost or doubled by it: `rostrum store verify`
/// compares the store with the Kafka topic afterwards.
@Suite(.enabled(if: TestBroker.isThere, TestBroker.absence), .serialized)
struct StoreChaosTests {
    private static let documents = 150

    /// Documents and their events, all published; the sink has them before it.
    private func load(_ area: KafkaArea) throws {
        let folder = try TemporaryFolder()
        for number in 0..<Self.documents {
            try folder.write(
                "Speech number \(number)\n\nLadies and gentlemen, this is speech \(number). Drug trafficking is a threat to "
                    + "every town, and modern slavery has no place among us.\n\nThank you.", to: "speech-\(number).txt")
        }
        #expect(try run("rostrum-producer", [folder.path], environment: area.environment).code == 0)
        let classifier = try area.start("rostrum-classifier")
        try #require(
            waitUntil(within: .seconds(120)) {
                try area.count(area.classified) >= Self.documents || !classifier.isRunning
            }, "\(classifier.errors.suffix(2000))")
        classifier.send(SIGTERM)
        #expect(try classifier.end(within: .seconds(60)).code == 0)
    }

    /// Small batches, so that there is a load for a while; attempts in quick succession.
    private static let slowly = [
        "ROSTRUM_DELIVERY_MAX_IN_FLIGHT_RECORDS": "2", "ROSTRUM_DELIVERY_RETRY_BACKOFF_MAX_MILLISECONDS": "1000",
    ]

    private func documents(_ environment: [String: String]) throws -> Int {
        let status = try run("rostrum", ["store", "status", "--output", "json"], environment: environment)
        let facts = try? JSONSerialization.jsonObject(with: Data(status.output.utf8)) as? [String: Any]
        return facts?["documents"] as? Int ?? 0
    }

    private func finish(_ sink: RunningProgram, _ environment: [String: String]) throws {
        let isComplete = try waitUntil(within: .seconds(180)) {
            try !sink.isRunning || documents(environment) == Self.documents
        }
        try #require(isComplete && sink.isRunning, "\(sink.errors.suffix(3000))")
        sink.send(SIGTERM)
        #expect(try sink.end(within: .seconds(60)).code == 0)
        let verified = try run("rostrum", ["store", "verify"], environment: environment)
        #expect(verified.code == 0, "\(verified.output)\(verified.errors)")
        #expect(verified.output.contains("\(Self.documents) events compared, 0 differences"))
    }

    /// A store that was lost, or is begun anew, gets all that is in Kafka, however far the sink's group has come.
    @Test func aNewStoreIsFilledFromTheStart() throws {
        var area = try KafkaArea()
        try load(area)
        for name in ["first.sqlite", "second.sqlite"] {
            area.databaseName = name
            try finish(area.start("rostrum-sink"), area.environment)
        }
    }

    @Test func postgresIsKilledAndRestarted() throws {
        let area = try KafkaArea()
        let server = try PostgresProcess()
        var environment = area.environment
        environment["ROSTRUM_STORE_PATH"] = nil
        environment["ROSTRUM_STORE_KIND"] = "postgresql"
        environment["ROSTRUM_STORE_CONNECTION"] = server.connectionString
        try load(area)
        let worker = environment.merging(Self.slowly) { _, new in new }
        let sink = try RunningProgram("rostrum-sink", environment: worker)
        for round in 1...3 {
            try #require(
                waitUntil(within: .seconds(120)) {
                    try !sink.isRunning || documents(environment) >= round * Self.documents / 10
                } && sink.isRunning, "\(sink.errors.suffix(3000))")
            let before = sink.errors.components(separatedBy: "store.unreachable").count
            try server.kill()
            try #require(
                waitUntil(within: .seconds(120)) {
                    !sink.isRunning || sink.errors.components(separatedBy: "store.unreachable").count > before
                } && sink.isRunning, "\(sink.errors.suffix(3000))")
            try server.start()
        }
        try finish(sink, environment)
    }

    /// Nothing is published: the sink notices all the same, says so, and is ready again without a restart.
    @Test func anIdleSinkNoticesThatPostgresIsGone() throws {
        let area = try KafkaArea()
        let server = try PostgresProcess()
        let endpoint = try Endpoint()
        var environment = area.environment.merging(endpoint.environment) { $1 }
        environment["ROSTRUM_STORE_PATH"] = nil
        environment["ROSTRUM_STORE_KIND"] = "postgresql"
        environment["ROSTRUM_STORE_CONNECTION"] = server.connectionString
        let sink = try RunningProgram("rostrum-sink", environment: environment)
        // Before that it waits for its store as at a start, and ends when `store.connectSeconds` are over.
        try sink.waitForLine("partitions assigned")
        try endpoint.wait(for: "/health/ready", toAnswer: 200)
        try server.kill()
        let text = try endpoint.wait(for: "/health/ready", toAnswer: 503, within: .seconds(120))
        #expect(text.contains("does not answer (store.unreachable)"), "\(text)")
        #expect(text.contains("check that the database runs"))
        #expect(try endpoint.get("/health/live").status == 200)
        #expect(sink.errors.contains("\"message\":\"the store does not answer\""))
        let status = try run(
            "rostrum", ["status", "--worker", endpoint.address], environment: environment, within: .seconds(120))
        #expect(status.output.contains("store.unreachable"), "\(status.output)")
        #expect(try endpoint.metric("rostrum_store_checks_failed_total{code=\"store.unreachable\"}") ?? 0 > 0)
        try server.start()
        try endpoint.wait(for: "/health/ready", toAnswer: 200, within: .seconds(120))
        try sink.waitForLine("the store answers again")
        // A database that was restarted between two questions is no fault at all.
        try load(area)
        try finish(sink, environment)
    }

    /// On a disk that is too small for the load, and is enlarged when the sink has said so.
    @Test(
        .enabled(if: SmallDisk.isPossible, "no rights to mount a small disk: run as root"),
        arguments: ["sqlite", "ndjson"])
    func theDiskIsFull(kind: String) throws {
        let area = try KafkaArea()
        let disk = try SmallDisk(kilobytes: kind == "sqlite" ? 700 : 100)
        var environment = area.environment
        environment["ROSTRUM_STORE_KIND"] = kind
        environment["ROSTRUM_STORE_PATH"] = disk.path + (kind == "sqlite" ? "/store.sqlite" : "/files")
        try load(area)
        let worker = environment.merging(Self.slowly) { _, new in new }
        let sink = try RunningProgram("rostrum-sink", environment: worker)
        try #require(
            waitUntil(within: .seconds(120)) { !sink.isRunning || sink.errors.contains("store.disk_full") }
                && sink.isRunning && sink.errors.contains("store.disk_full"), "\(sink.errors.suffix(3000))")
        #expect(sink.errors.contains("make room on the disk"))
        try disk.enlarge(kilobytes: 64_000)
        try finish(sink, environment)
    }
}

/// A PostgreSQL server of one test's own.
private final class PostgresProcess {
    private let folder: String
    private let port: Int
    let connectionString: String
    private static let script = packageRoot.appending(path: "Tests/EventStoreTests/postgres").path

    init() throws {
        folder = "/tmp/rostrum-postgres-\(UUID().uuidString.prefix(8))"
        port = try lastingPort()
        connectionString = "host=127.0.0.1 port=\(port) user=rostrum password=test dbname=postgres"
        try start()
    }

    deinit {
        _ = try? Self.shell([Self.script, "stop", folder])
        try? FileManager.default.removeItem(atPath: folder)
    }

    func start() throws { try Self.shell([Self.script, "start", folder, "\(port)"]) }
    func kill() throws { try Self.shell([Self.script, "kill", folder]) }

    private static func shell(_ arguments: [String]) throws {
        let ended = try run("bash", arguments)
        try #require(ended.code == 0, "\(ended.errors)")
    }
}

/// A disk in memory that is full soon.
private final class SmallDisk {
    let path: String

    /// Whether this process may mount one.
    static var isPossible: Bool {
        guard let disk = try? SmallDisk(kilobytes: 100) else { return false }
        return FileManager.default.fileExists(atPath: disk.path)
    }

    init(kilobytes: Int) throws {
        path = "/tmp/rostrum-disk-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let mounted = try run("mount", ["-t", "tmpfs", "-o", "size=\(kilobytes)k", "tmpfs", path])
        guard mounted.code == 0 else {
            try? FileManager.default.removeItem(atPath: path)
            throw CocoaError(.fileWriteNoPermission)
        }
    }

    deinit {
        _ = try? run("umount", ["-l", path])
        try? FileManager.default.removeItem(atPath: path)
    }

    func enlarge(kilobytes: Int) throws {
        #expect(try run("mount", ["-o", "remount,size=\(kilobytes)k", path]).code == 0)
    }
}
