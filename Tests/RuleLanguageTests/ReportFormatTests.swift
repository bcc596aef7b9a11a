import Foundation
import RuleLanguage
import TestSupport
import Testing

/// The forms of a report for programs, and thirty mistakes of one folder in one run.
@Suite struct ReportFormatTests {
    private static let folder = Repository.root + "/Tests/Fixtures/Rules/thirty-mistakes"

    private static func report() throws -> DiagnosticReport {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".yaml") }
            .sorted()
        let sources = try names.map { name in
            RuleText(path: name, text: try String(contentsOfFile: folder + "/" + name, encoding: .utf8))
        }
        return DiagnosticReport(RulesetReader(sources, linting: true))
    }

    @Test func thirtyMistakesAreThirtyDiagnostics() throws {
        let report = try Self.report()
        #expect(report.diagnostics.count == 30)
        #expect(Set(report.diagnostics.map(\.code)).count == 30)
        #expect(report.diagnostics.allSatisfy { $0.cure != nil })
        for format in DiagnosticReport.Format.allCases {
            try goldenMatches(report.rendered(format) + "\n", "Rules/thirty-mistakes/report.\(format.rawValue).golden")
        }
    }

    /// Places in JSON are those of the text, by another program that reads the files.
    @Test func placesInJSONPointAtTheWords() throws {
        let script = """
            import json, sys
            report = json.load(sys.stdin)
            assert report["errors"] == len(report["diagnostics"]) == 30 and report["omitted"] == 0
            for item in report["diagnostics"]:
                lines = open(f"{sys.argv[1]}/{item['path']}", encoding="utf-8").read().split("\\n")
                words = lines[item["line"] - 1][item["column"] - 1:item["end_column"] - 1]
                print(item["code"], words)
            """
        let outcome = try Python.run(["-c", script, Self.folder], input: Array(try Self.report().rendered(.json).utf8))
        #expect(outcome.status == 0, "\(outcome.errors)")
        let words = outcome.output.split(separator: "\n")
        for expected in [
            "Q001 ^", "Q002 |", "Q003 AND", "Q006 NEAR/0", "R003 4", "R005 $bombs", "R011 fraudd", "Y010 0701",
        ] {
            #expect(words.contains { $0 == expected }, "\(outcome.output)")
        }
    }

    @Test func sarifIsValid() throws {
        let values = [
            Array(try Self.report().rendered(.sarif).utf8),
            Array(DiagnosticReport([], sources: []).rendered(.sarif).utf8),
        ]
        let compact = try values.map { value in
            Array(try JSONSerialization.data(withJSONObject: JSONSerialization.jsonObject(with: Data(value))))
        }
        #expect(try Python.schemaErrors(compact, schema: "sarif-shape.json", in: "Tests/Fixtures/Rules") == ["", ""])
    }

    /// A path with what a URI cannot hold.
    @Test func pathsBecomeURIs() throws {
        let diagnostic = Diagnostic(
            .missingKey, path: "/rules of ours/ü#1.yaml", range: SourceRange(line: 1, column: 1), "'label' is missing")
        let text = DiagnosticReport([diagnostic], sources: []).rendered(.sarif)
        #expect(text.contains("\"uri\" : \"file:///rules%20of%20ours/%C3%BC%231.yaml\""), "\(text)")
    }

    /// Whoever reads the JSON finds each member of it in the reference.
    @Test func theReferenceNamesEveryMember() throws {
        let reference = try String(
            contentsOf: URL(filePath: #filePath).appending(path: "../../../Config/rules/README.md").standardized,
            encoding: .utf8)
        let section = try #require(reference.components(separatedBy: "### The JSON of `rules check`").last)
        let report = try #require(
            JSONSerialization.jsonObject(with: Data(try Self.report().rendered(.json).utf8)) as? [String: Any])
        let diagnostics = try #require(report["diagnostics"] as? [[String: Any]])
        let members = Set(report.keys).union(diagnostics.flatMap(\.keys))
        #expect(members.count > 10)
        #expect(members.filter { !section.contains("`\($0)`") } == [])
    }
}
