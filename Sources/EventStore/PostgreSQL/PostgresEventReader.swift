internal import Delivery
internal import Speeches

/// Reads events back from the tables, whole and in canonical order, a few hundred at a time: one question for their topics,
/// one for the evidence, one for the words.
struct PostgresEventReader {
    private let connection: PostgresConnection
    private static let chunk = 500

    init(_ connection: PostgresConnection) {
        self.connection = connection
    }

    /// To be called in a transaction that reads one snapshot.
    func forEachEvent(_ body: (StoredEvent) throws -> Void) throws {
        let codes = try topicCodes()
        try connection.run(
            """
            DECLARE stored_events NO SCROLL CURSOR FOR
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
        while true {
            let events = try connection.execute("FETCH \(Self.chunk) FROM stored_events")
            guard events.count > 0 else { return }
            let topics = try topics(of: (0..<events.count).map { events.number($0, 0) }, codes)
            for row in 0..<events.count { try body(try event(events, row, topics[events.number(row, 0)] ?? [])) }
        }
    }

    private func event(_ rows: PostgresResult, _ row: Int, _ topics: [TaggedTopic]) throws -> StoredEvent {
        let crimePolicy = rows.text(row, 4).map {
            CrimePolicy(value: $0 == "1", score: Score(stored: rows.text(row, 5)))
        }
        let event = ClassifiedSpeech(
            eventID: EventID(rows.original(row, 1)), assessment: try known(Assessment(rawValue: rows.original(row, 3))),
            document: try document(rows, row), crimePolicy: crimePolicy, topics: topics,
            ruleset: RulesetIdentity(
                name: rows.original(row, 24), version: rows.original(row, 25), digest: rows.original(row, 26)),
            truncated: rows.number(row, 8) == 1)
        let origin = RecordPosition(
            TopicPartition(KafkaTopic(rows.original(row, 27)), Partition(Int32(rows.number(row, 28)))),
            Offset(rows.number(row, 29)))
        return StoredEvent(event: event, origin: origin, isCurrent: rows.number(row, 2) == 1)
    }

    private func document(_ rows: PostgresResult, _ row: Int) throws -> DocumentSummary {
        func text(_ column: Int) -> String? { rows.text(row, column).map(PostgresText.original) }
        let speaker = Speaker(id: text(15), name: text(16), role: text(17), organisation: text(18))
        let source = Source(
            uri: text(19), publisher: text(20), format: text(21), retrievedAt: text(22), licence: text(23))
        return DocumentSummary(
            id: SpeechID(rows.original(row, 9)), revision: Revision(rows.original(row, 10)), title: text(11),
            speaker: speaker == Speaker() ? nil : speaker,
            deliveredOn: try text(12).map { try known(DeliveryDate($0)) }, language: text(13),
            source: source == Source() ? nil : source, characters: Int(rows.number(row, 14)),
            words: Int(rows.number(row, 6)), sentences: Int(rows.number(row, 7)))
    }

    private func topicCodes() throws -> [Int64: [String: [String]]] {
        let rows = try connection.execute(
            "SELECT topic_key, scheme, code FROM topic_codes ORDER BY topic_key, scheme, position")
        var codes: [Int64: [String: [String]]] = [:]
        for row in 0..<rows.count {
            codes[rows.number(row, 0), default: [:]][rows.original(row, 1), default: []].append(rows.original(row, 2))
        }
        return codes
    }

    private func topics(
        of eventKeys: [Int64], _ codes: [Int64: [String: [String]]]
    ) throws -> [Int64: [TaggedTopic]] {
        let wanted = PostgresText.array(eventKeys)
        let evidence = try evidence(of: wanted)
        let rows = try connection.execute(
            """
            SELECT dt.event_key, dt.topic_key, t.topic_id, t.label, dt.score, dt.prominence, dt.evidence_count
            FROM document_topics AS dt JOIN topics AS t ON t.topic_key = dt.topic_key
            WHERE dt.event_key = ANY ($1::bigint[]) ORDER BY dt.event_key, dt.position
            """, [wanted])
        var topics: [Int64: [TaggedTopic]] = [:]
        for row in 0..<rows.count {
            let place = TopicOfEvent(event: rows.number(row, 0), topic: rows.number(row, 1))
            topics[place.event, default: []].append(
                TaggedTopic(
                    id: TopicID(rows.original(row, 2)), label: rows.original(row, 3), codes: codes[place.topic] ?? [:],
                    score: Score(stored: rows.text(row, 4)),
                    prominence: try known(Prominence(rawValue: rows.original(row, 5))),
                    evidenceCount: Int(rows.number(row, 6)), evidence: evidence[place] ?? []))
        }
        return topics
    }

    private struct TopicOfEvent: Hashable {
        let event: Int64
        let topic: Int64
    }

    private func evidence(of eventKeys: String) throws -> [TopicOfEvent: [Evidence]] {
        let spans = try spans(of: eventKeys)
        let rows = try connection.execute(
            """
            SELECT event_key, topic_key, evidence_key, rule, weight, sentence FROM evidence
            WHERE event_key = ANY ($1::bigint[]) ORDER BY event_key, topic_key, position
            """, [eventKeys])
        var evidence: [TopicOfEvent: [Evidence]] = [:]
        for row in 0..<rows.count {
            let place = TopicOfEvent(event: rows.number(row, 0), topic: rows.number(row, 1))
            evidence[place, default: []].append(
                Evidence(
                    rule: RuleID(rows.original(row, 3)), weight: Int(rows.number(row, 4)),
                    sentence: Int(rows.number(row, 5)), spans: spans[rows.number(row, 2)] ?? []))
        }
        return evidence
    }

    private func spans(of eventKeys: String) throws -> [Int64: [TextSpan]] {
        let rows = try connection.execute(
            """
            SELECT s.evidence_key, s.span_start, s.span_end, s.quote, s.prefix, s.suffix
            FROM evidence AS e JOIN spans AS s ON s.evidence_key = e.evidence_key
            WHERE e.event_key = ANY ($1::bigint[]) ORDER BY s.evidence_key, s.position
            """, [eventKeys])
        var spans: [Int64: [TextSpan]] = [:]
        for row in 0..<rows.count {
            func text(_ column: Int) -> String? { rows.text(row, column).map(PostgresText.original) }
            spans[rows.number(row, 0), default: []].append(
                TextSpan(
                    start: Int(rows.number(row, 1)), end: Int(rows.number(row, 2)), exact: text(3), prefix: text(4),
                    suffix: text(5)))
        }
        return spans
    }

    /// A value that the store wrote itself; a table edited by hand may hold another.
    private func known<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw StoreError.unreadableRow }
        return value
    }
}

extension Score {
    /// Of a decimal number as the database prints it.
    init(stored text: String?) { self.init(stored: text.flatMap { Double($0) } ?? 0) }

    /// Of a number as the database holds it.
    init(stored number: Double) {
        self.init(thousandths: min(1000, max(0, Int((number * 1000).rounded()))))
    }
}

extension StoreError {
    /// A row that nobody but this program should write, and that no event can have.
    static let unreadableRow = StoreError(
        code: .corrupt, reason: "a row holds an assessment, prominence or date that no event can have",
        cure: "restore the store, or make it anew from the events' Kafka topic")
}
