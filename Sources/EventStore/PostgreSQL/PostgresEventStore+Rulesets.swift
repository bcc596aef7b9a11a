extension PostgresEventStore {
    /// The rulesets whose results are stored. Blocks.
    public func rulesets() throws(StoreError) -> [StoredRuleset] {
        try perform { connection, _ in
            let rows = try connection.execute(
                """
                SELECT r.digest, r.name, r.version, r.is_current, count(e.event_key), coalesce(sum(e.is_current), 0),
                    CASE WHEN r.ruleset_key = (SELECT previous_ruleset_key FROM promotions
                        ORDER BY promotion_key DESC LIMIT 1) THEN 1 ELSE 0 END
                FROM rulesets AS r LEFT JOIN events AS e ON e.ruleset_key = r.ruleset_key
                GROUP BY r.ruleset_key ORDER BY r.ruleset_key
                """)
            return (0..<rows.count).map { row in
                StoredRuleset(
                    digest: rows.original(row, 0), name: rows.original(row, 1), version: rows.original(row, 2),
                    isCurrent: rows.number(row, 3) == 1, isPrevious: rows.number(row, 6) == 1,
                    events: Int(rows.number(row, 4)), documents: Int(rows.number(row, 5)))
            }
        }
    }

    /// Makes a ruleset the one that the views show. Blocks for other promotions.
    public func promote(_ digest: String) throws(StoreError) -> RulesetSwitch {
        try change { connection in
            guard let key = try Self.rulesetKey(of: digest, connection) else { throw StoreError.noRuleset(digest) }
            guard let current = try Self.current(connection), current.key != key else {
                return RulesetSwitch(from: digest, to: digest)
            }
            try connection.execute(
                """
                INSERT INTO promotions (ruleset_key, previous_ruleset_key, promoted_at)
                VALUES ($1, $2, to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
                """, [key, current.key])
            try Self.show(key, connection)
            return RulesetSwitch(from: current.digest, to: digest)
        }
    }

    /// Undoes the last promotion that stands. Blocks for other promotions.
    public func rollBack() throws(StoreError) -> RulesetSwitch {
        try change { connection in
            let last = try connection.execute(
                """
                SELECT p.promotion_key, p.previous_ruleset_key, r.digest FROM promotions AS p
                JOIN rulesets AS r ON r.ruleset_key = p.previous_ruleset_key
                ORDER BY p.promotion_key DESC LIMIT 1
                """)
            guard last.count == 1, let current = try Self.current(connection) else {
                throw StoreError.nothingToRollBack
            }
            try connection.execute("DELETE FROM promotions WHERE promotion_key = $1", [last.text(0, 0)])
            try Self.show(last.text(0, 1), connection)
            return RulesetSwitch(from: current.digest, to: last.original(0, 2))
        }
    }

    /// Deletes all results of some rulesets. Blocks, and holds up writers meanwhile.
    public func prune(_ digests: [String]) throws(StoreError) -> PrunedRows {
        try change { connection in
            var pruned = PrunedRows()
            for digest in digests {
                guard let key = try Self.rulesetKey(of: digest, connection) else { throw StoreError.noRuleset(digest) }
                guard try Self.current(connection)?.key != key else { throw StoreError.inUse(digest) }
                try connection.execute("DELETE FROM promotions WHERE $1 IN (ruleset_key, previous_ruleset_key)", [key])
                pruned.events += try connection.execute("DELETE FROM events WHERE ruleset_key = $1", [key]).changedRows
                try connection.execute(
                    """
                    DELETE FROM topic_codes WHERE topic_key IN (SELECT topic_key FROM topics WHERE ruleset_key = $1)
                    """, [key])
                try connection.execute("DELETE FROM topics WHERE ruleset_key = $1", [key])
                try connection.execute("DELETE FROM rulesets WHERE ruleset_key = $1", [key])
            }
            pruned.documents = try Self.deleteOrphans(connection)
            return pruned
        }
    }

    /// Documents without an event, then speakers without a document.
    private static func deleteOrphans(_ connection: PostgresConnection) throws -> Int {
        let documents = try connection.execute(
            """
            DELETE FROM documents AS d
            WHERE NOT EXISTS (SELECT 1 FROM events AS e WHERE e.document_key = d.document_key)
            """)
        try connection.run(
            """
            UPDATE documents SET is_current = 1 WHERE document_key IN (
                SELECT document_key FROM (
                    SELECT document_key, max(is_current) OVER (PARTITION BY document_id) AS has_current,
                        row_number() OVER (PARTITION BY document_id
                            ORDER BY origin_offset DESC, revision DESC) AS place
                    FROM documents) AS ranked
                WHERE has_current = 0 AND place = 1);
            DELETE FROM speakers AS s
            WHERE NOT EXISTS (SELECT 1 FROM documents AS d WHERE d.speaker_key = s.speaker_key)
            """)
        return documents.changedRows
    }

    /// Runs a body in a transaction that writers wait for and readers do not.
    private func change<Value: Sendable>(
        _ body: (PostgresConnection) throws -> Value
    ) throws(StoreError) -> Value {
        try perform { connection, _ in
            try connection.transaction("ISOLATION LEVEL REPEATABLE READ") {
                try connection.run("LOCK TABLE withdrawals IN SHARE ROW EXCLUSIVE MODE")
                return try body(connection)
            }
        }
    }

    private static func rulesetKey(of digest: String, _ connection: PostgresConnection) throws -> String? {
        let rows = try connection.execute(
            "SELECT ruleset_key FROM rulesets WHERE digest = $1", [PostgresText.stored(digest)])
        return rows.count == 1 ? rows.text(0, 0) : nil
    }

    private static func current(_ connection: PostgresConnection) throws -> (key: String, digest: String)? {
        let rows = try connection.execute("SELECT ruleset_key, digest FROM rulesets WHERE is_current = 1")
        return rows.count == 1 ? rows.text(0, 0).map { ($0, rows.original(0, 1)) } : nil
    }

    /// The old one first: an index allows one current ruleset at any moment.
    private static func show(_ rulesetKey: String?, _ connection: PostgresConnection) throws {
        try connection.run("UPDATE rulesets SET is_current = 0 WHERE is_current = 1")
        try connection.execute("UPDATE rulesets SET is_current = 1 WHERE ruleset_key = $1", [rulesetKey])
    }
}
