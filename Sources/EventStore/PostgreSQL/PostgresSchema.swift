/// The tables of the PostgreSQL store, by version, in a schema of their own: `rostrum`. `Sources/EventStore/README.md`
/// says what each column means; names and meanings are those of SQLite's.
enum PostgresSchema {
    static let name = "rostrum"

    /// The version that this program writes.
    static var version: Int { migrations.count }

    /// Step `n` leads from version `n` to `n + 1`. A step that was released is never edited: add another.
    private static let migrations = [tables1 + views1]

    /// Held while the tables are changed, so that of two programs that start at once one waits for the other. The number
    /// is `RSTM` in ASCII.
    private static let lock = 0x5253_544D

    /// Brings the tables to this program's version, in one transaction.
    static func migrate(_ connection: PostgresConnection) throws {
        try connection.transaction("") {
            try connection.run("SELECT pg_advisory_xact_lock(\(lock))")
            let found = try check(connection)
            guard found < version else { return }
            if found == 0 { try connection.run("CREATE SCHEMA IF NOT EXISTS \(name)") }
            try connection.run("SET LOCAL search_path = \(name)")
            for migration in migrations[found...] { try connection.run(migration) }
            for step in (found + 1)...version {
                try connection.execute("INSERT INTO schema_versions (version) VALUES ($1)", [String(step)])
            }
        }
    }

    /// The version found, 0 where there is nothing yet.
    /// - Throws: `StoreError` for tables of other programs and of newer versions of this one.
    @discardableResult
    static func check(_ connection: PostgresConnection) throws -> Int {
        let encoding = try connection.execute("SHOW server_encoding").text(0, 0) ?? ""
        guard encoding == "UTF8" else {
            throw StoreError(
                code: .notAStore, reason: "\(connection.place) has the encoding \(encoding); it must be UTF8",
                cure: "make another database: createdb --encoding=UTF8 --template=template0 NAME")
        }
        let tables = try connection.execute(
            """
            SELECT count(*), count(*) FILTER (WHERE relname = 'schema_versions') FROM pg_catalog.pg_class AS c
            JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
            WHERE n.nspname = $1 AND c.relkind IN ('r', 'v', 'm', 'p')
            """, [name])
        guard tables.number(0, 0) > 0 else { return 0 }
        guard tables.number(0, 1) == 1 else {
            throw StoreError(
                code: .notAStore,
                reason: "\(connection.place) has a schema '\(name)' with the tables of another program",
                cure: "name another database for the store; this one was not touched")
        }
        let found = Int(
            try connection.execute("SELECT coalesce(max(version), 0) FROM \(name).schema_versions").number(0, 0))
        guard found <= version else {
            throw StoreError(
                code: .newerSchema,
                reason: "\(connection.place) has schema version \(found), this program knows versions up to \(version)",
                cure:
                    "run the newer program that made it, or name another database; there is no way back to older tables"
            )
        }
        return found
    }

