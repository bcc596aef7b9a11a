public import Delivery
internal import Foundation
public import Logging

/// The memory of crashes in a folder: which record each thread of a worker has in hand, and how often workers died with
/// which record in hand. The workers of one consumer group on one machine share it, so that a record which takes one worker
/// after another down is counted over all of them.
///
/// | file | what |
/// | --- | --- |
/// | `GROUP.ID.inhand` | the record that a thread of a living worker has in hand (``CrashSlot``), locked by it |
/// | `GROUP.deaths.json` | what is known of dead ones |
/// | `GROUP.lock` | held while either is looked through |
///
/// A record is refused when processes died of it (a trap, an abort, a bad access, a standstill) so often as the limit says;
/// want of memory needs one death more, a kill from outside five times as many, since it can hit any record. A record that
/// is processed without harm is forgotten.
public final class CrashJournal: CrashMemory {
    private let folder: String
    private let group: String
    private let limit: Int
    private let logger: Logger
    /// Made with the journal, so that a folder that cannot be used is found at once; for the first hand.
    private var firstSlot: CrashSlot?
    private var counts = CrashCounts()

    /// Opens the folder's memory, making what is missing, and watches for fatal signals.
    /// - Parameters:
    ///   - group: the consumer group whose records are in hand.
    ///   - limit: crashes with a record in hand after which it is refused, from 1.
    /// - Throws: `ProgramFailure`: 78 when the folder cannot be used, 69 when its disk is full or fails.
    public init(folder: String, group: String, limit: Int, logger: Logger) throws(ProgramFailure) {
        self.folder = folder
        self.group = Self.fileName(group)
        self.limit = limit
        self.logger = logger
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            firstSlot = try Self.makeSlot(folder, self.group)
        } catch {
            let file = error as? CrashFileError
            let reason = file?.description ?? error.localizedDescription
            throw ProgramFailure(
                file?.mayPass == true ? .unreachable : .badConfiguration, code: "state.unusable",
                "the state folder '\(folder)' (state.path) cannot be used: \(reason); name a folder that this user may "
                    + "write to")
        }
        recall()
    }

    private static func makeSlot(_ folder: String, _ group: String) throws -> CrashSlot {
        let name = "\(group).\(UUID().uuidString.lowercased()).inhand"
        return try locked(folder, group) { try CrashSlot(path: "\(folder)/\(name)", machine: .now()) }
    }

    /// Makes a slot for another thread. Where that cannot be done, it is said, and the thread's records are not
    /// remembered.
    public func hand() -> any CrashHand {
        if let slot = firstSlot {
            firstSlot = nil
            return JournalHand(slot)
        }
        do {
            return JournalHand(try Self.makeSlot(folder, group))
        } catch {
            let reason = (error as? CrashFileError)?.description ?? error.localizedDescription
            logger.write(
                .warning, "the records in hand of a thread cannot be remembered",
                [.statePath: folder, .errorReason: reason])
            return JournalHand(nil)
        }
    }

    /// Counts the deaths of workers that left a record in hand.
    public func recall() {
        change("read") { counts in
            let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            let now = MachineLife.now()
            for name in names.sorted() where name.hasPrefix(group + ".") && name.hasSuffix(".inhand") {
                let path = "\(folder)/\(name)"
                // This process's own slots are locked, as are those of others that live.
                guard let left = CrashSlot.abandoned(path) else { continue }
                let cause = CauseOfDeath(isCrash: left.state == .crashed, then: left.machine, now: now)
                if left.state != .idle, cause != .machine { tell(counts.note(left.place, cause)) }
                try counts.write(countsPath)
                unlink(path)
            }
        }
    }

    private func tell(_ entry: CrashCounts.Entry) {
        logger.write(
            .warning, "a process died with a record in hand",
            [
                .kafkaTopic: entry.topic, .kafkaPartition: Int(entry.partition), .kafkaOffset: Int(entry.offset),
                .crashes: entry.crashes, .kills: entry.kills, .killsFromOutside: entry.outside ?? 0,
            ])
    }

    /// The process is about to end since a partition stands still: if a record of it is in hand, that is to blame as if it
    /// had crashed. Any thread.
    public static func blameRecordInHand(of partition: TopicPartition) {
        CrashSignals.mark(.partition(CrashSlot.word(of: partition.partition)))
    }

    /// Why the record must not be processed again, nil when it may be.
    public func refusal(of origin: TopicPartition, _ offset: Offset) -> DeadLetterReason? {
        guard !counts.entries.isEmpty, let entry = counts[Self.place(origin, offset)],
            entry.isRefused(limit: limit)
        else { return nil }
        return DeadLetterReason(
            code: "record.crashes_process",
            message:
                "processes died with this record in hand: \(entry.crashes) by crashes or standstills, \(entry.kills) "
                + "perhaps for want of memory, \(entry.outside ?? 0) killed from outside; it was not processed again",
            className: "WorkerSupport.CrashJournal")
    }

    /// Whether a process has died with the record in hand.
    public func isSuspected(_ origin: TopicPartition, _ offset: Offset) -> Bool {
        !counts.entries.isEmpty && counts[Self.place(origin, offset)] != nil
    }

    /// The record is forgotten.
    public func absolve(_ origin: TopicPartition, _ offset: Offset) {
        change("write") { counts in
            counts.forget(Self.place(origin, offset))
            try counts.write(countsPath)
        }
    }

    private var countsPath: String { "\(folder)/\(group).deaths.json" }

    /// Changes the shared counts under the lock. What goes wrong is said, and delivery goes on.
    private func change(_ action: String, _ body: (inout CrashCounts) throws -> Void) {
        do {
            try Self.locked(folder, group) {
                do {
                    counts = try CrashCounts.read(countsPath)
                } catch is DecodingError {
                    logger.write(
                        .warning, "the counts of crashes are damaged and begin anew", [.statePath: countsPath])
                    counts = CrashCounts()
                }
                try body(&counts)
            }
        } catch {
            let reason = (error as? CrashFileError)?.description ?? error.localizedDescription
            logger.write(
                .warning, "the counts of crashes cannot be \(action == "read" ? "read" : "written")",
                [.statePath: countsPath, .errorReason: reason])
        }
    }

    /// Waits for the group's lock, which is held for the length of a few file operations only.
    private static func locked<Result>(_ folder: String, _ group: String, _ body: () throws -> Result) throws -> Result
    {
        let path = "\(folder)/\(group).lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw CrashFileError("open", path) }
        defer { close(descriptor) }
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { throw CrashFileError("lock", path) }
        }
        return try body()
    }

    private static func place(_ origin: TopicPartition, _ offset: Offset) -> CrashSlot.Place {
        CrashSlot.Place(
            topic: origin.topic.rawValue, partition: origin.partition.rawValue, offset: offset.rawValue)
    }

    /// A group's name as part of a file's name: group names may hold anything.
    private static func fileName(_ group: String) -> String {
        var name = ""
        for byte in group.utf8.prefix(60) {
            let character = Character(Unicode.Scalar(byte))
            let isPlain = character.isASCII && (character.isLetter || character.isNumber || "-_".contains(character))
            name += isPlain ? String(character) : "%\(String(byte, radix: 16))"
        }
        return name
    }
}

/// The slot of one thread; without one, nothing is remembered.
///
/// Unchecked, because it is handed to its thread before it is used and stays there (``CrashHand``).
private final class JournalHand: CrashHand, @unchecked Sendable {
    private let slot: CrashSlot?

    init(_ slot: CrashSlot?) { self.slot = slot }

    func adopt() {
        if let slot { CrashSignals.watch(slot.stateAddress) }
    }
    func begin(_ origin: TopicPartition, _ offset: Offset) { slot?.begin(origin, offset) }
    func end() { slot?.end() }
}
