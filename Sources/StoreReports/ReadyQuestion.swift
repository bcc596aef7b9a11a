public import EventStore

/// Questions that people ask every day, so that nobody needs SQL for them. The same in every store.
public struct ReadyQuestion: Sendable, Equatable {
    /// What is counted or listed.
    public enum Subject: Sendable, Equatable {
        /// Documents per topic, in all or by something else.
        case topics(by: Grouping)
        /// Who spoke, how often, of how many topics.
        case speakers
        /// Topics that the same documents treat; documents of more than 200 topics do not count.
        case pairs
        /// The words that prove it, the newest first.
        case quotes
        /// Documents, the newest first.
        case documents
    }

    /// What documents per topic are counted by.
    public enum Grouping: String, Sendable, CaseIterable {
        /// In all.
        case topic
        /// By month of delivery.
        case month
        /// By year of delivery.
        case year
        /// By person.
        case speaker
    }

    /// Which documents count. Absent means all.
    public struct Filter: Sendable, Equatable {
        /// Ids of topics that a document treats, one of them at least.
        public var topics: [String] = []
        /// Part of the speaker's name; capital letters of ASCII count as small ones.
        public var speaker: String?
        /// The first date, in any precision: `2020`, `2020-05`.
        public var from: String?
        /// The last date, itself included.
        public var to: String?

        /// Makes a filter that lets all pass.
        public init() {}
    }

    /// What is asked.
    public var subject: Subject
    /// Of which documents.
    public var filter = Filter()
    /// Rows wanted at most, from 1.
    public var limit: Int

    /// Makes a question.
    public init(_ subject: Subject, filter: Filter = Filter(), limit: Int = 100) {
        self.subject = subject
        self.filter = filter
        self.limit = limit
    }

    /// The question in SQL. Everything from outside is a parameter.
    public var question: StoreQuestion {
        var question = StoreQuestion()
        switch subject {
        case .topics(let grouping): addTopics(grouping, to: &question)
        case .speakers:
            question.add(
                """
                SELECT c.speaker, count(DISTINCT c.document_id) AS documents, count(DISTINCT c.topic_id) AS topics,
                    min(c.delivered_on) AS first_delivered_on, max(c.delivered_on) AS last_delivered_on
                FROM current_topics AS c WHERE c.speaker_key IS NOT NULL
                """)
            addFilter(to: &question)
            question.add(" GROUP BY c.speaker_key, c.speaker ORDER BY documents DESC, coalesce(c.speaker, '')")
        case .pairs:
            // A document of so many topics that it has more pairs than all others together says nothing of any pair.
            question.add(
                """
                SELECT c.topic_id AS topic_id_a, c.topic AS topic_a, b.topic_id AS topic_id_b, b.topic AS topic_b,
                    count(*) AS documents
                FROM (SELECT event_key FROM document_topics GROUP BY event_key HAVING count(*) <= 200) AS n
                JOIN current_topics AS c ON c.event_key = n.event_key
                JOIN current_topics AS b ON b.event_key = n.event_key AND b.topic_id > c.topic_id
                WHERE 1 = 1
                """)
            addFilter(to: &question, withTopicsOf: "b")
            question.add(
                " GROUP BY c.topic_id, c.topic, b.topic_id, b.topic ORDER BY documents DESC, c.topic_id, b.topic_id")
        case .quotes:
            question.add(
                """
                SELECT c.delivered_on, c.speaker, c.topic, c.prominence, c.prefix, c.quote, c.suffix, c.title, c.source_uri,
                    c.document_id
                FROM evidence_quotes AS c WHERE c.quote IS NOT NULL
                """)
            addFilter(to: &question)
            question.add(
                """
                 ORDER BY CASE WHEN c.delivered_on IS NULL THEN 1 ELSE 0 END, c.delivered_on DESC, c.document_id,
                    c.score DESC, c.topic_id, c.evidence_position, c.span_position
                """)
        case .documents:
            question.add(
                """
                SELECT d.delivered_on, d.speaker, d.title, d.crime_policy, d.crime_policy_score,
                    (SELECT count(*) FROM document_topics AS t WHERE t.event_key = d.event_key) AS topics, d.source_uri,
                    d.document_id
                FROM current_documents AS d WHERE 1 = 1
                """)
            addDocumentFilter(to: &question)
            question.add(
                """
                 ORDER BY CASE WHEN d.delivered_on IS NULL THEN 1 ELSE 0 END, d.delivered_on DESC, d.document_id
                """)
        }
        question.add(" LIMIT ")
        question.add(parameter: .integer(Int64(limit)))
        return question
    }

