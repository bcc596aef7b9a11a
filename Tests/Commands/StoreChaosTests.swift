import Foundation
import Testing

/// What is done to a store while a sink writes to it, and that nothing is lost or doubled by it: `rostrum store verify`
/// compares the store with the Kafka topic afterwards.
@Suite(.enabled(if: TestBroker.isThere, TestBroker.absence), .serialized)
struct StoreChaosTests {
    private static let documents = 150

    /// Documents and their events, published; of all of them, or of a part.
    private func load(_ area: KafkaArea, _ part: Range<Int> = 0..<documents) throws {
        let folder = try TemporaryFolder()
        for number in part {
            try folder.write(
                "Speech number \(number)\n\nLadies and gentlemen, this is speech \(number). Drug trafficking is a threat to "
                    + "every town, and modern slavery has no place among us.\n\nThank you.", to: "speech-\(number).txt")
        }
        #expect(try run("rostrum-producer", [folder.path], environment: area.environment).code == 0)
        let classifier = try area.start("rostrum-classifier")
        try #require(
            waitUntil(within: .seconds(120)) {
                try area.count(area.classified) >= part.upperBound || !classifier.isRunning
            }, "\(classifier.errors.suffix(2000))")
        classifier.send(SIGTERM)
        #expect(try classifier.end(within: .seconds(60)).code == 0)
    }

    /// What is loaded before the fault; the rest comes while it lasts, so that a sink however fast meets it.
    private static let before = 0..<60

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
        try load(area, Self.before)
        let sink = try RunningProgram("rostrum-sink", environment: environment.merging(Self.slowly) { $1 })
        for round in 0..<3 {
            try #require(
                waitUntil(within: .seconds(120)) {
                    try !sink.isRunning || documents(environment) >= (round + 1) * Self.documents / 10
                } && sink.isRunning, "\(sink.errors.suffix(3000))")
            let before = sink.errors.components(separatedBy: "store.unreachable").count
            try server.kill()
            let start = Self.before.upperBound + round * 30
            try load(area, start..<(start + 30))
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

    /// The disk is full in the middle of the load, and has room again when the sink has said so.
    @Test(arguments: ["sqlite", "ndjson"])
    func theDiskIsFull(kind: String) throws {
        let area = try KafkaArea()
        let disk = try FullDisk()
        var environment = area.environment
        environment["ROSTRUM_STORE_KIND"] = kind
        environment["ROSTRUM_STORE_PATH"] = area.folder.url(of: kind == "sqlite" ? "store.sqlite" : "files").path
        try load(area, Self.before)
        let sink = try RunningProgram(
            "rostrum-sink", environment: environment.merging(Self.slowly) { $1 }.merging(disk.environment) { $1 })
        try fill(disk, of: area, under: sink, environment, cure: "make room on the disk")
    }

    /// The same under PostgreSQL, whose server dies while there is no room and comes back to some.
    @Test func theDiskOfPostgresIsFull() throws {
        let area = try KafkaArea()
        let disk = try FullDisk()
        let server = try PostgresProcess(environment: disk.environment)
        var environment = area.environment
        environment["ROSTRUM_STORE_PATH"] = nil
        environment["ROSTRUM_STORE_KIND"] = "postgresql"
        environment["ROSTRUM_STORE_CONNECTION"] = server.connectionString
        try load(area, Self.before)
        let sink = try RunningProgram("rostrum-sink", environment: environment.merging(Self.slowly) { $1 })
        try fill(disk, of: area, under: sink, environment, cure: "make room on the server's disk") {
            try server.kill()
            try #require(
                waitUntil(within: .seconds(120)) { !sink.isRunning || sink.errors.contains("store.unreachable") }
                    && sink.isRunning, "\(sink.errors.suffix(3000))")
            try disk.makeRoom()
            try server.start()
        }
    }

    private func fill(
        _ disk: FullDisk, of area: KafkaArea, under sink: RunningProgram, _ environment: [String: String], cure: String,
        meanwhile: () throws -> Void = {}
    ) throws {
        try #require(
            waitUntil(within: .seconds(120)) { try !sink.isRunning || documents(environment) >= Self.documents / 10 }
                && sink.isRunning, "\(sink.errors.suffix(3000))")
        try disk.fill()
        try load(area, Self.before.upperBound..<Self.documents)
        try #require(
            waitUntil(within: .seconds(120)) { !sink.isRunning || sink.errors.contains("store.disk_full") }
                && sink.isRunning && sink.errors.contains("store.disk_full"), "\(sink.errors.suffix(3000))")
        #expect(sink.errors.contains(cure))
        #expect(try documents(environment) < Self.documents)
        try meanwhile()
        try disk.makeRoom()
        try finish(sink, environment)
    }
}

/// A PostgreSQL server of one test's own.
private final class PostgresProcess {
    private let folder: String
    private let port: Int
    private let environment: [String: String]
    let connectionString: String
    private static let script = packageRoot.appending(path: "Tests/EventStoreTests/postgres").path

    /// - Parameter environment: of the server.
    init(environment: [String: String] = [:]) throws {
        self.environment = environment
        folder = "/tmp/rostrum-postgres-\(UUID().uuidString.prefix(8))"
        port = try lastingPort()
        connectionString = "host=127.0.0.1 port=\(port) user=rostrum password=test dbname=postgres"
        try start()
    }

    deinit {
        _ = try? Self.shell([Self.script, "stop", folder])
        try? FileManager.default.removeItem(atPath: folder)
    }

    func start() throws { try Self.shell([Self.script, "start", folder, "\(port)"], environment) }
    func kill() throws { try Self.shell([Self.script, "kill", folder]) }

    private static func shell(_ arguments: [String], _ environment: [String: String] = [:]) throws {
        let ended = try run("bash", arguments, environment: environment)
        try #require(ended.code == 0, "\(ended.errors)")
    }
}

/// A disk that is full at will, for programs started with its environment: `full_disk.c` in their way.
private final class FullDisk {
    private let folder: String
    private var mark: String { folder + "/full" }
    var environment: [String: String] { ["LD_PRELOAD": folder + "/full_disk.so", "FULL_DISK_WHEN": mark] }

    init() throws {
        // Servers of other users read it, too.
        folder = "/tmp/rostrum-disk-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let source = packageRoot.appending(path: "Tests/Commands/full_disk.c").path
        // Swift brings it, and is on the path.
        let build = "exec clang -shared -fPIC -o \"$1\" \"$2\""
        let built = try run("bash", ["-c", build, "bash", folder + "/full_disk.so", source])
        try #require(built.code == 0, "\(built.errors)")
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func fill() throws { try Data().write(to: URL(filePath: mark)) }
    func makeRoom() throws { try? FileManager.default.removeItem(atPath: mark) }
}
