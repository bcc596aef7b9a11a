import Foundation
import Testing

/// `rostrum status` and `rostrum top` where nothing can be reached: each part says so, none hides another.
@Suite struct StatusWithoutBrokerTests {
    private static let away = ["ROSTRUM_KAFKA_BOOTSTRAP_SERVERS": "localhost:1", "ROSTRUM_KAFKA_CONNECT_SECONDS": "1"]

    @Test func everythingAwayIsSaidAtOnce() throws {
        let ended = try run(
            "rostrum",
            ["status", "--worker", "http://127.0.0.1:1", "--rules", "/no/rules", "--store", "/no/such/s.sqlite"],
            environment: Self.away)
        #expect(ended.code == 69)
        #expect(ended.output.contains("localhost:1: no broker answers"))
        for text in [
            "kafka.unreachable: no broker answered at localhost:1 within 1 seconds (kafka.bootstrapServers",
            "rules.missing: the rules folder '/no/rules' (rules.path) does not exist",
            "/no/such/s.sqlite is not there; name the store by store.path",
            "worker.silent: the worker at http://127.0.0.1:1 (status.workers, --worker) does not answer",
        ] {
            #expect(ended.output.contains(text), "\(text)\n\(ended.output)")
        }
        #expect(!ended.output.contains("KAFKA TOPIC"))
    }

    @Test func theJSONLeavesOutWhatCouldNotBeAsked() throws {
        let ended = try run("rostrum", ["status", "--output", "json"], environment: Self.away)
        #expect(ended.code == 69)
        let status = try #require(
            try JSONSerialization.jsonObject(with: Data(ended.output.utf8)) as? [String: Any])
        #expect(status["brokers"] == nil && status["groups"] == nil && status["dead_letters"] == nil)
        #expect((status["problems"] as? [[String: String]])?.first?["code"] == "kafka.unreachable")
    }

    @Test func aDatabaseThatIsDownIsNamedWithoutItsPassword() throws {
        let ended = try run(
            "rostrum", ["status"],
            environment: Self.away.merging([
                "ROSTRUM_STORE_KIND": "postgresql",
                "ROSTRUM_STORE_CONNECTION": "postgresql://rostrum:geheim@127.0.0.1:1/rostrum",
            ]) { $1 })
        #expect(ended.code == 69)
        #expect(ended.output.contains("store.unreachable: the store: PostgreSQL 127.0.0.1:1/rostrum"))
        #expect(ended.output.contains("check that the server runs and that store.connection names its host"))
        #expect(!(ended.output + ended.errors).contains("geheim"))
    }

    @Test func wrongUsesAreSaid() throws {
        #expect(try run("rostrum", ["status", "--worker", "classifier"]).code == 2)
        #expect(try run("rostrum", ["status", "--dead-letter-seconds", "601"]).code == 2)
        #expect(try run("rostrum", ["top", "--interval", "0"]).code == 2)
        let noTerminal = try run("rostrum", ["top"], environment: Self.away)
        #expect(noTerminal.code == 1)
        #expect(noTerminal.errors.contains("there is no terminal to draw on; use 'rostrum status'"))
    }

    /// On a terminal of its own: every picture fits it, the keys are shown, several keys at once are taken one by one.
    @Test(arguments: [(80, 24), (200, 50), (40, 8)])
    func topFitsItsTerminal(columns: Int, lines: Int) throws {
        let script = packageRoot.appending(path: "Tests/Commands/terminal.py").path
        let ended = try run(
            "python3",
            [
                script, String(columns), String(lines), "+\\x1b[B\\x1b[Bpq", Programs.path(of: "rostrum").path, "top",
                "--rules", "/no/rules",
            ], environment: Self.away)
        let parts = ended.output.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        #expect(parts[0] == "0", "\(ended.output.suffix(2000))")
        let scalars = try #require(parts.last).unicodeScalars.filter { $0 != "\r" }
        let drawn = String(String.UnicodeScalarView(scalars)).replacing("\u{1B}[?2026h", with: "")
        let pictures = drawn.split(separator: "\u{1B}[H").dropFirst()
        #expect(!pictures.isEmpty)
        for picture in pictures {
            let rows = picture.split(separator: "\u{1B}[J")[0].split(separator: "\n", omittingEmptySubsequences: false)
                .map { $0.replacing("\u{1B}[K", with: "") }
            #expect(rows.count == lines)
            #expect(rows.allSatisfy { $0.count <= columns })
            #expect(rows.last?.hasPrefix("q quit  p pause") == true)
        }
        #expect(drawn.contains("kafka.unreachable"))
        // The terminal is given back as it was.
        #expect(drawn.hasSuffix("\u{1B}[?25h\u{1B}[?1049l"))
    }
}

/// Five faults as an operator meets them. Log line and `rostrum status` must each name the cause and the cure;
/// Deploy/operations.md has each as a worked example.
@Suite(.enabled(if: TestBroker.isThere, TestBroker.absence), .serialized)
struct StagedFaultTests {
    private func status(_ area: KafkaArea, _ more: [String: String] = [:]) throws -> Ended {
        try run("rostrum", ["status"], environment: area.environment.merging(more) { $1 }, within: .seconds(180))
    }

