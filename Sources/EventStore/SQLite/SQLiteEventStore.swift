public import Delivery
internal import Foundation
internal import GRDB

/// A store in one SQLite file, in WAL mode: one writer at a time, readers in any process beside it.
///
/// A transaction that `apply` has finished is on disk (`synchronous = FULL`), so the sink may commit its offsets.
/// Every function blocks its thread; see `EventStore`.
public final class SQLiteEventStore: EventStore {
    /// What can be set.
    public struct Settings: Equatable, Sendable {
        /// How long a writer waits for another process before it reports `store.busy`, in seconds. From 0.
        public var busyTimeoutSeconds: Double
        /// The size in bytes that the database file must not exceed, or nil for the disk's: beyond it `apply` reports
        /// `store.disk_full`. The log beside it (`-wal`) comes on top, usually a few megabytes.
        public var maximumBytes: Int?
        /// Whether a batch is on disk when `apply` returns. Not for a file that is thrown away anyway.
        var isDurable = true

        /// Makes settings: five seconds, no limit.
        public init(busyTimeoutSeconds: Double = 5, maximumBytes: Int? = nil) {
            self.busyTimeoutSeconds = busyTimeoutSeconds
            self.maximumBytes = maximumBytes
        }

        /// Settings for a file that is thrown away.
        init(isDurable: Bool) {
            self.init()
            self.isDurable = isDurable
        }
    }

    /// The schema version that this program writes and the highest that it opens.
    public static var schemaVersion: Int { SQLiteSchema.version }

    /// Pages that the writer keeps in memory: its random reads are of indexes, and SQLite's own 2 MB hold those of a few
    /// thousand events.
    private static let cacheKilobytes = 16_384

    /// The database file.
    public let path: String
    let pool: any DatabaseWriter
    /// The file that was opened, whatever stands at the path later.
    private let file: FileIdentity?

    /// Opens the file; for writing makes it where there is none, and brings older tables to this version. The folder must
    /// exist.
    /// - Throws: `StoreError`, in particular `store.newer_schema`, `store.not_a_store` (both leave the file as it is),
    ///   `store.cannot_open` and `store.read_only`.
    public init(
        path: String, access: StoreAccess = .write, settings: Settings = Settings()
    ) throws(StoreError) {
        self.path = path
        pool = try Self.translating(path) { () -> any DatabaseWriter in
            var configuration = Configuration()
            configuration.label = "rostrum.store"
            configuration.busyMode = .timeout(settings.busyTimeoutSeconds)
            var isFolder: ObjCBool = false
            if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) {
                guard !isFolder.boolValue else {
                    throw StoreError(code: .cannotOpen, reason: "\(path) is a folder", cure: "name a file in it")
                }
                try Self.refuseForeign(path, configuration)
            } else if access == .read {
                throw StoreError(
                    code: .cannotOpen, reason: "\(path) is not there",
                    cure: "name the store by store.path, or make it with 'rostrum store init'")
            }
            guard access != .read else { return try Self.reader(path, configuration) }
            let pool = try DatabasePool(path: path, configuration: configuration)
            try pool.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA synchronous = \(settings.isDurable ? "FULL" : "OFF")")
                try database.execute(sql: "PRAGMA cache_size = -\(Self.cacheKilobytes)")
                if let limit = settings.maximumBytes {
                    let pageSize = try Int.fetchOne(database, sql: "PRAGMA page_size") ?? 4096
                    try database.execute(sql: "PRAGMA max_page_count = \(max(1, limit / pageSize))")
                }
                try SQLiteSchema.migrate(database, path: path)
            }
            return pool
        }
        file = FileIdentity(path)
    }

    /// A connection that cannot write, whatever it is asked.
    private static func reader(_ path: String, _ configuration: Configuration) throws -> any DatabaseWriter {
        var configuration = configuration
        configuration.readonly = true
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.read { try SQLiteSchema.checkForReading($0, path: path) }
        return queue
    }

    /// Looks before anything is written: opening a pool alone would turn a foreign database to WAL mode.
    private static func refuseForeign(_ path: String, _ configuration: Configuration) throws {
        var configuration = configuration
        configuration.readonly = true
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.read { try SQLiteSchema.check($0, path: path) }
        try queue.close()
    }

    /// Writes a batch and its offsets in one transaction. Blocks.
    @discardableResult
    public func apply(_ batch: StoreBatch) throws(StoreError) -> AppliedBatch {
        try Self.translating(path) {
            try pool.write { database in
                var writer = try SQLiteBatchWriter(database, path: path)
                return try writer.write(batch)
            }
        }
    }

    /// Reads, and looks whether the file that is open still stands at its path: what is written to another is lost with
    /// the process. Blocks, but not for writers.
    public func check() throws(StoreError) {
        guard FileIdentity(path) == file else { throw StoreError.takenAway(path) }
        try Self.translating(path) { try pool.read { try $0.execute(sql: "SELECT count(*) FROM sqlite_schema") } }
    }

    /// Where a consumer group goes on. Blocks, but not for writers.
    public func storedOffsets(group: ConsumerGroup) throws(StoreError) -> [TopicPartition: Offset] {
        try Self.translating(path) {
            try pool.read { database in
                let rows = try Row.fetchAll(
                    database,
                    sql: """
                        SELECT kafka_topic, kafka_partition, next_offset FROM offsets
                        WHERE consumer_group = \(FaithfulText.slot)
                        """,
                    arguments: [FaithfulText.argument(group.rawValue)])
                let offsets = rows.map { row in
                    (TopicPartition(KafkaTopic(row[0] as String), Partition(row[1] as Int32)), Offset(row[2] as Int64))
                }
                return Dictionary(uniqueKeysWithValues: offsets)
            }
        }
    }

    /// Reads every event back from one snapshot. Blocks, but neither waits for writers nor holds them up.
    public func forEachEvent(_ body: (StoredEvent) -> Void) throws(StoreError) {
        try Self.translating(path) {
            try pool.read { try SQLiteEventReader($0).forEachEvent(body) }
        }
    }

    /// Closes the file and folds the log into it. Blocks until running calls have ended.
    public func close() throws(StoreError) {
        try Self.translating(path) { try pool.close() }
    }

    /// Which file it is, by device and number.
    private struct FileIdentity: Equatable, Sendable {
        private let device: dev_t
        private let number: ino_t

        /// Nil when there is none.
        init?(_ path: String) {
            var facts = stat()
            guard stat(path, &facts) == 0 else { return nil }
            (device, number) = (facts.st_dev, facts.st_ino)
        }
    }

    static func translating<Value>(_ path: String, _ body: () throws -> Value) throws(StoreError) -> Value {
        do {
            return try body()
        } catch let error as DatabaseError {
            throw StoreError(error, path: path, position: nil)
        } catch {
            throw StoreError(unexpected: error)
        }
    }
}
