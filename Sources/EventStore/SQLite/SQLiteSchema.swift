internal import GRDB

/// The tables of the SQLite store, by version. `Sources/EventStore/README.md` says what each column means.
///
/// The version is SQLite's own `user_version` and the kind of file its `application_id`, so that any tool can read them
/// and one immediate transaction decides, whichever of two processes opens a new file first.
enum SQLiteSchema {
    /// `RSTM` in ASCII: marks a SQLite file as a store of this program.
    static let applicationID: Int32 = 0x5253_544D

    /// The version that this program writes.
    static var version: Int { migrations.count }

    /// Step `n` leads from version `n` to `n + 1`. A step that was released is never edited: add another.
    private static let migrations = [tables1 + views1, tables2]

    /// Refuses files that this program must not write: other programs' and newer versions of ours.
    static func check(_ database: Database, path: String) throws {
        let found = try found(in: database)
        guard found.isOurs else {
            throw StoreError(
                code: .notAStore, reason: "\(path) is a database of another program",
                cure: "name another file for the store; this one was not touched")
        }
        guard found.version <= version else {
            throw StoreError(
                code: .newerSchema,
                reason: "\(path) has schema version \(found.version), this program knows versions up to \(version)",
                cure: "run the newer program that made it, or name another file; there is no way back to older tables")
        }
    }

    /// Brings the file to this program's version, in one transaction that no other process can share.
    static func migrate(_ database: Database, path: String) throws {
        try database.inTransaction(.immediate) {
            try check(database, path: path)
            let found = try found(in: database)
            guard found.version < version else { return .rollback }
            for migration in migrations[found.version...] { try database.execute(sql: migration) }
            try database.execute(sql: "PRAGMA application_id = \(applicationID); PRAGMA user_version = \(version)")
            return .commit
        }
    }

    /// Refuses what only reads a file of an earlier version: it could not ask for what is not there.
    static func checkForReading(_ database: Database, path: String) throws {
        try check(database, path: path)
        let found = try found(in: database).version
        guard found == version else { throw StoreError.olderSchema(path, found: found, known: version) }
    }

    private static func found(in database: Database) throws -> (isOurs: Bool, version: Int) {
        let mark = try Int32.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        let objects = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
        return (mark == applicationID || (mark == 0 && version == 0 && objects == 0), version)
    }

