import RuleLanguage

/// A ruleset of one topic file made of text, as most tests need it.
enum Checking {
    static let manifest = RuleText(path: "ruleset.yaml", text: "ruleset: test\nversion: 1.0.0\n")

    /// The head of a topic file; rules follow.
    static let head = "topic: t\nlabel: T\ndescription: A topic.\nscope_note: Anything.\nrules:\n"

    /// Reads a topic file `t.yaml`, and others, beside a manifest.
    static func read(_ topic: String, _ others: [String: String] = [:], linting: Bool = false) -> RulesetReader {
        let more = others.sorted { $0.key < $1.key }.map { RuleText(path: $0.key, text: $0.value) }
        let manifests = others["ruleset.yaml"] == nil ? [manifest] : []
        return RulesetReader(manifests + [RuleText(path: "t.yaml", text: topic)] + more, linting: linting)
    }

    /// A topic file with one rule of one query, at line 9, column 7.
    static func topic(find: String) -> String {
        let lines = find.split(separator: "\n", omittingEmptySubsequences: false).map { "      \($0)\n" }.joined()
        return head + "  - id: t.r\n    weight: 3\n    find: |\n" + lines
    }

    /// Code and place of each diagnostic, such as `Q002 9:12`.
    static func places(_ reader: RulesetReader) -> [String] {
        reader.diagnostics.map { "\($0.code.rawValue) \($0.range.start.line):\($0.range.start.column)" }
    }

    /// The same for a query.
    static func places(find: String) -> [String] { places(read(topic(find: find))) }

    /// The canonical forms of a query's alternatives.
    static func canonical(_ find: String) throws -> [String] {
        let reader = read(topic(find: find))
        guard let ruleset = reader.ruleset else { throw Refused(report: DiagnosticReport(reader).rendered(.text)) }
        return ruleset.rules[0].find.map(\.description)
    }

    struct Refused: Error, CustomStringConvertible {
        let report: String
        var description: String { report }
    }
}
