internal import TextMatching

/// Finds the matches of conditions in one scanned document.
///
/// The only place that says what an operator means: classification, rule tests and explanations all ask it. It lives for
/// one document; results of rules and exclusions are kept, so each is computed once however many ask.
struct ConditionEvaluator: ~Copyable {
    /// A condition yields no more matches than this in one document; the first ones count.
    static let maximumMatches = 20_000

    /// All conditions together look at so many matches of one document; beyond, conditions find nothing. Ordinary
    /// documents take some thousands. Rules are asked in the order of their numbers, so the same matches count whoever
    /// asks.
    static let maximumWork = 1 << 21

    let ruleset: Ruleset
    let document: ScannedDocument
    /// Occurrences by leaf.
    let leaves: LeafOccurrences
    /// By number, as far as somebody has asked.
    private var ruleMatches: [[Match]?]
    private var exclusionFinds: [ExclusionFinds]
    private var exclusionRuns: [Int: SpanRuns] = [:]
    /// What is left of `maximumWork`.
    private(set) var workLeft = maximumWork
    /// All regular expressions together take no more steps in one document than one may take.
    private var stepsLeft = RegularExpression.maximumSteps
    private var hasMatchesLeftOut = false
    /// Whether a limit was reached, so that there may be matches which nobody looked at.
    var isCurtailed: Bool { hasMatchesLeftOut || workLeft <= 0 || stepsLeft <= 0 }

    /// What is known of an exclusion in this document.
    private enum ExclusionFinds: UInt8 { case unknown, nothing, something }

    init(ruleset: Ruleset, document: ScannedDocument, leaves: LeafOccurrences) {
        self.ruleset = ruleset
        self.document = document
        self.leaves = leaves
        ruleMatches = [[Match]?](repeating: nil, count: ruleset.rules.count)
        exclusionFinds = [ExclusionFinds](repeating: .unknown, count: ruleset.exclusions.count)
    }

    /// What a rule finds, in order of place, exclusions, vetoes and document conditions taken into account.
    mutating func matches(ofRule number: Int) -> [Match] {
        if let matches = ruleMatches[number] { return matches }
        var matches: [Match] = []
        if mayHold(ruleset.rules[number].find) {
            let rule = ruleset.rules[number]
            if document.meets(rule.conditions) {
                matches = evaluate(rule.find, exclusions(of: rule))
                if !matches.isEmpty, veto(of: rule) != nil { matches = [] }
            }
        }
        ruleMatches[number] = matches
        return matches
    }

    /// The spans whose insides are no evidence of a rule.
    mutating func exclusions(of rule: CompiledRule) -> Exclusions {
        var exclusions = Exclusions.none
        for number in rule.notInside where exclusionFinds[number] != .nothing {
            exclusions.add(runs(ofExclusion: number))
        }
        return exclusions
    }

    /// A match of what vetoes the document for a rule.
    mutating func veto(of rule: CompiledRule) -> Match? {
        for condition in rule.notDocument {
            if mayHold(condition), let match = evaluate(condition, .none).first { return match }
        }
        return nil
    }

    /// What one exclusion finds.
    mutating func runs(ofExclusion number: Int) -> SpanRuns {
        switch exclusionFinds[number] {
        case .nothing: return .none
        case .something: return exclusionRuns[number]!
        case .unknown:
            let condition = ruleset.exclusions[number]
            let runs = mayHold(condition) ? SpanRuns(evaluate(condition, .none)) : .none
            exclusionFinds[number] = runs.isEmpty ? .nothing : .something
            if !runs.isEmpty { exclusionRuns[number] = runs }
            return runs
        }
    }

    // MARK: Conditions

    /// Whether a condition can hold at all, to go by the words that occur: says no at once of most conditions, and yes
    /// wherever it would have to look at places.
    func mayHold(_ id: ConditionID) -> Bool {
        switch ruleset.conditions[id.index] {
        case .phrases(let leaf, _): return leaves.count(of: leaf) > 0
        case .any(let children): return children.contains { mayHold($0) }
        case .all(let children, _), .adjacent(let children): return children.allSatisfy { mayHold($0) }
        case .atLeast(let least, let children, _): return countThatMayHold(children) >= least
        case .butNot(let found, _, _), .count(_, let found, _), .density(_, let found, _, _): return mayHold(found)
        case .near(let left, let right, _, _), .containing(let left, let right): return mayHold(left) && mayHold(right)
        case .inside(let found, let around, let isNegated): return mayHold(found) && (isNegated || mayHold(around))
        case .rules, .regularExpression: return true
        }
    }

