import Foundation
import Testing

/// A broker in another process: `Tests/run` starts one, `ROSTRUM_TEST_BROKERS` names any other.
enum TestBroker {
    static let servers = ProcessInfo.processInfo.environment["ROSTRUM_TEST_BROKERS"]
    static let isThere = servers != nil
    static let absence: Comment = "no broker: run Tests/run, or set ROSTRUM_TEST_BROKERS to host:port"
    /// Whether it is Apache Kafka, which alone proves some behaviour of groups and transactions.
    static let isKafka = isThere && ProcessInfo.processInfo.environment["ROSTRUM_TEST_BROKER_KIND"] == "kafka"
    /// More bytes of a partition than any test makes, for one answer; beyond 50 MB librdkafka wants other limits raised.
    static let wholePartition = "50000000"
    static let kafkaOnly: Comment =
        "only Apache Kafka proves this: set ROSTRUM_TEST_BROKERS and ROSTRUM_TEST_BROKER_KIND=kafka"
}

/// A port on which nobody listens, for a server that is ended and started again: not one of those that the kernel hands
/// out, or another would have it in between.
func lastingPort() throws -> Int {
    let script = """
        import random, socket
        while True:
            with socket.socket() as probe:
                try:
                    probe.bind(("127.0.0.1", random.randrange(20_000, 32_000)))
                except OSError:
                    continue
                print(probe.getsockname()[1])
                break
        """
    let ended = try run("python3", ["-c", script])
    return try #require(Int(ended.output.trimmingCharacters(in: .whitespacesAndNewlines)))
}

/// A broker of one test's own, to be killed, stopped and started again with its data: made by `Tests/Integration/broker`,
/// or by the program with the same commands that `ROSTRUM_TEST_BROKER_CONTROL` names.
final class OwnBroker {
    static let isThere =
        ["ROSTRUM_TEST_NOIDA_DB", "ROSTRUM_TEST_BROKER_CONTROL"].contains {
            ProcessInfo.processInfo.environment[$0] != nil
        }
    /// Whether it is Apache Kafka; what `Tests/Integration/broker` makes never is, whatever `ROSTRUM_TEST_BROKERS` names.
    static let isKafka =
        TestBroker.isKafka && ProcessInfo.processInfo.environment["ROSTRUM_TEST_BROKER_CONTROL"] != nil
    /// Whether a reader of committed transactions may begin anywhere. noida-db names aborted transactions that ended
    /// before the place where an answer begins, and the reader then takes what follows for aborted too: it sees all only
    /// where one answer holds the whole partition.
    static let showsWhatFollowsAbortedTransactions = isKafka
    static let absence: Comment =
        "no broker program: run Tests/run, or set ROSTRUM_TEST_NOIDA_DB or ROSTRUM_TEST_BROKER_CONTROL"

    let servers: String
    private let folder: TemporaryFolder
    private let port: Int

    init() throws {
        folder = try TemporaryFolder()
        port = try lastingPort()
        servers = "127.0.0.1:\(port)"
        try start()
    }

    deinit { try? control("kill") }

    func start() throws { try control("start", String(port)) }
    /// Ends it as hard as it can be without losing what it has acknowledged. Apache Kafka bears SIGKILL; noida-db then
    /// loses the records of the last second, acknowledged or not, and gets SIGTERM.
    func crash() throws { try control(Self.isKafka ? "kill" : "stop") }

    /// Stops it in its tracks, or lets it go on: connections stay open and nobody answers.
    func send(_ signal: Int32) throws {
        let text = folder.read("broker.pid").trimmingCharacters(in: .whitespacesAndNewlines)
        let leader = try #require(Int32(text))
        // The broker has a process group of its own.
        #expect(Foundation.kill(-leader, signal) == 0)
    }

    private func control(_ command: String, _ more: String...) throws {
        let given = ProcessInfo.processInfo.environment["ROSTRUM_TEST_BROKER_CONTROL"]
        let process = Process()
        process.executableURL =
            given.map { URL(filePath: $0) } ?? packageRoot.appending(path: "Tests/Integration/broker")
        process.arguments = [command, folder.path] + more
        process.standardOutput = FileHandle.nullDevice
        // A file, since the broker itself may keep what it is given open.
        try folder.write("", to: "control.err")
        process.standardError = try FileHandle(forWritingTo: folder.url(of: "control.err"))
        try process.run()
        process.waitUntilExit()
        try #require(
            process.terminationStatus == 0,
            "broker \(command): \(folder.read("control.err"))\(folder.read("broker.log").suffix(2000))")
    }
}

/// Kafka topics of one test's own, and the programs that work on them.
struct KafkaArea {
    let prefix = "test-\(UUID().uuidString.prefix(8))."
    let folder: TemporaryFolder
    let servers: String
    /// The name of the sink's database in the folder.
    var databaseName = "rostrum.sqlite"

    /// Makes the Kafka topics, on a broker of the test's own where one is given.
    init(partitions: Int = 3, on broker: OwnBroker? = nil) throws {
        servers = try broker?.servers ?? #require(TestBroker.servers)
        folder = try TemporaryFolder()
        let made = try run(
            "rostrum", ["topics", "create", "--set", "kafkaTopics.partitions=\(partitions)"], environment: environment)
        try #require(made.code == 0, "\(made.errors)")
    }

    var documents: String { prefix + "speeches.documents" }
    var classified: String { prefix + "speeches.classified" }
    var deadletter: String { prefix + "speeches.deadletter" }
    var database: String { folder.url(of: databaseName).path }

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
        try run(
            "kcat",
            [
                "-b", servers, "-C", "-t", topic, "-e", "-q", "-X", "isolation.level=read_committed", "-X",
                "fetch.message.max.bytes=\(TestBroker.wholePartition)", "-f", format,
            ]
        ).output
    }

    /// The next offsets of a Kafka topic's partitions, added up: the number of its records where nothing is
    /// transactional. Unlike reading it also ends while others write.
    func ends(_ topic: String, partitions: Int = 3) throws -> Int {
        let queries = (0..<partitions).flatMap { ["-t", "\(topic):\($0):-1"] }
        return try run("kcat", ["-b", servers, "-Q"] + queries).output.split(separator: "\n").reduce(0) { sum, line in
            sum + (line.split(separator: " ").last.flatMap { Int($0) } ?? 0)
        }
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
    /// Places of the records that the worker has taken so far, repeats included, as `offset@partition`; from its trace
    /// lines.
    var recordsTaken: [String] {
        errors.split(separator: "\n").filter { $0.contains("\"record taken\"") }.map { line in
            ["kafka.offset", "kafka.partition"].map { key in
                line.components(separatedBy: "\"\(key)\":").last.map { String($0.prefix { $0.isNumber }) } ?? ""
            }.joined(separator: "@")
        }
    }
}
