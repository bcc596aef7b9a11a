import Foundation
import RuleEngine
import RuleLanguage
import Speeches

/// The engine, the naive oracle and explanations beside each other, on random rulesets and texts.
struct OracleComparison {
    /// Each random ruleset is tried on so many texts.
    static let textsPerRuleset = 10

    /// Topics that the engine found.
    private(set) var tagged = 0
    private var proven: Set<String> = []

    /// Operators that stood in no rule with evidence.
    var unproven: [String] { Self.operators.filter { !proven.contains($0) } }

    /// Adds what another run has seen.
    mutating func add(_ other: OracleComparison) {
        tagged += other.tagged
        proven.formUnion(other.proven)
    }

    /// Tries the ruleset and the texts that a seed gives. Returns nil where all three agree.
    mutating func disagreement(seed: UInt64) throws -> String? {
        var random = RandomRules(seed: seed)
        let files = random.topics()
        let checked = try TestRuleset.check(topics: files, manifest: random.manifest())
        let ruleset = Ruleset.compile(
            checked, options: ClassifierOptions(evidencePerTopic: 1000, maximumEventBytes: 1 << 24))
        let classifier = Classifier(ruleset)
        let signs = Self.signs(checked)
        for _ in 0..<Self.textsPerRuleset {
            let speech = random.speech()
            let event = classifier.classify(speech)
            let found = Self.lines(event)
            let expected = OracleClassifier.tags(speech, checked)
            let explained = Self.lines(classifier.explain(speech), of: event)
            tagged += event.topics.count
            for item in event.topics.flatMap(\.evidence) { proven.formUnion(signs[item.rule.rawValue]!) }
            if found == expected, explained == found { continue }
            return """
                \(files.joined(separator: "\n---\n"))
                text: \(speech.canonicalText.debugDescription)
                engine: \(found)
                oracle: \(expected)
                explanation: \(explained)
                """
        }
        return nil
    }

    /// What only one operator writes in a query's canonical form.
    private static let operators = [
        "\"", "=", "*", "?", "[", "|", "(", "NEAR/", "BEFORE/", " AND ", " AND NOT ", "ATLEAST ", "COUNT>=2 (",
        "/1000 (",
        " INSIDE ", " NOT INSIDE ", " CONTAINS ", "title: ", "lede: ", "sentence: ", "paragraph: ", "document: ",
        "rule:t0.r",
        "rule:t0.*", "topic:", " /", "not_inside", "not_document", "when", "wins_over",
    ]

    /// The operators in each rule.
    private static func signs(_ ruleset: CheckedRuleset) -> [String: Set<String>] {
        var signs: [String: Set<String>] = [:]
        for rule in ruleset.rules {
            let text = rule.find.map { " \($0)" }.joined(separator: "\n")
            var own = Set(operators.filter { text.contains($0) })
            if !rule.notInside.isEmpty { own.insert("not_inside") }
            if !rule.notDocument.isEmpty { own.insert("not_document") }
            if !rule.conditions.isEmpty { own.insert("when") }
            if rule.winsOver != .none { own.insert("wins_over") }
            signs[rule.id.rawValue] = own
        }
        return signs
    }

    private static func lines(_ event: ClassifiedSpeech) -> [String] {
        guard let verdict = event.crimePolicy else { return [] }
        return ["crime policy \(verdict.value) \(verdict.score.thousandths)"]
            + event.topics.flatMap { topic in
                ["\(topic.id) \(topic.score.thousandths) \(topic.prominence) \(topic.evidenceCount)"]
                    + topic.evidence.map { item in
                        "  \(item.rule) s\(item.sentence) \(item.spans.map { "\($0.start)-\($0.end)" }.joined(separator: " "))"
                    }
            }
    }

    /// What an explanation says of the topics that stand, in the event's words; the order of evidence is the event's.
    private static func lines(_ explanation: Explanation, of event: ClassifiedSpeech) -> [String] {
        guard let verdict = explanation.crimePolicy else { return [] }
        let standing = explanation.topics.filter(\.stands).sorted { ($0.score, $1.id) > ($1.score, $0.id) }
        return ["crime policy \(verdict) \(Int((explanation.crimePolicyScore! * 1000).rounded()))"]
            + standing.flatMap { topic in
                let fired = topic.rules.filter { $0.outcome == .fired }
                let items = fired.flatMap { rule in
                    rule.evidence.map { item in
                        "  \(rule.id) s\(item.sentence) \(item.spans.map { "\($0[0])-\($0[1])" }.joined(separator: " "))"
                    }
                }
                let order = event.topics.first { $0.id.rawValue == topic.id }.map { lines(in: $0) } ?? []
                return ["\(topic.id) \(Int((topic.score * 1000).rounded())) \(topic.prominence!) \(items.count)"]
                    + items.sorted { (order.firstIndex(of: $0) ?? -1) < (order.firstIndex(of: $1) ?? -1) }
            }
    }

    private static func lines(in topic: TaggedTopic) -> [String] {
        topic.evidence.map { item in
            "  \(item.rule) s\(item.sentence) \(item.spans.map { "\($0.start)-\($0.end)" }.joined(separator: " "))"
        }
    }
}
