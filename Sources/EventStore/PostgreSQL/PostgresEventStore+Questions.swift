internal import Delivery

extension PostgresEventStore {
    /// What the store holds. Blocks.
    public func status() throws(StoreError) -> StoreStatus {
        try perform { connection, _ in
            var status = StoreStatus(
                kind: "postgresql", place: connection.place, schemaVersion: PostgresSchema.version)
            let counts = try connection.execute(
                """
                SELECT (SELECT count(*) FROM documents WHERE is_current = 1), (SELECT count(*) FROM events),
                    (SELECT count(*) FROM withdrawals), (SELECT max(last_recorded_at) FROM runs),
                    (SELECT sum(pg_total_relation_size(c.oid)) FROM pg_catalog.pg_class AS c
                        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                        WHERE n.nspname = $1 AND c.relkind = 'r')
                """, [PostgresSchema.name])
            status.documents = Int(counts.number(0, 0))
            status.events = Int(counts.number(0, 1))
            status.withdrawals = Int(counts.number(0, 2))
            status.lastRecordedAt = counts.text(0, 3)
            status.bytes = Int(counts.number(0, 4))
            let rows = try connection.execute(
                "SELECT consumer_group, kafka_topic, kafka_partition, next_offset FROM offsets")
            for row in 0..<rows.count {
                let place = TopicPartition(KafkaTopic(rows.original(row, 1)), Partition(Int32(rows.number(row, 2))))
                status.offsets[ConsumerGroup(rows.original(row, 0)), default: [:]][place] = Offset(rows.number(row, 3))
            }
            return status
        }
    }

    /// Answers a question, on a connection of its own and in a transaction that cannot write. Blocks.
    public func ask(
        _ question: StoreQuestion, secondsMax: Int, columns: ([String]) throws -> Void,
        row take: ([StoreValue]) throws -> Bool
    ) throws(StoreError) {
        let (sql, parameters) = question.statement { "$\($0)" }
        try read { connection in
            try connection.run("SET LOCAL statement_timeout = '\(secondsMax)s'")
            var isNamed = false
            var isDone = false
            do {
                // One statement alone: libpq's extended protocol takes no second one behind a semicolon.
                try connection.forEachRow(sql, parameters.map(\.parameter)) { result in
                    if !isNamed {
                        guard !result.columnNames.isEmpty else {
                            throw StoreError(
                                code: .badQuestion, reason: "the statement has no answer", cure: "write a SELECT")
                        }
                        try columns(result.columnNames)
                        isNamed = true
                    }
                    for row in 0..<result.count where !isDone { isDone = try !take(result.storeValues(row)) }
                    return !isDone
                }
            } catch let error as StoreError where error.isAboutTheStatement {
                throw StoreError(
                    code: .badQuestion, reason: error.reason,
                    cure: "Sources/EventStore/README.md lists tables, views and columns; write one SELECT")
            }
        }
    }
}

extension StoreError {
    /// Whether the server found fault with a statement that a person wrote.
    fileprivate var isAboutTheStatement: Bool {
        switch code {
        case .notAStore, .invalidEvent, .failed: true
        case .readOnly: reason.contains("25006")
        default: false
        }
    }
}

extension StoreValue {
    fileprivate var parameter: String? {
        if case .null = self { return nil }
        if case .text(let text) = self { return PostgresText.stored(text) }
        return description
    }
}

extension PostgresResult {
    /// The values of a row. The numbers are those of PostgreSQL's own types in `pg_type.dat`.
    fileprivate func storeValues(_ row: Int) -> [StoreValue] {
        (0..<columnNames.count).map { column in
            guard let text = text(row, column) else { return .null }
            switch type(of: column) {
            case 20, 21, 23, 26: return Int64(text).map { .integer($0) } ?? .text(text)
            case 700, 701, 1700: return Double(text).map { .real($0) } ?? .text(text)
            default: return .text(PostgresText.original(text))
            }
        }
    }
}
