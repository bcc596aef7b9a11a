public import Delivery
internal import Foundation
public import Logging
public import SpeechFormats
public import WorkerSupport

/// Publishes the files of a folder as they appear, until told to stop. Blocks its thread.
///
/// A file is taken when it is complete: closed by who wrote it, moved in, or unchanged for two seconds. It counts as taken,
/// and is noted on disk, when the brokers have all its documents but those that are refused for what they are: by this
/// program, or by the brokers, as one that is larger than the Kafka topic takes. A file that cannot be opened or read is
/// not taken: it is tried again, after two seconds at first and every minute at last (`UnreadFiles`).
///
/// What was published but not noted when the process died is read back at the next start (`ImportRun`), so nothing is lost,
/// and nothing is published twice while the folder of `state.path` is there. Files are left where they are; a file that
/// changes later is taken again, with all its documents.
public struct FolderWatch: Sendable {
    private let folder: String
    private let settings: Settings
    private let run: ImportRun
    private let registry: FormatRegistry
    private let context: SourceContext
    private let logger: Logger

    /// Describes the watch of a folder.
    public init(
        _ folder: String, settings: Settings, run: ImportRun, registry: FormatRegistry, context: SourceContext,
        logger: Logger
    ) {
        var folder = folder
        while folder.count > 1, folder.hasSuffix("/") { folder.removeLast() }
        self.folder = folder
        self.settings = settings
        self.run = run
        self.registry = registry
        self.context = context
        self.logger = logger
    }

    /// Takes files until the stop is requested.
    /// - Throws: `ProgramFailure` when the folder cannot be watched; `KafkaError` when nothing can be published again.
    public func publish(
        with publisher: some RecordPublisher, until stop: StopRequest, notice: @escaping (PublishingNotice) -> Void
    ) throws -> PublishingSummary {
        var loop = try WatchLoop(
            folder, state: settings.statePath ?? ImportRun.defaultFolder, topic: settings.kafkaTopics.documents,
            registry: registry, context: context, logger: logger)
        let publishing = WatchPublishing(
            run: run, name: ["watch", URL(filePath: folder).standardizedFileURL.path], publisher: publisher, stop: stop)
        return try loop.run(publishing, until: stop, notice: notice)
    }
}

/// Rounds of a watch as imports.
private struct WatchPublishing<Publisher: RecordPublisher>: WatchLoop.Publishing {
    let run: ImportRun
    let name: [String]
    let publisher: Publisher
    let stop: StopRequest

    func publish(
        _ files: sending SpeechFiles, alone file: String?, notice: @escaping (PublishingNotice) -> Void
    ) throws -> PublishingSummary {
        try run.publish(files, named: name(file), with: publisher, until: stop, notice: notice)
    }

    func finished(alone file: String?) { run.finished(named: name(file)) }
    func hold(_ file: String) throws { try run.begin(name(file), as: name) }
    func isHeld(_ file: String) -> Bool { run.isUnderWay(name(file)) }

    private func name(_ file: String?) -> [String] { file.map { name + [$0] } ?? name }
}
