internal import TextMatching

/// Compares words as the engine does: number and spelling folded. Remembers the forms of each word, because a ruleset
/// asks for the same few thousand words again and again. Used by one thread.
final class WordKeys {
    private var forms: [String: [String]] = [:]

    /// All forms of a folded word.
    func forms(of word: String) -> [String] {
        if let known = forms[word] { return known }
        let all = WordForms.forms(of: word)
        forms[word] = all
        return all
    }

    /// The same for all words that find the same.
    func key(_ pattern: WordPattern) -> String {
        switch pattern {
        case .folded(let word): forms(of: word)[0]
        case .literal, .exact, .wildcard: pattern.canonical
        }
    }

    func key(_ words: [WordPattern]) -> String {
        words.map(key).joined(separator: " ")
    }

    /// Whether whatever `pattern` finds, the word with wildcards finds too.
    func wildcard(_ wildcard: String, covers pattern: WordPattern) -> Bool {
        switch pattern {
        case .folded(let word): forms(of: word).allSatisfy { Self.matches(wildcard, $0) }
        case .literal(let word): Self.matches(wildcard, word)
        case .exact(let word): Self.matches(wildcard, QueryWords.folded(word).first ?? "")
        case .wildcard(let other):
            wildcard == other
                || wildcard.hasSuffix("*") && !wildcard.dropLast().contains { $0 == "*" || $0 == "?" }
                    && other.hasPrefix(wildcard.dropLast())
        }
    }

    /// Whether a word is named by a pattern with `*` and `?`: the greedy walk with one point of return.
    static func matches(_ wildcard: String, _ word: String) -> Bool {
        let pattern = Array(wildcard.unicodeScalars)
        let word = Array(word.unicodeScalars)
        var (at, next, star, retry) = (0, 0, -1, 0)
        while at < word.count {
            if next < pattern.count, pattern[next] == "*" {
                (star, retry) = (next, at)
                next += 1
            } else if next < pattern.count, pattern[next] == "?" || pattern[next] == word[at] {
                at += 1
                next += 1
            } else if star >= 0 {
                retry += 1
                (at, next) = (retry, star + 1)
            } else {
                return false
            }
        }
        return pattern[next...].allSatisfy { $0 == "*" }
    }
}

extension WordPattern {
    /// The letters, whatever the kind.
    var letters: String {
        switch self {
        case .folded(let word), .literal(let word), .exact(let word), .wildcard(let word): word
        }
    }

    var wildcardText: String? {
        if case .wildcard(let text) = self { return text }
        return nil
    }
}

extension Query {
    /// The words, where the query is nothing but words side by side.
    var plainWords: [WordPattern]? {
        if case .words(let words) = node { return words }
        return nil
    }

    /// The query's alternatives, itself where it has none.
    var alternatives: [Query] {
        if case .any(let queries) = node { return queries }
        return [self]
    }

    /// The alternatives that are evidence by themselves: those of scopes and counts included, parts of conditions not.
    var evidence: [Query] {
        switch node {
        case .any(let queries): queries.flatMap(\.evidence)
        case .scoped(_, let query), .count(_, let query), .density(_, let query): query.evidence
        case .butNot(let query, _), .inside(let query, _, _), .containing(let query, _): query.evidence
        default: [self]
        }
    }
}
