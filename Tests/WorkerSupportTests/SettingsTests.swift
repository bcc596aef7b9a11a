import Foundation
import Testing
import WorkerSupport

@Suite struct SettingsTests {
    /// One row of the precedence table: what each layer says, and what must come of it.
    struct Precedence: Sendable {
        var flag: String?
        var environment: String?
        var file: String?
        let expected: Int
        let layer: SettingLayer
    }

    /// Every layer may set the same key; the strongest that does wins.
    @Test(arguments: [
        Precedence(flag: "7", environment: "8", file: "9", expected: 7, layer: .flag),
        Precedence(flag: "7", file: "9", expected: 7, layer: .flag),
        Precedence(flag: "7", expected: 7, layer: .flag),
        Precedence(environment: "8", file: "9", expected: 8, layer: .environment),
        Precedence(environment: "8", expected: 8, layer: .environment),
        Precedence(file: "9", expected: 9, layer: .file),
        Precedence(expected: 6, layer: .default),
    ])
    func layersWinInOrder(row: Precedence) throws {
        let file = try row.file.map { try TemporaryFile("kafkaTopics:\n  partitions: \($0)\n") }
        let resolution = SettingsResolution(
            SettingsSources(
                flags: row.flag.map { [SettingFlag(key: "kafkaTopics.partitions", value: $0, flag: "--set")] } ?? [],
                environment: row.environment.map { ["ROSTRUM_KAFKA_TOPICS_PARTITIONS": $0] } ?? [:],
                file: file?.path))
        #expect(try resolution.settings().kafkaTopics.partitions == row.expected)
        let shown = try #require(resolution.effective.first { $0.key == SettingKey("kafkaTopics.partitions") })
        #expect(shown.shown == String(row.expected))
        #expect(shown.origin.layer == row.layer)
    }

    @Test func everySettingHasAnEnvironmentNameThatReachesIt() throws {
        for entry in Catalogue.entries {
            let resolution = SettingsResolution(SettingsSources(environment: [entry.key.environmentName: "\u{1}"]))
            let origin = resolution.effective.first { $0.key == entry.key }?.origin
            #expect(origin?.layer == .environment, "\(entry.key) is not set by \(entry.key.environmentName)")
            #expect(origin?.place == entry.key.environmentName)
        }
    }

    @Test func theFileIsNamedByFlagOrEnvironment() throws {
        let named = try TemporaryFile("store: {path: flag.sqlite}\n")
        let other = try TemporaryFile("store: {path: environment.sqlite}\n")
        let environment = ["ROSTRUM_CONFIG": other.path]
        #expect(try load(environment: environment).store.path == "environment.sqlite")
        #expect(try load(environment: environment, file: named.path).store.path == "flag.sqlite")
    }

    @Test func prefixGoesBeforeEveryKafkaTopic() throws {
        let topics = try load(environment: ["ROSTRUM_KAFKA_TOPICS_PREFIX": "team-a."]).kafkaTopics
        #expect(topics.documents == "team-a.speeches.documents")
        #expect(topics.classified == "team-a.speeches.classified")
        #expect(topics.candidate == "team-a.speeches.classified.candidate")
        #expect(topics.deadletter == "team-a.speeches.deadletter")
    }

    @Test(arguments: [
        (
            yaml: "kafkaTopic:\n  documents: a\n",
            hint: "'kafkaTopic' (FILE:1) is no setting; did you mean 'kafkaTopics'?"
        ),
        (
            yaml: "kafka:\n  bootstrapServer: a:1\n",
            hint: "'kafka.bootstrapServer' (FILE:2) is no setting; did you mean 'kafka.bootstrapServers'?"
        ),
        (
            yaml: "delivery:\n  # a comment\n  drainseconds: 5\n",
            hint: "'delivery.drainseconds' (FILE:3) is no setting; did you mean 'delivery.drainSeconds'?"
        ),
        (yaml: "colour: red\n", hint: "'colour' (FILE:1) is no setting (all are in Config/rostrum.yaml)"),
    ])
    func unknownKeysInTheFile(row: (yaml: String, hint: String)) throws {
        let file = try TemporaryFile(row.yaml)
        let problems = SettingsResolution(SettingsSources(environment: [:], file: file.path)).problems
        #expect(problems.map(\.code) == [.unknownKey])
        #expect(problems[0].text.hasPrefix(row.hint.replacing("FILE", with: file.path)), "\(problems[0].text)")
    }

