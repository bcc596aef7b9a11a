import Foundation
import Testing

/// Rules that change under a running classifier, and rules in the shadow of others.
@Suite(.enabled(if: TestBroker.isThere, TestBroker.absence), .serialized)
struct ReloadTests {
    /// A ruleset of one topic in a folder of the area.
    private func rules(_ area: KafkaArea, _ name: String, find: String) throws -> String {
        let folder = area.folder.url(of: name)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try area.folder.write("ruleset: test\nversion: 1.0.0\ndescription: For tests.\n", to: "\(name)/ruleset.yaml")
        try write(area, name, find)
        return folder.path
    }

    private func write(_ area: KafkaArea, _ name: String, _ find: String) throws {
        try area.folder.write(
            """
            topic: drugs
            label: Drugs
            description: For tests.
            scope_note: None.
            rules:
              - id: drugs.named
                weight: 3
                find: |
                  \(find)
                examples:
                  - {text: "None of it.", finds: []}
            """, to: "\(name)/drugs.yaml")
    }

    private func publish(_ area: KafkaArea, _ id: String) throws {
        try area.put(
            #"{"schema_version":1,"id":"\#(id)","title":"Speech","body":["Heroin and cocaine."],"language":"en"}"#,
            key: id)
    }

    /// The digest of the ruleset that made the event of a document, and the words of its evidence.
    private func event(_ area: KafkaArea, _ id: String) throws -> (digest: String, words: [String]) {
        var found: String?
        _ = try waitUntil(within: .seconds(60)) {
            found = try area.kcat(area.classified, "%k\t%s\n").split(separator: "\n").map(String.init)
                .first { $0.hasPrefix(id + "\t") }
            return found != nil
        }
        let line = try #require(found, "no event of \(id)")
        let event = try #require(try objects(String(line.dropFirst(id.count + 1))).first)
        let ruleset = try #require(event["ruleset"] as? [String: Any])
        let evidence = (event["topics"] as? [[String: Any]] ?? []).flatMap { $0["evidence"] as? [[String: Any]] ?? [] }
        let spans = evidence.flatMap { $0["spans"] as? [[String: Any]] ?? [] }
        return (try #require(ruleset["digest"] as? String), spans.compactMap { $0["exact"] as? String })
    }

    @Test func rulesAreExchangedWithoutARestart() throws {
        let area = try KafkaArea()
        let rules = try rules(area, "rules", find: "heroin")
        let endpoint = try Endpoint()
        let worker = try area.start(
            "rostrum-classifier",
            ["ROSTRUM_RULES_PATH": rules, "ROSTRUM_RULES_RELOAD_SECONDS": "1"].merging(endpoint.environment) { $1 })
        try worker.waitForLine("partitions assigned")
        try publish(area, "first")
        let first = try event(area, "first")
        #expect(first.words == ["Heroin"])

        // Broken rules: the old ones stay, and status says why until the file is mended.
        try write(area, "rules", "(cocaine")
        try worker.waitForLine("could not be loaded anew")
        try publish(area, "second")
        #expect(try event(area, "second").digest == first.digest)
        #expect(try endpoint.json("/status").description.contains("drugs.yaml"))
        #expect(try endpoint.get("/metrics").text.contains(#"rostrum_ruleset_reloads_total{result="failure"} 1"#))

        try write(area, "rules", "cocaine")
        try worker.waitForLine("rules loaded anew")
        try publish(area, "third")
        let third = try event(area, "third")
        #expect(third.digest != first.digest)
        #expect(third.words == ["cocaine"])
        #expect(try !endpoint.json("/status").description.contains("drugs.yaml"))

        // SIGHUP asks for it; the same files change nothing, and nobody ends.
        worker.send(SIGHUP)
        #expect(
            try waitUntil(within: .seconds(60)) {
                try endpoint.get("/metrics").text.contains(#"rostrum_ruleset_reloads_total{result="success"} 2"#)
            })
        worker.send(SIGTERM)
        #expect(try worker.end(within: .seconds(60)).code == 0)
    }

    @Test func rulesInTheShadowMakeNoEvents() throws {
        let area = try KafkaArea()
        let report = area.folder.url(of: "shadow.html")
        let endpoint = try Endpoint()
        let worker = try area.start(
            "rostrum-classifier",
            [
                "ROSTRUM_RULES_PATH": try rules(area, "rules", find: "heroin"),
                "ROSTRUM_RULES_SHADOW_PATH": try rules(area, "shadow", find: "opium"),
                "ROSTRUM_RULES_SHADOW_REPORT": report.path,
            ].merging(endpoint.environment) { $1 })
        try worker.waitForLine("partitions assigned")
        for id in ["a", "b", "c"] { try publish(area, id) }
        for id in ["a", "b", "c"] { #expect(try event(area, id).words == ["Heroin"]) }
        let metrics = try endpoint.get("/metrics").text
        #expect(metrics.contains(#"rostrum_shadow_documents_total{result="changed"} 3"#), "\(metrics)")
        #expect(metrics.contains(#"rostrum_shadow_topics_total{topic="drugs",change="lost"} 3"#), "\(metrics)")
        worker.send(SIGTERM)
        #expect(try worker.end(within: .seconds(60)).code == 0)
        #expect(try area.count(area.classified) == 3)
        #expect(try String(contentsOf: report, encoding: .utf8).contains("3 documents, 3 changed"))
    }

    @Test func brokenRulesInTheShadowEndTheStart() throws {
        let area = try KafkaArea()
        let worker = try area.start(
            "rostrum-classifier",
            [
                "ROSTRUM_RULES_PATH": try rules(area, "rules", find: "heroin"),
                "ROSTRUM_RULES_SHADOW_PATH": try rules(area, "shadow", find: "(opium"),
            ])
        let ended = try worker.end(within: .seconds(60))
        #expect(ended.code == 78)
        #expect(ended.errors.contains("shadow"), "\(ended.errors.suffix(2000))")
    }
}
