internal import Delivery
internal import Foundation
internal import GRDB

extension SQLiteEventStore {
    /// What the store holds. Blocks, but not for writers.
    public func status() throws(StoreError) -> StoreStatus {
        try Self.translating(path) {
            try pool.read { database in
                var status = StoreStatus(kind: "sqlite", place: path, schemaVersion: SQLiteSchema.version)
                func count(_ sql: String) throws -> Int { try Int.fetchOne(database, sql: sql) ?? 0 }
                status.documents = try count("SELECT count(*) FROM documents WHERE is_current = 1")
                status.events = try count("SELECT count(*) FROM events")
                status.withdrawals = try count("SELECT count(*) FROM withdrawals")
                status.lastRecordedAt = try String.fetchOne(database, sql: "SELECT max(last_recorded_at) FROM runs")
                status.bytes = ["", "-wal"].reduce(0) { sum, end in
                    let attributes = try? FileManager.default.attributesOfItem(atPath: path + end)
                    return sum + ((attributes?[.size] as? Int) ?? 0)
                }
                let rows = try Row.fetchAll(
                    database, sql: "SELECT consumer_group, kafka_topic, kafka_partition, next_offset FROM offsets")
                for row in rows {
                    let place = TopicPartition(KafkaTopic(row[1] as String), Partition(row[2] as Int32))
                    status.offsets[ConsumerGroup(row[0] as String), default: [:]][place] = Offset(row[3] as Int64)
                }
                return status
            }
        }
    }

    /// Answers a question. Blocks, but not for writers.
    public func ask(
        _ question: StoreQuestion, secondsMax: Int, columns: ([String]) throws -> Void,
        row take: ([StoreValue]) throws -> Bool
    ) throws(StoreError) {
        let (sql, parameters) = question.statement { _ in "?" }
        let deadline = ContinuousClock.now + .seconds(secondsMax)
        try Self.translating(path) {
            let queue = try reader()
            try queue.read { database in
                let statement = try Self.question(sql, parameters, database)
                try columns(statement.columnNames)
                let limit = SQLiteTimeLimit(queue, until: deadline)
                defer { limit.end() }
                do {
                    let rows = try Row.fetchCursor(statement)
                    let count = statement.columnCount
                    while let row = try rows.next() {
                        guard try take((0..<count).map { try row.storeValue($0) }) else { return }
                    }
                } catch let error as DatabaseError where error.resultCode == .SQLITE_INTERRUPT {
                    throw StoreError(
                        code: .cancelled, reason: "the question took longer than \(secondsMax) seconds",
                        cure: "ask for less, or allow more time")
                }
            }
        }
    }

    /// A connection that cannot write anything, whatever it is asked; beside a writer one of its own, which ends with the
    /// answer.
    private func reader() throws -> DatabaseQueue {
        if let own = pool as? DatabaseQueue { return own }
        var configuration = Configuration()
        configuration.label = "rostrum.store.question"
        configuration.readonly = true
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    private static func question(
        _ sql: String, _ parameters: [StoreValue], _ database: Database
    ) throws -> Statement {
        do {
            let statement = try database.makeStatement(sql: sql)
            try statement.setArguments(StatementArguments(parameters.map(\.databaseValue)))
            guard statement.isReadonly, statement.columnCount > 0 else {
                throw StoreError(
                    code: .badQuestion,
                    reason: "the statement is no question: it would change the store or has no answer",
                    cure: "write a SELECT")
            }
            return statement
        } catch let error as DatabaseError where error.resultCode == .SQLITE_MISUSE {
            throw StoreError(
                code: .badQuestion, reason: "these are several statements, or none", cure: "write one statement")
        } catch let error as DatabaseError {
            throw StoreError(
                code: .badQuestion, reason: "SQLite does not take the statement: \(error.message ?? "")",
                cure: "Sources/EventStore/README.md lists tables, views and columns; write one statement")
        }
    }
}

extension StoreValue {
    fileprivate var databaseValue: DatabaseValue {
        switch self {
        case .null: .null
        case .integer(let number): number.databaseValue
        case .real(let number): number.databaseValue
        case .text(let text): FaithfulText.argument(text)
        }
    }
}

extension Row {
    /// A value of any kind; bytes as hexadecimal digits.
    fileprivate func storeValue(_ column: Int) throws -> StoreValue {
        let value: DatabaseValue = self[column]
        switch value.storage {
        case .null: return .null
        case .int64(let number): return .integer(number)
        case .double(let number): return .real(number)
        case .string: return .text(try text(column) ?? "")
        case .blob(let bytes): return .text(bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
        }
    }
}
