internal import Delivery
internal import Speeches

/// Writes one batch inside the transaction that its owner has begun: reads what is stored of the batch's documents, plans,
/// then writes each table at once. Keys found are the batch's own: a transaction undone takes its rows with it.
///
/// The transaction reads one snapshot (REPEATABLE READ), so that a row which another writer has changed since is an error
/// (40001) and not a mistake, and unique indexes refuse what another writer has added: the owner tries again.
struct PostgresBatchWriter {
    private let connection: PostgresConnection
    private let keys: PostgresKeys
    private var rulesetKeys: [String: Int64] = [:]
    private var topicKeys: [RulesetTopic: Int64] = [:]
    private var runKeys: [String: Int64] = [:]
    private var speakerKeys: [SpeakerName: Int64] = [:]

    private struct RulesetTopic: Hashable {
        let rulesetDigest: String
        let topicID: TopicID
    }

    /// A person by id and name; role and organisation change with time and belong to the document.
    private struct SpeakerName: Hashable {
        let id: String?
        let name: String?
    }

    init(_ connection: PostgresConnection, keys: PostgresKeys) {
        self.connection = connection
        self.keys = keys
    }

    mutating func write(_ batch: StoreBatch) throws -> AppliedBatch {
        let plan = try BatchPlan(batch, over: try storedRows(of: Set(batch.entries.map(\.documentID))))
        try writeWithdrawals(plan)
        try delete(plan)
        try updateRows(plan)
        if !plan.insertedEvents.isEmpty || !plan.insertedDocuments.isEmpty { try insert(plan) }
        try writeOffsets(batch)
        return plan.applied
    }

    // MARK: What is stored

    private func storedRows(of ids: Set<SpeechID>) throws -> StoredRows {
        var stored = StoredRows()
        guard !ids.isEmpty else { return stored }
        let wanted = PostgresText.array(ids.map(\.rawValue))
        let withdrawals = try connection.execute(
            "SELECT document_id, origin_offset FROM withdrawals WHERE document_id = ANY ($1::text[])", [wanted])
        for row in 0..<withdrawals.count {
            stored.withdrawals[SpeechID(withdrawals.original(row, 0))] = withdrawals.number(row, 1)
        }
        let documents = try connection.execute(
            """
            SELECT document_id, revision, document_key, origin_offset, is_current FROM documents
            WHERE document_id = ANY ($1::text[])
            """, [wanted])
        for row in 0..<documents.count {
            let name = DocumentRevision(
                id: SpeechID(documents.original(row, 0)), revision: Revision(documents.original(row, 1)))
            stored.documents[name] = StoredRows.Document(
                key: documents.number(row, 2), origin: documents.number(row, 3),
                isCurrent: documents.number(row, 4) == 1)
        }
        guard documents.count > 0 else { return stored }
        let events = try connection.execute(
            """
            SELECT e.event_id, e.event_key, e.document_id, r.digest, e.origin_offset, e.is_current
            FROM events AS e JOIN rulesets AS r ON r.ruleset_key = e.ruleset_key
            WHERE e.document_id = ANY ($1::text[])
            """, [wanted])
        for row in 0..<events.count {
            stored.events[EventID(events.original(row, 0))] = StoredRows.Event(
                key: events.number(row, 1), document: SpeechID(events.original(row, 2)),
                rulesetDigest: events.original(row, 3), origin: events.number(row, 4),
                isCurrent: events.number(row, 5) == 1)
        }
        return stored
    }

    // MARK: What goes and what changes

    private func writeWithdrawals(_ plan: BatchPlan) throws {
        for (id, origin) in plan.withdrawals.sorted(by: { $0.key < $1.key }) {
            try connection.execute(
                """
                INSERT INTO withdrawals (document_id, origin_topic, origin_partition, origin_offset)
                VALUES ($1, $2, $3, $4)
                ON CONFLICT (document_id) DO UPDATE SET origin_topic = excluded.origin_topic,
                    origin_partition = excluded.origin_partition, origin_offset = excluded.origin_offset
                """,
                [
                    PostgresText.stored(id.rawValue), PostgresText.stored(origin.partition.topic.rawValue),
                    "\(origin.partition.partition)", "\(origin.offset)",
                ])
        }
    }

    private func delete(_ plan: BatchPlan) throws {
        if !plan.deletedEvents.isEmpty {
            try connection.execute(
                "DELETE FROM events WHERE event_key = ANY ($1::bigint[])", [PostgresText.array(plan.deletedEvents)])
        }
        guard !plan.deletedDocuments.isEmpty else { return }
        try connection.execute(
            """
            WITH gone AS (DELETE FROM documents WHERE document_key = ANY ($1::bigint[])
                RETURNING document_key, speaker_key)
            DELETE FROM speakers AS s WHERE s.speaker_key IN (SELECT speaker_key FROM gone)
                AND NOT EXISTS (SELECT 1 FROM documents AS d WHERE d.speaker_key = s.speaker_key
                    AND d.document_key NOT IN (SELECT document_key FROM gone))
            """, [PostgresText.array(plan.deletedDocuments)])
    }

