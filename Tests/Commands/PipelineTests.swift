import Foundation
import Testing

/// Three processes and a broker, from files to rows.
@Suite(.enabled(if: TestBroker.isThere, TestBroker.absence), .serialized)
struct PipelineTests {
    static let samples = packageRoot.appending(path: "Config/samples").path

    @Test func theSamplesGoFromFilesToRows() throws {
        let area = try KafkaArea()
        let published = try run("rostrum-producer", ["--json", Self.samples], environment: area.environment)
        #expect(published.code == 0, "\(published.errors)")
        let count = try #require(try objects(published.output).first?["published"] as? Int)
        #expect(count == 14)
        let classifier = try area.start("rostrum-classifier")
        let sink = try area.start("rostrum-sink")
        try area.wait(for: KafkaArea.storedRecords, toReach: count, by: [classifier, sink])
        for worker in [classifier, sink] {
            worker.send(SIGTERM)
            let ended = try worker.end(within: .seconds(30))
            #expect(ended.code == 0)
            #expect(ended.errors.contains("\"stop.reason\":\"SIGTERM\""))
            #expect(ended.errors.contains("\"message\":\"stopped\""))
        }
        #expect(try area.count(area.deadletter) == 0)
        try checkRows(area)
        try checkVerification(area)
        try checkRecords(area)
        try checkLogs([classifier, sink])
    }

    /// The store says what `rostrum classify` says of the same files, which went through no broker.
    private func checkRows(_ area: KafkaArea) throws {
        let direct = try run("rostrum", ["classify", "--output", "ndjson", Self.samples])
        let expected = try objects(direct.output).map { event in
            let topics = (event["topics"] as? [[String: Any]] ?? []).compactMap { $0["id"] as? String }.sorted()
            return "\(event["event_id"] as? String ?? "")|\(topics.joined(separator: ","))"
        }
        let rows = try area.sql(
            """
            SELECT e.event_id, ifnull((SELECT group_concat(topic_id, ',') FROM
                (SELECT t.topic_id FROM document_topics d JOIN topics t USING (topic_key)
                 WHERE d.event_key = e.event_key ORDER BY t.topic_id)), '') FROM events e
            """)
        #expect(rows.split(separator: "\n").map(String.init).sorted() == Set(expected).sorted())
    }

