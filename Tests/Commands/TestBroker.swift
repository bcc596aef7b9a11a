import Foundation
import Testing

/// A broker in another process: `Tests/run` starts one, `ROSTRUM_TEST_BROKERS` names any other.
enum TestBroker {
    static let servers = ProcessInfo.processInfo.environment["ROSTRUM_TEST_BROKERS"]
    static let isThere = servers != nil
    static let absence: Comment = "no broker: run Tests/run, or set ROSTRUM_TEST_BROKERS to host:port"
}

/// Kafka topics of one test's own, and the programs that work on them.
struct KafkaArea {
    let prefix = "test-\(UUID().uuidString.prefix(8))."
    let folder: TemporaryFolder
    let servers: String

    /// Makes the Kafka topics.
    init(partitions: Int = 3) throws {
        servers = try #require(TestBroker.servers)
        folder = try TemporaryFolder()
        let made = try run(
            "rostrum", ["topics", "create", "--set", "kafkaTopics.partitions=\(partitions)"], environment: environment)
        try #require(made.code == 0, "\(made.errors)")
    }

    var documents: String { prefix + "speeches.documents" }
    var classified: String { prefix + "speeches.classified" }
    var deadletter: String { prefix + "speeches.deadletter" }
    var database: String { folder.url(of: "rostrum.sqlite").path }

    var environment: [String: String] {
        [
            "ROSTRUM_KAFKA_BOOTSTRAP_SERVERS": servers, "ROSTRUM_KAFKA_TOPICS_PREFIX": prefix,
            "ROSTRUM_CONSUMER_CLASSIFIER_GROUP": prefix + "classifier", "ROSTRUM_CONSUMER_SINK_GROUP": prefix + "sink",
            "ROSTRUM_CONSUMER_REDRIVE_GROUP": prefix + "redrive", "ROSTRUM_STORE_PATH": database,
            "ROSTRUM_STATE_PATH": folder.url(of: "state").path, "ROSTRUM_LOG_LEVEL": "trace",
        ]
    }

    /// Starts a worker. With a member name it takes its partitions back at once after a kill.
    func start(
        _ name: String, _ more: [String: String] = [:], arguments: [String] = []
    ) throws -> RunningProgram {
        let settings = environment.merging(["ROSTRUM_CONSUMER_INSTANCE_ID": name]) { _, new in new }
        return try RunningProgram(name, arguments, environment: settings.merging(more) { _, new in new })
    }

    /// Every record of a Kafka topic in kcat's format; to the end as it is now.
    func kcat(_ topic: String, _ format: String) throws -> String {
        try run("kcat", ["-b", servers, "-C", "-t", topic, "-e", "-q", "-f", format]).output
    }

    /// The number of records of a Kafka topic.
    func count(_ topic: String) throws -> Int {
        try kcat(topic, "%o\n").split(separator: "\n").count
    }

    /// Publishes one record, byte for byte, with kcat.
    func put(_ value: String, key: String, headers: [String] = []) throws {
        let file = try folder.write(value, to: "record-\(UUID().uuidString)")
        let ended = try run(
            "kcat", ["-b", servers, "-P", "-t", documents, "-k", key] + headers.flatMap { ["-H", $0] } + [file])
        try #require(ended.code == 0, "\(ended.errors)")
    }

    /// The answer of SQLite's own shell.
    func sql(_ query: String) throws -> String {
        let ended = try run("sqlite3", ["-cmd", ".timeout 5000", database, query])
        try #require(ended.code == 0, "\(ended.errors)")
        return ended.output
    }

    /// The number that a query gives; 0 while the database is not there.
    func number(_ query: String) -> Int {
        guard FileManager.default.fileExists(atPath: database) else { return 0 }
        return (try? run("sqlite3", ["-cmd", ".timeout 5000", database, query]).output)
            .flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) } ?? 0
    }

    /// Waits until a query gives at least a number. A worker that ends meanwhile ends the wait.
    func wait(
        for query: String, toReach count: Int, by workers: [RunningProgram], within limit: Duration = .seconds(120),
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        var reached = 0
        _ = waitUntil(within: limit) {
            reached = number(query)
            return reached >= count || !workers.allSatisfy(\.isRunning)
        }
        let errors = workers.map { $0.errors.suffix(3000) }.joined(separator: "\n---\n")
        try #require(reached >= count, "\(query): \(reached) of \(count)\n\(errors)", sourceLocation: sourceLocation)
    }

    static let currentEvents = "SELECT count(*) FROM events WHERE is_current"
    /// The places up to which the sink has stored, added up: the number of records in a new Kafka topic.
    static let storedRecords = "SELECT ifnull(sum(next_offset), 0) FROM offsets"
}

extension RunningProgram {
    /// Places of the records that the worker has taken so far, repeats included; from its trace lines.
    var recordsTaken: [String] {
        errors.split(separator: "\n").filter { $0.contains("\"record taken\"") }.map { line in
            let place = line.matches(of: /"kafka\.(?:offset|partition)":(\d+)/).map { String($0.1) }
            return place.joined(separator: "@")
        }
    }
}