    private static let tables1 = """
        CREATE TABLE schema_versions (
            version integer PRIMARY KEY,
            applied_at timestamptz NOT NULL DEFAULT now()
        );

        -- Keys of documents, events and evidence: a writer takes a thousand at a time and numbers its rows itself.
        CREATE SEQUENCE key_blocks INCREMENT BY 1000;

        CREATE TABLE rulesets (
            ruleset_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            digest text COLLATE "C" NOT NULL UNIQUE,
            name text NOT NULL,
            version text COLLATE "C" NOT NULL,
            is_current smallint NOT NULL CHECK (is_current IN (0, 1))
        );
        CREATE UNIQUE INDEX rulesets_current ON rulesets (is_current) WHERE is_current = 1;

        CREATE TABLE promotions (
            promotion_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            ruleset_key bigint NOT NULL REFERENCES rulesets,
            previous_ruleset_key bigint NOT NULL REFERENCES rulesets,
            promoted_at text COLLATE "C" NOT NULL
        );

        CREATE TABLE runs (
            run_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            run_id text COLLATE "C" NOT NULL UNIQUE,
            first_recorded_at text COLLATE "C",
            last_recorded_at text COLLATE "C"
        );

        CREATE TABLE speakers (
            speaker_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            speaker_id text COLLATE "C",
            name text COLLATE "C"
        );
        -- Over digests: a name may be longer than an index entry can be.
        CREATE UNIQUE INDEX speakers_identity
            ON speakers (md5(coalesce(name, '')), md5(coalesce(speaker_id, '')), (name IS NULL), (speaker_id IS NULL));

        CREATE TABLE documents (
            document_key bigint PRIMARY KEY,
            document_id text COLLATE "C" NOT NULL,
            revision text COLLATE "C" NOT NULL,
            is_current smallint NOT NULL CHECK (is_current IN (0, 1)),
            title text COLLATE "C",
            speaker_key bigint REFERENCES speakers,
            speaker_role text,
            speaker_organisation text,
            delivered_on text COLLATE "C",
            delivered_year text COLLATE "C" GENERATED ALWAYS AS (substr(delivered_on, 1, 4)) STORED,
            delivered_month text COLLATE "C" GENERATED ALWAYS AS
                (CASE WHEN length(delivered_on) >= 7 THEN substr(delivered_on, 1, 7) END) STORED,
            language text,
            source_uri text,
            source_publisher text,
            source_format text,
            source_retrieved_at text,
            source_licence text,
            characters bigint NOT NULL,
            origin_topic text COLLATE "C" NOT NULL,
            origin_partition integer NOT NULL,
            origin_offset bigint NOT NULL,
            UNIQUE (document_id, revision)
        );
        CREATE UNIQUE INDEX documents_current ON documents (document_id) WHERE is_current = 1;
        CREATE INDEX documents_speaker ON documents (speaker_key);

        CREATE TABLE events (
            event_key bigint PRIMARY KEY,
            event_id text COLLATE "C" NOT NULL UNIQUE,
            document_key bigint NOT NULL REFERENCES documents,
            document_id text COLLATE "C" NOT NULL,
            ruleset_key bigint NOT NULL REFERENCES rulesets,
            is_current smallint NOT NULL CHECK (is_current IN (0, 1)),
            assessment text NOT NULL,
            crime_policy smallint CHECK (crime_policy IN (0, 1)),
            crime_policy_score double precision,
            words bigint NOT NULL,
            sentences bigint NOT NULL,
            truncated smallint NOT NULL CHECK (truncated IN (0, 1)),
            run_key bigint REFERENCES runs,
            recorded_at text COLLATE "C",
            origin_topic text COLLATE "C" NOT NULL,
            origin_partition integer NOT NULL,
            origin_offset bigint NOT NULL,
            UNIQUE (document_key, ruleset_key)
        );
        CREATE UNIQUE INDEX events_current ON events (document_id, ruleset_key) WHERE is_current = 1;
        CREATE INDEX events_document ON events (document_id, ruleset_key, origin_offset);

        CREATE TABLE topics (
            topic_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            ruleset_key bigint NOT NULL REFERENCES rulesets,
            topic_id text COLLATE "C" NOT NULL,
            label text COLLATE "C" NOT NULL,
            UNIQUE (ruleset_key, topic_id)
        );

        CREATE TABLE topic_codes (
            topic_key bigint NOT NULL REFERENCES topics,
            scheme text COLLATE "C" NOT NULL,
            position integer NOT NULL,
            code text NOT NULL,
            PRIMARY KEY (topic_key, scheme, position)
        );

        CREATE TABLE document_topics (
            event_key bigint NOT NULL REFERENCES events ON DELETE CASCADE,
            topic_key bigint NOT NULL REFERENCES topics,
            position integer NOT NULL,
            score double precision NOT NULL,
            prominence text NOT NULL,
            evidence_count bigint NOT NULL,
            PRIMARY KEY (event_key, topic_key)
        );
        CREATE INDEX document_topics_topic ON document_topics (topic_key, event_key);

        CREATE TABLE evidence (
            evidence_key bigint PRIMARY KEY,
            event_key bigint NOT NULL,
            topic_key bigint NOT NULL,
            position integer NOT NULL,
            rule text NOT NULL,
            weight integer NOT NULL,
            sentence bigint NOT NULL,
            UNIQUE (event_key, topic_key, position),
            FOREIGN KEY (event_key, topic_key) REFERENCES document_topics ON DELETE CASCADE
        );

        CREATE TABLE spans (
            evidence_key bigint NOT NULL REFERENCES evidence ON DELETE CASCADE,
            position integer NOT NULL,
            span_start bigint NOT NULL,
            span_end bigint NOT NULL,
            quote text,
            prefix text,
            suffix text,
            PRIMARY KEY (evidence_key, position)
        );

        CREATE TABLE withdrawals (
            document_id text COLLATE "C" PRIMARY KEY,
            origin_topic text COLLATE "C" NOT NULL,
            origin_partition integer NOT NULL,
            origin_offset bigint NOT NULL
        );

        CREATE TABLE offsets (
            consumer_group text COLLATE "C" NOT NULL,
            kafka_topic text COLLATE "C" NOT NULL,
            kafka_partition integer NOT NULL,
            next_offset bigint NOT NULL,
            PRIMARY KEY (consumer_group, kafka_topic, kafka_partition)
        );

        """

