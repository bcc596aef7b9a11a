internal import Delivery
internal import GRDB
internal import Speeches

/// Writes the entries of one batch inside the transaction that its owner has begun. Keys found once are remembered for
/// the length of the batch, no longer: a transaction rolled back takes its keys with it.
struct SQLiteBatchWriter {
    private let database: Database
    private(set) var applied = AppliedBatch()
    private var rulesetKeys: [String: Int64] = [:]
    private var topicKeys: [RulesetTopic: Int64] = [:]

    private struct RulesetTopic: Hashable {
        let rulesetKey: Int64
        let topicID: TopicID
    }

    private let topicRow: SQLiteInsertion
    private let evidenceRow: SQLiteInsertion
    private let spanRow: SQLiteInsertion

    init(_ database: Database) throws {
        self.database = database
        topicRow = try SQLiteInsertion(
            database,
            """
            INSERT INTO document_topics (event_key, topic_key, position, evidence_count, score, prominence)
            VALUES (?, ?, ?, ?, ?, ?)
            """)
        evidenceRow = try SQLiteInsertion(
            database,
            "INSERT INTO evidence (event_key, topic_key, position, weight, sentence, rule) VALUES (?, ?, ?, ?, ?, ?)")
        spanRow = try SQLiteInsertion(
            database,
            """
            INSERT INTO spans (evidence_key, position, span_start, span_end, quote, prefix, suffix)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """)
    }

    /// Stores one entry.
    mutating func write(_ entry: StoreEntry) throws {
        switch entry.change {
        case .event(let event): try write(event, of: entry)
        case .withdrawal(let documentID): try withdraw(documentID, at: entry.origin)
        }
    }

    /// Stores where a group goes on. The last batch counts, not the highest offset: a Kafka topic that was deleted and
    /// made again starts from 0, and a group that goes back reads events that the store knows how to meet again.
    func write(_ offset: Offset, of partition: TopicPartition, group: ConsumerGroup) throws {
        try run(
            """
            INSERT INTO offsets (consumer_group, kafka_topic, kafka_partition, next_offset)
            VALUES (\(slot), \(slot), ?, ?)
            ON CONFLICT DO UPDATE SET next_offset = excluded.next_offset
            """,
            [
                text(group.rawValue), text(partition.topic.rawValue), partition.partition.rawValue,
                offset.rawValue,
            ])
    }

    // MARK: Events

    private mutating func write(_ event: ClassifiedSpeech, of entry: StoreEntry) throws {
        let origin = entry.origin
        if let withdrawn = try withdrawalOffset(event.document.id), origin.offset.rawValue <= withdrawn {
            applied.withdrawnBefore += 1
            return
        }
        let runKey = try entry.provenance.run.map { try key(ofRun: $0, recordedAt: entry.provenance.recordedAt) }
        let stored = try Row.fetchOne(
            statement("SELECT event_key, origin_offset FROM events WHERE event_id = \(slot)"),
            arguments: [text(event.eventID.rawValue)])
        if let stored, stored[1] as Int64 >= origin.offset.rawValue {
            applied.unchanged += 1
            return
        }
        let documentKey = try key(of: event.document, origin: origin)
        let rulesetKey = try key(of: event.ruleset)
        if let storedKey = stored?[0] as Int64? {
            try run("DELETE FROM events WHERE event_key = ?", [storedKey])
            applied.renewed += 1
        } else {
            applied.inserted += 1
        }
        let eventKey = try insert(
            event, entry: entry, documentKey: documentKey, rulesetKey: rulesetKey, runKey: runKey,
            reusing: stored?[0])
        for (position, topic) in event.topics.enumerated() {
            try insert(topic, at: position, eventKey: eventKey, rulesetKey: rulesetKey)
        }
        try chooseCurrent(of: event.document.id, rulesetKey: rulesetKey)
    }

    private func insert(
        _ event: ClassifiedSpeech, entry: StoreEntry, documentKey: Int64, rulesetKey: Int64, runKey: Int64?,
        reusing eventKey: Int64?
    ) throws -> Int64 {
        let origin = entry.origin
        try run(
            """
            INSERT INTO events (event_key, event_id, document_key, document_id, ruleset_key, is_current, assessment,
                crime_policy, crime_policy_score, words, sentences, truncated, run_key, recorded_at, origin_topic,
                origin_partition, origin_offset)
            VALUES (?, \(slot), ?, \(slot), ?, 0, ?, ?, ?, ?, ?, ?, ?, \(slot), \(slot), ?, ?)
            """,
            [
                eventKey, text(event.eventID.rawValue), documentKey, text(event.document.id.rawValue), rulesetKey,
                event.assessment.rawValue, event.crimePolicy?.value, event.crimePolicy.map { number($0.score) },
                event.document.words, event.document.sentences, event.truncated, runKey,
                text(entry.provenance.recordedAt), text(origin.partition.topic.rawValue),
                origin.partition.partition.rawValue, origin.offset.rawValue,
            ])
        return database.lastInsertedRowID
    }

