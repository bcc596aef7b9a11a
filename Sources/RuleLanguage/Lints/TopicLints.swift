internal import Speeches

/// What a topic file lacks: a scope note (L008), clear evidence (L010), company for a weak clue (L013), its topic's name
/// (L018).
enum TopicLints {
    static func check(_ linted: LintedRuleset, _ findings: inout LintFindings) {
        for topic in linted.ruleset.topics where !topic.id.rawValue.isEmpty {
            let subject = linted.subject(path: topic.path, topic.range)
            if topic.scopeNote == nil {
                findings.add(
                    .missingScopeNote, subject, "the topic does not say what belongs and what does not",
                    cure: "add 'scope_note:' with the borders to other topics")
            }
            checkWeights(topic, subject, linted, &findings)
            checkFileName(topic, subject, &findings)
        }
    }

    private static func checkWeights(
        _ topic: CheckedTopic, _ subject: LintSubject, _ linted: LintedRuleset, _ findings: inout LintFindings
    ) {
        let used = topic.rules.filter { $0.status != .experimental }
        guard !used.isEmpty, used.allSatisfy({ $0.weight == 1 }) else { return }
        if used.count == 1 {
            findings.add(
                .neverCounts, linted.subject(used[0]),
                "a weak clue counts only beside another rule of the topic, and there is none",
                cure: "add rules, or give it weight 2")
        } else {
            findings.add(
                .onlyWeakRules, subject, "all rules of the topic are weak clues",
                cure: "add a rule of weight 2 or 3 for what is clear evidence")
        }
    }

    private static func checkFileName(_ topic: CheckedTopic, _ subject: LintSubject, _ findings: inout LintFindings) {
        let name = topic.path.split(separator: "/").last.map(String.init) ?? topic.path
        guard name != "\(topic.id.rawValue).yaml", name != "\(topic.id.rawValue).yml" else { return }
        findings.add(
            .fileNameDiffers, subject,
            "the file is called '\(name.quotable)', the topic '\(topic.id.rawValue.quotable)'",
            cure: "rename the file to \(topic.id.rawValue.quotable).yaml")
    }
}