    private func expect(_ text: String, says sentences: [String], _ location: SourceLocation = #_sourceLocation) {
        for sentence in sentences { #expect(text.contains(sentence), "\(sentence)\n\(text)", sourceLocation: location) }
    }

    @Test func aWrongBrokerAddress() throws {
        let area = try KafkaArea()
        let wrong = ["ROSTRUM_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", "ROSTRUM_KAFKA_CONNECT_SECONDS": "2"]
        let sentences = ["no broker answered at 127.0.0.1:1", "(kafka.bootstrapServers", "that the address is right"]
        let worker = try area.start("rostrum-classifier", wrong).end()
        #expect(worker.code == 69)
        expect(worker.errors, says: sentences)
        let status = try status(area, wrong)
        #expect(status.code == 69)
        expect(status.output, says: sentences)
    }

    @Test func aMissingKafkaTopic() throws {
        let area = try KafkaArea()
        let wrong = ["ROSTRUM_KAFKA_TOPICS_DOCUMENTS": "speeches.document"]
        let sentences = [
            "the Kafka topic '\(area.prefix)speeches.document' does not exist", "rostrum topics create",
            "kafkaTopics.prefix",
        ]
        let worker = try area.start("rostrum-classifier", wrong).end()
        #expect(worker.code == 78)
        expect(worker.errors, says: sentences)
        let status = try status(area, wrong)
        #expect(status.code == 3)
        expect(status.output, says: sentences)
    }

    @Test func aBadRuleFile() throws {
        let area = try KafkaArea()
        let rules = try TemporaryFolder()
        try rules.write("ruleset: broken\ntopic: [", to: "broken.yaml")
        let wrong = ["ROSTRUM_RULES_PATH": rules.path]
        let sentences = ["broken.yaml:", "mend what is listed above"]
        let worker = try area.start("rostrum-classifier", wrong).end()
        #expect(worker.code == 78)
        expect(worker.errors, says: sentences)
        let status = try status(area, wrong)
        #expect(status.code == 3)
        expect(status.output, says: sentences)
    }

    @Test func aPoisonDocument() throws {
        let area = try KafkaArea()
        try area.put(#"{"schema_version":1,"id":"p","body":["A secret sentence."]"#, key: "p")
        let worker = try area.start("rostrum-classifier")
        try worker.waitForLine("record put aside as dead letter")
        expect(worker.errors, says: ["\"error.code\":\"document.invalid_json\"", "\"kafka.offset\":0"])
        #expect(!worker.errors.contains("secret sentence"))
        var status = try status(area)
        _ = try waitUntil(within: .seconds(60)) {
            status = try self.status(area)
            return status.output.contains("deadletters.present")
        }
        #expect(status.code == 3)
        expect(
            status.output,
            says: [
                "1 record waits in the dead letters (1 document.invalid_json)", "rostrum deadletter list",
                "mend the cause, then 'rostrum deadletter redrive'",
            ])
        worker.send(SIGTERM)
        _ = try worker.end()
    }

    @Test func aDatabaseThatIsDown() throws {
        let area = try KafkaArea()
        let down = [
            "ROSTRUM_STORE_KIND": "postgresql", "ROSTRUM_STORE_CONNECT_SECONDS": "1",
            "ROSTRUM_STORE_CONNECTION": "postgresql://rostrum:geheim@127.0.0.1:1/rostrum",
        ]
        let sentences = ["store.unreachable", "127.0.0.1:1/rostrum", "check that the server runs"]
        let worker = try area.start("rostrum-sink", down).end()
        #expect(worker.code == 69)
        expect(worker.errors, says: sentences)
        let status = try status(area, down)
        expect(status.output, says: sentences)
        #expect(!(worker.errors + status.output).contains("geheim"))
    }

    /// All well: no problem, exit code 0.
    @Test func aHealthyInstallationHasNoProblems() throws {
        let area = try KafkaArea()
        let (atClassifier, atSink) = (try Endpoint(), try Endpoint())
        let classifier = try area.start("rostrum-classifier", atClassifier.environment)
        let sink = try area.start("rostrum-sink", atSink.environment)
        #expect(try run("rostrum-producer", [PipelineTests.samples], environment: area.environment).code == 0)
        try area.wait(for: "SELECT count(*) FROM events", toReach: 14, by: [classifier, sink])
        let workers = ["ROSTRUM_STATUS_WORKERS": "\(atClassifier.address),\(atSink.address)"]
        var last = try status(area, workers.merging(["ROSTRUM_KAFKA_TOPICS_PARTITIONS": "3"]) { $1 })
        _ = try waitUntil(within: .seconds(60)) {
            last = try status(area, workers.merging(["ROSTRUM_KAFKA_TOPICS_PARTITIONS": "3"]) { $1 })
            return last.code == 0
        }
        #expect(last.code == 0, "\(last.output)")
        expect(last.output, says: ["no problems", "14 events, 0 records behind", "as wanted", "ready", "Stable"])
        for worker in [classifier, sink] {
            worker.send(SIGTERM)
            _ = try worker.end()
        }
    }
}