    /// What is no longer current first: an index allows one current row at any moment.
    private func updateRows(_ plan: BatchPlan) throws {
        for (table, key, flags) in [
            ("documents", "document_key", plan.documentFlags), ("events", "event_key", plan.eventFlags),
        ] {
            for flag in [false, true] {
                let changed = flags.filter { $0.value == flag }.keys.sorted()
                guard !changed.isEmpty else { continue }
                try connection.execute(
                    "UPDATE \(table) SET is_current = \(flag ? 1 : 0) WHERE \(key) = ANY ($1::bigint[])",
                    [PostgresText.array(changed)])
            }
        }
        for (key, row) in plan.updatedDocuments.sorted(by: { $0.key < $1.key }) {
            try connection.execute(
                """
                UPDATE documents SET source_retrieved_at = $2, origin_topic = $3, origin_partition = $4,
                    origin_offset = $5
                WHERE document_key = $1
                """,
                [
                    "\(key)", row.summary.source?.retrievedAt.map { PostgresText.stored($0) },
                    PostgresText.stored(row.origin.partition.topic.rawValue), "\(row.origin.partition.partition)",
                    "\(row.origin.offset)",
                ])
        }
    }

    private func writeOffsets(_ batch: StoreBatch) throws {
        for (partition, offset) in batch.nextOffsets.sorted(by: { $0.key < $1.key }) {
            try connection.execute(
                """
                INSERT INTO offsets (consumer_group, kafka_topic, kafka_partition, next_offset)
                VALUES ($1, $2, $3, $4)
                ON CONFLICT (consumer_group, kafka_topic, kafka_partition) DO UPDATE
                    SET next_offset = excluded.next_offset
                """,
                [
                    PostgresText.stored(batch.group.rawValue), PostgresText.stored(partition.topic.rawValue),
                    "\(partition.partition)", "\(offset)",
                ])
        }
    }

    // MARK: What is new

    private mutating func insert(_ plan: BatchPlan) throws {
        try findRulesets(plan)
        try findTopics(plan)
        try findSpeakers(plan)
        var documentKeys = plan.keptDocuments
        var documents = PostgresRows(
            "documents",
            """
            document_key, document_id, revision, is_current, title, speaker_key, speaker_role, speaker_organisation,
            delivered_on, language, source_uri, source_publisher, source_format, source_retrieved_at, source_licence,
            characters, origin_topic, origin_partition, origin_offset
            """)
        for row in plan.insertedDocuments {
            let key = try keys.next(on: connection)
            documentKeys[DocumentRevision(id: row.summary.id, revision: row.summary.revision)] = key
            add(row, key: key, to: &documents)
        }
        try connection.copy(documents)
        try copyEvents(plan.insertedEvents, documentKeys: documentKeys)
    }

    private func add(_ row: BatchPlan.DocumentRow, key: Int64, to rows: inout PostgresRows) {
        let summary = row.summary
        rows.number(key)
        rows.text(summary.id.rawValue)
        rows.text(summary.revision.rawValue)
        rows.flag(row.isCurrent)
        rows.text(summary.title)
        rows.number(summary.speaker.flatMap { speakerKeys[SpeakerName(id: $0.id, name: $0.name)] })
        rows.text(summary.speaker?.role)
        rows.text(summary.speaker?.organisation)
        rows.plain(summary.deliveredOn?.text)
        rows.text(summary.language)
        rows.text(summary.source?.uri)
        rows.text(summary.source?.publisher)
        rows.text(summary.source?.format)
        rows.text(summary.source?.retrievedAt)
        rows.text(summary.source?.licence)
        rows.number(summary.characters)
        rows.text(row.origin.partition.topic.rawValue)
        rows.number(row.origin.partition.partition.rawValue)
        rows.number(row.origin.offset.rawValue)
        rows.endRow()
    }

