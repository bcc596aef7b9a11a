import Foundation
import Testing

/// `rostrum store …` on stores that `rostrum demo` has filled, or that are made here.
@Suite struct StoreCommandTests {
    private let folder: TemporaryFolder
    private var database: String { folder.url(of: "demo.sqlite").path }

    init() throws { folder = try TemporaryFolder() }

    private func filled() throws {
        let demo = try run("rostrum", ["demo", "--database", database])
        try #require(demo.code == 0, "\(demo.errors)")
    }

    private func store(_ arguments: String..., environment: [String: String] = [:]) throws -> Ended {
        try run("rostrum", ["store"] + arguments + ["--store", database], environment: environment)
    }

    @Test func statusRulesetsAndPromotions() throws {
        try filled()
        let status = try store("status", "--output", "json")
        let facts = try #require(
            try JSONSerialization.jsonObject(with: Data(status.output.utf8)) as? [String: Any], "\(status.errors)")
        #expect(facts["kind"] as? String == "sqlite")
        #expect(facts["documents"] as? Int == 12)
        #expect((facts["offsets"] as? [Any])?.isEmpty == false)
        let text = try store("status")
        #expect(text.output.contains("documents:  12"))
        #expect(text.output.contains(#/current: crime-policy \d+\.\d+\.\d+ sha256:/#))

        #expect(try store("rulesets").output.contains("current"))
        let unknown = try store("promote", "9.9.9")
        #expect(unknown.code == 2)
        #expect(unknown.errors.contains("no ruleset in the store answers to '9.9.9'"))
        #expect(unknown.errors.contains("crime-policy@"))
        let same = try store("promote", "crime-policy@" + version())
        #expect(same.code == 0 && same.output.contains("already"), "\(same.errors)")
        let nothing = try store("rollback")
        #expect(nothing.code == 2 && nothing.errors.contains("no promotion is left"))

