internal import TextMatching

/// Finds the matches of conditions in one scanned document.
///
/// The only place that says what an operator means: classification, rule tests and explanations all ask it. It lives for
/// one document; results of rules and exclusions are kept, so each is computed once however many ask.
struct ConditionEvaluator: ~Copyable {
    /// A condition yields no more matches than this in one document; the first ones count.
    static let maximumMatches = 20_000

    let ruleset: Ruleset
    let document: ScannedDocument
    /// Occurrences by leaf.
    let leaves: LeafOccurrences
    private var ruleMatches: [Int: [Match]] = [:]
    private var exclusionSpans: [Int: [WordSpan]] = [:]

    init(ruleset: Ruleset, document: ScannedDocument, leaves: LeafOccurrences) {
        self.ruleset = ruleset
        self.document = document
        self.leaves = leaves
    }

    /// What a rule finds, in order of place, exclusions, vetoes and document conditions taken into account.
    mutating func matches(ofRule number: Int) -> [Match] {
        if let matches = ruleMatches[number] { return matches }
        let rule = ruleset.rules[number]
        var matches: [Match] = []
        if document.meets(rule.conditions) {
            matches = evaluate(rule.find, exclusions(of: rule))
            if !matches.isEmpty, veto(of: rule) != nil { matches = [] }
        }
        ruleMatches[number] = matches
        return matches
    }

    /// The spans whose insides are no evidence of a rule.
    mutating func exclusions(of rule: CompiledRule) -> Exclusions {
        Exclusions(rule.notInside.map { spans(ofExclusion: $0) })
    }

    /// A match of what vetoes the document for a rule.
    mutating func veto(of rule: CompiledRule) -> Match? {
        for condition in rule.notDocument {
            if let match = evaluate(condition, Exclusions([])).first { return match }
        }
        return nil
    }

    /// What one exclusion finds.
    mutating func spans(ofExclusion number: Int) -> [WordSpan] {
        if let spans = exclusionSpans[number] { return spans }
        let spans = evaluate(ruleset.exclusions[number], Exclusions([])).map {
            WordSpan(first: $0.first, last: $0.last)
        }
        exclusionSpans[number] = spans
        return spans
    }

    // MARK: Conditions

    /// The matches of a condition in order of place, each once.
    mutating func evaluate(_ id: ConditionID, _ excluded: Exclusions) -> [Match] {
        switch ruleset.conditions[id.index] {
        case .phrases(let leaf, let region): return phrases(leaf, region, excluded)
        case .any(let children): return Self.ordered(children.flatMap { evaluate($0, excluded) })
        case .all(let children, let unit): return meeting(children, atLeast: children.count, unit, excluded)
        case .atLeast(let least, let children, let unit): return meeting(children, atLeast: least, unit, excluded)
        case .butNot(let found, let others, let unit):
            let vetoed = Set(others.flatMap { evaluate($0, Exclusions([])) }.map { document.unit(unit, of: $0.first) })
            return evaluate(found, excluded).filter { !vetoed.contains(document.unit(unit, of: $0.first)) }
        case .near(let left, let right, let distance, let isOrdered):
            return near(evaluate(left, excluded), evaluate(right, excluded), distance, isOrdered)
        case .adjacent(let children): return adjacent(children, excluded)
        case .count(let least, let child, let unit):
            let matches = evaluate(child, excluded)
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
            let runs = Exclusions([evaluate(around, Exclusions([])).map { WordSpan(first: $0.first, last: $0.last) }])
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
            let spans = document.spans(of: ruleset.regularExpressions[expression], atMost: Self.maximumMatches)
            return Self.ordered(spans.map { Match($0) }.filter { isAllowed($0, region, excluded) })
        }
    }

    private func phrases(_ leaf: Int, _ region: Region, _ excluded: Exclusions) -> [Match] {
        var matches: [Match] = []
        leaves.forEach(leaf) { span in
            let match = Match(span)
            if matches.count < Self.maximumMatches, isAllowed(match, region, excluded) { matches.append(match) }
        }
        return Self.ordered(matches)
    }

    private func isAllowed(_ match: Match, _ region: Region, _ excluded: Exclusions) -> Bool {
        document.contains(match, region) && !match.allSpans.contains { excluded.contain($0) }
    }

    static func ordered(_ matches: [Match]) -> [Match] {
        guard matches.count > 1 else { return matches }
        var distinct: [Match] = []
        for match in matches.sorted() where distinct.last != match { distinct.append(match) }
        return Array(distinct.prefix(maximumMatches))
    }

    // MARK: Operators

    /// Units in which at least so many of the children hold: each match of each of them with the nearest of the others.
    private mutating func meeting(
        _ children: [ConditionID], atLeast least: Int, _ unit: TextUnit, _ excluded: Exclusions
    ) -> [Match] {
        let groups = children.map { child in
            Dictionary(grouping: evaluate(child, excluded)) { document.unit(unit, of: $0.first) }
        }
        var units: [Int: Int] = [:]
        for group in groups { for unit in group.keys { units[unit, default: 0] += 1 } }
        var matches: [Match] = []
        for (unit, count) in units.sorted(by: { $0.key < $1.key }) where count >= least {
            matches += Self.joinNearest(groups.compactMap { $0[unit] })
            if matches.count >= Self.maximumMatches { break }
        }
        return Self.ordered(matches)
    }

