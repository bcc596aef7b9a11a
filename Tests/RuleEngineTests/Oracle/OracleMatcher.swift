import Foundation
import RuleLanguage
import Speeches
import TextMatching

/// What a query finds in a text, by the words of the reference: every word is compared with every pattern, every match
/// with every other. Slow and plain.
struct OracleMatcher {
    struct Match: Hashable {
        var first: Int
        var last: Int
        var spans: [ClosedRange<Int>]

        init(_ spans: [ClosedRange<Int>]) {
            self.spans = Set(spans).sorted { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }
            first = self.spans[0].lowerBound
            last = spans.map(\.upperBound).max()!
        }

        var isContiguous: Bool { spans.count == 1 }

        static func isOrdered(_ left: Match, _ right: Match) -> Bool {
            if left.first != right.first { return left.first < right.first }
            if left.last != right.last { return left.last < right.last }
            // One span says no more than first and last, so it sorts before several.
            let (one, other) = (left.isContiguous ? [] : left.spans, right.isContiguous ? [] : right.spans)
            return one.lexicographicallyPrecedes(other) {
                ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound)
            }
        }
    }

    enum Region {
        case everywhere, title, lede
    }

    struct Surroundings {
        var region = Region.everywhere
        var unit = Scope.paragraph
        var excluded: [ClosedRange<Int>] = []
    }

    let text: OracleText
    let ruleset: CheckedRuleset
    private let speech: Speech
    private let rules: [CheckedRule]

    init(_ text: OracleText, _ ruleset: CheckedRuleset, _ speech: Speech) {
        self.text = text
        self.speech = speech
        self.ruleset = ruleset
        rules = ruleset.rules
    }

    func matches(of rule: CheckedRule) -> [Match] {
        guard OracleConditions.hold(rule.conditions, speech) else { return [] }
        let filters = ruleset.filters.filter { $0.topics?.contains(rule.topic) ?? true }
        for veto in rule.notDocument + filters.flatMap(\.notDocument) where !find(veto, Surroundings()).isEmpty {
            return []
        }
        var around = Surroundings()
        for exclusion in rule.notInside + filters.flatMap(\.notInside) {
            around.excluded += find(exclusion, Surroundings()).map { $0.first...$0.last }
        }
        return distinct(rule.find.flatMap { find($0, around) })
    }

    func find(_ query: Query, _ around: Surroundings) -> [Match] {
        switch query.node {
        case .words, .phrase:
            return distinct(spans(of: query).map { Match([$0]) }.filter { isAllowed($0, around) })
        case .any(let queries): return distinct(queries.flatMap { find($0, around) })
        case .all(let queries): return meeting(queries, queries.count, around)
        case .atLeast(let least, let queries): return meeting(members(queries), least, around)
        case .butNot(let wanted, let others):
            let vetoed = Set(others.flatMap { find($0, without(around)) }.map { unit($0, around) })
            return find(wanted, around).filter { !vetoed.contains(unit($0, around)) }
        case .near(let left, let right, let distance, let isOrdered):
            return near(find(left, around), find(right, around), distance, isOrdered)
        case .inside(let wanted, let outer, let isNegated):
            let runs = find(outer, without(around)).map { $0.first...$0.last }
            func isInside(_ span: ClosedRange<Int>) -> Bool {
                runs.contains { $0.lowerBound <= span.lowerBound && span.upperBound <= $0.upperBound }
            }
            return find(wanted, around).filter { match in
                isNegated ? !match.spans.contains(where: isInside) : match.spans.allSatisfy(isInside)
            }
        case .containing(let wanted, let inner):
            let held = find(inner, around)
            return find(wanted, around).filter { match in
                held.contains { $0.first >= match.first && $0.last <= match.last }
            }
        case .density(let least, let counted):
            let found = find(counted, around)
            return found.filter { match in
                let count = found.count { unit($0, around) == unit(match, around) }
                let words = text.words.indices.count { word in
                    let isHere = unit(Match([word...word]), around) == unit(match, around)
                    switch around.region {
                    case .everywhere: return isHere
                    case .title: return isHere && isInTitle(word)
                    case .lede: return isHere && isInLede(word)
                    }
                }
                return Double(count) / Double(words) >= Double(least) / 1000 - 1e-12
            }
        case .count(let least, let counted):
            let found = find(counted, around)
            return found.filter { match in found.count { unit($0, around) == unit(match, around) } >= least }
        case .scoped(let scope, let inner): return find(inner, scoped(scope, around))
        case .rule(let id):
            return distinct(
                rules.filter { Self.isNamed($0, id) }.flatMap { matches(of: $0) }.filter { isAllowed($0, around) })
        case .topic(let id):
            return distinct(
                rules.filter { $0.topic.rawValue == id }.flatMap { matches(of: $0) }.filter { isAllowed($0, around) })
        case .regularExpression(let pattern): return distinct(expressions(pattern).filter { isAllowed($0, around) })
        case .list: fatalError("filled in by the checker")
        }
    }

    private func without(_ around: Surroundings) -> Surroundings {
        var without = around
        without.excluded = []
        return without
    }

    private static func isNamed(_ rule: CheckedRule, _ name: String) -> Bool {
        name.last == "*" ? rule.id.rawValue.hasPrefix(name.dropLast()) : rule.id.rawValue == name
    }

    /// A topic or a group of rules that stands alone in ATLEAST: its rules.
    private func members(_ queries: [Query]) -> [Query] {
        guard queries.count == 1 else { return queries }
        let members: [CheckedRule]
        switch queries[0].node {
        case .topic(let id): members = rules.filter { $0.topic.rawValue == id }
        case .rule(let name) where name.last == "*": members = rules.filter { Self.isNamed($0, name) }
        default: return queries
        }
        return members.map { Query(.rule($0.id.rawValue), queries[0].range) }
    }

    /// What Foundation's regular expressions find, in whole words. The expressions of the random rules match the same
    /// under leftmost-longest and under backtracking.
    private func expressions(_ pattern: String) -> [Match] {
        guard let expression = try? NSRegularExpression(pattern: pattern, options: .caseInsensitive) else {
            fatalError("an expression of the random rules that Foundation refuses")
        }
        let whole = NSRange(text.canonical.startIndex..., in: text.canonical)
        return expression.matches(in: text.canonical, range: whole).compactMap { found in
            let range = Range(found.range, in: text.canonical)!
            let scalars = text.canonical.unicodeScalars
            let start = scalars.distance(from: scalars.startIndex, to: range.lowerBound)
            let end = scalars.distance(from: scalars.startIndex, to: range.upperBound)
            let touched = text.words.indices.filter {
                text.words[$0].range.upperBound > start && text.words[$0].range.lowerBound < end
            }
            return touched.isEmpty ? nil : Match([touched.first!...touched.last!])
        }
    }

    // MARK: Places

    private func scoped(_ scope: Scope, _ around: Surroundings) -> Surroundings {
        var inner = around
        switch scope {
        case .title: (inner.region, inner.unit) = (.title, .document)
        case .lede: (inner.region, inner.unit) = (.lede, .document)
        case .sentence, .paragraph, .document: inner.unit = scope
        }
        return inner
    }

    private func unit(_ match: Match, _ around: Surroundings) -> Int {
        switch around.unit {
        case .sentence: text.words[match.first].sentence
        case .paragraph: text.words[match.first].paragraph
        default: 0
        }
    }

    func isInTitle(_ word: Int) -> Bool { word < text.titleWords }
    func isInLede(_ word: Int) -> Bool { text.lede.contains(text.words[word].sentence) && !isInTitle(word) }

    private func isAllowed(_ match: Match, _ around: Surroundings) -> Bool {
        let isInRegion =
            switch around.region {
            case .everywhere: true
            case .title: isInTitle(match.last)
            case .lede: isInLede(match.first) && isInLede(match.last)
            }
        return isInRegion
            && !match.spans.contains { span in
                around.excluded.contains { $0.lowerBound <= span.lowerBound && span.upperBound <= $0.upperBound }
            }
    }

    private func distinct(_ matches: [Match]) -> [Match] { Set(matches).sorted(by: Match.isOrdered) }

    // MARK: Words and phrases

    private func spans(of query: Query) -> Set<ClosedRange<Int>> {
        var spans: Set<ClosedRange<Int>> = []
        for start in text.words.indices {
            for end in ends(of: query, from: start) where end > start { spans.insert(start...(end - 1)) }
        }
        return spans
    }

    /// Where a query of words may end that begins at a word; the start itself where it takes none.
    private func ends(of query: Query, from start: Int) -> Set<Int> {
        switch query.node {
        case .words(let words):
            for (offset, pattern) in words.enumerated() {
                guard start + offset < text.words.count, OracleWords.is(text.words[start + offset], pattern),
                    offset == 0 || text.words[start + offset].joint == .neighbour
                else { return [] }
            }
            return [start + words.count]
        case .any(let queries): return queries.reduce(into: []) { $0.formUnion(ends(of: $1, from: start)) }
        case .phrase(let elements):
            var positions: Set<Int> = [start]
            for element in elements {
                var next: Set<Int> = element.isOptional ? positions : []
                for position in positions {
                    guard position == start || position < text.words.count && text.words[position].joint == .neighbour
                    else { continue }
                    next.formUnion(ends(of: element.query, from: position))
                }
                positions = next
            }
            return positions
        default: fatalError("no part of a phrase")
        }
    }

    // MARK: Operators

    private func meeting(_ queries: [Query], _ least: Int, _ around: Surroundings) -> [Match] {
        let sets = queries.map { find($0, around) }
        var joined: [Match] = []
        for place in Set(sets.joined().map { unit($0, around) }) {
            let here = sets.map { $0.filter { unit($0, around) == place } }.filter { !$0.isEmpty }
            if here.count >= least { joined += joinNearest(here) }
        }
        return distinct(joined)
    }

    /// Set by set, each match that took no part yet is joined with the nearest of each other set, the earlier of two.
    private func joinNearest(_ sets: [[Match]]) -> [Match] {
        guard sets.count > 1 else { return sets[0] }
        var used: Set<[Int]> = []
        var joined: [Match] = []
        for (own, set) in sets.enumerated() {
            for (number, match) in set.enumerated() where !used.contains([own, number]) {
                var members = match.spans
                for (other, candidates) in sets.enumerated() where other != own {
                    let nearest = candidates.indices.min {
                        abs(candidates[$0].first - match.first) < abs(candidates[$1].first - match.first)
                    }!
                    used.insert([other, nearest])
                    members += candidates[nearest].spans
                }
                joined.append(Match(members))
            }
        }
        return joined
    }

    private func near(_ left: [Match], _ right: [Match], _ distance: Int, _ isOrdered: Bool) -> [Match] {
        /// Words from one to the other, nil where they are not near.
        func gap(_ one: Match, _ other: Match) -> Int? {
            let sentences = Set([one.first, one.last, other.first, other.last].map { text.words[$0].sentence })
            guard sentences.count == 1 else { return nil }
            let gap = other.first > one.last ? other.first - one.last : isOrdered ? 0 : one.first - other.last
            return (1...distance).contains(gap) ? gap : nil
        }
        func nearest(_ candidates: [Match], _ gap: (Match) -> Int?) -> Int? {
            candidates.indices.filter { gap(candidates[$0]) != nil }.min { gap(candidates[$0])! < gap(candidates[$1])! }
        }
        var used: Set<Int> = []
        var joined: [Match] = []
        for match in left {
            guard let partner = nearest(right, { gap(match, $0) }) else { continue }
            used.insert(partner)
            joined.append(Match(match.spans + right[partner].spans))
        }
        for (number, match) in right.enumerated() where !used.contains(number) {
            guard let partner = nearest(left, { gap($0, match) }) else { continue }
            joined.append(Match(match.spans + left[partner].spans))
        }
        return distinct(joined)
    }
}

