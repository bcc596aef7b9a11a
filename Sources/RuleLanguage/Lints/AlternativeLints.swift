internal import TextMatching

/// Alternatives that add nothing: written twice (L003), found by a wildcard beside them (L004), or the same but for
/// what is folded anyway (L019).
enum AlternativeLints {
    /// Words are compared with wildcards so often; a larger group is looked at in part.
    private static let maximumComparisons = 2_000_000

    static func check(_ linted: LintedRuleset, _ findings: inout LintFindings) {
        var comparisons = 0
        linted.forEachWritten { queries, subject in
            for group in groups(queries) {
                checkDuplicates(group, linted.words, subject, &findings)
                checkWildcards(group, linted.words, subject, &findings, &comparisons)
            }
        }
    }

    /// Sets of alternatives: the lines of a block together, and every set inside a query.
    private static func groups(_ queries: [Query]) -> [[Query]] {
        var groups = [queries.flatMap(\.alternatives)]
        for query in groups[0] {
            query.forEachPart { if case .any(let alternatives) = $0.node { groups.append(alternatives) } }
        }
        return groups
    }

    private static func checkDuplicates(
        _ group: [Query], _ words: WordKeys, _ subject: LintSubject, _ findings: inout LintFindings
    ) {
        var seen: [String: Query] = [:]
        for query in group {
            let key = query.plainWords.map { words.key($0) } ?? query.description
            guard let first = seen[key] else {
                seen[key] = query
                continue
            }
            if first.description == query.description {
                findings.add(
                    .duplicateAlternative, subject, at: query.range,
                    "'\(query.description.quotable)' stands here a second time; first on line \(first.range.start.line)",
                    cure: "take one of them out")
            } else {
                findings.add(
                    .redundantSpelling, subject, at: query.range,
                    "'\(query.description.quotable)' is found by '\(first.description.quotable)' already: plural and "
                        + "spelling are folded",
                    cure: "take it out; in double quotes only the form as written is found")
            }
        }
    }

    private static func checkWildcards(
        _ group: [Query], _ words: WordKeys, _ subject: LintSubject, _ findings: inout LintFindings,
        _ comparisons: inout Int
    ) {
        var wildcards: [String: [(query: Query, words: [WordPattern])]] = [:]
        for query in group {
            guard let phrase = query.plainWords, phrase.contains(where: { $0.wildcardText != nil }) else { continue }
            wildcards[bucket(phrase), default: []].append((query, phrase))
        }
        if wildcards.isEmpty { return }
        for query in group {
            guard let phrase = query.plainWords, let candidates = wildcards[bucket(phrase)] else { continue }
            for candidate in candidates where candidate.query.range != query.range {
                comparisons += 1
                guard comparisons <= maximumComparisons else { return }
                guard candidate.words != phrase, covers(candidate.words, phrase, words) else { continue }
                findings.add(
                    .shadowedByWildcard, subject, at: query.range,
                    "'\(query.description.quotable)' is found by '\(candidate.query.description.quotable)' already",
                    cure: "take it out, or make the wildcard narrower")
                break
            }
        }
    }

    /// Phrases of which one may cover the other have as many words and begin with the same letters.
    private static func bucket(_ phrase: [WordPattern]) -> String {
        "\(phrase.count) \(String(phrase[0].letters.unicodeScalars.prefix(2)).lowercased())"
    }

    private static func covers(_ wide: [WordPattern], _ narrow: [WordPattern], _ words: WordKeys) -> Bool {
        zip(wide, narrow).allSatisfy { wide, narrow in
            wide.wildcardText.map { words.wildcard($0, covers: narrow) } ?? (words.key(wide) == words.key(narrow))
        }
    }
}