    private func copyEvents(_ planned: [BatchPlan.EventRow], documentKeys: [DocumentRevision: Int64]) throws {
        var events = PostgresRows(
            "events",
            """
            event_key, event_id, document_key, document_id, ruleset_key, is_current, assessment, crime_policy,
            crime_policy_score, words, sentences, truncated, run_key, recorded_at, origin_topic, origin_partition,
            origin_offset
            """)
        var topics = PostgresRows(
            "document_topics", "event_key, topic_key, position, score, prominence, evidence_count")
        var evidence = PostgresRows("evidence", "evidence_key, event_key, topic_key, position, rule, weight, sentence")
        var spans = PostgresRows("spans", "evidence_key, position, span_start, span_end, quote, prefix, suffix")
        for row in planned {
            let event = row.event
            let document = DocumentRevision(id: event.document.id, revision: event.document.revision)
            guard let documentKey = documentKeys[document], let rulesetKey = rulesetKeys[event.ruleset.digest] else {
                preconditionFailure("an event is planned whose document or ruleset has no row")
            }
            let eventKey = try keys.next(on: connection)
            add(row, key: eventKey, documentKey: documentKey, rulesetKey: rulesetKey, to: &events)
            for (position, topic) in event.topics.enumerated() {
                guard
                    let topicKey = topicKeys[RulesetTopic(rulesetDigest: event.ruleset.digest, topicID: topic.id)]
                else { preconditionFailure("an event is planned whose topic has no row") }
                topics.number(eventKey)
                topics.number(topicKey)
                topics.number(position)
                topics.plain(topic.score.description)
                topics.plain(topic.prominence.rawValue)
                topics.number(topic.evidenceCount)
                topics.endRow()
                for (position, item) in topic.evidence.enumerated() {
                    let key = try keys.next(on: connection)
                    evidence.number(key)
                    evidence.number(eventKey)
                    evidence.number(topicKey)
                    evidence.number(position)
                    evidence.text(item.rule.rawValue)
                    evidence.number(item.weight)
                    evidence.number(item.sentence)
                    evidence.endRow()
                    for (position, span) in item.spans.enumerated() {
                        add(span, at: position, evidenceKey: key, to: &spans)
                    }
                }
            }
        }
        for rows in [events, topics, evidence, spans] { try connection.copy(rows) }
    }

    private func add(
        _ row: BatchPlan.EventRow, key: Int64, documentKey: Int64, rulesetKey: Int64, to rows: inout PostgresRows
    ) {
        let event = row.event
        let origin = row.entry.origin
        rows.number(key)
        rows.text(event.eventID.rawValue)
        rows.number(documentKey)
        rows.text(event.document.id.rawValue)
        rows.number(rulesetKey)
        rows.flag(row.isCurrent)
        rows.plain(event.assessment.rawValue)
        rows.number(event.crimePolicy.map { $0.value ? 1 : 0 })
        rows.plain(event.crimePolicy?.score.description)
        rows.number(event.document.words)
        rows.number(event.document.sentences)
        rows.flag(event.truncated)
        rows.number(row.entry.provenance.run.flatMap { runKeys[$0] })
        rows.text(row.entry.provenance.recordedAt)
        rows.text(origin.partition.topic.rawValue)
        rows.number(origin.partition.partition.rawValue)
        rows.number(origin.offset.rawValue)
        rows.endRow()
    }

    private func add(_ span: TextSpan, at position: Int, evidenceKey: Int64, to rows: inout PostgresRows) {
        rows.number(evidenceKey)
        rows.number(position)
        rows.number(span.start)
        rows.number(span.end)
        rows.text(span.exact)
        rows.text(span.prefix)
        rows.text(span.suffix)
        rows.endRow()
    }
}

// MARK: - Rows that many events share

extension PostgresBatchWriter {
    private mutating func findRulesets(_ plan: BatchPlan) throws {
        var wanted: [String: RulesetIdentity] = [:]
        for row in plan.insertedEvents { wanted[row.event.ruleset.digest] = row.event.ruleset }
        for (digest, identity) in wanted.sorted(by: { $0.key < $1.key }) {
            let stored = PostgresText.stored(digest)
            try connection.execute(
                """
                INSERT INTO rulesets (digest, name, version, is_current)
                VALUES ($1, $2, $3, CASE WHEN EXISTS (SELECT 1 FROM rulesets WHERE is_current = 1) THEN 0 ELSE 1 END)
                ON CONFLICT (digest) DO NOTHING
                """, [stored, PostgresText.stored(identity.name), PostgresText.stored(identity.version)])
            rulesetKeys[digest] = try connection.execute(
                "SELECT ruleset_key FROM rulesets WHERE digest = $1", [stored]
            ).number(0, 0)
        }
    }