    private static let tables1 = """
        CREATE TABLE rulesets (
            ruleset_key INTEGER PRIMARY KEY,
            digest TEXT NOT NULL UNIQUE,
            name TEXT NOT NULL,
            version TEXT NOT NULL,
            is_current INTEGER NOT NULL CHECK (is_current IN (0, 1))
        ) STRICT;
        CREATE UNIQUE INDEX rulesets_current ON rulesets (is_current) WHERE is_current = 1;

        CREATE TABLE runs (
            run_key INTEGER PRIMARY KEY,
            run_id TEXT NOT NULL UNIQUE,
            first_recorded_at TEXT,
            last_recorded_at TEXT
        ) STRICT;

        CREATE TABLE speakers (
            speaker_key INTEGER PRIMARY KEY,
            speaker_id TEXT,
            name TEXT
        ) STRICT;
        CREATE UNIQUE INDEX speakers_identity
            ON speakers (ifnull(name, ''), ifnull(speaker_id, ''), name IS NULL, speaker_id IS NULL);

        CREATE TABLE documents (
            document_key INTEGER PRIMARY KEY,
            document_id TEXT NOT NULL,
            revision TEXT NOT NULL,
            is_current INTEGER NOT NULL CHECK (is_current IN (0, 1)),
            title TEXT,
            speaker_key INTEGER REFERENCES speakers,
            speaker_role TEXT,
            speaker_organisation TEXT,
            delivered_on TEXT,
            delivered_year TEXT GENERATED ALWAYS AS (substr(delivered_on, 1, 4)) VIRTUAL,
            delivered_month TEXT GENERATED ALWAYS AS
                (CASE WHEN length(delivered_on) >= 7 THEN substr(delivered_on, 1, 7) END) VIRTUAL,
            language TEXT,
            source_uri TEXT,
            source_publisher TEXT,
            source_format TEXT,
            source_retrieved_at TEXT,
            source_licence TEXT,
            characters INTEGER NOT NULL,
            origin_topic TEXT NOT NULL,
            origin_partition INTEGER NOT NULL,
            origin_offset INTEGER NOT NULL,
            UNIQUE (document_id, revision)
        ) STRICT;
        CREATE UNIQUE INDEX documents_current ON documents (document_id) WHERE is_current = 1;
        CREATE INDEX documents_speaker ON documents (speaker_key);

        CREATE TABLE events (
            event_key INTEGER PRIMARY KEY,
            event_id TEXT NOT NULL UNIQUE,
            document_key INTEGER NOT NULL REFERENCES documents,
            document_id TEXT NOT NULL,
            ruleset_key INTEGER NOT NULL REFERENCES rulesets,
            is_current INTEGER NOT NULL CHECK (is_current IN (0, 1)),
            assessment TEXT NOT NULL,
            crime_policy INTEGER CHECK (crime_policy IN (0, 1)),
            crime_policy_score REAL,
            words INTEGER NOT NULL,
            sentences INTEGER NOT NULL,
            truncated INTEGER NOT NULL CHECK (truncated IN (0, 1)),
            run_key INTEGER REFERENCES runs,
            recorded_at TEXT,
            origin_topic TEXT NOT NULL,
            origin_partition INTEGER NOT NULL,
            origin_offset INTEGER NOT NULL,
            UNIQUE (document_key, ruleset_key)
        ) STRICT;
        CREATE UNIQUE INDEX events_current ON events (document_id, ruleset_key) WHERE is_current = 1;
        CREATE INDEX events_document ON events (document_id, ruleset_key, origin_offset);

        CREATE TABLE topics (
            topic_key INTEGER PRIMARY KEY,
            ruleset_key INTEGER NOT NULL REFERENCES rulesets,
            topic_id TEXT NOT NULL,
            label TEXT NOT NULL,
            UNIQUE (ruleset_key, topic_id)
        ) STRICT;

        CREATE TABLE topic_codes (
            topic_key INTEGER NOT NULL REFERENCES topics,
            scheme TEXT NOT NULL,
            position INTEGER NOT NULL,
            code TEXT NOT NULL,
            PRIMARY KEY (topic_key, scheme, position)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE document_topics (
            event_key INTEGER NOT NULL REFERENCES events ON DELETE CASCADE,
            topic_key INTEGER NOT NULL REFERENCES topics,
            position INTEGER NOT NULL,
            score REAL NOT NULL,
            prominence TEXT NOT NULL,
            evidence_count INTEGER NOT NULL,
            PRIMARY KEY (event_key, topic_key)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX document_topics_topic ON document_topics (topic_key, event_key);

        CREATE TABLE evidence (
            evidence_key INTEGER PRIMARY KEY,
            event_key INTEGER NOT NULL,
            topic_key INTEGER NOT NULL,
            position INTEGER NOT NULL,
            rule TEXT NOT NULL,
            weight INTEGER NOT NULL,
            sentence INTEGER NOT NULL,
            UNIQUE (event_key, topic_key, position),
            FOREIGN KEY (event_key, topic_key) REFERENCES document_topics ON DELETE CASCADE
        ) STRICT;

        CREATE TABLE spans (
            evidence_key INTEGER NOT NULL REFERENCES evidence ON DELETE CASCADE,
            position INTEGER NOT NULL,
            span_start INTEGER NOT NULL,
            span_end INTEGER NOT NULL,
            quote TEXT,
            prefix TEXT,
            suffix TEXT,
            PRIMARY KEY (evidence_key, position)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE withdrawals (
            document_id TEXT PRIMARY KEY NOT NULL,
            origin_topic TEXT NOT NULL,
            origin_partition INTEGER NOT NULL,
            origin_offset INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE offsets (
            consumer_group TEXT NOT NULL,
            kafka_topic TEXT NOT NULL,
            kafka_partition INTEGER NOT NULL,
            next_offset INTEGER NOT NULL,
            PRIMARY KEY (consumer_group, kafka_topic, kafka_partition)
        ) STRICT, WITHOUT ROWID;

        """

    /// What stands of the promotions, as a stack: undoing takes the last away.
    private static let tables2 = """
        CREATE TABLE promotions (
            promotion_key INTEGER PRIMARY KEY,
            ruleset_key INTEGER NOT NULL REFERENCES rulesets,
            previous_ruleset_key INTEGER NOT NULL REFERENCES rulesets,
            promoted_at TEXT NOT NULL
        ) STRICT;
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
            sum(prominence = 'focus') AS focus_documents, avg(score) AS mean_score
        FROM current_topics
        GROUP BY delivered_month, topic_id, topic;

        CREATE VIEW speaker_topics AS
        SELECT speaker_id, speaker, topic_id, topic, count(*) AS documents,
            sum(prominence = 'focus') AS focus_documents, min(delivered_on) AS first_delivered_on,
            max(delivered_on) AS last_delivered_on
        FROM current_topics
        WHERE speaker_key IS NOT NULL
        GROUP BY speaker_key, topic_id, topic;

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
