import Delivery
import Foundation
import KafkaClient
import Logging
import Synchronization
import Testing

/// The networked broker of this test process: the one named by `ROSTRUM_TEST_BROKERS`, else one started here by the
/// script beside this file and ended with the process.
enum NetworkedBroker {
    /// Why there is no broker. Tests fail with it; they are never skipped for want of a broker.
    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    private static let servers: Result<String, Missing> = {
        if let given = ProcessInfo.processInfo.environment["ROSTRUM_TEST_BROKERS"], !given.isEmpty {
            return .success(given)
        }
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("rostrum-broker-\(ProcessInfo.processInfo.processIdentifier)")
        return start(folder).map { servers in
            startedFolder.withLock { $0 = folder }
            // C calls it at the end of the process; it captures nothing and finds the folder in the global.
            atexit {
                guard let folder = startedFolder.withLock({ $0 }) else { return }
                // Foundation starts children with SIGTERM blocked, which the broker inherits; its data is not needed.
                _ = run(["kill", folder.path])
                try? FileManager.default.removeItem(at: folder)
            }
            return servers
        }
    }()

    private static let startedFolder = Mutex<URL?>(nil)

    /// Whether it is Apache Kafka, which alone proves some behaviour of groups and transactions.
    static let isKafka = ProcessInfo.processInfo.environment["ROSTRUM_TEST_BROKER_KIND"] == "kafka"
    static let kafkaOnly: Comment =
        "only Apache Kafka proves this: set ROSTRUM_TEST_BROKERS and ROSTRUM_TEST_BROKER_KIND=kafka"
    /// Whether the running librdkafka shares partitions out cooperatively.
    static let isSticky = PartitionAssignor.recommended == .cooperativeSticky

    /// Where the broker is.
    static func bootstrapServers() throws -> String { try servers.get() }

    private static func start(_ folder: URL) -> Result<String, Missing> {
        // Ports in the registered range, by process, so that two runs at once do not meet.
        for attempt in 0..<20 {
            let port = 20_000 + (Int(ProcessInfo.processInfo.processIdentifier) * 7 + attempt * 131) % 10_000
            let (status, output, errors) = run(["start", folder.path, String(port)])
            if status == 0 { return .success(output.trimmingCharacters(in: .whitespacesAndNewlines)) }
            if !errors.contains("is in use") {
                return .failure(
                    Missing(
                        description: "no networked broker: \(errors)set ROSTRUM_TEST_BROKERS to a broker, or"
                            + " ROSTRUM_TEST_NOIDA_DB to the path of noida-db (Tests/run does)"))
            }
        }
        return .failure(Missing(description: "no free port for a networked broker after 20 tries"))
    }

    private static func run(_ arguments: [String]) -> (status: Int32, output: String, errors: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("broker")
        process.arguments = arguments
        let output = Pipe()
        let errors = Pipe()
        process.standardOutput = output
        process.standardError = errors
        do {
            try process.run()
        } catch {
            return (127, "", "\(error)\n")
        }
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let problems = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text, problems)
    }
}

/// What one test does with the broker. Every name is unique, so that tests share a broker and leave nothing to clean.
struct Bench {
    let cluster: KafkaSettings
    let admin: KafkaAdmin
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let limit: Duration = .seconds(60)
    private let id = UUID().uuidString.prefix(8).lowercased()

    init() throws {
        var cluster = KafkaSettings(bootstrapServers: try NetworkedBroker.bootstrapServers(), clientID: "test")
        cluster.messageMaximumBytes = 10_000_000
        self.cluster = cluster
        admin = try KafkaAdmin(cluster, logger: logger)
    }

    func name(_ stem: String) -> String { "test-\(stem)-\(id)" }

    /// Makes a Kafka topic and waits until it has its leaders.
    func topic(_ stem: String, partitions: Int = 1, config: [String: String] = [:]) throws -> KafkaTopic {
        let topic = KafkaTopic(name(stem))
        let made = KafkaAdmin.NewTopic(topic, partitions: partitions, replication: 1, config: config)
        let failures = try admin.createTopics([made], timeout: limit)
        #expect(failures.isEmpty)
        return topic
    }

    func producer(_ change: (inout ProducerSettings) -> Void = { _ in }) throws -> KafkaProducer {
        var settings = ProducerSettings()
        settings.linger = .milliseconds(1)
        change(&settings)
        let producer = try KafkaProducer(cluster, settings, logger: logger)
        if settings.transactionalID != nil { try producer.initTransactions(timeout: limit) }
        return producer
    }

    func reader(
        of partitions: [TopicPartition: KafkaConsumer.StartPosition],
        isolation: ConsumerSettings.Isolation = .readCommitted
    ) throws -> KafkaConsumer {
        var settings = ConsumerSettings(group: name("reader"))
        settings.reportsPartitionEnd = true
        settings.isolation = isolation
        return try KafkaConsumer(cluster, settings, reading: .assign(partitions), logger: logger)
    }

    func member(
        of group: String, _ topics: [KafkaTopic], instance: String? = nil,
        _ change: (inout ConsumerSettings) -> Void = { _ in }
    ) throws -> KafkaConsumer {
        var settings = ConsumerSettings(group: group)
        settings.instanceID = instance
        settings.sessionTimeout = .seconds(6)
        settings.reportsPartitionEnd = true
        change(&settings)
        return try KafkaConsumer(cluster, settings, reading: .subscribe(topics), logger: logger)
    }

    /// Everything a reader sees in a Kafka topic, to its end.
    func contents(
        of topic: KafkaTopic, partitions: Int = 1, isolation: ConsumerSettings.Isolation = .readCommitted
    ) throws -> [ReceivedRecord] {
        let all = (0..<partitions).map { TopicPartition(topic, Partition(Int32($0))) }
        let reader = try reader(of: Dictionary(uniqueKeysWithValues: all.map { ($0, .earliest) }), isolation: isolation)
        var records: [ReceivedRecord] = []
        var open = Set(all)
        return try reader.poll { event in
            if case .record(let record) = event { records.append(record) }
            if case .reachedEnd(let partition, _) = event { open.remove(partition) }
            return open.isEmpty ? records : nil
        }
    }
}

extension KafkaConsumer {
    /// Polls until the closure has what it wants, answering rebalances.
    func poll<Value>(
        within limit: Duration = .seconds(60), until found: (SourceEvent) throws -> Value?
    ) throws -> Value {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            guard let event = try poll(timeout: .milliseconds(100)) else { continue }
            switch event {
            case .assigned(let partitions): try take(partitions, startingAt: [:])
            case .revoking(let partitions), .lost(let partitions): try release(partitions)
            default: break
            }
            if let value = try found(event) { return value }
        }
        throw NothingCame()
    }
}

struct NothingCame: Error {}