    private mutating func findTopics(_ plan: BatchPlan) throws {
        var wanted: [RulesetTopic: TaggedTopic] = [:]
        for row in plan.insertedEvents {
            for topic in row.event.topics {
                let name = RulesetTopic(rulesetDigest: row.event.ruleset.digest, topicID: topic.id)
                if wanted[name] == nil { wanted[name] = topic }
            }
        }
        for (digest, rulesetKey) in rulesetKeys.sorted(by: { $0.key < $1.key }) {
            let names = wanted.keys.filter { $0.rulesetDigest == digest }.sorted { $0.topicID < $1.topicID }
            guard !names.isEmpty else { continue }
            let ids = PostgresText.array(names.map(\.topicID.rawValue))
            let added = try connection.execute(
                """
                INSERT INTO topics (ruleset_key, topic_id, label)
                SELECT $1::bigint, t.id, t.label FROM unnest($2::text[], $3::text[]) AS t (id, label)
                WHERE NOT EXISTS (SELECT 1 FROM topics WHERE ruleset_key = $1::bigint AND topic_id = t.id)
                RETURNING topic_id, topic_key
                """, ["\(rulesetKey)", ids, PostgresText.array(names.map { wanted[$0]!.label })])
            var codes = PostgresRows("topic_codes", "topic_key, scheme, position, code")
            for row in 0..<added.count {
                let name = RulesetTopic(rulesetDigest: digest, topicID: TopicID(added.original(row, 0)))
                add(wanted[name]?.codes ?? [:], topicKey: added.number(row, 1), to: &codes)
            }
            try connection.copy(codes)
            let found = try connection.execute(
                "SELECT topic_id, topic_key FROM topics WHERE ruleset_key = $1 AND topic_id = ANY ($2::text[])",
                ["\(rulesetKey)", ids])
            for row in 0..<found.count {
                let name = RulesetTopic(rulesetDigest: digest, topicID: TopicID(found.original(row, 0)))
                topicKeys[name] = found.number(row, 1)
            }
        }
    }

    private func add(_ codes: [String: [String]], topicKey: Int64, to rows: inout PostgresRows) {
        for (scheme, codes) in codes {
            for (position, code) in codes.enumerated() {
                rows.number(topicKey)
                rows.text(scheme)
                rows.number(position)
                rows.text(code)
                rows.endRow()
            }
        }
    }

    /// Before the transaction, each statement one of its own: every sink of a run moves its last time on, and within
    /// transactions each would wait for the other and then find its snapshot too old.
    mutating func findRuns(_ batch: StoreBatch) throws {
        for (run, time) in batch.runTimes.sorted(by: { $0.key < $1.key }) {
            let found = try connection.execute(
                """
                INSERT INTO runs (run_id, first_recorded_at, last_recorded_at) VALUES ($1, $2, $3)
                ON CONFLICT (run_id) DO UPDATE SET
                    first_recorded_at = least(runs.first_recorded_at, excluded.first_recorded_at),
                    last_recorded_at = greatest(runs.last_recorded_at, excluded.last_recorded_at)
                RETURNING run_key
                """,
                [PostgresText.stored(run), time.first.map(PostgresText.stored), time.last.map(PostgresText.stored)])
            runKeys[run] = found.number(0, 0)
        }
    }

    private mutating func findSpeakers(_ plan: BatchPlan) throws {
        let names = Set(
            plan.insertedDocuments.compactMap { row -> SpeakerName? in
                guard let speaker = row.summary.speaker, speaker.id != nil || speaker.name != nil else { return nil }
                return SpeakerName(id: speaker.id, name: speaker.name)
            }
        ).sorted { ($0.name ?? "", $0.id ?? "") < ($1.name ?? "", $1.id ?? "") }
        guard !names.isEmpty else { return }
        let arguments = [PostgresText.array(names.map(\.id)), PostgresText.array(names.map(\.name))]
        let isSame = """
            md5(coalesce(s.name, '')) = md5(coalesce(w.name, ''))
                AND md5(coalesce(s.speaker_id, '')) = md5(coalesce(w.id, ''))
                AND (s.name IS NULL) = (w.name IS NULL) AND (s.speaker_id IS NULL) = (w.id IS NULL)
            """
        let wanted = "unnest($1::text[], $2::text[]) AS w (id, name)"
        try connection.execute(
            """
            INSERT INTO speakers (speaker_id, name) SELECT w.id, w.name FROM \(wanted)
            WHERE NOT EXISTS (SELECT 1 FROM speakers AS s WHERE \(isSame))
            """, arguments)
        let found = try connection.execute(
            "SELECT s.speaker_id, s.name, s.speaker_key FROM \(wanted) JOIN speakers AS s ON \(isSame)", arguments)
        for row in 0..<found.count {
            let name = SpeakerName(
                id: found.text(row, 0).map(PostgresText.original), name: found.text(row, 1).map(PostgresText.original))
            speakerKeys[name] = found.number(row, 2)
        }
    }
}

/// Numbers for new rows: a thousand at a time from the database's sequence, which never gives one twice.
final class PostgresKeys {
    private var next: Int64 = 0
    private var end: Int64 = 0
    private static let block: Int64 = 1000

    func next(on connection: PostgresConnection) throws -> Int64 {
        if next == end {
            next = try connection.execute("SELECT nextval('key_blocks')").number(0, 0)
            end = next + Self.block
        }
        defer { next += 1 }
        return next
    }
}

extension PostgresResult {
    /// A text that is never NULL, as the event has it.
    func original(_ row: Int, _ column: Int) -> String { PostgresText.original(text(row, column) ?? "") }
}