/// Which words a pattern names: a table written by hand for the words of the random rulesets.
enum OracleWords {
    static let forms: [String: Set<String>] = [
        "crime": ["crime", "crimes"], "drug": ["drug", "drugs"],
        "offence": ["offence", "offences", "offense", "offenses"],
        "arms": ["arm", "arms"], "woman": ["woman", "women"], "cafe": ["cafe", "cafes"], "fight": ["fight", "fights"],
        "and": ["and"], "us": ["us"], "x": ["x"], "nca": ["nca", "ncas"], "istanbul": ["istanbul", "istanbuls"],
        "police": ["police", "polices"], "cyber": ["cyber", "cybers"], "cybercrime": ["cybercrime", "cybercrimes"],
        "organise": ["organise", "organize", "organises", "organizes"], "naive": ["naive", "naives"],
        "mr": ["mr"], "people": ["people", "peoples"], "3": ["3"], "o'brien": ["o'brien"],
    ]

    static func `is`(_ word: OracleText.Word, _ pattern: WordPattern) -> Bool {
        switch pattern {
        case .folded(let wanted): forms[wanted]!.contains(word.folded)
        case .literal(let wanted): word.folded == wanted
        case .exact(let wanted): Array(word.exact.unicodeScalars) == Array(wanted.unicodeScalars)
        case .wildcard(let wanted): glob(wanted[...], word.folded[...])
        }
    }

    private static func glob(_ pattern: Substring, _ word: Substring) -> Bool {
        guard let first = pattern.first else { return word.isEmpty }
        if first == "*" { return glob(pattern.dropFirst(), word) || !word.isEmpty && glob(pattern, word.dropFirst()) }
        return !word.isEmpty && (first == "?" || first == word.first) && glob(pattern.dropFirst(), word.dropFirst())
    }
}
