import RuleEngine
import RuleLanguage

/// Small rulesets for tests, made of YAML as an author would write it.
enum TestRuleset {
    struct Invalid: Error, CustomStringConvertible { let description: String }

    /// One topic `t` with one rule `t.r` of weight 3.
    static func compile(find: String, more: String = "") throws -> Ruleset {
        try compile(
            topics: [
                """
                topic: t
                label: T
                description: A topic.
                rules:
                  - id: t.r
                    weight: 3
                    find: |
                      \(find)
                \(more)
                """
            ])
    }

    static func compile(topics: [String], manifest: String = "", options: ClassifierOptions = .init()) throws -> Ruleset
    {
        try Ruleset.compile(check(topics: topics, manifest: manifest), options: options)
    }

    static func check(topics: [String], manifest: String = "") throws -> CheckedRuleset {
        let files =
            [RuleText(path: "ruleset.yaml", text: "ruleset: test\nversion: 1.0.0\n" + manifest)]
            + topics.enumerated().map { RuleText(path: "topic\($0.offset).yaml", text: $0.element) }
        let reader = RulesetReader(files)
        guard let checked = reader.ruleset else { throw Invalid(description: reader.report) }
        return checked
    }
}
