internal import Delivery
internal import GRDB
internal import Speeches

/// Inserts documents and events with all that hangs on them, for one batch.
final class SQLiteEventRows {
    private let database: Database
    private let document: SQLiteStatement
    private let event: SQLiteStatement
    private let documentTopic: SQLiteStatement
    private let evidence: SQLiteStatement
    private let span: SQLiteStatement
    private var topicKeys: [RulesetTopic: Int64] = [:]

    private struct RulesetTopic: Hashable {
        let rulesetKey: Int64
        let topicID: TopicID
    }

    init(_ database: Database) throws {
        self.database = database
        document = try SQLiteStatement(
            database,
            """
            INSERT INTO documents (document_id, revision, is_current, title, speaker_key, speaker_role,
                speaker_organisation, delivered_on, language, source_uri, source_publisher, source_format,
                source_retrieved_at, source_licence, characters, origin_topic, origin_partition, origin_offset)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """)
        event = try SQLiteStatement(
            database,
            """
            INSERT INTO events (event_id, document_key, document_id, ruleset_key, is_current, assessment,
                crime_policy, crime_policy_score, words, sentences, truncated, run_key, recorded_at, origin_topic,
                origin_partition, origin_offset)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """)
        documentTopic = try SQLiteStatement(
            database,
            """
            INSERT INTO document_topics (event_key, topic_key, position, score, prominence, evidence_count)
            VALUES (?, ?, ?, ?, ?, ?)
            """)
        evidence = try SQLiteStatement(
            database,
            "INSERT INTO evidence (event_key, topic_key, position, rule, weight, sentence) VALUES (?, ?, ?, ?, ?, ?)")
        span = try SQLiteStatement(
            database,
            """
            INSERT INTO spans (evidence_key, position, span_start, span_end, quote, prefix, suffix)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """)
    }

    /// Inserts a document and gives its key.
    func insert(_ row: BatchPlan.DocumentRow, speakerKey: Int64?) throws -> Int64 {
        let summary = row.summary
        try document.bind(summary.id.rawValue)
        try document.bind(summary.revision.rawValue)
        try document.bind(row.isCurrent)
        try document.bind(summary.title)
        try document.bind(speakerKey)
        try document.bind(summary.speaker?.role)
        try document.bind(summary.speaker?.organisation)
        try document.bind(summary.deliveredOn?.text)
        try document.bind(summary.language)
        try document.bind(summary.source?.uri)
        try document.bind(summary.source?.publisher)
        try document.bind(summary.source?.format)
        try document.bind(summary.source?.retrievedAt)
        try document.bind(summary.source?.licence)
        try document.bind(summary.characters)
        try bind(row.origin, to: document)
        try document.run()
        return database.lastInsertedRowID
    }

    /// Inserts an event with its topics, evidence and words.
    func insert(_ row: BatchPlan.EventRow, documentKey: Int64, rulesetKey: Int64, runKey: Int64?) throws {
        let classified = row.event
        try event.bind(classified.eventID.rawValue)
        try event.bind(documentKey)
        try event.bind(classified.document.id.rawValue)
        try event.bind(rulesetKey)
        try event.bind(row.isCurrent)
        try event.bind(classified.assessment.rawValue)
        try event.bind(classified.crimePolicy.map { $0.value ? 1 as Int64 : 0 })
        try event.bind(classified.crimePolicy.map { number($0.score) })
        try event.bind(classified.document.words)
        try event.bind(classified.document.sentences)
        try event.bind(classified.truncated)
        try event.bind(runKey)
        try event.bind(row.entry.provenance.recordedAt)
        try bind(row.entry.origin, to: event)
        try event.run()
        let eventKey = database.lastInsertedRowID
        for (position, topic) in classified.topics.enumerated() {
            try insert(topic, at: position, eventKey: eventKey, rulesetKey: rulesetKey)
        }
    }

    private func insert(_ topic: TaggedTopic, at position: Int, eventKey: Int64, rulesetKey: Int64) throws {
        let topicKey = try key(of: topic, rulesetKey: rulesetKey)
        try documentTopic.bind(eventKey)
        try documentTopic.bind(topicKey)
        try documentTopic.bind(position)
        try documentTopic.bind(number(topic.score))
        try documentTopic.bind(topic.prominence.rawValue)
        try documentTopic.bind(topic.evidenceCount)
        try documentTopic.run()
        for (position, item) in topic.evidence.enumerated() {
            try evidence.bind(eventKey)
            try evidence.bind(topicKey)
            try evidence.bind(position)
            try evidence.bind(item.rule.rawValue)
            try evidence.bind(item.weight)
            try evidence.bind(item.sentence)
            try evidence.run()
            try insert(item.spans, evidenceKey: database.lastInsertedRowID)
        }
    }

    private func insert(_ spans: [TextSpan], evidenceKey: Int64) throws {
        for (position, words) in spans.enumerated() {
            try span.bind(evidenceKey)
            try span.bind(position)
            try span.bind(words.start)
            try span.bind(words.end)
            try span.bind(words.exact)
            try span.bind(words.prefix)
            try span.bind(words.suffix)
            try span.run()
        }
    }

    private func key(of topic: TaggedTopic, rulesetKey: Int64) throws -> Int64 {
        let name = RulesetTopic(rulesetKey: rulesetKey, topicID: topic.id)
        if let known = topicKeys[name] { return known }
        let find = try SQLiteStatement(
            database, "SELECT topic_key FROM topics WHERE ruleset_key = ? AND topic_id = ?")
        try find.bind(rulesetKey)
        try find.bind(topic.id.rawValue)
        if let stored = try find.firstKey() {
            topicKeys[name] = stored
            return stored
        }
        let insert = try SQLiteStatement(
            database, "INSERT INTO topics (ruleset_key, topic_id, label) VALUES (?, ?, ?)")
        try insert.bind(rulesetKey)
        try insert.bind(topic.id.rawValue)
        try insert.bind(topic.label)
        try insert.run()
        let key = database.lastInsertedRowID
        let row = try SQLiteStatement(
            database, "INSERT INTO topic_codes (topic_key, scheme, position, code) VALUES (?, ?, ?, ?)")
        for (scheme, codes) in topic.codes {
            for (position, code) in codes.enumerated() {
                try row.bind(key)
                try row.bind(scheme)
                try row.bind(position)
                try row.bind(code)
                try row.run()
            }
        }
        topicKeys[name] = key
        return key
    }

    private func bind(_ origin: RecordPosition, to statement: SQLiteStatement) throws {
        try statement.bind(origin.partition.topic.rawValue)
        try statement.bind(Int64(origin.partition.partition.rawValue))
        try statement.bind(origin.offset.rawValue)
    }

    /// The nearest double to the decimal number that the event prints, which is what SQLite reads it as, too.
    private func number(_ score: Score) -> Double { Double(score.thousandths) / 1000 }
}
