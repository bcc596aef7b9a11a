internal import TextMatching

/// Operators that cannot do what they say: contradictions (L020), the same thing on both sides (L021), distances beyond a
/// sentence (L022), phrases with very many readings (L023).
enum OperatorLints {
    /// Words farther apart than this are seldom in one sentence by design.
    static let longestDistance = 25
    /// A phrase with more readings costs memory; see `RulesetCompiler.maximumExpansion` for what happens beyond its bound.
    static let mostReadings = 256

    static func check(_ linted: LintedRuleset, _ findings: inout LintFindings) {
        linted.forEachWritten { queries, subject in
            for query in queries { query.forEachPart { check($0, linted.words, subject, &findings) } }
        }
        for rule in linted.ruleset.rules {
            checkExcluded(rule, linted, &findings)
            for query in rule.find { query.forEachPart { checkReadings($0, linted.subject(rule), &findings) } }
        }
    }

    private static func check(
        _ query: Query, _ words: WordKeys, _ subject: LintSubject, _ findings: inout LintFindings
    ) {
        func keys(_ query: Query) -> Set<String> {
            Set(query.alternatives.map { $0.plainWords.map { words.key($0) } ?? $0.description })
        }
        switch query.node {
        case .butNot(let found, let others):
            let excluded = others.reduce(into: Set<String>()) { $0.formUnion(keys($1)) }
            if keys(found).isSubset(of: excluded) {
                findings.add(
                    .contradiction, subject, at: query.range, "what is to be found is excluded by AND NOT",
                    cure: "take it out of the right side")
            }
        case .inside(let found, let around, let isNegated):
            if keys(found).isSubset(of: keys(around)) {
                findings.add(
                    isNegated ? .contradiction : .repeatedOperand, subject, at: query.range,
                    isNegated
                        ? "what is to be found is excluded by NOT INSIDE" : "whatever is found is inside itself",
                    cure: "name the longer words on the right side")
            }
        case .all(let queries), .atLeast(_, let queries):
            var seen: Set<Set<String>> = []
            for operand in queries where !seen.insert(keys(operand)).inserted {
                findings.add(
                    .repeatedOperand, subject, at: operand.range,
                    "'\(operand.description.quotable)' is asked for twice, and one occurrence is enough for both",
                    cure: "take it out, or write COUNT>=2 (\(operand.description.quotable))")
            }
        case .near(_, _, let distance, _) where distance > longestDistance:
            findings.add(
                .longDistance, subject, at: query.range, "\(distance) words are longer than most sentences",
                cure: "write 'sentence: (a AND b)' if anywhere in the sentence is meant")
        default: break
        }
    }

    /// Every alternative is an exclusion of its own rule.
    private static func checkExcluded(_ rule: CheckedRule, _ linted: LintedRuleset, _ findings: inout LintFindings) {
        guard !rule.notInside.isEmpty else { return }
        let excluded = Set(rule.notInside.flatMap(\.alternatives).compactMap(\.plainWords).map { linted.words.key($0) })
        for query in rule.find.flatMap(\.alternatives) {
            guard let words = query.plainWords, excluded.contains(linted.words.key(words)) else { continue }
            findings.add(
                .contradiction, linted.subject(rule), at: query.range,
                "'\(query.description.quotable)' stands under 'not_inside' too, so it is never evidence",
                cure: "take it out on one side")
        }
    }

    private static func checkReadings(_ query: Query, _ subject: LintSubject, _ findings: inout LintFindings) {
        guard case .phrase = query.node else { return }
        let readings = readings(query)
        guard readings > mostReadings else { return }
        findings.add(
            .largeExpansion, subject, at: query.range,
            readings == Int.max ? "the phrase has very many readings" : "the phrase has \(readings) readings",
            cure: "split it, or write NEAR or BEFORE where the words need not be neighbours")
    }

    /// How many sequences of words a query of words stands for; `Int.max` for more than can be counted.
    private static func readings(_ query: Query) -> Int {
        switch query.node {
        case .any(let queries):
            return queries.reduce(0) { saturating($0.addingReportingOverflow(readings($1))) }
        case .phrase(let elements):
            return elements.reduce(1) { product, element in
                let own = saturating(readings(element.query).addingReportingOverflow(element.isOptional ? 1 : 0))
                return saturating(product.multipliedReportingOverflow(by: own))
            }
        default: return 1
        }
    }

    private static func saturating(_ result: (partialValue: Int, overflow: Bool)) -> Int {
        result.overflow ? Int.max : result.partialValue
    }
}