    private func countThatMayHold(_ conditions: [ConditionID]) -> Int {
        conditions.reduce(0) { $0 + (mayHold($1) ? 1 : 0) }
    }

    /// The matches of a condition in order of place, each once.
    mutating func evaluate(_ id: ConditionID, _ excluded: Exclusions) -> [Match] {
        guard workLeft > 0 else { return [] }
        let matches = evaluated(id, excluded)
        if matches.count >= Self.maximumMatches { hasMatchesLeftOut = true }
        workLeft -= matches.count + 1
        return matches
    }

    private mutating func evaluated(_ id: ConditionID, _ excluded: Exclusions) -> [Match] {
        switch ruleset.conditions[id.index] {
        case .phrases(let leaf, let region): return phrases(leaf, region, excluded)
        case .any(let children): return any(of: children, excluded)
        case .all(let children, let unit): return meeting(children, atLeast: children.count, unit, excluded)
        case .atLeast(let least, let children, let unit): return meeting(children, atLeast: least, unit, excluded)
        case .butNot(let found, let others, let unit):
            let matches = evaluate(found, excluded)
            if matches.isEmpty { return [] }
            let vetoes = any(of: others, .none)
            if vetoes.isEmpty { return matches }
            let vetoed = Set(vetoes.map { document.unit(unit, of: $0.first) })
            return matches.filter { !vetoed.contains(document.unit(unit, of: $0.first)) }
        case .near(let left, let right, let distance, let isOrdered):
            guard mayHold(right) else { return [] }
            let matches = evaluate(left, excluded)
            return matches.isEmpty ? [] : near(matches, evaluate(right, excluded), distance, isOrdered)
        case .adjacent(let children): return adjacent(children, excluded)
        case .count(let least, let child, let unit):
            let matches = evaluate(child, excluded)
            if matches.count < least { return [] }
            let counts = Dictionary(grouping: matches) { document.unit(unit, of: $0.first) }.mapValues(\.count)
            return matches.filter { counts[document.unit(unit, of: $0.first)]! >= least }
        case .density(let least, let child, let unit, let region):
            let matches = evaluate(child, excluded)
            let counts = Dictionary(grouping: matches) { document.unit(unit, of: $0.first) }.mapValues(\.count)
            return matches.filter { match in
                counts[document.unit(unit, of: match.first)]! * 1_000
                    >= least * document.words(in: unit, of: match.first, region)
            }
        case .inside(let found, let around, let isNegated):
            let matches = evaluate(found, excluded)
            if matches.isEmpty { return [] }
            let runs = SpanRuns(evaluate(around, .none))
            return matches.filter { match in
                isNegated
                    ? !match.allSpans.contains { runs.contain($0) } : match.allSpans.allSatisfy { runs.contain($0) }
            }
        case .containing(let found, let within):
            let matches = evaluate(found, excluded)
            if matches.isEmpty { return [] }
            let contained = ContainedMatches(evaluate(within, excluded))
            return matches.filter { contained.isAny(within: WordSpan(first: $0.first, last: $0.last)) }
        case .rules(let rules, let region):
            let found = rules.flatMap { matches(ofRule: $0) }
            return Self.ordered(found.filter { isAllowed($0, region, excluded) })
        case .regularExpression(let expression, let region):
            let spans = document.spans(
                of: ruleset.regularExpressions[expression], atMost: Self.maximumMatches, steps: &stepsLeft)
            return Self.ordered(spans.map { Match($0) }.filter { isAllowed($0, region, excluded) })
        }
    }

