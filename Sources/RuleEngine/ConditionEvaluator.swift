internal import TextMatching

/// Finds the matches of conditions in one scanned document after the other.
///
/// The only place that says what an operator means: classification, rule tests and explanations all ask it. Results of
/// rules and exclusions are kept until the next document begins, so each is computed once however many ask.
struct ConditionEvaluator: ~Copyable {
    /// A condition yields no more matches than this in one document; the first ones count.
    static let maximumMatches = 20_000

    /// All conditions together look at so many matches of one document; beyond, conditions find nothing. Ordinary
    /// documents take some thousands. Rules are asked in the order of their numbers, so the same matches count whoever
    /// asks.
    static let maximumWork = 1 << 21

    let ruleset: Ruleset
    let document: ScannedDocument
    /// Occurrences by leaf, and what they make possible.
    let leaves: LeafOccurrences
    private let possibilities: Possibilities
    /// By number, as far as somebody has asked.
    private var ruleMatches: [[Match]?]
    private var exclusionRuns: [SpanRuns?]
    /// Numbers of the rules and exclusions that somebody has asked for in this document.
    private var askedRules: [Int] = []
    private var askedExclusions: [Int] = []
    /// What is left of `maximumWork`.
    private(set) var workLeft = maximumWork
    /// All regular expressions together take no more steps in one document than one may take.
    private var stepsLeft = RegularExpression.maximumSteps
    private var hasMatchesLeftOut = false
    /// For `near`: which of the matches on the right have a partner.
    private var isUsed: [Bool] = []
    /// Whether a limit was reached, so that there may be matches which nobody looked at.
    var isCurtailed: Bool { hasMatchesLeftOut || workLeft <= 0 || stepsLeft <= 0 }

    /// Begins with the document scanned last.
    init(_ ruleset: Ruleset, _ document: ScannedDocument, _ leaves: LeafOccurrences, _ possibilities: Possibilities) {
        self.ruleset = ruleset
        self.document = document
        self.leaves = leaves
        self.possibilities = possibilities
        ruleMatches = [[Match]?](repeating: nil, count: ruleset.rules.count)
        exclusionRuns = [SpanRuns?](repeating: nil, count: ruleset.exclusions.count)
    }

    /// Forgets the document before: what follows is about the one scanned last.
    mutating func begin() {
        for rule in askedRules { ruleMatches[rule] = nil }
        for exclusion in askedExclusions { exclusionRuns[exclusion] = nil }
        askedRules.removeAll(keepingCapacity: true)
        askedExclusions.removeAll(keepingCapacity: true)
        workLeft = Self.maximumWork
        stepsLeft = RegularExpression.maximumSteps
        hasMatchesLeftOut = false
    }

    /// What a rule finds, in order of place, exclusions, vetoes and document conditions taken into account.
    mutating func matches(ofRule number: Int) -> [Match] {
        if let matches = ruleMatches[number] { return matches }
        let rule = ruleset.rules[number]
        var matches: [Match] = []
        if mayHold(rule.find), !rule.isConditional || document.meets(rule.conditions) {
            matches = evaluate(rule.find, exclusions(of: rule))
            if !matches.isEmpty, !rule.notDocument.isEmpty, veto(of: rule) != nil { matches = [] }
        }
        ruleMatches[number] = matches
        askedRules.append(number)
        return matches
    }

