internal import Speeches

/// What a rule lacks: examples (L001), one that it must not find (L002), a reason to be (L025); examples written twice
/// (L017); dates that no document has (L013).
enum RuleLints {
    static func check(_ linted: LintedRuleset, _ findings: inout LintFindings) {
        for topic in linted.ruleset.topics {
            for rule in topic.rules { check(rule, linted.subject(rule), &findings) }
            let places = topic.examples.map { (($0.title ?? "") + "\n" + $0.text, $0.range) }
            checkTwice(places, linted.subject(path: topic.path, topic.range), &findings)
        }
    }

    private static func check(_ rule: CheckedRule, _ subject: LintSubject, _ findings: inout LintFindings) {
        if rule.examples.isEmpty {
            if rule.status != .experimental {
                findings.add(
                    .noExamples, subject, "the rule has no example, so nothing shows that it works",
                    cure: "add 'examples:' with a text that it must find and one that it must not")
            }
        } else if !rule.examples.contains(where: \.finds.isEmpty) {
            findings.add(
                .noNegativeExample, subject, "no example shows what the rule must not find",
                cure: "add a near miss with 'finds: []'")
        }
        if rule.status == .stable, rule.description == nil, rule.references.isEmpty {
            findings.add(
                .unexplainedRule, subject, "the rule is stable and says neither what it means nor where it comes from",
                cure: "add 'description:' or 'references:'")
        }
        if let from = rule.conditions.from, let to = rule.conditions.to, isAfter(from, to) {
            findings.add(
                .neverCounts, subject, "no document is delivered from \(from.text) to \(to.text)",
                cure: "exchange the dates")
        }
        checkTwice(rule.examples.map { (($0.title ?? "") + "\n" + $0.text, $0.range) }, subject, &findings)
    }

    /// ISO dates compare as text as far as both are known.
    private static func isAfter(_ from: DeliveryDate, _ to: DeliveryDate) -> Bool {
        let length = min(from.text.utf8.count, to.text.utf8.count)
        return from.text.prefix(length) > to.text.prefix(length)
    }

    private static func checkTwice(
        _ examples: [(text: String, range: SourceRange)], _ subject: LintSubject, _ findings: inout LintFindings
    ) {
        var seen: [String: SourceRange] = [:]
        for example in examples {
            if let first = seen[example.text] {
                findings.add(
                    .duplicateExample, subject, at: example.range,
                    "the same example stands on line \(first.start.line)",
                    cure: "take one of them out")
            } else {
                seen[example.text] = example.range
            }
        }
    }
}
