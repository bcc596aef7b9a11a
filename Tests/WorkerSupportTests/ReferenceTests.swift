import Foundation
import TestSupport
import Testing

@testable import WorkerSupport

/// The pages and files that say what settings and metrics there are, compared with the programs.
@Suite struct ReferenceTests {
    private func isShipped(_ text: String, as path: String) throws {
        if ProcessInfo.processInfo.environment["ROSTRUM_RECORD_GOLDENS"] == "1" {
            try Data(text.utf8).write(to: URL(filePath: Repository.root + "/" + path))
            Issue.record("recorded \(path); look at the difference, then run again without ROSTRUM_RECORD_GOLDENS")
        }
        #expect(try Repository.text(path) == text, "\(path) is old; ROSTRUM_RECORD_GOLDENS=1 writes it anew")
    }

    @Test func theReferenceNamesEverySettingAndMetric() throws {
        try isShipped(Reference.markdown, as: "Deploy/reference.md")
        let page = try Repository.text("Deploy/reference.md")
        for entry in Catalogue.entries {
            #expect(page.contains("`\(entry.key)`") && page.contains("`\(entry.key.environmentName)`"))
        }
        for family in MetricsCatalogue.families { #expect(page.contains("| `\(family.name)` |")) }
    }

    @Test func theShippedSchemaIsThePrograms() throws {
        try isShipped(SettingsSchema.text, as: "Config/schemas/settings.schema.json")
    }

    /// Another validator takes the shipped settings file, commented and uncommented, and refuses what the programs refuse.
    @Test func anotherValidatorAgreesWithThePrograms() throws {
        let script = """
            import json, sys, yaml, jsonschema
            schema = json.load(open(sys.argv[1]))
            jsonschema.Draft202012Validator.check_schema(schema)
            validator = jsonschema.Draft202012Validator(schema)
            for text in sys.stdin.read().split("\\0"):
                print("invalid" if list(validator.iter_errors(yaml.safe_load(text))) else "valid")
            """
        let files = [
            SettingsText.sampleFile: "valid",
            "kafka:\n  bootstrapServers: a:1\n  extra:\n    ssl.ca.location: x": "valid",
            "log:\n  level: warning\nhttp:\n  port: 9464": "valid", "kafka:\n  bootstrapServer: a:1": "invalid",
            "log:\n  level: loud": "invalid", "http:\n  port: 70000": "invalid", "logs:\n  level: info": "invalid",
            "delivery:\n  drainSeconds: soon": "invalid",
        ]
        let texts = files.keys.sorted()
        let outcome = try Python.run(
            ["-c", script, Repository.root + "/Config/schemas/settings.schema.json"],
            input: Array(texts.joined(separator: "\0").utf8))
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.split(separator: "\n").map(String.init) == texts.map { files[$0] })
        for text in texts {
            let file = try TemporaryFile(text)
            let problems = SettingsResolution(SettingsSources(environment: [:], file: file.path)).problems
            #expect((problems.isEmpty ? "valid" : "invalid") == files[text], "\(text): \(problems)")
        }
    }

    /// Every metric that a dashboard or an alert names is one that a worker shows.
    @Test(arguments: ["alerts.yaml", "alerts_test.yaml", "dashboard.json"])
    func observabilityNamesMetricsThatExist(file: String) throws {
        let text = try Repository.text("Deploy/observability/" + file)
        var known: Set<String> = []
        for family in MetricsCatalogue.families {
            let suffixes = family.kind == .histogram ? ["_bucket", "_sum", "_count"] : [""]
            known.formUnion(suffixes.map { family.name + $0 })
        }
        let named = Set(text.matches(of: /\brostrum_[a-z_]+/).map { String($0.output) })
        #expect(named.count >= 8)
        #expect(named.subtracting(known) == [])
    }

    /// Each alert has its text in the operator's guide, and a test that fires it.
    @Test func everyAlertHasARunbookAndATest() throws {
        let rules = try Repository.text("Deploy/observability/alerts.yaml")
        let tests = try Repository.text("Deploy/observability/alerts_test.yaml")
        let guide = try Repository.text("Deploy/operations.md")
        let alerts = rules.matches(of: /- alert: (\w+)/).map { String($0.1) }
        #expect(alerts.count >= 10)
        for alert in alerts {
            #expect(guide.contains("\n### \(alert)\n"), "\(alert) is not in Deploy/operations.md")
            #expect(rules.contains("Deploy/operations.md#\(alert.lowercased())\n"))
            #expect(tests.contains("alertname: \(alert)\n        exp_alerts:\n"), "\(alert) is never fired in a test")
        }
    }

    /// Prometheus' own tool checks rules, their tests and the scrape configuration.
    @Test(arguments: [
        ["check", "rules", "alerts.yaml"], ["test", "rules", "alerts_test.yaml"],
        ["check", "config", "prometheus.yaml"],
    ])
    func promtoolIsContent(arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: Repository.root + "/.build/tools/bin/promtool")
        process.currentDirectoryURL = URL(filePath: Repository.root + "/Deploy/observability")
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }
}