    @Test func unknownVariablesAndFlags() throws {
        let resolution = SettingsResolution(
            SettingsSources(
                flags: [SettingFlag(key: "store.pth", value: "x", flag: "--set")],
                environment: ["ROSTRUM_LOG_LEVLE": "info", "ROSTRUM_UNHEARD_OF_THING": "1", "PATH": "/bin"]))
        #expect(resolution.problems.map(\.code) == [.unknownKey, .unknownKey, .unknownKey])
        let text = resolution.problems.map(\.text).joined(separator: "\n")
        #expect(text.contains("'store.pth' (flag: --set) is no setting; did you mean 'store.path'?"))
        #expect(text.contains("ROSTRUM_LOG_LEVLE is no setting; did you mean 'ROSTRUM_LOG_LEVEL'?"))
        #expect(text.contains("ROSTRUM_UNHEARD_OF_THING is no setting (rename"))
    }

    @Test(arguments: [
        "ROSTRUM_TEST_BROKERS", "ROSTRUM_SINK_SERVICE_HOST", "ROSTRUM_SINK_SERVICE_PORT", "ROSTRUM_PORT",
        "ROSTRUM_SINK_SERVICE_PORT_HTTP", "ROSTRUM_SINK_PORT", "ROSTRUM_SINK_PORT_8080_TCP_ADDR",
        "ROSTRUM_SERVICE_HOST", "ROSTRUM_CONFIG_PORT",
    ])
    func variablesOfOthersAreLeftAlone(name: String) throws {
        #expect(SettingsResolution(SettingsSources(environment: [name: "tcp://10.0.0.1:80"])).problems.isEmpty)
    }

    @Test func allBadValuesAreReportedAtOnce() throws {
        let file = try TemporaryFile(
            """
            kafkaTopics:
              partitions: twelve
              replicationFactor: 3.5
              documents: "spaces here"
            delivery:
              drainSeconds: [1, 2]
            log:
              level: loud
            """)
        let resolution = SettingsResolution(
            SettingsSources(
                flags: [SettingFlag(key: "producer.documentMaxBytes", value: "-1", flag: "--set")],
                environment: ["ROSTRUM_DELIVERY_MAX_IN_FLIGHT_RECORDS": "0", "ROSTRUM_KAFKA_CLIENT_ID": "a b"],
                file: file.path))
        let texts = resolution.problems.map(\.text)
        for start in [
            "\(file.path):6: delivery.drainSeconds must be a single value",
            "kafkaTopics.partitions is 'twelve' (file: \(file.path):2)",
            "kafkaTopics.replicationFactor is '3.5' (file: \(file.path):3)",
            "kafkaTopics.documents is 'spaces here' (file: \(file.path):4)",
            "log.level is 'loud' (file: \(file.path):8)",
            "kafka.clientId is 'a b' (environment: ROSTRUM_KAFKA_CLIENT_ID); it must be 1 to 64 letters",
            "delivery.maxInFlightRecords is '0' (environment: ROSTRUM_DELIVERY_MAX_IN_FLIGHT_RECORDS); "
                + "it must be an integer from 1 to 1000000 records; remove it to get the default '1000'",
            "producer.documentMaxBytes is '-1' (flag: --set); it must be an integer from 1024",
        ] {
            #expect(texts.contains { $0.hasPrefix(start) }, "no problem begins with: \(start)\n\(texts)")
        }
        #expect(throws: SettingsError.self) { try resolution.settings() }
    }