    /// `rostrum store verify` finds nothing, and then what is taken away, changed and added.
    private func checkVerification(_ area: KafkaArea) throws {
        func verify() throws -> Ended { try run("rostrum", ["store", "verify"], environment: area.environment) }
        let sound = try verify()
        #expect(sound.code == 0, "\(sound.errors)")
        let events = area.number("SELECT count(*) FROM events")
        #expect(sound.output == "14 records read, \(events) events compared, 0 differences\n")
        let copy = area.folder.url(of: "sound.sqlite").path
        _ = try area.sql("VACUUM INTO '\(copy)'")
        // Three documents of one revision each: a changed one of two would change what is current, too.
        let keys = try area.sql(
            """
            SELECT event_key FROM events GROUP BY document_id HAVING count(*) = 1 ORDER BY event_key LIMIT 3
            """
        ).split(separator: "\n")
        try #require(keys.count == 3)
        let missing = try area.sql(
            "PRAGMA foreign_keys = ON; DELETE FROM events WHERE event_key = \(keys[0]) RETURNING document_id")
        _ = try area.sql(
            """
            UPDATE documents SET title = 'changed' WHERE document_key =
                (SELECT document_key FROM events WHERE event_key = \(keys[1]))
            """)
        _ = try area.sql("UPDATE events SET is_current = 0 WHERE event_key = \(keys[2])")
        let unsound = try verify()
        #expect(unsound.code == 3)
        #expect(unsound.output.contains("missing: document \(missing.trimmingCharacters(in: .newlines)), event "))
        #expect(unsound.output.contains("\ncontent: document ") || unsound.output.hasPrefix("content: document "))
        #expect(unsound.output.contains("current: document "))
        #expect(unsound.output.contains("14 records read, \(events - 1) events compared, 3 differences"))
        for end in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: area.database + end) }
        try FileManager.default.removeItem(atPath: area.database)
        try FileManager.default.moveItem(atPath: copy, toPath: area.database)
        #expect(try verify().code == 0)
    }

    /// Another client reads the records, another language checks schemas, headers and offsets.
    private func checkRecords(_ area: KafkaArea) throws {
        let headers = try area.kcat(area.classified, "%h\n").split(separator: "\n")
        for line in headers {
            for name in [
                "ce_specversion=1.0", "ce_id=", "ce_source=/rostrum/classifier", "ce_type=rostrum.speech.classified.v1",
                "ce_subject=", "ce_recordedtime=", "ce_dataschema=urn:rostrum:schema:event:1",
                "content-type=application/json", "rostrum_origin_topic=\(area.documents)", "rostrum_origin_partition=",
                "rostrum_origin_offset=", "rostrum_run=live",
            ] {
                #expect(line.contains(name), "\(name) is not in \(line)")
            }
        }
        let documents = try area.folder.write(area.kcat(area.documents, "%s\n"), to: "documents")
        let events = try area.folder.write(area.kcat(area.classified, "%s\n"), to: "events")
        let script = packageRoot.appending(path: "Tests/Commands/check_records.py").path
        let checked = try run("python3", [script, packageRoot.path, documents, events])
        #expect(checked.code == 0, "\(checked.errors)")
        #expect(checked.output == "14 documents, 14 events\n")
    }

    /// No log line at any level holds words of a document.
    private func checkLogs(_ workers: [RunningProgram]) throws {
        for worker in workers {
            let text = worker.errors
            #expect(text.contains("\"level\":\"trace\""))
            for words in ["modern slavery", "digital evidence", "Afghanistan", "Malthouse"] {
                #expect(!text.contains(words), "'\(words)' is in a log")
            }
            #expect(try !objects(text).isEmpty)
        }
    }

    @Test func badRecordsGoToTheDeadLettersAndTheWorkerGoesOn() throws {
        let area = try KafkaArea(partitions: 1)
        try area.put("{not json", key: "bad-1", headers: ["own=kept"])
        try area.put(#"{"schema_version":99,"id":"bad-2","body":["x"]}"#, key: "bad-2")
        try area.put(#"{"schema_version":1,"id":"other","body":["x"]}"#, key: "bad-3")
        try area.put(
            #"{"schema_version":1,"id":"good","title":"Drugs","body":["Drug trafficking harms us."],"language":"en"}"#,
            key: "good",
            headers: ["traceparent=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "tracestate=a=1"])
        let classifier = try area.start("rostrum-classifier")
        let sink = try area.start("rostrum-sink")
        try area.wait(for: KafkaArea.currentEvents, toReach: 1, by: [classifier, sink])
        for worker in [classifier, sink] { worker.send(SIGTERM) }
        for worker in [classifier, sink] { #expect(try worker.end(within: .seconds(30)).code == 0) }

        let letters = try area.kcat(area.deadletter, "%k|%s|%h\n").split(separator: "\n")
        #expect(letters.count == 3)
        let codes = ["document.invalid_json", "document.unsupported_version", "document.invalid"]
        let values = [
            "{not json", #"{"schema_version":99,"id":"bad-2","body":["x"]}"#,
            #"{"schema_version":1,"id":"other","body":["x"]}"#,
        ]
        for (index, letter) in letters.enumerated() {
            #expect(letter.hasPrefix("bad-\(index + 1)|\(values[index])|"))
            for header in [
                "__connect.errors.topic=\(area.documents)", "__connect.errors.partition=0",
                "__connect.errors.offset=\(index)",
                "__connect.errors.connector.name=rostrum-classifier", "__connect.errors.stage=VALUE_CONVERTER",
                "__connect.errors.exception.message=", "rostrum.error.code=\(codes[index])", "rostrum.redrive.count=0",
            ] {
                #expect(letter.contains(header), "\(header) is not in \(letter)")
            }
        }
        #expect(letters[0].contains("|own=kept,"))
        let trace = try area.kcat(area.classified, "%h\n")
        #expect(trace.matches(of: /traceparent=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01/).count == 1)
        #expect(trace.matches(of: /tracestate=a=1/).count == 1)
    }

    @Test func aWithdrawalDeletesTheRows() throws {
        let area = try KafkaArea()
        #expect(try run("rostrum-producer", [ClassifyCommandTests.seed], environment: area.environment).code == 0)
        let classifier = try area.start("rostrum-classifier")
        let sink = try area.start("rostrum-sink")
        try area.wait(for: KafkaArea.currentEvents, toReach: 1, by: [classifier, sink])
        let id = try area.sql("SELECT document_id FROM events").trimmingCharacters(in: .newlines)
        let withdrawn = try run("rostrum-producer", ["withdraw", id], environment: area.environment)
        #expect(withdrawn.code == 0)
        #expect(withdrawn.output == "1 withdrawn\n")
        #expect(
            waitUntil(within: .seconds(60)) {
                area.number("SELECT count(*) FROM withdrawals") == 1 && area.number("SELECT count(*) FROM events") == 0
            })
        for worker in [classifier, sink] { worker.send(SIGTERM) }
        for worker in [classifier, sink] { #expect(try worker.end(within: .seconds(30)).code == 0) }
    }

    /// What cannot be a document is refused before it is produced, and what can is published all the same.
    @Test func refusedDocumentsNeverReachTheBroker() throws {
        let area = try KafkaArea()
        let folder = try TemporaryFolder()
        for refusal in ClassifyCommandTests.refusals { try folder.write(Data(refusal.bytes), to: refusal.name) }
        try folder.write("A long speech\n\n" + String(repeating: "Cyber crime rose. ", count: 290_000), to: "large.txt")
        try folder.write("A good speech\n\nCyber crime rose.", to: "good.txt")
        let ended = try run("rostrum-producer", ["--json", folder.path], environment: area.environment)
        #expect(ended.code == 3)
        let summary = try #require(try objects(ended.output).first)
        #expect(summary["published"] as? Int == 1)
        let rejected = try #require(summary["rejected"] as? [String: Int])
        #expect(rejected.values.reduce(0, +) == 5)
        #expect(rejected["format.too_large"] == 1)
        #expect(ended.errors.contains("large.txt: format.too_large: the document has 5"))
        #expect(ended.errors.contains("900000 are allowed"))
        #expect(try area.count(area.documents) == 1)
    }

    @Test func aMissingKafkaTopicIsNamed() throws {
        let servers = try #require(TestBroker.servers)
        let ended = try run(
            "rostrum-classifier",
            environment: [
                "ROSTRUM_KAFKA_BOOTSTRAP_SERVERS": servers,
                "ROSTRUM_KAFKA_TOPICS_PREFIX": "never-made-\(UUID().uuidString).",
            ], within: .seconds(60))
        #expect(ended.code == 78)
        #expect(ended.errors.contains("does not exist at \(servers); make it with 'rostrum topics create'"))
    }

    @Test func topicsAreMadeOnceAndDescribed() throws {
        let area = try KafkaArea(partitions: 2)
        let again = try run("rostrum", ["topics", "create"], environment: area.environment)
        #expect(again.code == 0)
        #expect(again.output.matches(of: /is there already/).count == 4)
        let wanted = ["topics", "describe", "--set", "kafkaTopics.partitions=2"]
        #expect(try run("rostrum", wanted, environment: area.environment).code == 0)
        let different = try run("rostrum", ["topics", "describe"], environment: area.environment)
        #expect(different.code == 3)
        #expect(different.output.contains("\(area.documents): 2 partitions; 6 partitions are wanted"))
    }
}
