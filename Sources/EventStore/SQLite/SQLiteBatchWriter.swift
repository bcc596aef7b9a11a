internal import Delivery
internal import GRDB
internal import Speeches

/// Writes one batch inside the transaction that its owner has begun: reads what is stored of the batch's documents, plans,
/// then writes the difference row by row. Keys found once are remembered for the length of the batch, no longer: a
/// transaction rolled back takes its keys with it.
struct SQLiteBatchWriter {
    private let database: Database
    private let path: String
    private let rows: SQLiteEventRows
    private var rulesetKeys: [String: Int64] = [:]
    private var runKeys: [String: Int64] = [:]
    private var speakerKeys: [SpeakerName: Int64] = [:]

    /// A person by id and name; role and organisation change with time and belong to the document.
    private struct SpeakerName: Hashable {
        let id: String?
        let name: String?
    }

    /// - Parameter path: the store's, for errors.
    init(_ database: Database, path: String) throws {
        self.database = database
        self.path = path
        rows = try SQLiteEventRows(database)
    }

    /// - Throws: `StoreError` with the record's place where one record is at fault, else GRDB's errors.
    mutating func write(_ batch: StoreBatch) throws -> AppliedBatch {
        let plan = try BatchPlan(batch, over: try storedRows(of: Set(batch.entries.map(\.documentID))))
        try writeWithdrawals(plan)
        try delete(plan)
        try updateFlags("documents", key: "document_key", plan.documentFlags)
        try updateFlags("events", key: "event_key", plan.eventFlags)
        try updateDocuments(plan)
        try writeRuns(batch)
        try insert(plan)
        try writeOffsets(batch)
        return plan.applied
    }

    // MARK: What is stored

    private func storedRows(of ids: Set<SpeechID>) throws -> StoredRows {
        var stored = StoredRows()
        let withdrawals = try statement("SELECT origin_offset FROM withdrawals WHERE document_id = ?")
        let documents = try statement(
            "SELECT revision, document_key, origin_offset, is_current FROM documents WHERE document_id = ?")
        let events = try statement(
            """
            SELECT e.event_id, e.event_key, r.digest, e.origin_offset, e.is_current
            FROM events AS e JOIN rulesets AS r ON r.ruleset_key = e.ruleset_key WHERE e.document_id = ?
            """)
        let isAnyWithdrawn = try statement("SELECT 1 FROM withdrawals LIMIT 1").firstKey() != nil
        for id in ids {
            if isAnyWithdrawn {
                try withdrawals.bind(id.rawValue)
                try withdrawals.forEachRow { stored.withdrawals[id] = $0.number(0) }
            }
            var isStored = false
            try documents.bind(id.rawValue)
            try documents.forEachRow { row in
                isStored = true
                stored.documents[DocumentRevision(id: id, revision: Revision(row.text(0)))] = StoredRows.Document(
                    key: row.number(1), origin: row.number(2), isCurrent: row.number(3) == 1)
            }
            guard isStored else { continue }
            try events.bind(id.rawValue)
            try events.forEachRow { row in
                stored.events[EventID(row.text(0))] = StoredRows.Event(
                    key: row.number(1), document: id, rulesetDigest: row.text(2), origin: row.number(3),
                    isCurrent: row.number(4) == 1)
            }
        }
        return stored
    }

    // MARK: What goes and what changes

    /// Withdrawals are remembered, so that nothing from before them comes back.
    private func writeWithdrawals(_ plan: BatchPlan) throws {
        let withdrawal = try statement(
            """
            INSERT INTO withdrawals (document_id, origin_topic, origin_partition, origin_offset) VALUES (?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET origin_topic = excluded.origin_topic,
                origin_partition = excluded.origin_partition, origin_offset = excluded.origin_offset
            """)
        for (id, origin) in plan.withdrawals {
            try withdrawal.bind(id.rawValue)
            try withdrawal.bind(origin.partition.topic.rawValue)
            try withdrawal.bind(Int64(origin.partition.partition.rawValue))
            try withdrawal.bind(origin.offset.rawValue)
            try withdrawal.run()
        }
    }

    private func delete(_ plan: BatchPlan) throws {
        let event = try statement("DELETE FROM events WHERE event_key = ?")
        for key in plan.deletedEvents {
            try event.bind(key)
            try event.run()
        }
        var speakers: Set<Int64> = []
        let speakerOf = try statement(
            "SELECT speaker_key FROM documents WHERE document_key = ? AND speaker_key IS NOT NULL")
        let document = try statement("DELETE FROM documents WHERE document_key = ?")
        for key in plan.deletedDocuments {
            try speakerOf.bind(key)
            if let speaker = try speakerOf.firstKey() { speakers.insert(speaker) }
            try document.bind(key)
            try document.run()
        }
        let speaker = try statement(
            """
            DELETE FROM speakers WHERE speaker_key = ?1 AND NOT EXISTS (SELECT 1 FROM documents WHERE speaker_key = ?1)
            """)
        for key in speakers {
            try speaker.bind(key)
            try speaker.run()
        }
    }

    /// What is no longer current first: an index allows one current row at any moment.
    private func updateFlags(_ table: String, key: String, _ flags: [Int64: Bool]) throws {
        let update = try statement("UPDATE \(table) SET is_current = ? WHERE \(key) = ?")
        for flag in [false, true] {
            for key in flags.filter({ $0.value == flag }).keys {
                try update.bind(flag)
                try update.bind(key)
                try update.run()
            }
        }
    }