    private mutating func insert(
        _ topic: TaggedTopic, at position: Int, eventKey: Int64, rulesetKey: Int64
    ) throws {
        let topicKey = try key(of: topic, rulesetKey: rulesetKey)
        try topicRow.run(
            [eventKey, topicKey, Int64(position), Int64(topic.evidenceCount)], real: number(topic.score),
            texts: [topic.prominence.rawValue])
        for (position, evidence) in topic.evidence.enumerated() {
            try insert(evidence, at: position, eventKey: eventKey, topicKey: topicKey)
        }
    }

    private func insert(_ evidence: Evidence, at position: Int, eventKey: Int64, topicKey: Int64) throws {
        try evidenceRow.run(
            [eventKey, topicKey, Int64(position), Int64(evidence.weight), Int64(evidence.sentence)],
            texts: [evidence.rule.rawValue])
        let evidenceKey = database.lastInsertedRowID
        for (position, span) in evidence.spans.enumerated() {
            try spanRow.run(
                [evidenceKey, Int64(position), Int64(span.start), Int64(span.end)],
                texts: [span.exact, span.prefix, span.suffix])
        }
    }

    /// Among the revisions of a document, and among those that one ruleset has seen, the one published last is current.
    private func chooseCurrent(of documentID: SpeechID, rulesetKey: Int64) throws {
        let id = text(documentID.rawValue)
        try run("UPDATE documents SET is_current = 0 WHERE document_id = \(slot) AND is_current = 1", [id])
        try run(
            """
            UPDATE documents SET is_current = 1 WHERE document_key =
                (SELECT document_key FROM documents WHERE document_id = \(slot)
                 ORDER BY origin_offset DESC, revision DESC LIMIT 1)
            """, [id])
        try run(
            "UPDATE events SET is_current = 0 WHERE document_id = \(slot) AND ruleset_key = ? AND is_current = 1",
            [id, rulesetKey])
        try run(
            """
            UPDATE events SET is_current = 1 WHERE event_key =
                (SELECT event_key FROM events WHERE document_id = \(slot) AND ruleset_key = ?
                 ORDER BY origin_offset DESC, event_id DESC LIMIT 1)
            """, [id, rulesetKey])
    }

    // MARK: Withdrawals

    private func withdrawalOffset(_ documentID: SpeechID) throws -> Int64? {
        try Int64.fetchOne(
            statement("SELECT origin_offset FROM withdrawals WHERE document_id = \(slot)"),
            arguments: [text(documentID.rawValue)])
    }

    /// Deletes what was published up to the withdrawal. What was published after it stays, though it arrived before:
    /// the document has come back. The withdrawal is remembered, so that nothing from before it comes back.
    private mutating func withdraw(_ documentID: SpeechID, at origin: RecordPosition) throws {
        let id = text(documentID.rawValue)
        try run(
            """
            INSERT INTO withdrawals (document_id, origin_topic, origin_partition, origin_offset)
            VALUES (\(slot), \(slot), ?, ?)
            ON CONFLICT DO UPDATE SET origin_topic = excluded.origin_topic,
                origin_partition = excluded.origin_partition, origin_offset = excluded.origin_offset
            WHERE excluded.origin_offset > withdrawals.origin_offset
            """,
            [
                id, text(origin.partition.topic.rawValue), origin.partition.partition.rawValue,
                origin.offset.rawValue,
            ])
        let speakers = try Int64.fetchSet(
            statement("SELECT speaker_key FROM documents WHERE document_id = \(slot) AND speaker_key IS NOT NULL"),
            arguments: [id])
        for table in ["events", "documents"] {
            try run(
                "DELETE FROM \(table) WHERE document_id = \(slot) AND origin_offset <= ?",
                [id, origin.offset.rawValue])
        }
        for speaker in speakers {
            try run(
                """
                DELETE FROM speakers WHERE speaker_key = ?1
                    AND NOT EXISTS (SELECT 1 FROM documents WHERE speaker_key = ?1)
                """, [speaker])
        }
        applied.withdrawals += 1
    }

    // MARK: Keys

    private func key(of document: DocumentSummary, origin: RecordPosition) throws -> Int64 {
        let id = text(document.id.rawValue)
        let revision = text(document.revision.rawValue)
        let speakerKey = try document.speaker.flatMap { try key(of: $0) }
        try run(
            """
            INSERT INTO documents (document_id, revision, is_current, title, speaker_key, speaker_role,
                speaker_organisation, delivered_on, language, source_uri, source_publisher, source_format,
                source_retrieved_at, source_licence, characters, origin_topic, origin_partition, origin_offset)
            VALUES (\(slot), \(slot), 0, \(slot), ?, \(slot), \(slot), ?, \(slot), \(slot), \(slot), \(slot), \(slot),
                \(slot), ?, \(slot), ?, ?)
            ON CONFLICT (document_id, revision) DO UPDATE SET source_retrieved_at = excluded.source_retrieved_at,
                origin_topic = excluded.origin_topic, origin_partition = excluded.origin_partition,
                origin_offset = excluded.origin_offset
            WHERE excluded.origin_offset > documents.origin_offset
            """,
            [
                id, revision, text(document.title), speakerKey, text(document.speaker?.role),
                text(document.speaker?.organisation), document.deliveredOn?.text, text(document.language),
                text(document.source?.uri), text(document.source?.publisher), text(document.source?.format),
                text(document.source?.retrievedAt), text(document.source?.licence), document.characters,
                text(origin.partition.topic.rawValue), origin.partition.partition.rawValue, origin.offset.rawValue,
            ])
        return try existingKey(
            "SELECT document_key FROM documents WHERE document_id = \(slot) AND revision = \(slot)", [id, revision])
    }