    /// The spans whose insides are no evidence of a rule.
    mutating func exclusions(of rule: CompiledRule) -> Exclusions {
        var exclusions = Exclusions()
        // Most find nothing, and are not looked at.
        for number in rule.notInside where mayHold(ruleset.exclusions[number]) {
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
        if let runs = exclusionRuns[number] { return runs }
        let condition = ruleset.exclusions[number]
        let runs = mayHold(condition) ? SpanRuns(evaluate(condition, .none)) : .none
        exclusionRuns[number] = runs
        askedExclusions.append(number)
        return runs
    }

    // MARK: Conditions

    /// Whether a condition can hold at all, to go by the words that occur.
    func mayHold(_ id: ConditionID) -> Bool { possibilities.contains(id) }

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
        case .all(let children, let unit):
            return mayHold(id) ? meeting(children, atLeast: children.count, unit, excluded) : []
        case .atLeast(let least, let children, let unit):
            return mayHold(id) ? meeting(children, atLeast: least, unit, excluded) : []
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
        case .adjacent(let children): return mayHold(id) ? adjacent(children, excluded) : []
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
            return matches.filter { contained.isAny(within: $0.extent) }
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
        let isAnyAllowed = region == .everywhere && excluded.isEmpty
        leaves.forEach(leaf) { span in
            let match = Match(span)
            if matches.count < Self.maximumMatches, isAnyAllowed || isAllowed(match, region, excluded) {
                matches.append(match)
            }
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
            ? !excluded.contain(match.extent)
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
        var sets: [[Match]] = []
        sets.reserveCapacity(children.count)
        for child in children {
            let matches = evaluate(child, excluded)
            if matches.isEmpty, least == children.count { return [] }
            sets.append(matches)
        }
        // Matches are in order of place, as units are: each unit has the next few of each set.
        var inUnit = [Range<Int>](repeating: 0..<0, count: sets.count)
        var matches: [Match] = []
        while let first = Self.firstWord(of: sets, behind: inUnit) {
            let end = document.words(of: unit, around: first).upperBound
            var present = 0
            for (number, set) in sets.enumerated() {
                let start = inUnit[number].upperBound
                var next = start
                while next < set.count, set[next].first < end { next += 1 }
                inUnit[number] = start..<next
                if start < next { present += 1 }
            }
            if present < least { continue }
            let meeting = zip(sets, inUnit).filter { !$1.isEmpty }.map { Array($0[$1]) }
            matches += joinNearest(meeting, atLeast: least)
            if matches.count >= Self.maximumMatches || workLeft <= 0 { break }
        }
        return Self.ordered(matches)
    }

    /// The first word of any match that is left.
    private static func firstWord(of sets: [[Match]], behind done: [Range<Int>]) -> UInt32? {
        var first: UInt32?
        for (number, set) in sets.enumerated() where done[number].upperBound < set.count {
            first = min(first ?? .max, set[done[number].upperBound].first)
        }
        return first
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
        isUsed.removeAll(keepingCapacity: true)
        isUsed.append(contentsOf: repeatElement(false, count: right.count))
        for number in left.indices {
            let span = left[number].extent
            guard let partner = nearestPartner(of: span, rightWindow, distance, before: !isOrdered, after: true) else {
                continue
            }
            isUsed[partner] = true
            matches.append(Match(joining: left[number], right[partner]))
        }
        for number in right.indices where !isUsed[number] {
            let span = right[number].extent
            guard let partner = nearestPartner(of: span, leftWindow, distance, before: true, after: !isOrdered) else {
                continue
            }
            matches.append(Match(joining: left[partner], right[number]))
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
            let candidate = window.matches[index].extent
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
        return chains.filter { chain in !excluded.contain(chain.extent) }
    }
}

/// Matches in order, with the longest extent, to find the few that can be near another match.
private struct NearWindow {
    let matches: [Match]
    private let longest: UInt32

    init(_ matches: [Match]) {
        self.matches = matches
        longest = matches.reduce(0) { max($0, $1.last - $1.first) }
    }

    /// Indexes of matches that begin close enough to end or begin within `distance` of `span`.
    func candidates(around span: WordSpan, within distance: Int) -> Range<Int> {
        let reach = UInt32(distance) + longest
        let from = span.first > reach ? span.first - reach : 0
        let to = span.last + UInt32(distance)
        let start = matches.partitionPoint { $0.first >= from }
        var end = start
        while end < matches.count, matches[end].first <= to { end += 1 }
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