    private mutating func phrases(_ leaf: Int, _ region: Region, _ excluded: Exclusions) -> [Match] {
        let count = leaves.count(of: leaf)
        if count == 0 { return [] }
        workLeft -= count
        var matches: [Match] = []
        matches.reserveCapacity(min(count, Self.maximumMatches))
        leaves.forEach(leaf) { span in
            let match = Match(span)
            if matches.count < Self.maximumMatches, isAllowed(match, region, excluded) { matches.append(match) }
        }
        return Self.ordered(matches)
    }

    private mutating func any(of children: [ConditionID], _ excluded: Exclusions) -> [Match] {
        var matches: [Match] = []
        for child in children where mayHold(child) {
            let found = evaluate(child, excluded)
            if matches.isEmpty { matches = found } else { matches += found }
        }
        return Self.ordered(matches)
    }

    private func isAllowed(_ match: Match, _ region: Region, _ excluded: Exclusions) -> Bool {
        guard document.contains(match, region) else { return false }
        if excluded.isEmpty { return true }
        return match.isContiguous
            ? !excluded.contain(WordSpan(first: match.first, last: match.last))
            : !match.spans.contains { excluded.contain($0) }
    }

    static func ordered(_ matches: [Match]) -> [Match] {
        if isOrdered(matches) {
            return matches.count <= maximumMatches ? matches : Array(matches.prefix(maximumMatches))
        }
        var distinct: [Match] = []
        distinct.reserveCapacity(matches.count)
        for match in matches.sorted() where distinct.last != match { distinct.append(match) }
        return Array(distinct.prefix(maximumMatches))
    }

    /// Whether each match comes after the one before, as the occurrences of most leaves do.
    private static func isOrdered(_ matches: [Match]) -> Bool {
        guard matches.count > 1 else { return true }
        for index in 1..<matches.count where !(matches[index - 1] < matches[index]) { return false }
        return true
    }

    // MARK: Operators

    /// Units in which at least so many of the children hold: each match of each of them with the nearest of the others.
    private mutating func meeting(
        _ children: [ConditionID], atLeast least: Int, _ unit: TextUnit, _ excluded: Exclusions
    ) -> [Match] {
        guard countThatMayHold(children) >= least else { return [] }
        var groups: [[Int: [Match]]] = []
        for child in children {
            let matches = evaluate(child, excluded)
            if matches.isEmpty, least == children.count { return [] }
            groups.append(Dictionary(grouping: matches) { document.unit(unit, of: $0.first) })
        }
        var units: [Int: Int] = [:]
        for group in groups { for unit in group.keys { units[unit, default: 0] += 1 } }
        var matches: [Match] = []
        for (unit, count) in units.sorted(by: { $0.key < $1.key }) where count >= least {
            matches += joinNearest(groups.compactMap { $0[unit] }, atLeast: least)
            if matches.count >= Self.maximumMatches || workLeft <= 0 { break }
        }
        return Self.ordered(matches)
    }

    /// A match of ATLEAST shows no more of its parts than this, or than it asks for: the list may have thousands.
    private static let maximumMembers = 64

    /// Every match takes part at least once, together with the nearest match of each other set. No products: the result
    /// is as long as the sets together.
    private mutating func joinNearest(_ sets: [[Match]], atLeast least: Int) -> [Match] {
        guard sets.count > 1 else { return sets.first ?? [] }
        var joined: [Match] = []
        var used = sets.map { [Bool](repeating: false, count: $0.count) }
        let shown = max(least, Self.maximumMembers)
        for (index, set) in sets.enumerated() {
            let others = sets.indices.lazy.filter { $0 != index }.prefix(shown - 1)
            for (number, match) in set.enumerated() where !used[index][number] {
                guard workLeft > 0 else { return joined }
                var members = [match]
                for other in others {
                    let nearest = Self.nearest(to: match, in: sets[other])
                    used[other][nearest] = true
                    members.append(sets[other][nearest])
                }
                workLeft -= members.count
                joined.append(Match(joining: members))
            }
        }
        return joined
    }