    /// A person by id and name; role and organisation change with time and belong to the document.
    private func key(of speaker: Speaker) throws -> Int64? {
        guard speaker.id != nil || speaker.name != nil else { return nil }
        let identity = [text(speaker.id), text(speaker.name)]
        try run(
            "INSERT INTO speakers (speaker_id, name) VALUES (\(slot), \(slot)) ON CONFLICT DO NOTHING", identity)
        // The first two terms are the index's; the last two tell an absent text from an empty one.
        return try existingKey(
            """
            SELECT speaker_key FROM speakers
            WHERE ifnull(name, '') = ifnull(\(slot), '') AND ifnull(speaker_id, '') = ifnull(\(slot), '')
                AND speaker_id IS \(slot) AND name IS \(slot)
            """, identity.reversed() + identity)
    }

    private mutating func key(of ruleset: RulesetIdentity) throws -> Int64 {
        if let known = rulesetKeys[ruleset.digest] { return known }
        try run(
            """
            INSERT INTO rulesets (digest, name, version, is_current)
            VALUES (\(slot), \(slot), \(slot), NOT EXISTS (SELECT 1 FROM rulesets WHERE is_current = 1))
            ON CONFLICT (digest) DO NOTHING
            """, [text(ruleset.digest), text(ruleset.name), text(ruleset.version)])
        let key = try existingKey(
            "SELECT ruleset_key FROM rulesets WHERE digest = \(slot)", [text(ruleset.digest)])
        rulesetKeys[ruleset.digest] = key
        return key
    }

    private mutating func key(of topic: TaggedTopic, rulesetKey: Int64) throws -> Int64 {
        let name = RulesetTopic(rulesetKey: rulesetKey, topicID: topic.id)
        if let known = topicKeys[name] { return known }
        let arguments: [(any DatabaseValueConvertible)?] = [rulesetKey, text(topic.id.rawValue)]
        let select = "SELECT topic_key FROM topics WHERE ruleset_key = ? AND topic_id = \(slot)"
        if let stored = try Int64.fetchOne(statement(select), arguments: StatementArguments(arguments)) {
            topicKeys[name] = stored
            return stored
        }
        try run(
            "INSERT INTO topics (ruleset_key, topic_id, label) VALUES (?, \(slot), \(slot))",
            arguments + [text(topic.label)])
        let key = database.lastInsertedRowID
        for (scheme, codes) in topic.codes {
            for (position, code) in codes.enumerated() {
                try run(
                    "INSERT INTO topic_codes (topic_key, scheme, position, code) VALUES (?, \(slot), ?, \(slot))",
                    [key, text(scheme), position, text(code)])
            }
        }
        topicKeys[name] = key
        return key
    }

    private func key(ofRun run: String, recordedAt: String?) throws -> Int64 {
        try self.run(
            """
            INSERT INTO runs (run_id, first_recorded_at, last_recorded_at) VALUES (\(slot), \(slot), \(slot))
            ON CONFLICT DO UPDATE SET
                first_recorded_at = min(ifnull(first_recorded_at, excluded.first_recorded_at),
                    ifnull(excluded.first_recorded_at, first_recorded_at)),
                last_recorded_at = max(ifnull(last_recorded_at, excluded.last_recorded_at),
                    ifnull(excluded.last_recorded_at, last_recorded_at))
            """, [text(run), text(recordedAt), text(recordedAt)])
        return try existingKey("SELECT run_key FROM runs WHERE run_id = \(slot)", [text(run)])
    }

    // MARK: Statements

    private var slot: String { FaithfulText.slot }

    private func text(_ text: String?) -> DatabaseValue { FaithfulText.argument(text) }

    /// The nearest double to the decimal number that the event prints, which is what SQLite reads it as, too.
    private func number(_ score: Score) -> Double { Double(score.thousandths) / 1000 }

    private func statement(_ sql: String) throws -> Statement { try database.cachedStatement(sql: sql) }

    private func run(_ sql: String, _ arguments: [(any DatabaseValueConvertible)?]) throws {
        try statement(sql).execute(arguments: StatementArguments(arguments))
    }

    private func existingKey(_ sql: String, _ arguments: [(any DatabaseValueConvertible)?]) throws -> Int64 {
        guard let key = try Int64.fetchOne(statement(sql), arguments: StatementArguments(arguments)) else {
            preconditionFailure("a row that this transaction has just written or found is gone")
        }
        return key
    }
}
