internal import Delivery
internal import Foundation

/// Reads a folder from outside: the files that its manifest names and the journal behind them, of one moment.
struct FilesReader {
    let folder: String

    /// What a folder held at one moment.
    struct Snapshot {
        let manifest: FilesManifest
        let journal: FilesJournal.Content
        let rulesets: FilesRulesets

        var offsets: FilesManifest {
            var offsets = manifest
            offsets.note(journal.offsets)
            return offsets
        }
    }

    /// - Throws: `store.older_schema` where there is no store.
    func snapshot() throws(StoreError) -> Snapshot {
        // A journal that the manifest names and that is gone has become files meanwhile: the manifest says so by now.
        for _ in 0..<100 {
            guard let manifest = try FilesManifest.read(folder) else {
                throw StoreError.olderSchema(folder, found: 0, known: FilesManifest.version)
            }
            guard let journal = try FilesJournal.content(manifest.journal, in: folder) else { continue }
            return Snapshot(manifest: manifest, journal: journal, rulesets: try FilesRulesets.read(folder))
        }
        throw StoreError(
            code: .busy, reason: "\(folder) changes faster than it can be read", cure: "try again")
    }

    /// The lines of a finished file.
    static func lines(of file: FilesManifest.File, in folder: String) throws(StoreError) -> [ArraySlice<UInt8>] {
        guard let bytes = try Files.contents("\(folder)/\(file.path)") else {
            throw StoreError(
                code: .busy, reason: "\(file.path) in \(folder) is gone",
                cure: "it was written anew meanwhile: try again")
        }
        let content = file.path.hasSuffix(".zst") ? Zstandard.decompressed(bytes) : bytes
        guard let content else {
            throw StoreError(
                code: .corrupt, reason: "\(file.path) in \(folder) is no Zstandard frame", cure: "restore the file")
        }
        return content.split(separator: UInt8(ascii: "\n"))
    }

    static func entry(_ line: ArraySlice<UInt8>, _ place: String) throws(StoreError) -> StoreEntry {
        do {
            return try FilesLine.entry(line)
        } catch {
            throw StoreError(code: .corrupt, reason: "a line of \(place) is no event", cure: "restore the file")
        }
    }
}

/// A SQLite database made of a folder's files for the time of a few questions: what is current, what was withdrawn and what
/// stands twice is decided by the one store that decides it for all. It follows the folder: what was read stays.
final class FilesDatabase {
    private let reader: FilesReader
    private let place: URL
    private let store: SQLiteEventStore
    private var files: [FilesManifest.File] = []
    private var journal: (number: Int, lines: Int) = (0, 0)
    private var current: String?

    private static let batch = 500

    init(_ folder: String) throws(StoreError) {
        reader = FilesReader(folder: folder)
        place = FileManager.default.temporaryDirectory.appending(path: "rostrum-files-\(UUID().uuidString)")
        try Files.makeFolder(place.path)
        store = try SQLiteEventStore(
            path: place.appending(path: "files.sqlite").path, settings: .init(isDurable: false))
    }

    deinit {
        try? store.close()
        try? FileManager.default.removeItem(at: place)
    }

    /// Whether a snapshot only adds to what was read.
    private func follows(_ snapshot: FilesReader.Snapshot) -> Bool {
        snapshot.manifest.files.starts(with: files)
    }

    /// The database as the folder is now; nil where the folder was written anew, and another one has to be made.
    func brought(to snapshot: FilesReader.Snapshot) throws(StoreError) -> SQLiteEventStore? {
        guard follows(snapshot) else { return nil }
        for file in snapshot.manifest.files.dropFirst(files.count) {
            try apply(FilesReader.lines(of: file, in: reader.folder), file.path)
            files.append(file)
        }
        if snapshot.manifest.journal != journal.number { journal = (snapshot.manifest.journal, 0) }
        let content = snapshot.journal
        let fresh = content.lines.dropFirst(journal.lines).map { content.bytes[$0.range] }
        try apply(fresh, "the journal")
        journal.lines = content.lines.count
        let offsets = snapshot.offsets
        for group in Set(offsets.offsets.map(\.group)).map({ ConsumerGroup($0) }) {
            try store.apply(StoreBatch(group: group, entries: [], nextOffsets: offsets.offsets(of: group)))
        }
        if let wanted = snapshot.rulesets.current, wanted != current {
            // A ruleset may be named before its first event is there.
            if try store.rulesets().contains(where: { $0.digest == wanted }) {
                _ = try store.promote(wanted)
                current = wanted
            }
        }
        return store
    }

    private func apply(_ lines: [ArraySlice<UInt8>], _ place: String) throws(StoreError) {
        var start = 0
        while start < lines.count {
            var entries: [StoreEntry] = []
            for line in lines[start..<min(lines.count, start + Self.batch)] {
                entries.append(try FilesReader.entry(line, place))
            }
            try store.apply(StoreBatch(group: ConsumerGroup("files"), entries: entries, nextOffsets: [:]))
            start += Self.batch
        }
    }
}
