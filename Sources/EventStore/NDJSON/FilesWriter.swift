internal import Delivery
internal import Foundation
internal import Speeches

/// The one writer of a folder: holds its lock, appends batches to the journal, makes files of it.
final class FilesWriter {
    private let folder: String
    private let settings: NDJSONEventStore.Settings
    private let lock: OpenFile
    private var manifest: FilesManifest
    private var journal: FilesJournal
    private var offsets: FilesManifest
    private var rulesets: Set<String>
    private var recent = RecentEntries()

    /// Takes a folder, made where there is none, and brings it to the last batch that was committed.
    /// - Throws: `store.busy` when another process writes there; `store.not_a_store` for a folder of something else.
    init(_ folder: String, _ settings: NDJSONEventStore.Settings) throws(StoreError) {
        self.folder = folder
        self.settings = settings
        try Files.makeFolder(folder)
        var manifest = try FilesManifest.read(folder)
        if manifest == nil { try Self.refuseForeign(folder) }
        lock = try OpenFile("\(folder)/.lock", O_RDWR | O_CREAT)
        guard lock.lock(waiting: false) else {
            throw StoreError(
                code: .busy, reason: "\(folder) is written by another process",
                cure: "give each sink a folder of its own, or stop the other one")
        }
        // Again under the lock: another process may just have ended.
        manifest = try FilesManifest.read(folder)
        if manifest == nil { try FilesManifest().write(folder) }
        self.manifest = manifest ?? FilesManifest()
        let opened = try FilesJournal.open(self.manifest.journal, in: folder)
        journal = opened.journal
        offsets = self.manifest
        offsets.note(opened.offsets)
        rulesets = Set(try FilesRulesets.read(folder).met)
        removeLeftovers()
    }

    private static func refuseForeign(_ folder: String) throws(StoreError) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        guard names.allSatisfy({ $0.hasPrefix(".") || $0 == "lost+found" }) else {
            throw StoreError(
                code: .notAStore, reason: "\(folder) has files and no \(FilesManifest.name)",
                cure: "name an empty folder, or one that is not there; this one was not touched")
        }
    }

    /// What a crash between making files and naming them in the manifest has left, and old journals.
    private func removeLeftovers() {
        let known = Set(manifest.files.map(\.path))
        for path in FilesNames.finished(in: folder) where !known.contains(path) { unlink("\(folder)/\(path)") }
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
            let isOld =
                name.hasPrefix(FilesJournal.prefix) && name != FilesJournal.prefix + FilesNames.number(manifest.journal)
            if isOld || name.hasPrefix(Files.interimPrefix) { unlink("\(folder)/\(name)") }
        }
    }

    func storedOffsets(_ group: ConsumerGroup) -> [TopicPartition: Offset] {
        offsets.offsets(of: group)
    }

    func apply(_ batch: StoreBatch) throws(StoreError) -> AppliedBatch {
        try makeFilesIfDue()
        var lines: [(String, [UInt8])] = []
        var met: [String] = []
        var applied = AppliedBatch()
        // Where the batch is not written, nothing of it has come.
        recent.forgetBatch()
        for entry in batch.entries {
            if case .event(let event) = entry.change {
                guard Set(event.topics.map(\.id)).count == event.topics.count else {
                    throw StoreError(
                        code: .invalidEvent, reason: "the event names a topic twice",
                        cure: "send the record to the dead letters", position: entry.position)
                }
                let digest = event.ruleset.digest
                if !rulesets.contains(digest), !met.contains(digest) { met.append(digest) }
            }
            if recent.take(entry, &applied) { lines.append((FilesLine.folder(of: entry), FilesLine.bytes(of: entry))) }
        }
        if !met.isEmpty { try add(met) }
        let moved = batch.nextOffsets.sorted { $0.key < $1.key }.map { partition, offset in
            FilesManifest.GroupOffset(
                group: batch.group.rawValue, kafkaTopic: partition.topic.rawValue,
                kafkaPartition: partition.partition.rawValue, nextOffset: offset.rawValue)
        }
        try journal.append(lines, moved)
        offsets.note(moved)
        recent.keepBatch()
        return applied
    }

    /// Before the events: a ruleset that is named and of which nothing came is no harm.
    private func add(_ met: [String]) throws(StoreError) {
        try FilesRulesets.change(folder) { (known: inout FilesRulesets) throws(StoreError) in
            for digest in met where !known.met.contains(digest) { known.met.append(digest) }
            if known.current == nil { known.current = met.first }
        }
        rulesets.formUnion(met)
    }

    // MARK: Making files

    /// Makes files of a journal that is long or old enough.
    func makeFilesIfDue() throws(StoreError) {
        guard let began = journal.began else { return }
        if journal.length >= settings.fileBytes || .now - began >= .seconds(settings.fileSeconds) { try makeFiles() }
    }

    /// Makes files of the journal, names them in the manifest, begins a new journal. A crash at any point leaves either the
    /// old manifest and journal, or the new ones; where the disk is full the journal stays.
    func makeFiles() throws(StoreError) {
        guard journal.length > 0 else { return }
        guard let content = try FilesJournal.content(journal.number, in: folder), content.length == journal.length
        else {
            throw StoreError(
                code: .corrupt, reason: "the journal in \(folder) is shorter than what was written to it",
                cure: "check the disk; then start again: what was lost is read from Kafka once more")
        }
        var next = offsets
        var parts: [String: (bytes: [UInt8], lines: Int)] = [:]
        for line in content.lines {
            parts[line.folder, default: ([], 0)].bytes += content.bytes[line.range]
            parts[line.folder]!.bytes.append(UInt8(ascii: "\n"))
            parts[line.folder]!.lines += 1
        }
        for (part, made) in parts.sorted(by: { $0.key < $1.key }) {
            next.files.append(try write(made.bytes, lines: made.lines, to: part, number: journal.number))
        }
        try begin(next)
    }

    private func write(
        _ bytes: [UInt8], lines: Int, to part: String, number: Int
    ) throws(StoreError) -> FilesManifest.File {
        let path = FilesNames.path(part, number, settings.compression)
        try Files.makeFolder("\(folder)/\(part)")
        let content = settings.compression == .zstd ? Zstandard.compressed(bytes) : bytes
        try Files.replace("\(folder)/\(path)", with: content)
        return FilesManifest.File(path: path, lines: lines, bytes: content.count)
    }

    /// Puts a new manifest in force, with a journal of its own.
    private func begin(_ next: FilesManifest) throws(StoreError) {
        var next = next
        next.journal = journal.number + 1
        let following = try FilesJournal.open(next.journal, in: folder).journal
        try next.write(folder)
        unlink(FilesJournal.path(journal.number, in: folder))
        manifest = next
        offsets = next
        journal = following
    }

    /// Writes every file anew without the lines that are not wanted.
    func rewrite(keeping isWanted: (StoreEntry) -> Bool) throws(StoreError) {
        try makeFiles()
        var next = manifest
        next.files = []
        var replaced: [String] = []
        for file in manifest.files {
            let lines = try FilesReader.lines(of: file, in: folder)
            var kept: [UInt8] = []
            var count = 0
            for line in lines where isWanted(try FilesReader.entry(line, file.path)) {
                kept += line
                kept.append(UInt8(ascii: "\n"))
                count += 1
            }
            if count == lines.count {
                next.files.append(file)
                continue
            }
            replaced.append(file.path)
            guard count > 0 else { continue }
            // Files of one folder have different numbers; the journal's own are behind all of them.
            let part = file.path.split(separator: "/").dropLast().joined(separator: "/")
            try begin(manifest)
            next.files.append(try write(kept, lines: count, to: part, number: journal.number))
        }
        guard !replaced.isEmpty else { return }
        try begin(next)
        for path in replaced { unlink("\(folder)/\(path)") }
    }
}

