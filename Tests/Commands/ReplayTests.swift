import Foundation
import Testing

/// New rules over documents that are already there: bounded, resumable, beside the live results.
@Suite(.enabled(if: TestBroker.isThere, TestBroker.absence), .serialized)
struct ReplayTests {
    static let documents = 240

    private func publish(_ area: KafkaArea, from first: Int = 0, count: Int = documents) throws {
        let folder = try TemporaryFolder()
        let passages = ["Drug trafficking is a threat.", "Modern slavery has no place here.", "The weather was fine."]
        for number in first..<first + count {
            try folder.write(
                "Speech number \(number)\n\nThis is speech \(number). \(passages[number % 3])\n\nThank you.",
                to: "speech-\(number).txt")
        }
        let ended = try run("rostrum-producer", [folder.path], environment: area.environment)
        try #require(ended.code == 0, "\(ended.errors)")
    }

    /// A ruleset of two topics, and one that loses the first of them.
    private func rules(_ folder: TemporaryFolder, drugs: String) throws -> String {
        try FileManager.default.createDirectory(at: folder.url(of: "rules"), withIntermediateDirectories: true)
        try folder.write("ruleset: test\nversion: 1.0.0\ndescription: For tests.\n", to: "rules/ruleset.yaml")
        for (topic, find) in [("drugs", drugs), ("modern-slavery", "modern slavery")] {
            try folder.write(
                """
                topic: \(topic)
                label: \(topic)
                description: For tests.
                scope_note: None.
                rules:
                  - id: \(topic).named
                    weight: 3
                    find: |
                      \(find)
                    examples:
                      - {text: "None of it.", finds: []}
                """, to: "rules/\(topic).yaml")
        }
        return folder.url(of: "rules").path
    }

    private func replay(_ area: KafkaArea, _ arguments: [String]) throws -> Ended {
        try run(
            "rostrum", ["replay"] + arguments,
            environment: area.environment.merging(["ROSTRUM_LOG_LEVEL": "warning"]) { $1 })
    }

    private func candidates(_ area: KafkaArea) -> String { area.prefix + "speeches.classified.candidate" }

    /// Ids of documents with a count of how often each came.
    private func keys(_ area: KafkaArea, _ topic: String) throws -> [String: Int] {
        Dictionary(try area.kcat(topic, "%k\n").split(separator: "\n").map { (String($0), 1) }, uniquingKeysWith: +)
    }

    @Test func aDryRunPublishesNothing() throws {
        let area = try KafkaArea()
        try publish(area, count: 30)
        let ended = try replay(area, ["--dry-run"])
        #expect(ended.code == 0, "\(ended.errors)")
        #expect(ended.output.contains("at most 30 documents"), "\(ended.output)")
        #expect(try area.count(candidates(area)) == 0)
        let empty = try replay(area, ["--from", "latest", "--dry-run"])
        #expect(empty.code == 0)
        #expect(empty.output.contains("is in the range"), "\(empty.output)")
        let none = area.folder.url(of: "none.json").path
        let executed = try replay(area, ["--from", "2099-01-01", "--plan", none, "--execute"])
        #expect(executed.code == 0, "\(executed.errors)")
        #expect(!executed.output.contains("promote") && executed.output.contains("no plan was written"))
        #expect(!FileManager.default.fileExists(atPath: none))
    }

