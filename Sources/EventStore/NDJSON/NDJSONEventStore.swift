public import Delivery
internal import Foundation
internal import Synchronization

/// A store in a folder of NDJSON files, for data lakes: finished files by month of delivery that never change, a manifest
/// that names them, and a journal for what is not in a file yet. One process writes; any number read.
///
/// A batch that `apply` has finished is on disk, in the journal, together with its offsets. Questions are answered by a
/// SQLite database that is made of the files for the occasion, in the system's folder for temporary files. Every function
/// blocks its thread; see `EventStore`.
public final class NDJSONEventStore: EventStore {
    /// How finished files are written.
    public enum Compression: String, Sendable, CaseIterable {
        /// As they are.
        case none
        /// Zstandard, `.zst`.
        case zstd
    }

    /// What can be set.
    public struct Settings: Equatable, Sendable {
        /// Files are made when this many bytes have come. From 1.
        public var fileBytes: Int
        /// And when the first of them came so many seconds ago. From 1.
        public var fileSeconds: Int
        /// How they are written.
        public var compression: Compression

        /// Makes settings: 64 MiB, five minutes, no compression.
        public init(fileBytes: Int = 67_108_864, fileSeconds: Int = 300, compression: Compression = .none) {
            self.fileBytes = fileBytes
            self.fileSeconds = fileSeconds
            self.compression = compression
        }
    }

    /// The version of the files that this program writes and the highest that it reads.
    public static var schemaVersion: Int { FilesManifest.version }

    /// The folder.
    public let folder: String
    private let access: StoreAccess
    private let state: Mutex<State>
    /// What came is not to wait for what comes: a folder that gets nothing more still gets its last files.
    private let timer = EverySecond()

    private struct State {
        /// Nil unless opened for writing.
        var writer: FilesWriter?
        var database: FilesDatabase?
        var isClosed = false
    }

    /// Opens the folder; for writing makes it where there is none, and takes it for this process.
    /// - Throws: `StoreError`, in particular `store.busy` when another process writes there.
    public init(
        folder: String, access: StoreAccess = .write, settings: Settings = Settings()
    ) throws(StoreError) {
        self.folder = folder
        self.access = access
        if access != .write { _ = try FilesReader(folder: folder).snapshot() }
        state = Mutex(State())
        guard access == .write else { return }
        try state.withLock { state throws(StoreError) in state.writer = try FilesWriter(folder, settings) }
        timer.begin { [weak self] in self?.makeFilesIfDue() }
    }

    /// What fails here fails again with the next batch, and is said then.
    private func makeFilesIfDue() {
        state.withLock { try? $0.writer?.makeFilesIfDue() }
    }

    /// Appends a batch and its offsets. Blocks.
    @discardableResult
    public func apply(_ batch: StoreBatch) throws(StoreError) -> AppliedBatch {
        try write { (writer: FilesWriter) throws(StoreError) in try writer.apply(batch) }
    }

    /// Looks whether the folder is there and still a store. Blocks.
    public func check() throws(StoreError) {
        try state.withLock { state throws(StoreError) in
            guard !state.isClosed else { throw StoreError.closedStore }
            guard try FilesManifest.read(folder) == nil else { return }
            throw StoreError.takenAway(folder)
        }
    }

    /// Where a consumer group goes on. Blocks.
    public func storedOffsets(group: ConsumerGroup) throws(StoreError) -> [TopicPartition: Offset] {
        try state.withLock { state throws(StoreError) in
            guard !state.isClosed else { throw StoreError.closedStore }
            if let writer = state.writer { return writer.storedOffsets(group) }
            return try FilesReader(folder: folder).snapshot().offsets.offsets(of: group)
        }
    }

    /// Reads every event back as the files say. Blocks.
    public func forEachEvent(_ body: (StoredEvent) -> Void) throws(StoreError) {
        try read { (database: SQLiteEventStore, _: FilesReader.Snapshot) throws(StoreError) in
            try database.forEachEvent(body)
        }
    }

    /// Makes files of what is left in the journal and lets go of the folder. Blocks.
    public func close() throws(StoreError) {
        try state.withLock { state throws(StoreError) in
            timer.end()
            defer { state = State(isClosed: true) }
            try state.writer?.makeFiles()
        }
    }

    /// Runs a body with the folder's writer.
    func write<Value: Sendable>(_ body: (FilesWriter) throws(StoreError) -> Value) throws(StoreError) -> Value {
        try state.withLock { state throws(StoreError) in
            guard !state.isClosed else { throw StoreError.closedStore }
            guard let writer = state.writer else { throw openedForReading }
            return try body(writer)
        }
    }

    private var openedForReading: StoreError {
        StoreError(code: .readOnly, reason: "\(folder) was not opened for writing", cure: "open it for writing")
    }

    /// Makes the next question read the files from the beginning.
    func forgetDatabase() { state.withLock { $0.database = nil } }

    /// Changes which ruleset answers are about, under a lock of its own.
    func change<Value: Sendable>(
        _ body: (inout FilesRulesets) throws(StoreError) -> Value
    ) throws(StoreError) -> Value {
        guard !state.withLock({ $0.isClosed }) else { throw StoreError.closedStore }
        guard access != .read else { throw openedForReading }
        return try FilesRulesets.change(folder, body)
    }

    /// Runs a body with a database of the files as they are now.
    func read<Value: Sendable>(
        _ body: (SQLiteEventStore, FilesReader.Snapshot) throws(StoreError) -> Value
    ) throws(StoreError) -> Value {
        try state.withLock { state throws(StoreError) in
            guard !state.isClosed else { throw StoreError.closedStore }
            while true {
                let snapshot = try FilesReader(folder: folder).snapshot()
                if state.database == nil { state.database = try FilesDatabase(folder) }
                guard let database = state.database else { continue }
                if let store = try database.brought(to: snapshot) { return try body(store, snapshot) }
                // The files were written anew: what was read of the old ones is of no use.
                state.database = nil
            }
        }
    }
}
