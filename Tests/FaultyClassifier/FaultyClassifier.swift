import ArgumentParser
import Delivery
import Foundation
import KafkaClient
import RuleEngine
import WorkerSupport
import Workers

/// The classifier's parts put together wrongly, so that the tests can show that they would notice; or so that the process
/// dies at one chosen moment. In no product.
@main
struct FaultyClassifier: AsyncParsableCommand {
    enum Fault: String, ExpressibleByArgument, CaseIterable {
        /// Offsets are committed while events are still in memory.
        case commitsEarly = "commits-early"
        /// Exactly-once is promised and no transaction made.
        case skipsTransaction = "skips-transaction"
        /// kill -9 after the offsets are part of the transaction and before it is committed.
        case diesBeforeCommit = "dies-before-commit"
    }

    static let configuration = CommandConfiguration(commandName: "faulty-classifier")

    @OptionGroup var options: SettingsOptions

    @Option var fault: Fault

    static func main() async { await Program.main(Self.self) }

    func run() async throws {
        let settings = try options.settings([])
        let fault = fault
        let code = await WorkerProcess.run(.classifier, settings) { process in
            let stop = process.stop
            let rules = try Rules.load(settings)
            let cluster = Cluster(settings, program: "faulty-classifier", logger: process.logger)
            let consumer = {
                try cluster.consumer(of: [settings.kafkaTopics.documents], group: settings.consumer.classifierGroup)
            }
            let worker = ClassifierWorker(settings, telemetry: process.telemetry) {
                let classifier = Classifier(rules)
                return { classifier.classify($0) }
            }
            switch fault {
            case .commitsEarly:
                try worker.run(
                    from: consumer(), to: EarlyPublisher(cluster.producer()), acknowledging: CommitAfterDelivery(),
                    until: stop)
            case .skipsTransaction:
                try worker.run(
                    from: consumer(), to: cluster.producer(), acknowledging: CommitAfterDelivery(), until: stop)
            case .diesBeforeCommit:
                let name = "\(settings.consumer.classifierGroup).\(settings.consumer.instanceID ?? "")"
                guard let producer = try cluster.transactionalProducer(named: name, until: stop) else { return }
                try worker.run(
                    from: consumer(), to: DyingPublisher(producer), acknowledging: CommitInTransaction(), until: stop)
            }
        }
        try Program.end(with: code)
    }
}

/// Says of every record at once that it is durable, and hands it to Kafka half a second later.
final class EarlyPublisher: RecordPublisher {
    private let inner: KafkaProducer
    private let clock = MonotonicClock.system
    private var waiting: [(due: Duration, record: OutgoingRecord, token: DeliveryToken)] = []
    private var reports: [DeliveryReport] = []

    init(_ inner: KafkaProducer) { self.inner = inner }

    func enqueue(_ record: OutgoingRecord, token: DeliveryToken) throws -> EnqueueResult {
        waiting.append((clock.now() + .milliseconds(500), record, token))
        let place = DeliveryReport.StoredAt(partition: TopicPartition(record.topic, Partition(0)), offset: Offset(0))
        reports.append(DeliveryReport(token: token, result: .success(place)))
        return .accepted
    }

    func poll(timeout: Duration) throws -> [DeliveryReport] {
        while let first = waiting.first, first.due <= clock.now() {
            guard try inner.enqueue(first.record, token: first.token) == .accepted else { break }
            waiting.removeFirst()
        }
        _ = try inner.poll(timeout: reports.isEmpty ? timeout : .zero)
        defer { reports = [] }
        return reports
    }
}

/// A producer that ends its process at the third transaction, between its offsets and its commit.
final class DyingPublisher: TransactionalPublisher {
    private let inner: KafkaProducer
    private var transactions = 0

    init(_ inner: KafkaProducer) { self.inner = inner }

    func enqueue(_ record: OutgoingRecord, token: DeliveryToken) throws -> EnqueueResult {
        try inner.enqueue(record, token: token)
    }
    func poll(timeout: Duration) throws -> [DeliveryReport] { try inner.poll(timeout: timeout) }
    func beginTransaction() throws { try inner.beginTransaction() }
    func sendOffsets(
        _ offsets: [TopicPartition: Offset], group: KafkaGroupMetadata, timeout: Duration
    ) throws {
        try inner.sendOffsets(offsets, group: group, timeout: timeout)
        transactions += 1
        if transactions == 3 { kill(getpid(), SIGKILL) }
    }
    func commitTransaction(timeout: Duration) throws { try inner.commitTransaction(timeout: timeout) }
    func abortTransaction(timeout: Duration) throws { try inner.abortTransaction(timeout: timeout) }
}
