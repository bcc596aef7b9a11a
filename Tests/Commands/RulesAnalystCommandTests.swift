import Foundation
import Testing

/// `rostrum rules test, explain, try, diff, evaluate, coverage, profile, doc`: output, errors and exit codes.
@Suite struct RulesAnalystCommandTests {
    private static let samples = packageRoot.appending(path: "Config/samples").path

    /// A folder of rules with one topic that finds `find`.
    private func rules(_ find: String, finds: String = "fraud") throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.write("ruleset: test\nversion: 1.0.0\n", to: "ruleset.yaml")
        try folder.write(
            """
            topic: fraud
            label: Fraud
            description: Fraud.
            rules:
              - id: fraud.named
                weight: 3
                find: |
                  \(find)
                examples:
                  - {text: "A fraud.", finds: ["\(finds)"]}
            """, to: "fraud.yaml")
        return folder
    }

    @Test func testPassesAndFails() throws {
        let passing = try rules("fraud")
        let good = try run("rostrum", ["rules", "test", passing.path])
        #expect(good.code == 0)
        #expect(good.output == "1 example, 0 failed\n")
        let folder = try rules("fraud", finds: "theft")
        let junit = folder.path + "/junit.xml"
        let bad = try run("rostrum", ["rules", "test", folder.path, "--junit", junit])
        #expect(bad.code == 3)
        #expect(bad.output.contains("    + fraud\n    - theft\n"), "\(bad.output)")
        #expect(try String(contentsOfFile: junit, encoding: .utf8).contains("<failure message="))
        #expect(try run("rostrum", ["rules", "test", folder.path, "--rule", "no.such"]).code == 2)
        let broken = try rules("fraud AND")
        let refused = try run("rostrum", ["rules", "test", broken.path])
        #expect(refused.code == 78)
        #expect(refused.errors.contains("error[Q003]"), "\(refused.errors)")
    }

    @Test func explainNamesTheMiss() throws {
        let folder = try rules("fraud NEAR/2 bank")
        let text = try folder.write("The bank said that fraud rose.\n\nIt did.", to: "speech.txt")
        let ended = try run("rostrum", ["rules", "explain", text, "--rules", folder.path])
        #expect(ended.code == 0)
        #expect(ended.output.contains("1 word short of NEAR/2: 2 words stand between"), "\(ended.output)")
        let json = try run("rostrum", ["rules", "explain", text, "--rules", folder.path, "--output", "json"])
        let explanations = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]]
        #expect(explanations?.count == 1)
        #expect(try run("rostrum", ["rules", "explain", text, "--rules", folder.path, "--topic", "x"]).code == 2)
    }

    @Test func tryMarksAndExplains() throws {
        let found = try run("rostrum", ["rules", "try", "fraud | theft", "--text", "On fraud and theft."])
        #expect(found.code == 0)
        #expect(found.output.hasPrefix("On «fraud» and «theft».\n\n2 matches\n"), "\(found.output)")
        let missed = try run("rostrum", ["rules", "try", "fraud NEAR/1 theft"], input: "On fraud and theft.")
        #expect(missed.code == 3)
        #expect(missed.output.contains("1 word short of NEAR/1"))
        let wrong = try run("rostrum", ["rules", "try", "fraud |", "--text", "x"])
        #expect(wrong.code == 2)
        #expect(wrong.errors.contains("query:1:"), "\(wrong.errors)")
        #expect(try run("rostrum", ["rules", "try", "fraud", "--text", "x", "--watch"]).code == 2)
    }

    @Test func tryNamesWhatIsNotThere() throws {
        let missing = try run("rostrum", ["rules", "try", "knife", "--text", "knife", "--rules", "/nonexistent"])
        #expect(missing.code == 78 && missing.errors.contains("'/nonexistent'"), "\(missing)")
        let folder = try run("rostrum", ["rules", "try", "knife", "--file", "/tmp"])
        #expect(folder.code == 2 && folder.errors.contains("is a folder"), "\(folder)")
    }

    @Test func aFileThatCannotBeWrittenIsNamed() throws {
        let folder = try rules("fraud")
        let ended = try run("rostrum", ["rules", "test", folder.path, "--junit", "/nonexistent/x.xml"])
        #expect(ended.code == 1 && ended.errors.contains("'/nonexistent/x.xml' cannot be written"), "\(ended)")
        #expect(!ended.errors.contains("NSCocoaErrorDomain"))
    }

    @Test func tryKnowsATopicsOwnLists() throws {
        let folder = try rules("fraud")
        let topic = folder.read("fraud.yaml").replacing(
            "rules:\n", with: "lists:\n  kinds: |\n    card\n    (bank | wire) [transfer]\nrules:\n", maxReplacements: 1
        )
        try folder.write(topic, to: "fraud.yaml")
        let arguments = ["rules", "try", "$kinds fraud", "--text", "Wire transfer fraud.", "--rules", folder.path]
        let found = try run("rostrum", arguments + ["--topic", "fraud"])
        #expect(found.code == 0 && found.output.hasPrefix("«Wire transfer fraud»."), "\(found)")
        let unknown = try run("rostrum", arguments)
        #expect(unknown.code == 2 && unknown.errors.contains("query:1:1"), "\(unknown.errors)")
        #expect(try run("rostrum", arguments + ["--topic", "nothing"]).code == 2)
    }

    /// The query runs again when the file changes, until the program is ended.
    @Test func watchRunsAgain() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("On theft.", to: "text.txt")
        let program = try RunningProgram("rostrum", ["rules", "try", "fraud", "--file", file, "--watch"])
        try waitUntil { program.output.contains("nothing found") }
        try folder.write("On fraud, once more.", to: "text.txt")
        try waitUntil { program.output.contains("On «fraud», once more.") }
        #expect(program.isRunning)
        program.killNow()
    }

    private func waitUntil(_ holds: () -> Bool) throws {
        let end = ContinuousClock.now + .seconds(60)
        while !holds() {
            try #require(ContinuousClock.now < end, "it never happened")
            usleep(20_000)
        }
    }

    @Test func diffSaysWhatChanged() throws {
        let (old, new) = (try rules("fraud"), try rules("theft"))
        let corpus = try old.write(
            #"{"schema_version":1,"id":"a","body":["Fraud rose."]}"# + "\n"
                + #"{"schema_version":1,"id":"b","body":["Theft fell."]}"# + "\n", to: "corpus.jsonl")
        let ended = try run("rostrum", ["rules", "diff", old.path, new.path, "--corpus", corpus, "--fail-on-change"])
        #expect(ended.code == 3)
        #expect(ended.output.contains("2 documents, 2 changed"), "\(ended.output)")
        #expect(ended.output.contains("- fraud.named: …«Fraud» rose.…"), "\(ended.output)")
        #expect(
            try run("rostrum", ["rules", "diff", old.path, old.path, "--corpus", corpus, "--fail-on-change"]).code == 0)
        let page = try run("rostrum", ["rules", "diff", old.path, new.path, "--corpus", corpus, "--output", "html"])
        #expect(page.output.hasPrefix("<!DOCTYPE html>"))
        #expect(try run("rostrum", ["rules", "diff", old.path, new.path, "--corpus", "no-such-file"]).code == 1)
    }

    @Test func evaluateFeedsTheCodebook() throws {
        let folder = try rules("fraud")
        let gold = try folder.write(
            #"{"id":"1","text":"Fraud.","topics":["fraud"],"crime_policy":true}"# + "\n"
                + #"{"id":"2","text":"None.","topics":["fraud"],"crime_policy":true}"# + "\n", to: "gold.jsonl")
        let options = ["rules", "evaluate", "--gold", gold, "--rules", folder.path]
        let text = try run("rostrum", options + ["--errors", folder.path + "/errors.md"])
        #expect(text.code == 0)
        #expect(text.output.contains("\nfraud    "), "\(text.output)")
        #expect(text.output.contains("2       1  1.000 (0.207-1.000)"), "\(text.output)")
        #expect(try String(contentsOfFile: folder.path + "/errors.md", encoding: .utf8).contains("- **2**"))
        let json = try run("rostrum", options + ["--output", "json"])
        let quality = try folder.write(json.output, to: "quality.json")
        let doc = try run("rostrum", ["rules", "doc", folder.path, "--quality", quality])
        #expect(doc.code == 0)
        #expect(doc.output.contains("| fraud | 2 | 1.000"), "\(doc.output)")
        #expect(try run("rostrum", options + ["--merge", "fraud=nothing"]).code == 2)
        #expect(try run("rostrum", ["rules", "evaluate", "--gold", quality, "--rules", folder.path]).code == 1)
    }

    /// A measurement of nothing must not look like a good one.
    @Test func evaluateOnNothingFails() throws {
        let folder = try rules("fraud")
        let ended = try run(
            "rostrum", ["rules", "evaluate", "--gold", try folder.write("", to: "e.jsonl"), "--rules", folder.path])
        #expect(ended.code == 1 && ended.errors.contains("no labelled document"), "\(ended.errors)")
    }

    @Test(arguments: ["coverage", "profile", "diff", "explain"])
    func aRefusedDocumentEndsWith3(command: String) throws {
        let folder = try rules("fraud")
        let line = #"{"id":"a","text":"Fraud rose."}"#
        let lines = try folder.write("\(line)\n{broken\n", to: "speeches.jsonl")
        let options =
            switch command {
            case "diff": [folder.path, folder.path, "--corpus", lines]
            case "explain": [lines, "--rules", folder.path]
            default: ["--corpus", lines, "--rules", folder.path]
            }
        let ended = try run("rostrum", ["rules", command] + options)
        #expect(ended.code == 3 && ended.errors.contains("refused: ") && !ended.output.isEmpty, "\(ended)")
    }

    @Test func coverageAndProfileRead() throws {
        let folder = try rules("xyzzy")
        let options = ["--rules", folder.path, "--corpus", Self.samples]
        let ended = try run("rostrum", ["rules", "coverage", "--fail-on-silent"] + options)
        #expect(ended.code == 3)
        #expect(ended.output.contains("Silent: matches nowhere (1)\n  fraud.named"), "\(ended.output)")
        let profile = try run("rostrum", ["rules", "profile", "--output", "json"] + options)
        #expect(profile.code == 0)
        #expect(profile.output.contains("\"scan_microseconds\""))
    }

    @Test(arguments: ["test", "explain", "try", "diff", "evaluate", "coverage", "profile", "doc"])
    func helpHasAnExampleAndExitCodes(_ command: String) throws {
        let ended = try run("rostrum", ["rules", command, "--help"])
        #expect(ended.code == 0)
        #expect(ended.output.contains("Example: rostrum rules"))
        #expect(ended.output.contains("Exit codes: 0 done;"))
    }
}
