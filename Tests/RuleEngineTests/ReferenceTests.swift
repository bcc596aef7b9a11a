import Foundation
import RuleEngine
import RuleLanguage
import TestSupport
import Testing

/// The examples in the reference of the rule language are true: each block of YAML is run as it stands there, by the code
/// behind `rostrum rules test`.
@Suite struct ReferenceTests {
    /// A block of YAML in a reference and the line it begins at.
    struct Block: CustomTestStringConvertible, Sendable {
        let file: String
        let line: Int
        let text: String

        var testDescription: String { "\(file):\(line)" }
    }

    private static let files = ["Config/rules/QUERIES.md", "Config/rules/README.md"]
    private static let blocks = files.flatMap { (try? blocks(of: $0)) ?? [] }

    private static func blocks(of file: String) throws -> [Block] {
        var blocks: [Block] = []
        var open: (line: Int, text: [Substring])?
        for (index, line) in try Repository.text(file).split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated()
        {
            if let (start, text) = open {
                if line == "```" {
                    blocks.append(Block(file: file, line: start, text: text.joined(separator: "\n") + "\n"))
                    open = nil
                } else {
                    open = (start, text + [line])
                }
            } else if line == "```yaml" {
                open = (index + 2, [])
            }
        }
        return blocks
    }

    @Test(arguments: blocks)
    func examplesHold(_ block: Block) throws {
        let reader = RulesetReader(Self.rulesetFiles(block))
        let checked = try #require(reader.ruleset, "\(DiagnosticReport(reader).rendered(.text))")
        let results = ExampleTests.run(checked)
        let report = ExampleReport(results)
        #expect(report.failures.isEmpty, "\(report.text)")
        if block.text.contains("find:") { #expect(!results.isEmpty, "a block that shows no example proves nothing") }
    }

    /// Every operator, by what only it writes, is in a query that finds something.
    @Test(arguments: [
        "\"", "=", "*", "?", "~", "[", "|", "(", "$", " NEAR/", " BEFORE/", " AFTER/", " AND ", " AND NOT ", "ATLEAST ",
        "COUNT>=3 (", "/1000 (", " INSIDE ", " NOT INSIDE ", " CONTAINS ", "title: ", "lede: ", "sentence: ",
        "paragraph: ", "document: ", "rule:fraud.named", "rule:fraud.*", "topic:", "/section", "not_inside:",
        "not_document:", "filters:", "wins_over:", "lists:",
    ])
    func operatorIsShown(_ sign: String) {
        let showing = Self.blocks.filter { $0.text.contains("finds: [\"") || $0.text.contains("tagged: true") }
        #expect(showing.contains { $0.text.contains(sign) }, "no example shows '\(sign)'")
    }

    @Test func theReferencesAreRead() {
        #expect(Self.blocks.count { $0.file.hasSuffix("QUERIES.md") } >= 30)
        #expect(Self.blocks.count { $0.file.hasSuffix("README.md") } >= 2)
    }

    /// The files that a block is: those that it names by `# name.yaml`, or one topic around the inside of a rule.
    private static func rulesetFiles(_ block: Block) -> [RuleText] {
        var files: [(path: String, lines: [Substring])] = []
        let lines = block.text.split(separator: "\n", omittingEmptySubsequences: false)
        for line in lines {
            if line.wholeMatch(of: /# [a-z-]+\.yaml/) != nil {
                files.append((String(line.dropFirst(2)), []))
            } else if files.isEmpty {
                files.append(("block.yaml", [line]))
            } else {
                files[files.count - 1].lines.append(line)
            }
        }
        let known = files.map { RuleText(path: $0.path, text: $0.lines.joined(separator: "\n") + "\n") }
        let whole = known.map { isWhole($0.text) ? $0 : RuleText(path: $0.path, text: topic(around: $0.text)) }
        return whole + companions(of: whole)
    }

    private static func isWhole(_ text: String) -> Bool {
        ["topic:", "filters:", "ruleset:"].contains { text.hasPrefix($0) }
    }

    private static func topic(around inside: String) -> String {
        var lists: [Substring] = []
        var rule: [Substring] = []
        var isList = false
        for line in inside.split(separator: "\n") {
            if !line.hasPrefix(" ") { isList = line.hasPrefix("lists:") }
            if isList { lists.append(line) } else { rule.append(line) }
        }
        let head = ["topic: reference", "label: Reference", "description: An example of the reference."] + lists
        let indented = ["  - id: reference.example", "    weight: 3"] + rule.map { "    \($0)" }
        return (head.map(String.init) + ["rules:"] + indented).joined(separator: "\n") + "\n"
    }

    /// A ruleset's name, and the topics that a block names without showing them.
    private static func companions(of files: [RuleText]) -> [RuleText] {
        var companions: [RuleText] = []
        func empty(_ topic: String) -> RuleText {
            RuleText(
                path: "\(topic).yaml",
                text:
                    "topic: \(topic)\nlabel: \(topic)\ndescription: Another.\nrules:\n  - {id: \(topic).r, weight: 3, find: \(topic)}\n"
            )
        }
        if !files.contains(where: { $0.text.hasPrefix("ruleset:") }) {
            companions.append(RuleText(path: "ruleset.yaml", text: "ruleset: reference\nversion: 1.0.0\n"))
        }
        if files.contains(where: { $0.text.contains("supporting: [online-safety]") }) {
            companions.append(empty("online-safety"))
        }
        if !files.contains(where: { $0.text.hasPrefix("topic:") }) { companions.append(empty("other")) }
        return companions
    }
}
