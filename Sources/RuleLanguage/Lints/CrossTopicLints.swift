internal import Speeches

/// What shows only when all topics are known: words that prove two of them (L011), labels given twice (L024), references
/// to deprecated rules (L009).
enum CrossTopicLints {
    static func check(_ linted: LintedRuleset, _ findings: inout LintFindings) {
        checkPhrases(linted, &findings)
        checkLabels(linted, &findings)
        checkReferences(linted, &findings)
    }

    private static func checkPhrases(_ linted: LintedRuleset, _ findings: inout LintFindings) {
        var seen: [String: CheckedRule] = [:]
        for rule in linted.ruleset.rules where rule.weight >= 2 && rule.status != .experimental {
            for query in rule.find.flatMap(\.alternatives) {
                guard let words = query.plainWords else { continue }
                let key = linted.words.key(words)
                guard let first = seen[key] else {
                    seen[key] = rule
                    continue
                }
                guard first.topic != rule.topic else { continue }
                findings.add(
                    .phraseInTwoTopics, linted.subject(rule), at: query.range,
                    "'\(query.description.quotable)' is clear evidence of '\(first.topic.rawValue)' too, by \(first.id.rawValue)",
                    cure: "decide for one topic, or allow it if a text is about both", with: linted.subject(first))
            }
        }
    }

    private static func checkLabels(_ linted: LintedRuleset, _ findings: inout LintFindings) {
        var seen: [String: CheckedTopic] = [:]
        for topic in linted.ruleset.topics {
            let label = topic.label.lowercased()
            guard let first = seen[label] else {
                seen[label] = topic
                continue
            }
            findings.add(
                .duplicateLabel, linted.subject(path: topic.path, topic.range),
                "'\(first.id.rawValue)' has the label '\(topic.label.quotable)' too",
                cure: "give each topic a label of its own")
        }
    }

    private static func checkReferences(_ linted: LintedRuleset, _ findings: inout LintFindings) {
        let deprecated = Set(linted.ruleset.rules.filter { $0.status == .deprecated }.map(\.id.rawValue))
        if deprecated.isEmpty { return }
        for rule in linted.ruleset.rules where rule.status != .deprecated {
            for reference in rule.written.all.flatMap(\.references) {
                guard case .rule(let id) = reference.node, deprecated.contains(id) else { continue }
                findings.add(
                    .deprecatedRule, linted.subject(rule), at: reference.range, "the rule '\(id)' is deprecated",
                    cure: "refer to the rule that replaces it")
            }
        }
    }
}
