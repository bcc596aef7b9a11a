import Foundation
import Testing

/// `rostrum rules check, fmt, import, schema, list, show`: output, errors and exit codes.
@Suite struct RulesFileCommandTests {
    private static let mistakes = packageRoot.appending(path: "Tests/Fixtures/Rules/thirty-mistakes").path

    private func rules(_ find: String = "fraud") throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.write("ruleset: test\nversion: 1.0.0\n", to: "ruleset.yaml")
        try folder.write(
            "topic: fraud\nlabel: Fraud\ndescription: Deceit.\nrules:\n  - id: fraud.named\n    weight: 3\n    find: |\n"
                + "      \(find)\n", to: "fraud.yaml")
        return folder
    }

    // MARK: check

    @Test func checkNamesThirtyMistakesInOneRun() throws {
        let ended = try run("rostrum", ["rules", "check", Self.mistakes])
        #expect(ended.code == 3)
        let codes = ended.output.matches(of: /error\[([YQR][0-9]{3})\]/).map { String($0.output.1) }
        #expect(codes.count == 30)
        #expect(Set(codes).count == 30)
        #expect(ended.output.split(separator: "\n").count { $0.hasPrefix("   = help: ") } == 30)
        #expect(ended.output.hasSuffix("\n30 errors, no warnings, no notes in 4 files\n"))
        for format in ["json", "sarif"] {
            let report = try run("rostrum", ["rules", "check", Self.mistakes, "--output", format])
            #expect(report.code == 3)
            #expect(try JSONSerialization.jsonObject(with: Data(report.output.utf8)) is [String: Any])
        }
    }

    @Test func checkEndsByWhatItFinds() throws {
        let folder = try rules()
        let lints = try run("rostrum", ["rules", "check", folder.path])
        #expect(lints.code == 0)
        #expect(lints.output.contains("warning[L001]"), "\(lints.output)")
        #expect(try run("rostrum", ["rules", "check", folder.path, "--deny-warnings"]).code == 3)
        let missing = try run("rostrum", ["rules", "check", "/no/such/folder"])
        #expect(missing.code == 3)
        #expect(missing.output.contains("error[Y001]"), "\(missing.output)")
        #expect(try run("rostrum", ["rules", "check", folder.path, "--output", "xml"]).code == 2)
        #expect(try run("rostrum", ["rules", "check"]).code == 0, "the shipped rules")
    }

    // MARK: fmt

    @Test func fmtIsIdempotentAndKeepsComments() throws {
        let folder = try rules("fraud   |scam   # two words")
        try folder.write("topic: [\n", to: "broken.yaml")
        let file = folder.path + "/fraud.yaml"
        let checked = try run("rostrum", ["rules", "fmt", "--check", file])
        #expect(checked.code == 3)
        #expect(checked.output == "not formatted: \(file)\n")
        let first = try run("rostrum", ["rules", "fmt", file])
        #expect(first.code == 0)
        #expect(first.output == "formatted: \(file)\n")
        let text = try String(contentsOfFile: file, encoding: .utf8)
        #expect(text.contains("      fraud | scam  # two words\n"), "\(text)")
        let again = try run("rostrum", ["rules", "fmt", file])
        #expect(again.code == 0)
        #expect(again.output.isEmpty)
        #expect(try String(contentsOfFile: file, encoding: .utf8) == text)
        let broken = try run("rostrum", ["rules", "fmt", folder.path])
        #expect(broken.code == 3)
        #expect(broken.errors.contains("broken.yaml: the file does not parse"), "\(broken.errors)")
        #expect(try run("rostrum", ["rules", "fmt", folder.path + "/none.yaml"]).code == 1)
        #expect(try run("rostrum", ["rules", "fmt", "--check"]).code == 0, "the shipped rules are formatted")
    }

    // MARK: import

    @Test func importMakesAFileThatChecks() throws {
        let ended = try run(
            "rostrum", ["rules", "import", "--from", "lexis", "--topic", "fraud", "fraud! W/5 bank AND insur! OR loan"])
        #expect(ended.code == 0)
        #expect(ended.errors.contains("without parentheses: 'OR' was taken to bind before 'AND'"), "\(ended.errors)")
        let folder = try TemporaryFolder()
        try folder.write("ruleset: test\nversion: 1.0.0\n", to: "ruleset.yaml")
        try folder.write(ended.output, to: "fraud.yaml")
        #expect(try run("rostrum", ["rules", "check", folder.path]).code == 0)
        #expect(try run("rostrum", ["rules", "import", "--from", "factiva"], input: "hd=fraud").code == 0)
        let nothing = try run("rostrum", ["rules", "import", "--from", "lexis", "W/5"])
        #expect(nothing.code == 3)
        #expect(nothing.output.isEmpty)
        #expect(try run("rostrum", ["rules", "import", "--from", "google", "fraud"]).code == 2)
        #expect(try run("rostrum", ["rules", "import", "--from", "lexis", "--topic", "A B", "fraud"]).code == 2)
    }

    // MARK: list, show, schema

    @Test func listAndShowSayWhatThereIs() throws {
        let folder = try rules("fraud | scam")
        let list = try run("rostrum", ["rules", "list", folder.path])
        #expect(list.code == 0)
        #expect(list.output == "test 1.0.0\n\nfraud  Fraud\n  fraud.named  weight 3  test\n", "\(list.output)")
        let json = try run("rostrum", ["rules", "list", folder.path, "--output", "json"])
        let value = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
        #expect((value?["topics"] as? [[String: Any]])?.first?["id"] as? String == "fraud")
        let rule = try run("rostrum", ["rules", "show", "fraud.named", "--rules", folder.path])
        #expect(rule.code == 0)
        #expect(rule.output.contains("find:\n  fraud | scam\n"), "\(rule.output)")
        let unknown = try run("rostrum", ["rules", "show", "fraud.names", "--rules", folder.path])
        #expect(unknown.code == 1)
        #expect(unknown.errors.contains("did you mean 'fraud.named'?"), "\(unknown.errors)")
        #expect(try run("rostrum", ["rules", "list", rules("fraud AND").path]).code == 78)
    }

    @Test func schemaIsAJSONSchema() throws {
        let ended = try run("rostrum", ["rules", "schema"])
        #expect(ended.code == 0)
        let schema = try JSONSerialization.jsonObject(with: Data(ended.output.utf8)) as? [String: Any]
        #expect(schema?["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
    }

    @Test(arguments: ["check", "fmt", "import", "schema", "list", "show"])
    func helpHasAnExampleAndExitCodes(_ command: String) throws {
        let ended = try run("rostrum", ["rules", command, "--help"])
        #expect(ended.code == 0)
        #expect(ended.output.contains("Example: rostrum rules"))
        #expect(ended.output.contains("Exit codes: 0 done;"))
    }
}