    private func addTopics(_ grouping: Grouping, to question: inout StoreQuestion) {
        question.add("SELECT ")
        switch grouping {
        case .topic: break
        case .month: question.add("c.delivered_month AS month, ")
        case .year: question.add("c.delivered_year AS year, ")
        case .speaker: question.add("c.speaker, ")
        }
        question.add(
            """
            c.topic_id, c.topic, count(*) AS documents,
                count(CASE WHEN c.prominence = 'focus' THEN 1 END) AS focus_documents
            FROM current_topics AS c WHERE 1 = 1
            """)
        addFilter(to: &question)
        question.add(" GROUP BY c.topic_id, c.topic")
        switch grouping {
        case .topic: question.add(" ORDER BY documents DESC, c.topic_id")
        // Stores do not agree on where NULL stands.
        case .month:
            question.add(
                """
                , c.delivered_month ORDER BY CASE WHEN c.delivered_month IS NULL THEN 1 ELSE 0 END, c.delivered_month,
                    documents DESC, c.topic_id
                """)
        case .year:
            question.add(
                """
                , c.delivered_year ORDER BY CASE WHEN c.delivered_year IS NULL THEN 1 ELSE 0 END, c.delivered_year,
                    documents DESC, c.topic_id
                """)
        case .speaker:
            question.add(", c.speaker_key, c.speaker ORDER BY documents DESC, coalesce(c.speaker, ''), c.topic_id")
        }
    }

    /// Conditions on `c`, which has a row for each topic of a document.
    private func addFilter(to question: inout StoreQuestion, withTopicsOf other: String? = nil) {
        if !filter.topics.isEmpty {
            question.add(" AND (c.topic_id IN (")
            addTopics(to: &question)
            question.add(")")
            if other != nil {
                question.add(" OR b.topic_id IN (")
                addTopics(to: &question)
                question.add(")")
            }
            question.add(")")
        }
        if let speaker = filter.speaker {
            question.add(" AND lower(c.speaker) LIKE lower(CAST(")
            question.add(parameter: .text(Self.pattern(speaker)))
            question.add(" AS text)) ESCAPE '\\'")
        }
        if let from = filter.from {
            question.add(" AND c.delivered_on >= CAST(")
            question.add(parameter: .text(from))
            question.add(" AS text)")
        }
        if let to = filter.to {
            question.add(" AND substr(c.delivered_on, 1, length(CAST(")
            question.add(parameter: .text(to))
            question.add(" AS text))) <= CAST(")
            question.add(parameter: .text(to))
            question.add(" AS text)")
        }
    }

    /// The same for documents, which may have no topic at all.
    private func addDocumentFilter(to question: inout StoreQuestion) {
        guard filter != Filter() else { return }
        if filter.topics.isEmpty {
            // The conditions on dates and speakers read the same columns under the same name.
            question.add(" AND d.document_id IN (SELECT c.document_id FROM current_documents AS c WHERE 1 = 1")
        } else {
            question.add(" AND d.document_id IN (SELECT c.document_id FROM current_topics AS c WHERE 1 = 1")
        }
        addFilter(to: &question)
        question.add(")")
    }

    private func addTopics(to question: inout StoreQuestion) {
        for (place, topic) in filter.topics.enumerated() {
            if place > 0 { question.add(", ") }
            question.add(parameter: .text(topic))
        }
    }

    /// A part of a text as LIKE wants it.
    private static func pattern(_ part: String) -> String {
        var pattern = "%"
        for character in part {
            if "%_\\".contains(character) { pattern.append("\\") }
            pattern.append(character)
        }
        return pattern + "%"
    }
}
