import Delivery
import EventStore
import Foundation
import KafkaClient
import RuleEngine
import ServiceLifecycle
import SpeechFormats
import Speeches
import Synchronization
import WorkerSupport
import Workers

/// The three workers on a broker inside this process: the same code as the programs run, started together and stopped
/// when every published document is stored.
struct DemoRun {
    /// What came of it.
    struct Report {
        /// Everything in the store, by document id.
        let events: [ClassifiedSpeech]
        /// What could not be read.
        let refusals: [FormatError]
        /// The Kafka topic of documents.
        let documents: String
        /// The Kafka topic of events.
        let classified: String
    }

    /// The longest time from the last document published to the last row stored.
    private static let patience = Duration.seconds(60)
    private static let partitions = 3

    let samples: [String]
    let database: String
    /// The settings, once the broker's address is known.
    let settings: ([SettingFlag]) throws -> Settings

    func run() async throws -> Report {
        // The workers' own lines would bury the table; what goes wrong still shows.
        let quiet = Logs(level: .error, format: .auto).logger("rostrum-demo")
        let broker = try InProcessBroker(logger: quiet)
        let group = "demo-\(UUID().uuidString)"
        let state = FileManager.default.temporaryDirectory.appending(path: group)
        defer { try? FileManager.default.removeItem(at: state) }
        let settings = try settings([
            SettingFlag(key: "kafka.bootstrapServers", value: broker.bootstrapServers, flag: "demo"),
            SettingFlag(key: "store.kind", value: "sqlite", flag: "demo"),
            SettingFlag(key: "store.path", value: database, flag: "demo"),
            SettingFlag(key: "state.path", value: state.path, flag: "demo"),
            // A group of its own: a database that is used again holds the places of another broker.
            SettingFlag(key: "consumer.sinkGroup", value: group, flag: "demo"),
            SettingFlag(key: "consumer.classifierGroup", value: group + "-classifier", flag: "demo"),
            SettingFlag(key: "delivery.commitIntervalMilliseconds", value: "100", flag: "demo"),
        ])
        let ruleset = try Rules.load(settings)
        for topic in KafkaTopicPlan.topics(settings) { try broker.createTopic(topic.name, partitions: Self.partitions) }

        let published = try await publish(settings)
        try await classifyAndStore(settings, ruleset, count: published.count)
        return Report(
            events: try readBack(settings), refusals: published.refusals, documents: settings.kafkaTopics.documents,
            classified: settings.kafkaTopics.classified)
    }

    private func publish(_ settings: Settings) async throws -> (count: Int, refusals: [FormatError]) {
        let samples = self.samples
        return try await OwnThread.run("producer") {
            let logger = Logs(level: .error, format: .auto).logger("rostrum-producer")
            var refusals: [FormatError] = []
            let worker = ProducerWorker(
                settings, publisher: try Cluster(settings, program: "rostrum-producer", logger: logger).producer()
            ) { notice in
                if case .rejected(let error, _) = notice { refusals.append(error) }
            }
            let registry = FormatRegistry(documentBytesMax: settings.documentMaxBytes)
            let summary = try worker.publish(SpeechFiles(samples, registry: registry), until: StopRequest())
            guard summary.failed.isEmpty else {
                throw ProgramFailure(
                    .failed, code: "demo.publish", "the in-process broker did not take all speeches: \(summary.failed)")
            }
            return (summary.published, refusals)
        }
    }

    private func classifyAndStore(_ settings: Settings, _ ruleset: Ruleset, count: Int) async throws {
        let logger = Logs(level: .error, format: .auto).logger("rostrum-demo")
        let stops = (classifier: StopRequest(), sink: StopRequest())
        let remaining = Countdown(count) {
            stops.classifier.request()
            stops.sink.request()
        }
        try await withThrowingTaskGroup { group in
            group.addTask {
                try await BlockingService(named: "classifier", stop: stops.classifier) { stop in
                    try ClassifierWorker.runLive(
                        settings, rules: LiveRuleset(ruleset),
                        telemetry: WorkerTelemetry(.classifier, settings, logger: logger),
                        until: stop
                    ) { event in
                        if case .deadLettered = event { remaining.subtract(1) }
                    }
                }.run()
            }
            group.addTask {
                try await BlockingService(named: "sink", stop: stops.sink) { stop in
                    try SinkWorker.runLive(
                        settings, telemetry: WorkerTelemetry(.sink, settings, logger: logger), until: stop
                    ) { event in
                        if case .stored(_, let records, _, _) = event { remaining.subtract(records) }
                    }
                }.run()
            }
            group.addTask {
                try await remaining.wait(atMost: Self.patience)
            }
            do {
                // One after another as they end: waiting for all would wait for those that the first failure must stop.
                for try await _ in group {}
            } catch {
                stops.classifier.request()
                stops.sink.request()
                throw error
            }
        }
    }

    private func readBack(_ settings: Settings) throws -> [ClassifiedSpeech] {
        let store = try SQLiteEventStore(path: settings.store.path)
        var events: [ClassifiedSpeech] = []
        try store.forEachEvent { if $0.isCurrent { events.append($0.event) } }
        try store.close()
        return events
    }
}

/// Counts documents down to none, then says so once.
private final class Countdown: Sendable {
    private let count: Mutex<Int>
    private let isDone = StopRequest()
    private let done: @Sendable () -> Void

    init(_ count: Int, done: @escaping @Sendable () -> Void) {
        self.count = Mutex(count)
        self.done = done
        if count == 0 { finish() }
    }

    func subtract(_ number: Int) {
        let isFinished = count.withLock { count in
            count -= number
            return count <= 0
        }
        if isFinished { finish() }
    }

    /// - Throws: `ProgramFailure` when documents are left at the end of the time.
    func wait(atMost limit: Duration) async throws {
        let deadline = ContinuousClock.now + limit
        while !isDone.isRequested {
            guard ContinuousClock.now < deadline else {
                throw ProgramFailure(
                    .failed, code: "demo.too_slow",
                    "\(count.withLock { $0 }) speeches were not stored within \(limit); run it again with --log-level info"
                )
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    private func finish() {
        isDone.request()
        done()
    }
}
