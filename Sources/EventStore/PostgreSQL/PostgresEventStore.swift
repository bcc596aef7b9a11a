public import Delivery
internal import Synchronization

/// A store in a PostgreSQL database, in the schema `rostrum`: many writers and readers at once.
///
/// A transaction that `apply` has finished is on the server's disk, so the sink may commit its offsets. A connection that is
/// lost is made again by the next call; where that fails, the call throws `store.unreachable`, which is retryable. Every
/// function blocks its thread; see `EventStore`.
public final class PostgresEventStore: EventStore {
    /// The schema version that this program writes and the highest that it opens.
    public static var schemaVersion: Int { PostgresSchema.version }

    private let connectionString: String
    private let access: StoreAccess
    private let session: Mutex<Session>

    /// How often a batch is tried again at once when another writer was faster.
    static let attempts = 5

    private struct Session {
        var connection: PostgresConnection?
        var keys = PostgresKeys()
        var isClosed = false
    }

    /// Connects and, for writing, brings the tables to this version.
    /// - Parameter connectionString: as libpq reads it, with host, database, user, TLS and all.
    /// - Throws: `StoreError`, in particular `store.unreachable`, `store.newer_schema` and `store.not_a_store`.
    public init(connectionString: String, access: StoreAccess = .write) throws(StoreError) {
        self.connectionString = connectionString
        self.access = access
        session = Mutex(Session())
        try perform { _, _ in }
    }

    /// Writes a batch and its offsets in one transaction. Blocks.
    @discardableResult
    public func apply(_ batch: StoreBatch) throws(StoreError) -> AppliedBatch {
        try perform { connection, keys in
            // What deletes rows waits for those that insert them, and holds them up: an insertion that it does not see
            // yet would stay behind. Readers wait for neither.
            let deletes = batch.entries.contains {
                if case .withdrawal = $0.change { true } else { false }
            }
            var writer = PostgresBatchWriter(connection, keys: keys)
            try writer.findRuns(batch)
            return try connection.transaction("ISOLATION LEVEL REPEATABLE READ") {
                try connection.run("LOCK TABLE withdrawals IN \(deletes ? "SHARE ROW" : "ROW") EXCLUSIVE MODE")
                return try writer.write(batch)
            }
        }
    }

    /// Asks the server for nothing. A connection that ended meanwhile is made again at once. Blocks.
    public func check() throws(StoreError) {
        let wasConnected = session.withLock { $0.connection != nil }
        func ask() throws(StoreError) { try perform { connection, _ in try connection.run("SELECT 1") } }
        do {
            try ask()
        } catch {
            guard wasConnected, error.code == .unreachable else { throw error }
            try ask()
        }
    }

    /// Where a consumer group goes on. Blocks.
    public func storedOffsets(group: ConsumerGroup) throws(StoreError) -> [TopicPartition: Offset] {
        try perform { connection, _ in
            let rows = try connection.execute(
                "SELECT kafka_topic, kafka_partition, next_offset FROM offsets WHERE consumer_group = $1",
                [PostgresText.stored(group.rawValue)])
            let offsets = (0..<rows.count).map { row in
                (
                    TopicPartition(KafkaTopic(rows.original(row, 0)), Partition(Int32(rows.number(row, 1)))),
                    Offset(rows.number(row, 2))
                )
            }
            return Dictionary(uniqueKeysWithValues: offsets)
        }
    }

    /// Reads every event back from one snapshot, on a connection of its own. Blocks, but neither waits for writers nor
    /// holds them up.
    public func forEachEvent(_ body: (StoredEvent) -> Void) throws(StoreError) {
        try read { try PostgresEventReader($0).forEachEvent(body) }
    }

    /// Ends the connection. Blocks until a running call has ended.
    public func close() throws(StoreError) {
        session.withLock { session in
            session.connection = nil
            session.isClosed = true
        }
    }

    // MARK: Connections

    /// Runs a body on the store's own connection, made again where it was lost. Where two writers met, the later one is
    /// sent round again at once, a few times.
    func perform<Value: Sendable>(
        attempts: Int = PostgresEventStore.attempts, _ body: (PostgresConnection, PostgresKeys) throws -> Value
    ) throws(StoreError) -> Value {
        try session.withLock { session throws(StoreError) in
            guard !session.isClosed else { throw StoreError.closedStore }
            var attempt = 1
            while true {
                do {
                    let connection = try session.connection ?? connect(access)
                    session.connection = connection
                    return try body(connection, session.keys)
                } catch {
                    if session.connection?.isLost == true { session.connection = nil }
                    let failure = StoreError(unexpected: error)
                    guard failure.code == .busy, attempt < attempts else { throw failure }
                    attempt += 1
                }
            }
        }
    }

    /// Runs a body in a transaction that reads one snapshot and cannot write; beside a writer on a connection of its own,
    /// so that a long answer does not hold it up.
    func read(_ body: (PostgresConnection) throws -> Void) throws(StoreError) {
        func reading(_ connection: PostgresConnection) throws {
            try connection.transaction("ISOLATION LEVEL REPEATABLE READ READ ONLY") { try body(connection) }
        }
        if access == .read { return try perform(attempts: 1) { connection, _ in try reading(connection) } }
        guard !session.withLock({ $0.isClosed }) else { throw StoreError.closedStore }
        do {
            try reading(try connect(.read))
        } catch {
            throw StoreError(unexpected: error)
        }
    }

    private func connect(_ access: StoreAccess) throws -> PostgresConnection {
        let connection = try PostgresConnection(connectionString)
        switch access {
        case .read:
            try connection.run("SET default_transaction_read_only = on")
            let found = try PostgresSchema.check(connection)
            guard found == PostgresSchema.version else {
                throw StoreError.olderSchema(connection.place, found: found, known: PostgresSchema.version)
            }
        case .administer, .write:
            try PostgresSchema.migrate(connection)
            // A writer that waits for a lock says so; one that hangs within a transaction lets go of its locks.
            try connection.run("SET lock_timeout = '30s'; SET idle_in_transaction_session_timeout = '120s'")
            // What is committed must be on disk, whatever the server's default.
            if try connection.execute("SHOW synchronous_commit").text(0, 0) == "off" {
                try connection.run("SET synchronous_commit = on")
            }
        }
        try connection.run("SET search_path = \(PostgresSchema.name)")
        return connection
    }
}
