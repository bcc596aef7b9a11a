import Foundation
import RuleLanguage
import TestSupport
import Testing

/// `rules fmt`: one look, comments and meaning kept, twice is once.
@Suite struct FormatterTests {
    private static let folder = Repository.root + "/Tests/Fixtures/Rules"

    @Test func golden() throws {
        let source = RuleText(path: "ugly.yaml", text: try Repository.text("Tests/Fixtures/Rules/format/ugly.yaml"))
        try goldenMatches(try RuleFormatter.formatted(source), "Rules/format/formatted.yaml")
    }

    private static let files: [RuleText] = {
        let folders = [Repository.root + "/Config/rules", folder + "/diagnostics"]
        let paths = folders.flatMap { folder in
            (FileManager.default.enumerator(atPath: folder)?.allObjects as? [String] ?? []).map { folder + "/" + $0 }
        }
        return paths.filter { $0.hasSuffix(".yaml") }.sorted().compactMap { path in
            (try? String(contentsOfFile: path, encoding: .utf8)).map { RuleText(path: path, text: $0) }
        }
    }()

    /// Shipped files and the files with mistakes, each as it is and roughened in many ways.
    @Test func twiceIsOnceAndNothingIsLost() throws {
        let seed = SeededGenerator.seed()
        print("formatter: seed \(seed); repeat with ROSTRUM_TEST_SEED=\(seed)")
        var random = SeededGenerator(seed: seed)
        var formatted = 0
        for file in Self.files {
            for round in 0..<4 {
                let text = round == 0 ? file.text : Self.roughened(file.text, &random)
                let source = RuleText(path: file.path, text: text)
                guard let once = try? RuleFormatter.formatted(source) else { continue }
                formatted += 1
                let twice = try RuleFormatter.formatted(RuleText(path: file.path, text: once))
                #expect(twice == once, "\(file.path) changes again; seed \(seed)")
                #expect(Self.comments(once) == Self.comments(text), "\(file.path) loses a comment; seed \(seed)")
                #expect(Self.meaning(once) == Self.meaning(text), "\(file.path) says something else; seed \(seed)")
            }
        }
        #expect(formatted > 2 * Self.files.count, "most files can be formatted")
    }

    /// Only what a careless hand may do without changing what a file says: spaces in queries and at line ends, empty
    /// lines between queries, comments, Windows line ends.
    private static func roughened(_ text: String, _ random: inout SeededGenerator) -> String {
        var isQuery = false
        var depth = 0
        var lines: [String] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            let indent = line.prefix { $0 == " " }.count
            if isQuery, indent <= depth, indent < line.count { isQuery = false }
            var rough = line
            if isQuery, !line.contains("\""), !line.contains("#"), !line.contains("/"), indent < line.count {
                let words = line.dropFirst(indent).split(separator: " ")
                rough = String(repeating: " ", count: indent)
                rough += words.joined(separator: String(repeating: " ", count: Int.random(in: 1...3, using: &random)))
                if Int.random(in: 0..<4, using: &random) == 0 {
                    rough += "   # why \(Int.random(in: 0..<99, using: &random))"
                }
                if Int.random(in: 0..<6, using: &random) == 0, !words[words.count - 1].hasSuffix("|") {
                    rough += "\n\n"
                }
            }
            if Int.random(in: 0..<5, using: &random) == 0 { rough += "  " }
            lines.append(rough)
            if line.hasSuffix("find: |") || line.hasSuffix("not_inside: |") {
                isQuery = true
                depth = line.prefix { $0 == " " || $0 == "-" }.count
            }
        }
        return lines.joined(separator: Bool.random(using: &random) ? "\n" : "\r\n")
    }

    /// Comments, found by another means than the formatter's: a sign after a space or at the line's start.
    private static func comments(_ text: String) -> [String] {
        text.matches(of: /(?m)(?:^|[ \t])(#[^\r\n]*)/).map { $0.output.1.trimmingCharacters(in: .whitespaces) }
    }

    /// The ruleset as the engine reads it, where it can be.
    private static func meaning(_ text: String) -> [String] {
        let reader = Checking.read(text)
        guard let ruleset = reader.ruleset else {
            return reader.diagnostics.map { "\($0.code) \($0.message)" }.sorted()
        }
        return ruleset.rules.flatMap { rule -> [String] in
            let queries = rule.find + rule.notInside + rule.notDocument
            let head = "\(rule.id) \(rule.weight) \(rule.status)"
            return [head] + queries.map(\.description) + rule.examples.map { "\($0.text) \($0.finds)" }
        }
    }

    @Test func whatDoesNotParseIsLeftAlone() {
        #expect(throws: RuleFormatter.Problem.self) {
            try RuleFormatter.formatted(RuleText(path: "t.yaml", text: "topic: [\n"))
        }
    }

    /// Whoever checks the form of files alone hears of it too.
    @Test(arguments: ["    find: (police   | ", "    find: |\n      gangs\n      (police   | "])
    func aQueryThatDoesNotParseIsSaidWithItsLine(find: String) throws {
        let text = "topic: t\nrules:\n  - id: t.a\n\(find)\n"
        let problem = #expect(throws: RuleFormatter.Problem.self) {
            try RuleFormatter.formatted(RuleText(path: "t.yaml", text: text))
        }
        #expect(try #require(problem).reason.hasPrefix("line \(find.contains("gangs") ? 6 : 4): "))
    }
}
