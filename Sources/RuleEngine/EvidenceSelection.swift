/// One item that may become evidence of a topic.
struct Candidate: Equatable {
    var match: Match
    /// Number of the rule.
    var rule: Int
    var weight: Int
    var sentence: Int
    var paragraph: Int
}

/// Chooses among the matches of a topic's rules those that are evidence.
enum EvidenceSelection {
    /// The longest match wins: an item whose words all lie within one run of words found by a rule of the same topic
    /// that weighs no less is dropped. Of two items with the same words the heavier stays, else the earlier rule's.
    ///
    /// - Parameter candidates: in any order.
    /// - Returns: in order of place.
    static func longest(_ candidates: [Candidate]) -> [Candidate] {
        guard candidates.count > 1 else { return candidates }
        let ordered = candidates.sorted(by: isTriedFirst)
        // The furthest last word of a contiguous item of at least each weight so far.
        var furthest: [Int64] = [-1, -1, -1, -1]
        var kept: [Candidate] = []
        for candidate in ordered {
            if furthest[candidate.weight] >= Int64(candidate.match.last) { continue }
            kept.append(candidate)
            guard candidate.match.isContiguous else { continue }
            for weight in 0...candidate.weight { furthest[weight] = max(furthest[weight], Int64(candidate.match.last)) }
        }
        return kept.sorted { ($0.match, $0.rule) < ($1.match, $1.rule) }
    }

    /// Between topics the longest match wins where a rule says so: an item that lies within a longer run of words found by
    /// such a rule is dropped, whatever the weights.
    ///
    /// - Parameter runs: contiguous items of the rules that win over the candidates' topic.
    static func notOutranked(_ candidates: [Candidate], by runs: [Candidate]) -> [Candidate] {
        guard !runs.isEmpty else { return candidates }
        let runs = runs.map(\.match).sorted { $0.first != $1.first ? $0.first < $1.first : $0.last > $1.last }
        var furthest: [UInt32] = []
        for run in runs { furthest.append(max(furthest.last ?? 0, run.last)) }
        return candidates.filter { candidate in
            let match = candidate.match
            let from = runs.partitionPoint { $0.first >= match.first }
            if from > 0, furthest[from - 1] >= match.last { return false }
            return !(from < runs.count && runs[from].first == match.first && runs[from].last > match.last)
        }
    }

    /// The item of another topic's rule that one was dropped for.
    static func outranker(of candidate: Candidate, among runs: [Candidate]) -> Candidate? {
        let match = candidate.match
        return runs.first { run in
            run.match.first <= match.first && run.match.last >= match.last
                && (run.match.first < match.first || run.match.last > match.last)
        }
    }

    /// The item that a dropped one lies in.
    static func winner(over candidate: Candidate, among kept: [Candidate]) -> Candidate? {
        kept.first { other in
            other.weight >= candidate.weight && other.match.isContiguous && other.match.first <= candidate.match.first
                && other.match.last >= candidate.match.last
        }
    }

    /// What could contain another comes before it.
    private static func isTriedFirst(_ left: Candidate, _ right: Candidate) -> Bool {
        if left.match.first != right.match.first { return left.match.first < right.match.first }
        if left.match.last != right.match.last { return left.match.last > right.match.last }
        if left.weight != right.weight { return left.weight > right.weight }
        if left.match.isContiguous != right.match.isContiguous { return left.match.isContiguous }
        if left.rule != right.rule { return left.rule < right.rule }
        return left.match < right.match
    }

    /// A weak clue counts only beside another rule of the topic in its paragraph.
    ///
    /// - Parameter candidates: in order of place.
    static func withoutLonelyClues(_ candidates: [Candidate]) -> [Candidate] {
        guard candidates.contains(where: { $0.weight <= 1 }) else { return candidates }
        var kept: [Candidate] = []
        var start = 0
        while start < candidates.count {
            let (paragraph, rule) = (candidates[start].paragraph, candidates[start].rule)
            var end = start + 1
            while end < candidates.count, candidates[end].paragraph == paragraph { end += 1 }
            let hasCompany = candidates[start..<end].contains { $0.rule != rule }
            kept += candidates[start..<end].filter { hasCompany || $0.weight > 1 }
            start = end
        }
        return kept
    }
}
