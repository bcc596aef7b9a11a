internal import Speeches
internal import TextMatching

/// Exclusions in which nothing that they guard against can stand: of a rule or file (L014), of a filter (L026).
///
/// A find can stand inside an exclusion only if each of its words can be a word of the exclusion. Where that cannot be
/// told (conditions, references, regular expressions), nothing is said.
enum ExclusionLints {
    /// Finds are compared with exclusions so often; larger rulesets are looked at in part.
    private static let maximumComparisons = 2_000_000

    static func check(_ linted: LintedRuleset, _ findings: inout LintFindings) {
        var check = ExclusionCheck(words: linted.words, comparisonsLeft: maximumComparisons)
        for topic in linted.ruleset.topics {
            for rule in topic.rules {
                let own = rule.notInside.prefix(rule.written.notInside.count)
                check.report(Array(own), against: [rule], linted.subject(rule), &findings)
            }
            guard let first = topic.rules.first else { continue }
            let shared = first.notInside.dropFirst(first.written.notInside.count)
            check.report(Array(shared), against: topic.rules, linted.subject(path: topic.path, topic.range), &findings)
        }
        for filter in linted.ruleset.filters where !filter.notInside.isEmpty && filter.notDocument.isEmpty {
            let rules = linted.ruleset.rules.filter { filter.topics?.contains($0.topic) ?? true }
            let alternatives = filter.notInside.flatMap(\.alternatives)
            if !alternatives.contains(where: { check.canApply($0, to: rules) }) {
                findings.add(
                    .filterWithoutEffect, linted.subject(path: filter.path, filter.range),
                    "nothing that the filter's topics look for can stand in its exclusions",
                    cure: "take it out, or check 'applies_to'")
            }
        }
    }
}

/// Answers whether something that rules find can stand inside an exclusion.
private struct ExclusionCheck {
    let words: WordKeys
    var comparisonsLeft: Int
    /// Runs of words of each rule's finds by the first two letters that their first word can have; nil for a rule whose
    /// finds are not only words.
    private var runsByRule: [String: [String: [[WordPattern]]]?] = [:]

    init(words: WordKeys, comparisonsLeft: Int) {
        self.words = words
        self.comparisonsLeft = comparisonsLeft
    }

    mutating func report(
        _ exclusions: [Query], against rules: [CheckedRule], _ subject: LintSubject, _ findings: inout LintFindings
    ) {
        for exclusion in exclusions.flatMap(\.alternatives) where !canApply(exclusion, to: rules) {
            findings.add(
                .exclusionNeverApplies, subject, at: exclusion.range,
                "nothing that \(rules.count == 1 ? "the rule" : "these rules") would find can stand in "
                    + "'\(exclusion.description.quotable)'",
                cure: "take it out, or check its spelling")
        }
    }

    mutating func canApply(_ exclusion: Query, to rules: [CheckedRule]) -> Bool {
        guard exclusion.notOfWords == nil else { return true }
        var patterns: [WordPattern] = []
        exclusion.forEachPart { patterns += $0.plainWords ?? [] }
        let inside = ExclusionWords(patterns, words)
        for rule in rules {
            guard let runs = runs(of: rule) else { return true }
            for start in inside.starts {
                for run in runs[start] ?? [] {
                    comparisonsLeft -= 1
                    if comparisonsLeft < 0 { return true }
                    if run.allSatisfy({ inside.canHold($0, words) }) { return true }
                }
            }
        }
        return false
    }

    private mutating func runs(of rule: CheckedRule) -> [String: [[WordPattern]]]? {
        let id = rule.id.rawValue
        if let known = runsByRule[id] { return known }
        var runs: [String: [[WordPattern]]]? = [:]
        for query in rule.find {
            query.forEachPart { part in
                switch part.node {
                case .words(let run):
                    for start in Set(forms(run[0]).map(Self.start)) { runs?[start, default: []].append(run) }
                case .rule, .topic, .regularExpression: runs = nil
                default: break
                }
            }
        }
        runsByRule[id] = .some(runs)
        return runs
    }

    private func forms(_ pattern: WordPattern) -> [String] {
        switch pattern {
        case .folded(let word): words.forms(of: word)
        case .literal(let word), .wildcard(let word): [word]
        case .exact(let word): [QueryWords.folded(word).first ?? ""]
        }
    }

    static func start(_ word: String) -> String { String(String.UnicodeScalarView(word.unicodeScalars.prefix(2))) }
}

/// The words that can stand in an exclusion.
private struct ExclusionWords {
    private var forms: Set<String> = []
    private var wildcards: [String] = []
    /// First two letters of all of them.
    private(set) var starts: Set<String> = []

    init(_ patterns: [WordPattern], _ words: WordKeys) {
        for pattern in patterns {
            switch pattern {
            case .folded(let word): forms.formUnion(words.forms(of: word))
            case .literal(let word): forms.insert(word)
            case .exact(let word): forms.formUnion(QueryWords.folded(word))
            case .wildcard(let text): wildcards.append(text)
            }
        }
        starts = Set((Array(forms) + wildcards).map(ExclusionCheck.start))
    }

    func canHold(_ pattern: WordPattern, _ words: WordKeys) -> Bool {
        switch pattern {
        case .folded(let word): words.forms(of: word).contains(where: canHold)
        case .literal(let word): canHold(word)
        case .exact(let word): canHold(QueryWords.folded(word).first ?? "")
        case .wildcard(let text):
            forms.contains { WordKeys.matches(text, $0) }
                || wildcards.contains { ExclusionCheck.start($0) == ExclusionCheck.start(text) }
        }
    }

    private func canHold(_ word: String) -> Bool {
        forms.contains(word) || wildcards.contains { WordKeys.matches($0, word) }
    }
}