    /// The match whose first word is nearest; the earlier of two. `candidates` is in order and not empty.
    private static func nearest(to match: Match, in candidates: [Match]) -> Int {
        let after = candidates.partitionPoint { $0.first >= match.first }
        if after == 0 { return 0 }
        let before = candidates[after - 1].first
        if after < candidates.count, candidates[after].first - match.first < match.first - before { return after }
        return candidates.partitionPoint { $0.first >= before }
    }

    /// Each match with the nearest match of the other side that is near enough, in one sentence.
    private mutating func near(_ left: [Match], _ right: [Match], _ distance: Int, _ isOrdered: Bool) -> [Match] {
        guard !left.isEmpty, !right.isEmpty else { return [] }
        let (leftWindow, rightWindow) = (NearWindow(left), NearWindow(right))
        var matches: [Match] = []
        var used = [Bool](repeating: false, count: right.count)
        for (number, span) in leftWindow.spans.enumerated() {
            guard let partner = nearestPartner(of: span, rightWindow, distance, before: !isOrdered, after: true) else {
                continue
            }
            used[partner] = true
            matches.append(Match(joining: [left[number], right[partner]]))
        }
        for (number, span) in rightWindow.spans.enumerated() where !used[number] {
            guard let partner = nearestPartner(of: span, leftWindow, distance, before: true, after: !isOrdered) else {
                continue
            }
            matches.append(Match(joining: [left[partner], right[number]]))
        }
        return Self.ordered(matches)
    }

    private mutating func nearestPartner(
        of span: WordSpan, _ window: NearWindow, _ distance: Int, before: Bool, after: Bool
    ) -> Int? {
        guard workLeft > 0 else { return nil }
        let candidates = window.candidates(around: span, within: distance)
        workLeft -= candidates.count
        guard workLeft > 0 else { return nil }
        var nearest: Int?
        var least = distance + 1
        for index in candidates {
            let candidate = window.spans[index]
            let gap: Int
            if after, candidate.first > span.last {
                gap = Int(candidate.first - span.last)
            } else if before, candidate.last < span.first {
                gap = Int(span.first - candidate.last)
            } else {
                continue
            }
            // Sentences follow each other, so all that lies between two words of one sentence is in it.
            guard gap < least,
                document.sentence(of: min(span.first, candidate.first))
                    == document.sentence(of: max(span.last, candidate.last))
            else { continue }
            least = gap
            nearest = index
        }
        return nearest
    }

    private mutating func adjacent(_ children: [ConditionID], _ excluded: Exclusions) -> [Match] {
        guard children.allSatisfy({ mayHold($0) }) else { return [] }
        var chains = evaluate(children[0], .none)
        for child in children.dropFirst() {
            if chains.isEmpty { return [] }
            let next = evaluate(child, .none)
            var longer: [Match] = []
            for chain in chains {
                let place = chain.last + 1
                var index = next.partitionPoint { $0.first >= place }
                guard index < next.count, next[index].first == place, document.boundary(before: place) == .adjacent
                else { continue }
                while index < next.count, next[index].first == place {
                    longer.append(Match(WordSpan(first: chain.first, last: next[index].last)))
                    index += 1
                }
            }
            chains = Self.ordered(longer)
        }
        return chains.filter { chain in !excluded.contain(WordSpan(first: chain.first, last: chain.last)) }
    }
}

/// The extents of matches in order, with the longest, to find the few that can be near another match.
private struct NearWindow {
    let spans: [WordSpan]
    private let longest: UInt32

    init(_ matches: [Match]) {
        spans = matches.map { WordSpan(first: $0.first, last: $0.last) }
        longest = spans.reduce(0) { max($0, $1.last - $1.first) }
    }

    /// Indexes of spans that begin close enough to end or begin within `distance` of `span`.
    func candidates(around span: WordSpan, within distance: Int) -> Range<Int> {
        let reach = UInt32(distance) + longest
        let from = span.first > reach ? span.first - reach : 0
        let to = span.last + UInt32(distance)
        let start = spans.partitionPoint { $0.first >= from }
        var end = start
        while end < spans.count, spans[end].first <= to { end += 1 }
        return start..<end
    }
}

extension Array {
    /// The first index whose element satisfies a condition that no earlier and every later element satisfies.
    func partitionPoint(_ isBeyond: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if isBeyond(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