    /// Every match takes part at least once, together with the nearest match of each other set. No products: the result
    /// is as long as the sets together.
    static func joinNearest(_ sets: [[Match]]) -> [Match] {
        guard sets.count > 1 else { return sets.first ?? [] }
        var joined: [Match] = []
        var used = sets.map { [Bool](repeating: false, count: $0.count) }
        for (index, set) in sets.enumerated() {
            for (number, match) in set.enumerated() where !used[index][number] {
                var members = [match]
                for (other, candidates) in sets.enumerated() where other != index {
                    let nearest = Self.nearest(to: match, in: candidates)
                    used[other][nearest] = true
                    members.append(candidates[nearest])
                }
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
    private func near(_ left: [Match], _ right: [Match], _ distance: Int, _ isOrdered: Bool) -> [Match] {
        guard !left.isEmpty, !right.isEmpty else { return [] }
        var matches: [Match] = []
        var used = [Bool](repeating: false, count: right.count)
        let rightWindow = NearWindow(right)
        for match in left {
            guard let partner = nearestPartner(of: match, rightWindow, distance, before: !isOrdered, after: true) else {
                continue
            }
            used[partner] = true
            matches.append(Match(joining: [match, right[partner]]))
        }
        let leftWindow = NearWindow(left)
        for (number, match) in right.enumerated() where !used[number] {
            guard let partner = nearestPartner(of: match, leftWindow, distance, before: true, after: !isOrdered) else {
                continue
            }
            matches.append(Match(joining: [left[partner], match]))
        }
        return Self.ordered(matches)
    }

    private func nearestPartner(
        of match: Match, _ window: NearWindow, _ distance: Int, before: Bool, after: Bool
    ) -> Int? {
        var best: (distance: Int, index: Int)?
        let sentence = document.sentence(of: match.first)
        guard document.sentence(of: match.last) == sentence else { return nil }
        for index in window.candidates(around: match, within: distance) {
            let candidate = window.matches[index]
            let gap: Int
            if after, candidate.first > match.last {
                gap = Int(candidate.first - match.last)
            } else if before, candidate.last < match.first {
                gap = Int(match.first - candidate.last)
            } else {
                continue
            }
            guard gap <= distance, gap < best?.distance ?? .max, document.sentence(of: candidate.first) == sentence,
                document.sentence(of: candidate.last) == sentence
            else { continue }
            best = (gap, index)
        }
        return best?.index
    }

    private mutating func adjacent(_ children: [ConditionID], _ excluded: Exclusions) -> [Match] {
        var chains = evaluate(children[0], Exclusions([]))
        for child in children.dropFirst() {
            let next = Dictionary(grouping: evaluate(child, Exclusions([])), by: \.first)
            var longer: [Match] = []
            for chain in chains {
                for match in next[chain.last + 1] ?? [] where document.boundary(before: match.first) == .adjacent {
                    longer.append(Match(WordSpan(first: chain.first, last: match.last)))
                }
            }
            chains = Self.ordered(longer)
        }
        return chains.filter { chain in !excluded.contain(WordSpan(first: chain.first, last: chain.last)) }
    }
}

/// Matches in order with their longest extent, to find the few that can be near another match.
private struct NearWindow {
    let matches: [Match]
    private let longest: UInt32

    init(_ matches: [Match]) {
        self.matches = matches
        longest = matches.reduce(0) { max($0, $1.last - $1.first) }
    }

    /// Indexes of matches that begin close enough to end or begin within `distance` of `match`.
    func candidates(around match: Match, within distance: Int) -> Range<Int> {
        let reach = UInt32(distance) + longest
        let from = match.first > reach ? match.first - reach : 0
        let to = match.last + UInt32(distance)
        let start = matches.partitionPoint { $0.first >= from }
        return start..<max(start, matches.partitionPoint { $0.first > to })
    }
}

/// Spans whose insides are no evidence.
struct Exclusions {
    /// In order of first word, with the furthest last word so far.
    private let spans: [(first: UInt32, furthest: UInt32)]

    init(_ lists: [[WordSpan]]) {
        var furthest: UInt32 = 0
        spans = lists.flatMap { $0 }.sorted { $0.first < $1.first }.map { span in
            furthest = max(furthest, span.last)
            return (span.first, furthest)
        }
    }

    /// Whether `span` lies within one of the spans: some span that begins no later ends no earlier.
    func contain(_ span: WordSpan) -> Bool {
        guard !spans.isEmpty else { return false }
        let after = spans.partitionPoint { $0.first > span.first }
        return after > 0 && spans[after - 1].furthest >= span.last
    }
}

/// Matches, to be asked whether one of them lies within some words.
private struct ContainedMatches {
    /// In order of first word, each with the earliest last word from there on.
    private let matches: [(first: UInt32, earliest: UInt32)]

    /// - Parameter matches: in order.
    init(_ matches: [Match]) {
        var earliest = UInt32.max
        self.matches = matches.reversed().map { match in
            earliest = min(earliest, match.last)
            return (match.first, earliest)
        }.reversed()
    }

    func isAny(within span: WordSpan) -> Bool {
        let from = matches.partitionPoint { $0.first >= span.first }
        return from < matches.count && matches[from].earliest <= span.last
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