    @Test func badValuesInTheFileNameTheirLine() throws {
        let file = try TemporaryFile("kafkaTopics:\n  partitions: twelve\nlog:\n  level: loud\n")
        let texts = SettingsResolution(SettingsSources(environment: [:], file: file.path)).problems.map(\.text)
        #expect(
            texts == [
                "kafkaTopics.partitions is 'twelve' (file: \(file.path):2); it must be an integer from 1 to 10000 "
                    + "partitions; remove it to get the default '6'",
                "log.level is 'loud' (file: \(file.path):4); it must be one of trace, debug, info, notice, warning, "
                    + "error, critical; remove it to get the default 'info'",
            ])
    }

    @Test(arguments: [
        (
            ["ROSTRUM_PRODUCER_DOCUMENT_MAX_BYTES": "2000000", "ROSTRUM_DELIVERY_MAX_IN_FLIGHT_BYTES": "1048576"],
            ["producer.documentMaxBytes (2000000)", "delivery.maxInFlightBytes (1048576)"]
        ),
        (["ROSTRUM_DELIVERY_DRAIN_SECONDS": "50"], ["delivery.drainSeconds (50)", "consumer.sessionSeconds (45)"]),
        (
            ["ROSTRUM_DELIVERY_STALL_SECONDS": "30", "ROSTRUM_DELIVERY_COMMIT_INTERVAL_MILLISECONDS": "30000"],
            ["delivery.stallSeconds (30)", "delivery.commitIntervalMilliseconds (30000)"]
        ),
        (
            ["ROSTRUM_DELIVERY_MODE": "exactly-once"],
            ["delivery.mode is exactly-once", "consumer.instanceId is absent"]
        ),
        (
            exactlyOnce(["ROSTRUM_DELIVERY_COMMIT_INTERVAL_MILLISECONDS": "60000"], transactionSeconds: 119),
            ["delivery.commitIntervalMilliseconds (60000)", "delivery.transactionTimeoutSeconds (119)"]
        ),
        (
            exactlyOnce(["ROSTRUM_DELIVERY_STALL_SECONDS": "150"], transactionSeconds: 120),
            ["delivery.stallSeconds (150)", "delivery.transactionTimeoutSeconds (120)"]
        ),
        (
            exactlyOnce(["ROSTRUM_KAFKA_EXTRA_MESSAGE_TIMEOUT_MS": "60001"], transactionSeconds: 60),
            ["kafka.extra.message.timeout.ms (60001)", "delivery.transactionTimeoutSeconds (60)"]
        ),
        (
            [
                "ROSTRUM_DELIVERY_RETRY_BACKOFF_MILLISECONDS": "2000",
                "ROSTRUM_DELIVERY_RETRY_BACKOFF_MAX_MILLISECONDS": "1",
            ],
            ["delivery.retryBackoffMilliseconds (2000", "delivery.retryBackoffMaxMilliseconds (1"]
        ),
        (
            ["ROSTRUM_KAFKA_EXTRA_TRANSACTIONAL_ID": "mine"],
            ["kafka.extra.transactional.id", "decided by delivery.mode", "consumer.instanceId"]
        ),
        (
            ["ROSTRUM_KAFKA_TOPICS_CLASSIFIED": "speeches.documents"],
            ["kafkaTopics.documents and kafkaTopics.classified are both 'speeches.documents'"]
        ),
        (["ROSTRUM_KAFKA_EXTRA_GROUP_ID": "g"], ["consumer.classifierGroup or consumer.sinkGroup; set that instead"]),
        (["ROSTRUM_KAFKA_EXTRA_ENABLE_AUTO_COMMIT": "true"], ["the delivery contract depends on it"]),
    ])
    func contradictionsNameBothSides(environment: [String: String], expected: [String]) throws {
        let problems = SettingsResolution(SettingsSources(environment: environment)).problems
        #expect(problems.map(\.code) == [.contradiction])
        for text in expected { #expect(problems[0].text.contains(text), "\(problems[0].text)") }
    }

    @Test(arguments: [
        (yaml: "kafka: [unclosed\n", start: "FILE:", part: "see Config/rostrum.yaml for the form"),
        (yaml: "- a\n- b\n", start: "FILE:1: a settings file is a mapping", part: "kafka:"),
        (yaml: "kafka: localhost:9092\n", start: "FILE:1: section 'kafka' must be a mapping", part: "keys to values"),
        (yaml: "log:\n  level:\n", start: "FILE:2: log.level must be a single value", part: "to get the default"),
        (yaml: "log:\n  level: info\n  level: debug\n", start: "FILE:", part: "written twice: level"),
    ])
    func unreadableFiles(row: (yaml: String, start: String, part: String)) throws {
        let file = try TemporaryFile(row.yaml)
        let problems = SettingsResolution(SettingsSources(environment: [:], file: file.path)).problems
        #expect(problems.count == 1)
        let text = try #require(problems.first?.text)
        #expect(text.hasPrefix(row.start.replacing("FILE", with: file.path)), "\(text)")
        #expect(text.contains(row.part), "\(text)")
    }

    @Test func missingAndOversizedFiles() throws {
        let missing = SettingsResolution(SettingsSources(environment: [:], file: "/no/such/file.yaml"))
        #expect(missing.problems.map(\.code) == [.unreadable])
        #expect(missing.problems[0].text.contains("'/no/such/file.yaml' cannot be read: no such file"))
        let large = try TemporaryFile("#" + String(repeating: "x", count: 1_048_576))
        let oversized = SettingsResolution(SettingsSources(environment: [:], file: large.path))
        #expect(oversized.problems.first?.text.contains("is larger than 1048576 bytes") == true)
    }

    @Test func emptyAndCommentedFilesAreDefaults() throws {
        for text in ["", "# nothing\n", SettingsText.sampleFile] {
            let file = try TemporaryFile(text)
            #expect(try load(file: file.path) == load())
        }
    }

    /// `ROSTRUM_RECORD_GOLDENS=1` writes the file anew, and then fails, so that nobody takes the recording for a test.
    @Test func theShippedSampleIsComplete() throws {
        let path = packageRoot.appending(path: "Config/rostrum.yaml")
        if ProcessInfo.processInfo.environment["ROSTRUM_RECORD_GOLDENS"] == "1" {
            try Data(SettingsText.sampleFile.utf8).write(to: path)
            Issue.record("recorded \(path.path); look at the difference, then run again without ROSTRUM_RECORD_GOLDENS")
        }
        #expect(try String(contentsOf: path, encoding: .utf8) == SettingsText.sampleFile)
    }

    /// Each line of the sample that is a setting, uncommented, must be accepted as it stands.
    @Test func theSampleUncommentedIsValid() throws {
        let lines = SettingsText.sampleFile.split(separator: "\n").map { line in
            line.wholeMatch(of: #/  # ( *[A-Za-z.]+: ?[^ ]*)/#).map { "  " + String($0.1) } ?? String(line)
        }.filter { $0.wholeMatch(of: #/  [A-Za-z]+:/#) == nil || $0 == "  extra:" }
        let file = try TemporaryFile(lines.joined(separator: "\n"))
        let resolution = SettingsResolution(SettingsSources(environment: [:], file: file.path))
        #expect(resolution.problems == [])
        let fromFile = resolution.effective.filter { $0.origin.layer == .file }.count
        #expect(fromFile == Catalogue.entries.filter { $0.defaultText != nil }.count + 1)
    }

    @Test func theTableShowsValueAndLayer() throws {
        let file = try TemporaryFile("store:\n  path: s.sqlite\n")
        let table = SettingsText.table(
            SettingsResolution(SettingsSources(environment: ["ROSTRUM_LOG_LEVEL": "debug"], file: file.path)).effective)
        #expect(table.contains(#/store.path +s.sqlite +file: .*:2/#))
        #expect(table.contains(#/log.level +debug +environment: ROSTRUM_LOG_LEVEL/#))
        #expect(table.contains(#/kafkaTopics.partitions +6 +default/#))
        #expect(table.contains(#/rules.path +- +default/#))
    }

    private static func exactlyOnce(_ more: [String: String], transactionSeconds: Int) -> [String: String] {
        [
            "ROSTRUM_DELIVERY_MODE": "exactly-once", "ROSTRUM_CONSUMER_INSTANCE_ID": "a",
            "ROSTRUM_DELIVERY_TRANSACTION_TIMEOUT_SECONDS": String(transactionSeconds),
        ].merging(more) { _, new in new }
    }

    private func load(environment: [String: String] = [:], file: String? = nil) throws -> Settings {
        try SettingsResolution(SettingsSources(environment: environment, file: file)).settings()
    }

    // MARK: The store's connection

    @Test func aConnectionComesFromAFileAndIsNeverShown() throws {
        let file = try TemporaryFile("postgresql://rostrum:sesame@db/speeches\n")
        let environment = ["ROSTRUM_STORE_KIND": "postgresql", "ROSTRUM_STORE_CONNECTION_FILE": file.path]
        let resolution = SettingsResolution(SettingsSources(environment: environment))
        #expect(try resolution.settings().store.connection == "postgresql://rostrum:sesame@db/speeches")
        let shown = try #require(resolution.effective.first { $0.key == SettingKey("store.connection") })
        #expect(shown.shown == "<redacted>")
        #expect(!SettingsText.table(resolution.effective).contains("sesame"))
        let both = SettingsResolution(
            SettingsSources(environment: environment.merging(["ROSTRUM_STORE_CONNECTION": "x"]) { _, new in new }))
        #expect(both.problems.map(\.code) == [.contradiction])
        #expect(!both.problems[0].text.contains("sesame"))
    }

    @Test(arguments: [
        ("postgresql://rostrum@db/speeches", true), ("host=db dbname=speeches", true),
        ("postgresql://rostrum:sesame@db/speeches", false), ("host=db Password = sesame", false),
    ]) func aPasswordMustNotStandOnACommandLine(connection: String, isAllowed: Bool) throws {
        let resolution = SettingsResolution(
            SettingsSources(
                flags: [
                    SettingFlag(key: "store.kind", value: "postgresql", flag: "--store"),
                    SettingFlag(key: "store.connection", value: connection, flag: "--store"),
                ], environment: [:]))
        #expect(resolution.problems.isEmpty == isAllowed)
        for problem in resolution.problems {
            #expect(problem.text.contains("ROSTRUM_STORE_CONNECTION_FILE") && !problem.text.contains("sesame"))
        }
    }

    @Test func aTokenMustNotStandOnACommandLine() throws {
        let flag = SettingFlag(key: "ingest.token", value: "sesame", flag: "--set")
        let resolution = SettingsResolution(SettingsSources(flags: [flag], environment: [:]))
        #expect(resolution.problems.map(\.code) == [.badValue])
        let text = try #require(resolution.problems.first?.text)
        #expect(text.contains("ROSTRUM_INGEST_TOKEN, or ROSTRUM_INGEST_TOKEN_FILE") && !text.contains("sesame"))
        #expect(try load(environment: ["ROSTRUM_INGEST_TOKEN": "sesame"]).ingest.token == "sesame")
    }

    @Test(arguments: ["", "\n", "\r\n"]) func anEmptyFileOfASecretIsNamed(content: String) throws {
        let file = try TemporaryFile(content)
        let resolution = SettingsResolution(SettingsSources(environment: ["ROSTRUM_INGEST_TOKEN_FILE": file.path]))
        #expect(resolution.problems.map(\.code) == [.unreadable])
        let text = try #require(resolution.problems.first?.text)
        #expect(text.contains("ROSTRUM_INGEST_TOKEN_FILE names '\(file.path)', which is empty"), "\(text)")
    }

    @Test func kindAndConnectionGoTogether() throws {
        let missing = SettingsResolution(SettingsSources(environment: ["ROSTRUM_STORE_KIND": "postgresql"]))
        #expect(missing.problems.map(\.code) == [.contradiction])
        let idle = SettingsResolution(SettingsSources(environment: ["ROSTRUM_STORE_CONNECTION": "host=db"]))
        #expect(idle.problems.map(\.code) == [.contradiction])
        #expect(try load(environment: ["ROSTRUM_STORE_KIND": "ndjson"]).store.path == "rostrum-events")
        #expect(try load(environment: [:]).store.path == "rostrum.sqlite")
    }
}
