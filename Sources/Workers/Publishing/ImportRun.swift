public import Delivery
internal import KafkaClient
public import Logging
internal import Foundation
public import SpeechFormats
public import WorkerSupport

/// An import from beginning to end, once, however often it is killed and started again: what arrived is not published
/// again, but where an earlier revision of a document did not arrive and a later one did, and the last record of each
/// document is the one that it would have left undisturbed (`PublishedDocuments`). Blocks its thread.
///
/// Before the first document it notes where the Kafka topic ends; `finished` takes the note away. If it finds a
/// note, it reads back what arrived since, and leaves that out. The notes stand in the folder of `state.path`: an
/// interrupted import whose note is deleted publishes everything again. The producer is idempotent, so that its own
/// repeated attempts double nothing.
public struct ImportRun: Sendable {
    private let settings: Settings
    private let cluster: Cluster
    private let policy: PublishingPolicy
    private let logger: Logger

    /// Describes runs on a cluster.
    public init(_ settings: Settings, cluster: Cluster, policy: PublishingPolicy, logger: Logger) {
        self.settings = settings
        self.cluster = cluster
        self.policy = policy
        self.logger = logger
    }

    /// Publishes what files hold, read ahead by several threads.
    /// - Parameters:
    ///   - name: what is imported, the same for every start of the same import.
    ///   - publisher: reports to nobody else meanwhile.
    /// - Throws: `ProgramFailure`, `KafkaError` when it can never publish again.
    public func publish(
        _ files: sending SpeechFiles, named name: [String], with publisher: some RecordPublisher,
        until stop: StopRequest, notice: @escaping (PublishingNotice) -> Void
    ) throws -> PublishingSummary {
        let worker = ProducerWorker(
            settings, publisher: publisher, policy: policy, known: try documents(publishedOf: name, until: stop),
            clock: .system, notice: notice)
        return try ReadAhead.reading(files) { try worker.publish(prepared: $0, until: stop) }
    }

    /// Publishes what standard input holds, each document as soon as it comes. Nothing is remembered: such an import cannot
    /// be repeated.
    /// - Throws: `KafkaError` when it can never publish again.
    public func publish(
        _ input: DocumentInput, with publisher: some RecordPublisher, until stop: StopRequest,
        notice: @escaping (PublishingNotice) -> Void
    ) throws -> PublishingSummary {
        let worker = ProducerWorker(
            settings, publisher: publisher, policy: policy, known: PublishedDocuments(), clock: .system, notice: notice)
        return try worker.publish(input, until: stop)
    }

    /// What an interrupted run of the same import had published; notes that this one begins.
    private func documents(publishedOf name: [String], until stop: StopRequest) throws -> PublishedDocuments {
        guard let journal = try journal(name) else { return PublishedDocuments() }
        let reader = PublishedReader(cluster: cluster, topic: KafkaTopic(settings.kafkaTopics.documents))
        guard let starts = try journal.unfinished() else {
            try journal.begin(ends: try reader.ends())
            return PublishedDocuments()
        }
        let known = try reader.documents(since: starts, until: stop)
        logger.write(.notice, "an interrupted import goes on", [.documents: known.arrivedCount])
        return known
    }

    /// Notes that an import is over: everything is published, and whoever gave it has noted so.
    public func finished(named name: [String]) {
        try? journal(name)?.end()
    }

    /// Whether it is noted of an import that it is under way.
    func isUnderWay(_ name: [String]) -> Bool { (try? journal(name)?.unfinished()) != nil }

    /// Notes that an import is under way since another one, of which it is a part, began.
    func begin(_ name: [String], as whole: [String]) throws {
        guard let starts = try journal(whole)?.unfinished() else { return }
        try journal(name)?.begin(ends: starts)
    }

    /// The folder without a setting, in the working folder.
    static let defaultFolder = "rostrum-state"

    /// Nil where no folder was set and the working folder cannot be written to: an import that nobody gave a place works
    /// without, and says so.
    private func journal(_ name: [String]) throws -> PublishingJournal? {
        let topic = settings.kafkaTopics.documents
        if let folder = settings.statePath { return try PublishingJournal(folder: folder, topic: topic, name: name) }
        do {
            return try PublishingJournal(folder: Self.defaultFolder, topic: topic, name: name)
        } catch {
            logger.write(
                .warning, "an import that is interrupted will publish again what it published",
                [.errorReason: "\(error)"])
            return nil
        }
    }
}