        // A second ruleset's results, as a replay would bring them.
        try sql(
            """
            INSERT INTO rulesets (digest, name, version, is_current) VALUES ('sha256:beef', 'crime-policy', '9.0.0', 0);
            INSERT INTO events (event_id, document_key, document_id, ruleset_key, is_current, assessment, words,
                sentences, truncated, origin_topic, origin_partition, origin_offset)
            SELECT 'x' || event_id, document_key, document_id, (SELECT max(ruleset_key) FROM rulesets), 1, 'empty',
                words, sentences, 0, origin_topic, origin_partition, origin_offset FROM events WHERE is_current = 1;
            """)
        #expect(try store("promote", "9.0.0").output.contains("the views show crime-policy 9.0.0 (sha256:beef) now"))
        #expect(try store("query", "topics", "--output", "csv").output.split(separator: "\r\n").count == 1)
        let inUse = try store("prune", "beef", "--execute")
        #expect(inUse.code == 2 && inUse.errors.contains("is current"))
        #expect(try store("rollback").code == 0)
        let dry = try store("prune", "9.0.0", "--dry-run")
        #expect(dry.output.contains("would delete 12 events of crime-policy 9.0.0"))
        #expect(try store("prune", "9.0.0", "--execute").output.hasPrefix("deleted 12 events"))
        #expect(try store("prune", "--others", "--dry-run").output == "nothing to delete\n")
        for wrong in [["prune"], ["prune", "1.0.0"], ["prune", "1.0.0", "--others", "--execute"]] {
            #expect(try run("rostrum", ["store"] + wrong + ["--store", database]).code == 2)
        }
    }

    private func version() throws -> String {
        try sql("SELECT version FROM rulesets").trimmingCharacters(in: .newlines)
    }

    @discardableResult
    private func sql(_ statement: String) throws -> String {
        let ended = try run("sqlite3", [database, statement])
        try #require(ended.code == 0, "\(ended.errors)")
        return ended.output
    }

    @Test func questionsInEveryForm() throws {
        try filled()
        let table = try store("query", "topics")
        #expect(table.code == 0)
        #expect(table.output.hasPrefix("topic_id"))
        let csv = try store("query", "topics", "--output", "csv").output.components(separatedBy: "\r\n").dropLast()
        #expect(csv.first == "topic_id,topic,documents,focus_documents")
        let rows = try objects(try store("query", "topics", "--output", "json").output)
        #expect(rows.count == csv.count - 1)
        #expect(
            try rows.compactMap { $0["documents"] as? Int }.reduce(0, +)
                == Int(sql("SELECT count(*) FROM current_topics").dropLast()))

        let plot = try store("query", "topics", "--plot")
        #expect(plot.output.contains("█") && plot.output.hasPrefix("Speeches per topic\n"))
        let svg = try store("query", "topics", "--by", "year", "--plot", "svg")
        #expect(svg.output.hasPrefix("<svg") && svg.output.contains("role=\"img\""))
        for question in ["speakers", "pairs", "quotes", "documents"] {
            let answer = try store("query", question, "--limit", "3")
            #expect(
                answer.code == 0 && answer.output.split(separator: "\n").count == 5, "\(question): \(answer.output)")
        }

        let counted = try store("query", "--sql", "SELECT count(*) AS n FROM current_documents", "--output", "json")
        #expect(counted.output == "{\"n\":12}\n")
        let none = try store("query", "documents", "--from", "2999")
        #expect(none.code == 0 && none.errors == "no rows\n")
        let wrong = try store("query", "--sql", "DELETE FROM events")
        #expect(wrong.code == 2 && wrong.errors.contains("store.bad_question"), "\(wrong.errors)")
        #expect(try sql("SELECT count(*) FROM events WHERE is_current = 1") == "12\n")
        for date in ["May", "2020-13", "2021-02-30"] {
            let refused = try store("query", "topics", "--from", date)
            #expect(refused.code == 2 && refused.errors.contains("--from is '\(date)'"), "\(refused.errors)")
        }
        for (arguments, reason) in [(["nonsense"], "there is no question 'nonsense'"), ([], "no question: topics")] {
            let refused = try run("rostrum", ["store", "query"] + arguments + ["--store", database])
            #expect(refused.code == 2 && refused.errors.contains(reason), "\(refused.errors)")
        }
    }

    @Test func exportsAndReports() throws {
        try filled()
        let events = try objects(try store("export").output)
        #expect(events.count == 12)
        let direct = try run("rostrum", ["classify", "--output", "ndjson", PipelineTests.samples])
        let expected = Set(try objects(direct.output).compactMap { $0["event_id"] as? String })
        #expect(Set(events.compactMap { $0["event_id"] as? String }).isStrictSubset(of: expected))
        let all = try objects(try store("export", "--all").output)
        #expect(Set(all.compactMap { $0["event_id"] as? String }) == expected)
        let csv = try store("export", "--output", "csv").output.components(separatedBy: "\r\n")
        #expect(csv.first?.hasPrefix("document_id,revision,title") == true)

        let page = try store("report", "--title", "A <b> & c")
        #expect(page.code == 0)
        for text in [
            "<!DOCTYPE html>", "A &lt;b&gt; &amp; c", "default-src 'none'", "<h2>Topics over time</h2>",
            "<h2>Speakers and topics</h2>", "<h2>Topics that go together</h2>", "<h2>Newest evidence</h2>",
            "role=\"img\"",
            "href=\"https://www.gov.uk",
        ] {
            #expect(page.output.contains(text), "\(text) is not in the page")
        }
        #expect(!page.output.contains("<script") && !page.output.contains("src=\"http"))
    }

    @Test func storesAreMadeAndMissingOnesSaid() throws {
        let missing = try store("status")
        #expect(missing.code == 69 && missing.errors.contains("is not there"))
        let misspelt = try store("migrate")
        #expect(misspelt.code == 69 && misspelt.errors.contains("is not there"))
        #expect(!FileManager.default.fileExists(atPath: database))
        let made = try store("init")
        #expect(made.code == 0 && made.output.contains("a store of kind sqlite"))
        #expect(try store("migrate").output.contains("schema version"))
        #expect(try store("query", "topics").errors == "no rows\n")
        #expect(try store("report").output.contains("The store has no results yet."))

        let files = folder.url(of: "files").path + "/"
        let folderMade = try run("rostrum", ["store", "init", "--store", files])
        #expect(folderMade.output.contains("a store of kind ndjson"), "\(folderMade.errors)")
        let status = try run("rostrum", ["store", "status", "--store", files])
        #expect(status.code == 0 && status.output.contains("documents:  0"), "\(status.errors)")

        let password = try run("rostrum", ["store", "status", "--store", "postgresql://u:sesame@localhost/x"])
        #expect(password.code == 78 && !password.errors.contains("sesame"))
        #expect(password.errors.contains("ROSTRUM_STORE_CONNECTION_FILE"))
        let away = try run(
            "rostrum", ["store", "status"],
            environment: ["ROSTRUM_STORE_KIND": "postgresql", "ROSTRUM_STORE_CONNECTION": "host=127.0.0.1 port=1"])
        #expect(away.code == 69 && away.errors.contains("store.unreachable"))
    }
}
