internal import Delivery
internal import GRDB
internal import Speeches

/// Reads events back from the tables, whole and in canonical order.
struct SQLiteEventReader {
    private let database: Database

    init(_ database: Database) {
        self.database = database
    }

    func forEachEvent(_ body: (StoredEvent) throws -> Void) throws {
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT e.event_key, e.event_id, e.is_current, e.assessment, e.crime_policy, e.crime_policy_score,
                    e.words, e.sentences, e.truncated, d.document_id, d.revision, d.title, d.delivered_on, d.language,
                    d.characters, s.speaker_id, s.name, d.speaker_role, d.speaker_organisation, d.source_uri,
                    d.source_publisher, d.source_format, d.source_retrieved_at, d.source_licence, r.name, r.version,
                    r.digest, e.origin_topic, e.origin_partition, e.origin_offset
                FROM events AS e
                JOIN documents AS d ON d.document_key = e.document_key
                JOIN rulesets AS r ON r.ruleset_key = e.ruleset_key
                LEFT JOIN speakers AS s ON s.speaker_key = d.speaker_key
                ORDER BY d.document_id, r.digest, d.revision
                """)
        while let row = try rows.next() {
            let origin = RecordPosition(
                TopicPartition(KafkaTopic(try row.requiredText(27)), Partition(row[28])), Offset(row[29]))
            try body(StoredEvent(event: try event(row), origin: origin, isCurrent: row[2]))
        }
    }

    private func event(_ row: Row) throws -> ClassifiedSpeech {
        let crimePolicy = (row[4] as Bool?).map { CrimePolicy(value: $0, score: Score(stored: row[5] as Double)) }
        return ClassifiedSpeech(
            eventID: EventID(try row.requiredText(1)),
            assessment: try known(Assessment(rawValue: try row.requiredText(3))),
            document: try document(row), crimePolicy: crimePolicy, topics: try topics(eventKey: row[0]),
            ruleset: RulesetIdentity(
                name: try row.requiredText(24), version: try row.requiredText(25), digest: try row.requiredText(26)),
            truncated: row[8])
    }

    private func document(_ row: Row) throws -> DocumentSummary {
        let speaker = Speaker(
            id: try row.text(15), name: try row.text(16), role: try row.text(17), organisation: try row.text(18))
        let source = Source(
            uri: try row.text(19), publisher: try row.text(20), format: try row.text(21),
            retrievedAt: try row.text(22), licence: try row.text(23))
        return DocumentSummary(
            id: SpeechID(try row.requiredText(9)), revision: Revision(try row.requiredText(10)),
            title: try row.text(11), speaker: speaker == Speaker() ? nil : speaker,
            deliveredOn: try row.text(12).map { try known(DeliveryDate($0)) }, language: try row.text(13),
            source: source == Source() ? nil : source, characters: row[14], words: row[6], sentences: row[7])
    }

    private func topics(eventKey: Int64) throws -> [TaggedTopic] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT dt.topic_key, t.topic_id, t.label, dt.score, dt.prominence, dt.evidence_count
                FROM document_topics AS dt JOIN topics AS t ON t.topic_key = dt.topic_key
                WHERE dt.event_key = ? ORDER BY dt.position
                """)
        return try collect(statement, [eventKey]) { row in
            TaggedTopic(
                id: TopicID(try row.requiredText(1)), label: try row.requiredText(2),
                codes: try codes(topicKey: row[0]), score: Score(stored: row[3] as Double),
                prominence: try known(Prominence(rawValue: try row.requiredText(4))), evidenceCount: row[5],
                evidence: try evidence(eventKey: eventKey, topicKey: row[0]))
        }
    }

    private func codes(topicKey: Int64) throws -> [String: [String]] {
        let statement = try database.cachedStatement(
            sql: "SELECT scheme, code FROM topic_codes WHERE topic_key = ? ORDER BY scheme, position")
        let pairs = try collect(statement, [topicKey]) { (try $0.requiredText(0), try $0.requiredText(1)) }
        return Dictionary(grouping: pairs, by: \.0).mapValues { $0.map(\.1) }
    }

    private func evidence(eventKey: Int64, topicKey: Int64) throws -> [Evidence] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT evidence_key, rule, weight, sentence FROM evidence
                WHERE event_key = ? AND topic_key = ? ORDER BY position
                """)
        return try collect(statement, [eventKey, topicKey]) { row in
            Evidence(
                rule: RuleID(try row.requiredText(1)), weight: row[2], sentence: row[3],
                spans: try spans(evidenceKey: row[0]))
        }
    }

    private func spans(evidenceKey: Int64) throws -> [TextSpan] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT span_start, span_end, quote, prefix, suffix FROM spans
                WHERE evidence_key = ? ORDER BY position
                """)
        return try collect(statement, [evidenceKey]) { row in
            TextSpan(
                start: row[0], end: row[1], exact: try row.text(2), prefix: try row.text(3), suffix: try row.text(4))
        }
    }

    private func collect<Value>(
        _ statement: Statement, _ arguments: StatementArguments, _ value: (Row) throws -> Value
    ) throws -> [Value] {
        let rows = try Row.fetchCursor(statement, arguments: arguments)
        var values: [Value] = []
        while let row = try rows.next() { values.append(try value(row)) }
        return values
    }

    /// A value that the store wrote itself; a file edited by hand may hold another.
    private func known<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw StoreError.unreadableRow }
        return value
    }
}

extension Row {
    fileprivate func requiredText(_ column: Int) throws -> String { try text(column) ?? "" }
}
