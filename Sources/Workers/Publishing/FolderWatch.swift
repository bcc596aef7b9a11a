public import Delivery
internal import Foundation
internal import KafkaClient
public import Logging
public import SpeechFormats
public import WorkerSupport

/// Publishes the files of a folder as they appear, each once, until told to stop. Blocks its thread.
///
/// A file is taken when it is complete: closed by who wrote it, moved in, or unchanged for two seconds. It counts as taken
/// when the brokers have all its documents; then it is noted on disk. What was published but not noted when the process
/// died is read back at the next start (`ImportRun`), so nothing is lost and nothing published twice. Files are left where
/// they are; a file that changes later is taken again.
public struct FolderWatch: Sendable {
    private static let settledSeconds = 2.0
    /// Files of one round, at most; what else there is comes in the next.
    private static let roundFilesMax = 1_000
    private static let retrySeconds = 2

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
        let state = settings.statePath ?? "rostrum-state"
        let path = URL(filePath: folder).standardizedFileURL.path
        var taken = try TakenFiles(folder: state, watched: path, topic: settings.kafkaTopics.documents)
        let changes = try FolderChanges()
        var complete: Set<String> = []
        var total = PublishingSummary()
        while !stop.isRequested {
            let ready = try readyFiles(taken, complete, changes)
            for version in ready { complete.remove(version.path) }
            guard !ready.isEmpty else {
                complete.formUnion(changes.wait(milliseconds: 500) ?? [])
                if complete.count > 1_000_000 { complete.removeAll() }
                continue
            }
            let files = SpeechFiles(ready.map(\.path), registry: registry, context: context)
            do {
                let summary = try run.publish(
                    files, named: ["watch", path], with: publisher, until: stop, notice: notice)
                if summary.failed.isEmpty, !summary.isInterrupted {
                    try taken.add(ready)
                    run.finished(named: ["watch", path])
                } else if !stop.isRequested {
                    rest(until: stop)
                }
                var counted = summary
                // What failed is published in a later round; what was interrupted, at the next start.
                counted.failed = [:]
                counted.isInterrupted = false
                total.add(counted)
            } catch  where Self.isAway(error) {
                let failure = ProgramFailure(error)
                logger.write(
                    .warning, "the broker is away; files wait",
                    [.errorCode: failure.code, .errorReason: failure.reason])
                rest(until: stop)
            }
        }
        return total
    }

    private static func isAway(_ error: any Error) -> Bool {
        (error as? KafkaError)?.isRetryable ?? (ProgramFailure(error).exitCode == .unreachable)
    }

    /// Files that were not taken and are complete, in the order of their paths.
    private func readyFiles(
        _ taken: TakenFiles, _ complete: Set<String>, _ changes: FolderChanges
    ) throws -> [FileVersion] {
        var ready: [FileVersion] = []
        let walk = try WatchedTree(folder, endings: registry.fileExtensions) { try changes.watch($0) }
        for path in walk.files where ready.count < Self.roundFilesMax {
            guard let version = FileVersion(path), !taken.contains(version) else { continue }
            if complete.contains(path) || version.isSettled(for: Self.settledSeconds) { ready.append(version) }
        }
        return ready
    }

    private func rest(until stop: StopRequest) {
        let clock = MonotonicClock.system
        let end = clock.now() + .seconds(Self.retrySeconds)
        while clock.now() < end, !stop.isRequested { usleep(50_000) }
    }
}

/// The files of a folder and of those in it, as `SpeechFiles` takes them: by ending, hidden ones left out.
private struct WatchedTree {
    private(set) var files: [String] = []

    init(_ folder: String, endings: Set<String>, visiting: (String) throws -> Void) throws {
        try visit(folder, depth: 0, endings, visiting)
        files.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private mutating func visit(
        _ folder: String, depth: Int, _ endings: Set<String>, _ visiting: (String) throws -> Void
    ) throws {
        guard depth < SpeechFiles.folderDepthMax else { return }
        // Watched before it is listed, so that nothing comes in between.
        try visiting(folder)
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
            guard depth > 0 else {
                throw ProgramFailure(
                    .badConfiguration, code: "watch.no_folder",
                    "the folder '\(folder)' cannot be read; make it, or check its permissions")
            }
            return
        }
        for name in names where !name.hasPrefix(".") {
            let path = folder + "/" + name
            guard let facts = FileFacts(path, followingLinks: false) else { continue }
            if facts.kind == .folder {
                try visit(path, depth: depth + 1, endings, visiting)
            } else if let dot = name.lastIndex(of: "."), endings.contains(name[name.index(after: dot)...].lowercased())
            {
                files.append(path)
            }
        }
    }
}
