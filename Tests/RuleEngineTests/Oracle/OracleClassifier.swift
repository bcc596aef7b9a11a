import RuleLanguage
import Speeches

/// Tags by definition: matches, longest ones, clues that are not alone, points.
struct OracleClassifier {
    struct Item {
        let rule: Int
        let weight: Int
        let match: OracleMatcher.Match
    }

    /// One line a topic, one an item of evidence, and the verdict: what is compared with the engine's event.
    static func tags(_ speech: Speech, _ ruleset: CheckedRuleset) -> [String] {
        let text = OracleText(speech)
        guard !text.words.isEmpty else { return [] }
        let matcher = OracleMatcher(text, ruleset, speech)
        var number = 0
        var found: [(topic: CheckedTopic, items: [Item])] = []
        for topic in ruleset.topics {
            var items: [Item] = []
            for rule in topic.rules {
                if rule.status != .experimental {
                    items += matcher.matches(of: rule).map { Item(rule: number, weight: rule.weight, match: $0) }
                }
                number += 1
            }
            found.append((topic, items))
        }
        let all = found.flatMap(\.items)
        let evidence = found.map { topic, items in
            (topic: topic, items: withoutLonelyClues(longest(notOutranked(items, topic, all, ruleset)), text))
        }
        let standing = evidence.filter { points($0.items, matcher) >= 2 }
        func sentences(_ items: [Item]) -> Set<Int> { Set(items.map { text.words[$0.match.first].sentence }) }
        let shared = Dictionary(standing.flatMap { sentences($0.items).map { ($0, 1) } }, uniquingKeysWith: +)
        var lines: [(score: Double, id: String, text: [String])] = []
        for (topic, items) in standing {
            let p = points(items, matcher)
            let fewest = sentences(items).map { shared[$0]! }.min()!
            let prominence = prominence(items, sentences(items).count, fewest, matcher)
            let thousandths = Int((p / (p + 2) * 1000 + 0.5 + 1e-9).rounded(.down))
            lines.append(
                (
                    Double(thousandths), topic.id.rawValue,
                    ["\(topic.id) \(thousandths) \(prominence) \(items.count)"]
                        + items.map { line($0, ruleset.rules[$0.rule].id, text) }
                ))
        }
        let sorted = lines.sorted { $0.score != $1.score ? $0.score > $1.score : $0.id < $1.id }
        return [verdict(standing, ruleset, matcher)] + sorted.flatMap(\.text)
    }

    private static func line(_ item: Item, _ rule: RuleID, _ text: OracleText) -> String {
        let spans = item.match.spans.map {
            "\(text.words[$0.lowerBound].range.lowerBound)-\(text.words[$0.upperBound].range.upperBound)"
        }
        let sentence = text.words[item.match.first].sentence + (text.hasTitle ? 0 : 1)
        return "  \(rule) s\(sentence) \(spans.joined(separator: " "))"
    }

    // MARK: Choice

    /// An item inside one run of words of a rule that weighs no less is dropped; of two alike the heavier stays, then
    /// the earlier rule's.
    private static func longest(_ items: [Item]) -> [Item] {
        items.filter { item in
            !items.contains { other in
                guard other.match.isContiguous, other.weight >= item.weight, other.match.first <= item.match.first,
                    other.match.last >= item.match.last
                else { return false }
                let isSame = other.match.first == item.match.first && other.match.last == item.match.last
                if !isSame || !item.match.isContiguous { return true }
                return other.weight > item.weight || other.rule < item.rule
            }
        }.sorted { left, right in
            left.match == right.match ? left.rule < right.rule : OracleMatcher.Match.isOrdered(left.match, right.match)
        }
    }

    /// An item inside a longer run of words that a rule which wins over the topic found is dropped.
    private static func notOutranked(
        _ items: [Item], _ topic: CheckedTopic, _ all: [Item], _ ruleset: CheckedRuleset
    ) -> [Item] {
        items.filter { item in
            !all.contains { other in
                let rule = ruleset.rules[other.rule]
                return rule.topic != topic.id && rule.winsOver.contains(topic.id) && other.match.isContiguous
                    && other.match.first <= item.match.first && item.match.last <= other.match.last
                    && other.match.last - other.match.first > item.match.last - item.match.first
            }
        }
    }

    private static func withoutLonelyClues(_ items: [Item], _ text: OracleText) -> [Item] {
        items.filter { item in
            item.weight > 1
                || items.contains {
                    $0.rule != item.rule
                        && text.words[$0.match.first].paragraph == text.words[item.match.first].paragraph
                }
        }
    }

    // MARK: Figures

    private static func points(_ items: [Item], _ matcher: OracleMatcher) -> Double {
        var points = items.contains { matcher.isInTitle($0.match.first) } ? 2.0 : 0
        for rule in Set(items.map(\.rule)) {
            let own = items.filter { $0.rule == rule }
            let sentences = Set(own.map { matcher.text.words[$0.match.first].sentence }).count
            points += Double(own[0].weight) * (1 + 0.5 * Double(min(sentences - 1, 2)))
        }
        return items.isEmpty ? 0 : points
    }

    private static func prominence(_ items: [Item], _ s: Int, _ fewest: Int, _ matcher: OracleMatcher) -> Prominence {
        let n = matcher.text.sentences
        let paragraphs = Set(items.map { matcher.text.words[$0.match.first].paragraph }).count
        let isUpFront = items.contains { matcher.isInTitle($0.match.first) || matcher.isInLede($0.match.first) }
        if s >= 3, Double(s) / Double(n) >= 1.0 / 8 { return .focus }
        if s >= 12, paragraphs >= 3 { return .focus }
        if isUpFront, s >= 2 { return .focus }
        if n <= 3, fewest <= 3 { return .focus }
        return s >= 2 || fewest <= 3 ? .substantive : .mention
    }

    private static func verdict(
        _ standing: [(topic: CheckedTopic, items: [Item])], _ ruleset: CheckedRuleset, _ matcher: OracleMatcher
    ) -> String {
        func words(_ standings: [TopicStanding]) -> Set<Int> {
            Set(
                standing.filter { standings.contains($0.topic.standing) }.flatMap(\.items).flatMap { item in
                    item.match.spans.flatMap { Array($0) }
                })
        }
        let core = words([.core])
        let either = words([.core, .shared])
        let others = Set(
            ruleset.otherSubjects.flatMap { matcher.find($0, OracleMatcher.Surroundings()) }.flatMap {
                Array($0.first...$0.last)
            })
        let all = Double(matcher.text.words.count)
        let d = Double(core.count) + Double(either.count - core.count) / 2 - Double(others.subtracting(either).count)
        let x = max(0, d) / min(0.06 * all, max(12, 0.02 * all))
        let thousandths = Int((x / (x + 1) * 1000 + 0.5 + 1e-9).rounded(.down))
        return "crime policy \(x >= 1 - 1e-9) \(thousandths)"
    }
}
