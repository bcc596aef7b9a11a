internal import Delivery
internal import Foundation
internal import KafkaClient
internal import Logging
internal import SpeechFormats
internal import WorkerSupport

/// The rounds of a watch: which files are ready, what is noted of them, which come again. Knows no cluster. One thread.
struct WatchLoop {
    /// Publishes the files of rounds. A round is an import of which it is noted that it is under way; so is a file that comes
    /// again alone, since a part of it is published.
    protocol Publishing {
        /// - Parameter file: of a round of one that is held; nil for any other.
        func publish(
            _ files: sending SpeechFiles, alone file: String?, notice: @escaping (PublishingNotice) -> Void
        ) throws -> PublishingSummary
        /// Everything of a round is published and noted.
        func finished(alone file: String?)
        /// Notes of one file what is noted of the round that it was in.
        func hold(_ file: String) throws
        /// Whether that is noted of a file.
        func isHeld(_ file: String) -> Bool
    }

    private static let settledSeconds = 2.0
    /// Files of one round, at most; what else there is comes in the next.
    private static let roundFilesMax = 1_000
    private static let retryPause = Duration.seconds(2)

    private let folder: String
    private let registry: FormatRegistry
    private let context: SourceContext
    private let logger: Logger
    private let clock: MonotonicClock
    private let changes: FolderChanges
    private var taken: TakenFiles
    /// Files that the kernel said are complete and that were in no round since.
    private var complete: Set<String> = []
    private var unread = UnreadFiles()

    /// - Parameters:
    ///   - folder: without a slash at its end.
    ///   - state: the folder in which what was taken is noted.
    ///   - topic: the documents' Kafka topic.
    /// - Throws: `ProgramFailure` when the folder cannot be watched or the list of what was taken not be read.
    init(
        _ folder: String, state: String, topic: String, registry: FormatRegistry, context: SourceContext,
        logger: Logger, clock: MonotonicClock = .system
    ) throws {
        self.folder = folder
        self.registry = registry
        self.context = context
        self.logger = logger
        self.clock = clock
        taken = try TakenFiles(folder: state, watched: URL(filePath: folder).standardizedFileURL.path, topic: topic)
        changes = try FolderChanges()
    }

    /// Takes files until the stop is requested.
    mutating func run(
        _ publishing: some Publishing, until stop: StopRequest, notice: @escaping (PublishingNotice) -> Void
    ) throws -> PublishingSummary {
        var total = PublishingSummary()
        while !stop.isRequested {
            var ready = try readyFiles()
            let held = ready.first { publishing.isHeld($0.path) }
            if let held { ready = [held] }
            for version in ready { complete.remove(version.path) }
            guard !ready.isEmpty else {
                complete.formUnion(changes.wait(milliseconds: 500) ?? [])
                if complete.count > 1_000_000 { complete.removeAll() }
                continue
            }
            do {
                total.add(try take(ready, alone: held?.path, publishing, until: stop, notice: notice))
            } catch  where Self.isAway(error) {
                let failure = ProgramFailure(error)
                logger.write(
                    .warning, "the broker is away; files wait",
                    [.errorCode: failure.code, .errorReason: failure.reason])
                stop.sleep(for: Self.retryPause, by: clock)
            }
        }
        // What could not be read to this moment was not taken.
        if unread.count > 0 { total.rejected[FormatError.Code.unreadable.rawValue, default: 0] += unread.count }
        return total
    }

    /// Publishes one round and notes its files.
    /// - Returns: what is done with: what failed is published in a later round, what was interrupted at the next start.
    private mutating func take(
        _ ready: [FileVersion], alone: String?, _ publishing: some Publishing, until stop: StopRequest,
        notice: @escaping (PublishingNotice) -> Void
    ) throws -> PublishingSummary {
        let round = WatchRound(ready, said: ready.filter { unread.contains($0) }, notice: notice)
        let files = SpeechFiles(ready.map(\.path), registry: registry, context: context)
        var summary = try publishing.publish(files, alone: alone) { round.take($0) }
        let waiting = noteUnread(round)
        if alone == nil {
            for version in waiting where round.unread[version]?.isPart == true { try publishing.hold(version.path) }
        }
        if summary.failed.isEmpty, !summary.isInterrupted {
            let read = ready.filter { !waiting.contains($0) }
            try taken.add(read)
            for version in read { unread.remove(version) }
            if alone == nil || waiting.isEmpty { publishing.finished(alone: alone) }
        } else if !stop.isRequested {
            stop.sleep(for: Self.retryPause, by: clock)
        }
        summary.failed = [:]
        summary.isInterrupted = false
        let code = FormatError.Code.unreadable.rawValue
        summary.rejected[code] = summary.rejected[code].flatMap { $0 > round.refusals ? $0 - round.refusals : nil }
        return summary
    }

    /// Notes files that could not be read.
    /// - Returns: those that are tried again.
    private mutating func noteUnread(_ round: WatchRound) -> Set<FileVersion> {
        var waiting: Set<FileVersion> = []
        for (version, (error, isPart)) in round.unread {
            if unread.note(version, isPart: isPart, at: clock.now()) {
                waiting.insert(version)
            } else {
                logger.write(
                    .error, "a file is given up: documents of it are published, and the rest cannot be read",
                    [.errorCode: error.code.rawValue, .errorReason: "\(error)"])
            }
        }
        return waiting
    }

    private static func isAway(_ error: any Error) -> Bool {
        (error as? KafkaError)?.isRetryable ?? (ProgramFailure(error).exitCode == .unreachable)
    }

    /// Files that were not taken and are complete, in the order of their paths.
    private mutating func readyFiles() throws -> [FileVersion] {
        var ready: [FileVersion] = []
        let now = clock.now()
        unread.keep { FileVersion($0.path) == $0 }
        let walk = try WatchedTree(folder, endings: registry.fileExtensions) { try changes.watch($0) }
        for path in walk.files where ready.count < Self.roundFilesMax {
            guard let version = FileVersion(path), !taken.contains(version), !unread.isResting(version, at: now) else {
                continue
            }
            if complete.contains(path) || version.isSettled(for: Self.settledSeconds) { ready.append(version) }
        }
        return ready
    }
}

/// What is said of the files of one round: those that could not be read are kept apart, and said once. One thread.
private final class WatchRound {
    private let versions: [String: FileVersion]
    private var said: Set<FileVersion>
    private let notice: (PublishingNotice) -> Void
    /// Files that could not be read, why, and whether documents of them came before.
    private(set) var unread: [FileVersion: (FormatError, isPart: Bool)] = [:]
    /// How many refusals that was.
    private(set) var refusals = 0

    init(_ files: [FileVersion], said: [FileVersion], notice: @escaping (PublishingNotice) -> Void) {
        versions = Dictionary(files.map { ($0.path, $0) }, uniquingKeysWith: { $1 })
        self.said = Set(said)
        self.notice = notice
    }

    func take(_ told: PublishingNotice) {
        guard case .rejected(let error, let isPart) = told, error.isRetryable, let file = error.file,
            let version = versions[file]
        else { return notice(told) }
        refusals += 1
        unread[version] = (error, isPart: isPart || unread[version]?.isPart == true)
        if said.insert(version).inserted { notice(told) }
    }
}