    private func updateDocuments(_ plan: BatchPlan) throws {
        let update = try statement(
            """
            UPDATE documents SET source_retrieved_at = ?, origin_topic = ?, origin_partition = ?, origin_offset = ?
            WHERE document_key = ?
            """)
        for (key, row) in plan.updatedDocuments {
            try update.bind(row.summary.source?.retrievedAt)
            try update.bind(row.origin.partition.topic.rawValue)
            try update.bind(Int64(row.origin.partition.partition.rawValue))
            try update.bind(row.origin.offset.rawValue)
            try update.bind(key)
            try update.run()
        }
    }

    /// Where the group goes on. The last batch counts, not the highest offset: a Kafka topic that was deleted and made
    /// again starts from 0, and a group that goes back reads events that the store knows how to meet again.
    private func writeOffsets(_ batch: StoreBatch) throws {
        let row = try statement(
            """
            INSERT INTO offsets (consumer_group, kafka_topic, kafka_partition, next_offset) VALUES (?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET next_offset = excluded.next_offset
            """)
        for (partition, offset) in batch.nextOffsets {
            try row.bind(batch.group.rawValue)
            try row.bind(partition.topic.rawValue)
            try row.bind(Int64(partition.partition.rawValue))
            try row.bind(offset.rawValue)
            try row.run()
        }
    }

    // MARK: What is new

    /// Each document before its first event, so that an error names the record.
    private mutating func insert(_ plan: BatchPlan) throws {
        var documentKeys = plan.keptDocuments
        var new: [DocumentRevision: BatchPlan.DocumentRow] = [:]
        for row in plan.insertedDocuments {
            new[DocumentRevision(id: row.summary.id, revision: row.summary.revision)] = row
        }
        for row in plan.insertedEvents {
            let event = row.event
            do {
                let name = DocumentRevision(id: event.document.id, revision: event.document.revision)
                if let document = new.removeValue(forKey: name) {
                    documentKeys[name] = try rows.insert(
                        document, speakerKey: try document.summary.speaker.flatMap { try key(of: $0) })
                }
                guard let documentKey = documentKeys[name] else {
                    preconditionFailure("an event is planned whose document has no row")
                }
                try rows.insert(
                    row, documentKey: documentKey, rulesetKey: try key(of: event.ruleset),
                    runKey: row.entry.provenance.run.flatMap { runKeys[$0] })
            } catch let error as DatabaseError {
                throw StoreError(error, path: path, position: row.entry.position)
            }
        }
    }

    private mutating func key(of speaker: Speaker) throws -> Int64? {
        guard speaker.id != nil || speaker.name != nil else { return nil }
        let name = SpeakerName(id: speaker.id, name: speaker.name)
        if let known = speakerKeys[name] { return known }
        // The first two terms are the index's; the last two tell an absent text from an empty one.
        let find = try statement(
            """
            SELECT speaker_key FROM speakers
            WHERE ifnull(name, '') = ifnull(?1, '') AND ifnull(speaker_id, '') = ifnull(?2, '')
                AND name IS ?1 AND speaker_id IS ?2
            """)
        try find.bind(speaker.name)
        try find.bind(speaker.id)
        if let stored = try find.firstKey() {
            speakerKeys[name] = stored
            return stored
        }
        let insert = try statement("INSERT INTO speakers (speaker_id, name) VALUES (?, ?)")
        try insert.bind(speaker.id)
        try insert.bind(speaker.name)
        try insert.run()
        speakerKeys[name] = database.lastInsertedRowID
        return database.lastInsertedRowID
    }

    /// The first ruleset that a store meets is its current one.
    private mutating func key(of ruleset: RulesetIdentity) throws -> Int64 {
        if let known = rulesetKeys[ruleset.digest] { return known }
        let insert = try statement(
            """
            INSERT INTO rulesets (digest, name, version, is_current)
            VALUES (?, ?, ?, NOT EXISTS (SELECT 1 FROM rulesets WHERE is_current = 1))
            ON CONFLICT (digest) DO NOTHING
            """)
        for text in [ruleset.digest, ruleset.name, ruleset.version] { try insert.bind(text) }
        try insert.run()
        let find = try statement("SELECT ruleset_key FROM rulesets WHERE digest = ?")
        try find.bind(ruleset.digest)
        let key = try existing(find)
        rulesetKeys[ruleset.digest] = key
        return key
    }

    private mutating func writeRuns(_ batch: StoreBatch) throws {
        for (run, time) in batch.runTimes {
            let row = try statement(
                """
                INSERT INTO runs (run_id, first_recorded_at, last_recorded_at) VALUES (?, ?, ?)
                ON CONFLICT DO UPDATE SET
                    first_recorded_at = min(ifnull(first_recorded_at, excluded.first_recorded_at),
                        ifnull(excluded.first_recorded_at, first_recorded_at)),
                    last_recorded_at = max(ifnull(last_recorded_at, excluded.last_recorded_at),
                        ifnull(excluded.last_recorded_at, last_recorded_at))
                """)
            for text in [run, time.first, time.last] { try row.bind(text) }
            try row.run()
            let find = try statement("SELECT run_key FROM runs WHERE run_id = ?")
            try find.bind(run)
            runKeys[run] = try existing(find)
        }
    }

    private func statement(_ sql: String) throws -> SQLiteStatement { try SQLiteStatement(database, sql) }

    private func existing(_ find: SQLiteStatement) throws -> Int64 {
        guard let key = try find.firstKey() else {
            preconditionFailure("a row that this transaction has just written or found is gone")
        }
        return key
    }
}