    private static let views1 = """
        CREATE VIEW current_documents AS
        SELECT d.document_id, d.revision, d.is_current AS is_newest_revision, d.title, d.speaker_key, s.speaker_id,
            s.name AS speaker, d.speaker_role, d.speaker_organisation, d.delivered_on, d.delivered_year,
            d.delivered_month, d.language, d.source_uri, d.source_publisher, d.source_licence, d.characters, e.words,
            e.sentences, e.assessment, e.crime_policy, e.crime_policy_score, e.truncated, e.event_id, e.event_key
        FROM events AS e
        JOIN rulesets AS r ON r.ruleset_key = e.ruleset_key AND r.is_current = 1
        JOIN documents AS d ON d.document_key = e.document_key
        LEFT JOIN speakers AS s ON s.speaker_key = d.speaker_key
        WHERE e.is_current = 1;

        CREATE VIEW current_topics AS
        SELECT c.document_id, c.revision, c.title, c.speaker_key, c.speaker_id, c.speaker, c.speaker_role,
            c.speaker_organisation, c.delivered_on, c.delivered_year, c.delivered_month, c.language, c.source_uri,
            t.topic_id, t.label AS topic, dt.position, dt.score, dt.prominence, dt.evidence_count, c.event_id,
            c.event_key, dt.topic_key
        FROM current_documents AS c
        JOIN document_topics AS dt ON dt.event_key = c.event_key
        JOIN topics AS t ON t.topic_key = dt.topic_key;

        CREATE VIEW topic_by_month AS
        SELECT delivered_month, topic_id, topic, count(*) AS documents,
            count(*) FILTER (WHERE prominence = 'focus') AS focus_documents, avg(score) AS mean_score
        FROM current_topics
        GROUP BY delivered_month, topic_id, topic;

        CREATE VIEW speaker_topics AS
        SELECT speaker_id, speaker, topic_id, topic, count(*) AS documents,
            count(*) FILTER (WHERE prominence = 'focus') AS focus_documents, min(delivered_on) AS first_delivered_on,
            max(delivered_on) AS last_delivered_on
        FROM current_topics
        WHERE speaker_key IS NOT NULL
        GROUP BY speaker_key, speaker_id, speaker, topic_id, topic;

        CREATE VIEW topic_pairs AS
        SELECT a.topic_id AS topic_id_a, a.topic AS topic_a, b.topic_id AS topic_id_b, b.topic AS topic_b,
            count(*) AS documents
        FROM current_topics AS a
        JOIN current_topics AS b ON b.event_key = a.event_key AND b.topic_id > a.topic_id
        GROUP BY a.topic_id, a.topic, b.topic_id, b.topic;

        CREATE VIEW evidence_quotes AS
        SELECT c.document_id, c.title, c.speaker, c.delivered_on, c.source_uri, c.topic_id, c.topic, c.score,
            c.prominence, e.position AS evidence_position, e.rule, e.weight, e.sentence,
            s.position AS span_position, s.span_start, s.span_end, s.quote, s.prefix, s.suffix, c.event_id
        FROM current_topics AS c
        JOIN evidence AS e ON e.event_key = c.event_key AND e.topic_key = c.topic_key
        JOIN spans AS s ON s.evidence_key = e.evidence_key;
        """
}