extension FilesManifest {
    func offsets(of group: ConsumerGroup) -> [TopicPartition: Offset] {
        let own = offsets.filter { $0.group == group.rawValue }.map {
            (TopicPartition(KafkaTopic($0.kafkaTopic), Partition($0.kafkaPartition)), Offset($0.nextOffset))
        }
        return Dictionary(own) { _, last in last }
    }
}

/// What came lately, so that what comes twice is written once. It forgets: a line that stands twice changes no answer.
private struct RecentEntries {
    /// Entries of each kind that are remembered at least; twice as many and two batches at most.
    private static let limit = 500_000
    private var events: [EventID: Int64] = [:]
    private var olderEvents: [EventID: Int64] = [:]
    private var withdrawals: [SpeechID: Int64] = [:]
    private var olderWithdrawals: [SpeechID: Int64] = [:]
    /// Those of a batch that is not written yet.
    private var batchEvents: [EventID: Int64] = [:]
    private var batchWithdrawals: [SpeechID: Int64] = [:]

    /// Counts an entry, and says whether it has to be written.
    mutating func take(_ entry: StoreEntry, _ applied: inout AppliedBatch) -> Bool {
        let origin = entry.origin.offset.rawValue
        let id = entry.documentID
        let withdrawn = batchWithdrawals[id] ?? withdrawals[id] ?? olderWithdrawals[id] ?? -1
        switch entry.change {
        case .withdrawal(let id):
            applied.withdrawals += 1
            guard origin > withdrawn else { return false }
            batchWithdrawals[id] = origin
        case .event(let event):
            guard origin > withdrawn else {
                applied.withdrawnBefore += 1
                return false
            }
            let known = batchEvents[event.eventID] ?? events[event.eventID] ?? olderEvents[event.eventID]
            guard known ?? -1 < origin else {
                applied.unchanged += 1
                return false
            }
            if known == nil { applied.inserted += 1 } else { applied.renewed += 1 }
            batchEvents[event.eventID] = origin
        }
        return true
    }

    /// Remembers the batch, which is written now.
    mutating func keepBatch() {
        if events.count >= Self.limit { (olderEvents, events) = (events, [:]) }
        if withdrawals.count >= Self.limit { (olderWithdrawals, withdrawals) = (withdrawals, [:]) }
        events.merge(batchEvents) { $1 }
        withdrawals.merge(batchWithdrawals) { $1 }
        forgetBatch()
    }

    /// Forgets a batch that could not be written.
    mutating func forgetBatch() {
        batchEvents.removeAll(keepingCapacity: true)
        batchWithdrawals.removeAll(keepingCapacity: true)
    }
}
