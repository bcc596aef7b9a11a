internal import GRDB

extension SQLiteEventStore {
    /// The rulesets whose results are stored. Blocks, but not for writers.
    public func rulesets() throws(StoreError) -> [StoredRuleset] {
        try Self.translating(path) {
            try pool.read { database in
                try Row.fetchAll(
                    database,
                    sql: """
                        SELECT r.digest, r.name, r.version, r.is_current, count(e.event_key) AS events,
                            ifnull(sum(e.is_current), 0) AS documents,
                            r.ruleset_key IS (SELECT previous_ruleset_key FROM promotions
                                ORDER BY promotion_key DESC LIMIT 1) AS is_previous
                        FROM rulesets AS r LEFT JOIN events AS e ON e.ruleset_key = r.ruleset_key
                        GROUP BY r.ruleset_key ORDER BY r.ruleset_key
                        """
                ).map { row in
                    StoredRuleset(
                        digest: row[0], name: row[1], version: row[2], isCurrent: row[3], isPrevious: row[6],
                        events: row[4], documents: row[5])
                }
            }
        }
    }

    /// Makes a ruleset the one that the views show. Blocks for other writers.
    public func promote(_ digest: String) throws(StoreError) -> RulesetSwitch {
        try Self.translating(path) {
            try pool.write { database in
                guard let key = try Self.rulesetKey(of: digest, database) else { throw StoreError.noRuleset(digest) }
                guard let current = try Self.current(database), current.key != key else {
                    return RulesetSwitch(from: digest, to: digest)
                }
                try database.execute(
                    sql: """
                        INSERT INTO promotions (ruleset_key, previous_ruleset_key, promoted_at)
                        VALUES (?, ?, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))
                        """, arguments: [key, current.key])
                try Self.show(key, database)
                return RulesetSwitch(from: current.digest, to: digest)
            }
        }
    }

    /// Undoes the last promotion that stands. Blocks for other writers.
    public func rollBack() throws(StoreError) -> RulesetSwitch {
        try Self.translating(path) {
            try pool.write { database in
                let last = try Row.fetchOne(
                    database,
                    sql: """
                        SELECT p.promotion_key, p.previous_ruleset_key, r.digest FROM promotions AS p
                        JOIN rulesets AS r ON r.ruleset_key = p.previous_ruleset_key
                        ORDER BY p.promotion_key DESC LIMIT 1
                        """)
                guard let last, let current = try Self.current(database) else { throw StoreError.nothingToRollBack }
                try database.execute(
                    sql: "DELETE FROM promotions WHERE promotion_key = ?", arguments: [last[0] as Int64])
                try Self.show(last[1], database)
                return RulesetSwitch(from: current.digest, to: last[2])
            }
        }
    }

    /// Deletes all results of some rulesets. Blocks for other writers.
    public func prune(_ digests: [String]) throws(StoreError) -> PrunedRows {
        try Self.translating(path) {
            try pool.write { database in
                var pruned = PrunedRows()
                for digest in digests {
                    guard let key = try Self.rulesetKey(of: digest, database) else {
                        throw StoreError.noRuleset(digest)
                    }
                    guard try Self.current(database)?.key != key else { throw StoreError.inUse(digest) }
                    try Self.delete(key, database)
                    pruned.events += database.changesCount
                    for table in ["topic_codes", "topics"] {
                        try database.execute(
                            sql: """
                                DELETE FROM \(table) WHERE topic_key IN
                                    (SELECT topic_key FROM topics WHERE ruleset_key = ?)
                                """, arguments: [key])
                    }
                    try database.execute(sql: "DELETE FROM rulesets WHERE ruleset_key = ?", arguments: [key])
                }
                pruned.documents = try Self.deleteOrphans(database)
                return pruned
            }
        }
    }

    private static func delete(_ rulesetKey: Int64, _ database: Database) throws {
        try database.execute(
            sql: "DELETE FROM promotions WHERE ruleset_key = ?1 OR previous_ruleset_key = ?1", arguments: [rulesetKey])
        try database.execute(sql: "DELETE FROM events WHERE ruleset_key = ?", arguments: [rulesetKey])
    }

    /// Documents without an event, then speakers without a document.
    private static func deleteOrphans(_ database: Database) throws -> Int {
        try database.execute(
            sql: """
                DELETE FROM documents
                WHERE NOT EXISTS (SELECT 1 FROM events AS e WHERE e.document_key = documents.document_key)
                """)
        let documents = database.changesCount
        try database.execute(
            sql: """
                UPDATE documents SET is_current = 1 WHERE document_key IN (
                    SELECT document_key FROM (
                        SELECT document_key, max(is_current) OVER (PARTITION BY document_id) AS has_current,
                            row_number() OVER (PARTITION BY document_id
                                ORDER BY origin_offset DESC, revision DESC) AS place
                        FROM documents)
                    WHERE has_current = 0 AND place = 1)
                """)
        try database.execute(
            sql: """
                DELETE FROM speakers
                WHERE NOT EXISTS (SELECT 1 FROM documents AS d WHERE d.speaker_key = speakers.speaker_key)
                """)
        return documents
    }

    private static func rulesetKey(of digest: String, _ database: Database) throws -> Int64? {
        try Int64.fetchOne(
            database, sql: "SELECT ruleset_key FROM rulesets WHERE digest = \(FaithfulText.slot)",
            arguments: [FaithfulText.argument(digest)])
    }

    private static func current(_ database: Database) throws -> (key: Int64, digest: String)? {
        try Row.fetchOne(database, sql: "SELECT ruleset_key, digest FROM rulesets WHERE is_current = 1")
            .map { ($0[0], $0[1]) }
    }

    /// The old one first: an index allows one current ruleset at any moment.
    private static func show(_ rulesetKey: Int64, _ database: Database) throws {
        try database.execute(sql: "UPDATE rulesets SET is_current = 0 WHERE is_current = 1")
        try database.execute(
            sql: "UPDATE rulesets SET is_current = 1 WHERE ruleset_key = ?", arguments: [rulesetKey])
    }
}