    /// Exactly the records made in a span of time, by an independent count, whatever is published meanwhile.
    @Test func aRangeOfTimeIsExact() throws {
        let area = try KafkaArea()
        try publish(area, count: 40)
        Thread.sleep(forTimeInterval: 1.2)
        try publish(area, from: 100, count: 50)
        Thread.sleep(forTimeInterval: 1.2)
        try publish(area, from: 200, count: 60)
        let stamps = try area.kcat(area.documents, "%T %k\n").split(separator: "\n").map { $0.split(separator: " ") }
        let times = stamps.map { Int64($0[0])! }.sorted()
        // The gaps between the three groups are where the sorted times jump most.
        let (from, to) = (times[40], times[90])
        func text(_ time: Int64) -> String {
            Date(timeIntervalSince1970: Double(time) / 1000).formatted(
                Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        }
        let ended = try replay(
            area, ["--from", text(from), "--to", text(to), "--plan", area.folder.url(of: "p.json").path, "--execute"])
        #expect(ended.code == 0, "\(ended.errors)")
        let wanted = Set(stamps.filter { (from..<to).contains(Int64($0[0])!) }.map { String($0[1]) })
        #expect(wanted.count == 50)
        #expect(try Set(keys(area, candidates(area)).keys) == wanted)
    }

    /// Killed at random points, a replay ends with the content of one that nobody disturbed; a second replay adds no
    /// row; the live classifier's offsets stand where they stood.
    @Test func killedReplaysEndWithTheSameContent() throws {
        let area = try KafkaArea()
        try publish(area)
        let live = try area.start("rostrum-classifier")
        #expect(waitUntil(within: .seconds(120)) { (try? area.count(area.classified)) == Self.documents })
        let folder = try TemporaryFolder()
        let rules = try rules(folder, drugs: "drug traffick*")
        let plan = area.folder.url(of: "killed.json").path
        var generator = SystemRandomNumberGenerator()
        var kills = 0
        for _ in 0..<10 {
            let job = try RunningProgram(
                "rostrum", ["replay", "--rules", rules, "--plan", plan, "--max-rate", "80", "--execute"],
                environment: area.environment.merging(["ROSTRUM_DELIVERY_COMMIT_INTERVAL_MILLISECONDS": "50"]) { $1 })
            let patience = Duration.milliseconds(Int.random(in: 300...1500, using: &generator))
            if !waitUntil(within: patience, { !job.isRunning }) {
                job.killNow()
                kills += 1
            }
        }
        #expect(kills >= 2)
        let last = try replay(area, ["--rules", rules, "--plan", plan, "--execute"])
        #expect(last.code == 0, "\(last.errors)")
        #expect(try Set(keys(area, candidates(area)).keys).count == Self.documents)

        let sink = try area.start("rostrum-sink")
        let total = "SELECT count(*) FROM events"
        try area.wait(for: total, toReach: 2 * Self.documents, by: [sink])
        let again = try replay(area, ["--rules", rules, "--plan", area.folder.url(of: "again.json").path, "--execute"])
        #expect(again.code == 0, "\(again.errors)")
        let records = try area.count(area.classified) + area.count(candidates(area))
        try area.wait(for: KafkaArea.storedRecords, toReach: records, by: [sink])
        #expect(area.number(total) == 2 * Self.documents)
        #expect(area.number("SELECT count(*) FROM current_documents") == Self.documents)
        for worker in [live, sink] { worker.send(SIGTERM) }
        for worker in [live, sink] { #expect(try worker.end().code == 0) }
        // What the live group committed is what it read, no more and no less: a new classifier finds nothing to do.
        let successor = try area.start("rostrum-classifier")
        try successor.waitForLine("partitions assigned")
        try publish(area, from: 9_000, count: 1)
        #expect(waitUntil(within: .seconds(60)) { !successor.recordsTaken.isEmpty })
        successor.send(SIGTERM)
        #expect(try successor.end().code == 0)
        #expect(successor.recordsTaken.count == 1)
    }

    @Test func aPlanGoesOnWithTheSameRulesOnly() throws {
        let area = try KafkaArea()
        try publish(area, count: 12)
        let folder = try TemporaryFolder()
        let plan = area.folder.url(of: "plan.json").path
        let rules = try rules(folder, drugs: "drug traffick*")
        #expect(try replay(area, ["--rules", rules, "--plan", plan, "--execute"]).code == 0)
        let done = try area.count(candidates(area))
        #expect(try replay(area, ["--rules", rules, "--plan", plan, "--execute"]).code == 0)
        #expect(try area.count(candidates(area)) == done)
        let other = try replay(area, ["--plan", plan, "--execute"])
        #expect(other.code == 78)
        #expect(other.errors.contains("the same rules"), "\(other.errors)")
        let ranged = try replay(area, ["--rules", rules, "--plan", plan, "--from", "earliest", "--execute"])
        #expect(ranged.code == 2)
        #expect(ranged.errors.contains("has its range already"), "\(ranged.errors)")
    }

    /// The comparison on the stream finds what a comparison of the files finds, and gates on it.
    @Test func aComparisonFindsWhatBruteForceFinds() throws {
        let area = try KafkaArea()
        try publish(area, count: 60)
        let (first, second) = (try TemporaryFolder(), try TemporaryFolder())
        let old = try rules(first, drugs: "drug traffick*")
        let new = try rules(second, drugs: "heroin")
        // Nothing is published, so that the Kafka topic of candidates need not be there.
        let ended = try replay(
            area,
            [
                "--rules", new, "--compare", "--against", old, "--output", "json", "--set",
                "kafkaTopics.candidate=none",
            ])
        #expect(ended.code == 0, "\(ended.errors)")
        let report = try #require(try objects(ended.output.replacing("\n", with: "")).first)
        // Every third speech speaks of drugs.
        #expect(report["documents_read"] as? Int == 60)
        #expect(report["documents_changed"] as? Int == 20)
        let changed = try #require(report["documents"] as? [[String: Any]]).compactMap { $0["id"] as? String }
        let bodies = try area.kcat(area.documents, "%k\t%s\n").split(separator: "\n")
        let wanted = bodies.filter { $0.contains("Drug trafficking") }.map { $0.split(separator: "\t")[0] }
        #expect(Set(changed) == Set(wanted.map { String($0) }))
        let gated = try replay(area, ["--rules", new, "--compare", "--against", old, "--max-lost", "10%"])
        #expect(gated.code == 3)
        #expect(gated.errors.contains("20 of 60 documents lost a topic; --max-lost allows 10.0%"), "\(gated.errors)")
        let allowed = try replay(area, ["--rules", new, "--compare", "--against", old, "--max-changed", "20"])
        #expect(allowed.code == 0)
        #expect(try area.count(candidates(area)) == 0)
    }
}

@Suite struct ReplayUsageTests {
    @Test(arguments: [
        (["replay"], "--dry-run"), (["replay", "--dry-run", "--execute"], "give one of"),
        (["replay", "--from", "yesterday", "--dry-run"], "--from takes"),
        (["replay", "--to", "P1Y", "--dry-run"], "--to takes"),
        (["replay", "--from", "2022-01-02", "--to", "2022-01-01", "--dry-run"], "--to is not after --from"),
        (["replay", "--from", "-PT1H", "--to", "-PT2H", "--execute"], "--to is not after --from"),
        (["replay", "--from", "offset:7", "--to", "offset:7", "--compare"], "--to is not after --from"),
        (["replay", "--to", "earliest", "--dry-run"], "holds nothing"),
        (["replay", "--partitions", "3-1", "--dry-run"], "--partitions takes"),
        (["replay", "--max-rate", "0", "--execute"], "--max-rate takes"),
        (["replay", "--max-rate", "1e-18", "--dry-run"], "--max-rate takes"),
        (["replay", "--execute", "--max-lost", "3"], "goes with --compare"),
        (["replay", "--compare", "--plan", "x.json"], "keeps no plan"),
    ])
    func wrongCommandLines(_ arguments: [String], _ says: String) throws {
        let ended = try run("rostrum", arguments)
        #expect(ended.code == 2)
        #expect(ended.errors.contains(says), "\(ended.errors)")
    }

    @Test func noBrokerNoReplay() throws {
        let ended = try run(
            "rostrum", ["replay", "--dry-run", "--bootstrap-servers", "127.0.0.1:9", "--set", "kafka.connectSeconds=1"])
        #expect(ended.code == 69)
        #expect(ended.errors.contains("no broker answered"), "\(ended.errors)")
    }
}
