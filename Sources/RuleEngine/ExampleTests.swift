public import RuleLanguage
public import Speeches

/// One example of a rule file, tried.
public struct ExampleResult: Sendable {
    /// What the example belongs to: a rule's or a topic's id.
    public let subject: String
    /// The example's text.
    public let text: String
    /// The file it stands in.
    public let path: String
    /// Its place there.
    public let range: SourceRange
    /// What it asks for: evidence, or the words `tagged` and `not tagged`.
    public let expected: [String]
    /// What was found.
    public let found: [String]

    /// Whether the two agree.
    public var isPassed: Bool { expected == found }

    /// `path:line:column: subject`, the text, then what is missing (-) and what is too much (+).
    public var failureReport: String {
        let changes = found.difference(from: expected)
        var missing: Set<Int> = []
        var extra: Set<Int> = []
        for change in changes {
            switch change {
            case .remove(let offset, _, _): missing.insert(offset)
            case .insert(let offset, _, _): extra.insert(offset)
            }
        }
        var lines = ["\(path):\(range.start.line):\(range.start.column): \(subject)", "    in: \(text)"]
        var next = 0
        for (index, item) in expected.enumerated() {
            while extra.contains(next) {
                lines.append("    + \(found[next])")
                next += 1
            }
            lines.append("    \(missing.contains(index) ? "-" : " ") \(item)")
            if !missing.contains(index) { next += 1 }
        }
        for index in next..<max(next, found.count) { lines.append("    + \(found[index])") }
        if found.isEmpty, expected.isEmpty { lines.append("      (nothing)") }
        return lines.joined(separator: "\n")
    }
}

/// Tries the examples inside rule files with the engine that classifies.
public enum ExampleTests {
    /// Every example of every rule, experimental ones included, and of every topic, in file order.
    public static func run(_ checked: CheckedRuleset) -> [ExampleResult] {
        let ruleset = Ruleset.compile(checked, options: ClassifierOptions(includesExperimental: true))
        let classifier = Classifier(ruleset)
        var results: [ExampleResult] = []
        var number = 0
        for topic in checked.topics {
            for rule in topic.rules {
                results += rule.examples.map { result(of: $0, rule, number: number, classifier) }
                number += 1
            }
            results += topic.examples.map { result(of: $0, topic, classifier) }
        }
        return results
    }

    private static func result(
        of example: RuleExample, _ rule: CheckedRule, number: Int, _ classifier: Classifier
    ) -> ExampleResult {
        let found = classifier.evidence(ofRule: number, in: speech(title: example.title, text: example.text))
        return ExampleResult(
            subject: rule.id.rawValue, text: example.text, path: rule.path, range: example.range,
            expected: example.finds, found: found.map { $0.joined(separator: " … ") })
    }

    private static func result(
        of example: TopicExample, _ topic: CheckedTopic, _ classifier: Classifier
    ) -> ExampleResult {
        let event = classifier.classify(speech(title: example.title, text: example.text))
        let isTagged = event.topics.contains { $0.id == topic.id }
        return ExampleResult(
            subject: topic.id.rawValue, text: example.text, path: topic.path, range: example.range,
            expected: [example.isTagged ? "tagged" : "not tagged"], found: [isTagged ? "tagged" : "not tagged"])
    }

    /// An example as the document it stands for.
    public static func speech(title: String?, text: String) -> Speech {
        Speech(
            id: SpeechID("example"), title: TextNormalisation.optionalLine(title),
            body: TextNormalisation.paragraphs(text), language: "en")
    }
}
