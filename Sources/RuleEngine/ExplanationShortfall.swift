internal import RuleLanguage

/// How near a condition came to holding in a document.
struct Shortfall {
    /// 0 where nothing of it occurs; the higher, the less was missing.
    let nearness: Int
    /// What was missing, for people.
    let reason: String
}

/// Why conditions do not hold. It asks `evaluate` about the parts and never decides itself what matches.
extension ConditionEvaluator {
    /// A reason is looked for among no more matches than this on either side of an operator.
    private static let maximumCompared = 500

    /// The shortfalls of a condition, nearest first; empty where it holds.
    mutating func shortfalls(of id: ConditionID, _ excluded: Exclusions) -> [Shortfall] {
        guard workLeft > 0 else {
            return [Shortfall(nearness: 1, reason: "not looked at: the document has more finds than are looked at")]
        }
        guard evaluate(id, excluded).isEmpty else { return [] }
        switch ruleset.conditions[id.index] {
        case .phrases(let leaf, let region): return [phraseShortfall(id, leaf, region, excluded)]
        case .any(let children):
            return children.flatMap { shortfalls(of: $0, excluded) }.sorted { $0.nearness > $1.nearness }
        case .all(let children, let unit):
            return [meetingShortfall(children, atLeast: children.count, unit, "AND", excluded)]
        case .atLeast(let least, let children, let unit):
            return [meetingShortfall(children, atLeast: least, unit, "ATLEAST \(least)", excluded)]
        case .butNot(let found, let others, let unit): return butNotShortfalls(found, others, unit, excluded)
        case .near(let left, let right, let distance, let isOrdered):
            return [nearShortfall(left, right, distance, isOrdered, excluded)]
        case .adjacent(let children): return [adjacentShortfall(id, children)]
        case .count(let least, let child, let unit): return countShortfalls(least, child, unit, excluded)
        case .density(let least, let child, let unit, _):
            return densityShortfalls(least, child, unit, excluded)
        case .inside(let found, let around, let isNegated):
            return insideShortfalls(found, around, isNegated, excluded)
        case .containing(let found, let within):
            guard let first = evaluate(found, excluded).first else { return shortfalls(of: found, excluded) }
            return [Shortfall(nearness: 60, reason: "\(quoted(first)) occurs, but holds no \(named(within))")]
        case .rules(let rules, let region): return [rulesShortfall(id, rules, region, excluded)]
        case .regularExpression: return [Shortfall(nearness: 0, reason: "\(named(id)) does not occur")]
        }
    }

    /// The query behind a condition, short enough to read.
    private func named(_ id: ConditionID) -> String {
        "'\(ruleset.conditionQueries[id.index].shortened(to: 60))'"
    }

    private func quoted(_ match: Match) -> String {
        "'\(document.words(WordSpan(first: match.first, last: match.last), atMost: 60))'"
    }

    // MARK: Leaves

    private func phraseShortfall(
        _ id: ConditionID, _ leaf: Int, _ region: Region, _ excluded: Exclusions
    ) -> Shortfall {
        guard let first = firstOccurrence(leaf, where: { _ in true }) else {
            return Shortfall(nearness: 0, reason: "\(named(id)) does not occur")
        }
        guard let inside = firstOccurrence(leaf, where: { document.contains($0, region) }) else {
            return Shortfall(nearness: 60, reason: "\(quoted(first)) occurs, but not in the \(region)")
        }
        return Shortfall(nearness: 90, reason: "\(quoted(inside)) occurs only where it is excluded")
    }

    private func firstOccurrence(_ leaf: Int, where isWanted: (Match) -> Bool) -> Match? {
        var first: Match?
        leaves.forEach(leaf) { span in
            let match = Match(span)
            if isWanted(match), first.map({ match < $0 }) ?? true { first = match }
        }
        return first
    }

    private mutating func adjacentShortfall(_ id: ConditionID, _ children: [ConditionID]) -> Shortfall {
        let present = children.filter { !evaluate($0, .none).isEmpty }.count
        return present < children.count
            ? Shortfall(
                nearness: 10 + 20 * present / children.count,
                reason: "\(present) of the \(children.count) parts of the phrase \(named(id)) occur")
            : Shortfall(nearness: 55, reason: "the parts of the phrase \(named(id)) occur, but not as neighbours")
    }

    private mutating func rulesShortfall(
        _ id: ConditionID, _ rules: [Int], _ region: Region, _ excluded: Exclusions
    ) -> Shortfall {
        let names =
            rules.count == 1
            ? "rule \(ruleset.rules[rules[0]].id)"
            : ruleset.conditionQueries[id.index].description.replacing(":", with: " ")
        var found: [Match] = []
        for rule in rules where found.isEmpty { found = matches(ofRule: rule) }
        guard let first = found.first else { return Shortfall(nearness: 0, reason: "\(names) finds nothing") }
        guard region == .everywhere else {
            return Shortfall(nearness: 60, reason: "\(names) finds \(quoted(first)), but not in the \(region)")
        }
        return Shortfall(nearness: 90, reason: "\(names) finds \(quoted(first)), which is excluded here")
    }

    // MARK: Operators

    private mutating func meetingShortfall(
        _ children: [ConditionID], atLeast least: Int, _ unit: TextUnit, _ name: String, _ excluded: Exclusions
    ) -> Shortfall {
        var units: [Int: Int] = [:]
        var present: [ConditionID] = []
        var missing: [ConditionID] = []
        for child in children {
            let matches = evaluate(child, excluded)
            if matches.isEmpty { missing.append(child) } else { present.append(child) }
            for unit in Set(matches.map { document.unit(unit, of: $0.first) }) { units[unit, default: 0] += 1 }
        }
        guard present.count >= least else {
            if present.isEmpty { return nothing(of: children, excluded) }
            return Shortfall(
                nearness: 10 + 40 * present.count / least,
                reason: "\(present.count) of \(least) for \(name): \(list(present)) \(occur(present)), "
                    + "\(list(missing)) \(missing.count == 1 ? "does" : "do") not")
        }
        let best = units.values.max() ?? 0
        let what = least == 2 && children.count == 2 ? "both" : "\(present.count) of \(least)"
        return Shortfall(
            nearness: 50 + 20 * best / least,
            reason: "\(what) occur, but in different \(unit)s: at best \(best) of \(least) for \(name) in one")
    }

    private mutating func butNotShortfalls(
        _ found: ConditionID, _ others: [ConditionID], _ unit: TextUnit, _ excluded: Exclusions
    ) -> [Shortfall] {
        guard let first = evaluate(found, excluded).first else { return shortfalls(of: found, excluded) }
        let place = document.unit(unit, of: first.first)
        for other in others {
            let vetoes = evaluate(other, .none)
            guard let veto = vetoes.first(where: { document.unit(unit, of: $0.first) == place }) else { continue }
            return [
                Shortfall(
                    nearness: 85,
                    reason: "\(quoted(first)) occurs, but AND NOT \(quoted(veto)) stands in the same \(unit)")
            ]
        }
        return []
    }

    private mutating func countShortfalls(
        _ least: Int, _ child: ConditionID, _ unit: TextUnit, _ excluded: Exclusions
    ) -> [Shortfall] {
        let matches = evaluate(child, excluded)
        if matches.isEmpty { return shortfalls(of: child, excluded) }
        let best = Dictionary(grouping: matches) { document.unit(unit, of: $0.first) }.values.map(\.count).max() ?? 0
        return [
            Shortfall(
                nearness: 40 + 40 * best / least,
                reason:
                    "\(best) of \(least) for COUNT: \(named(child)) occurs \(matches.count) time\(matches.count == 1 ? "" : "s")"
                    + (matches.count > best ? ", at most \(best) in one \(unit)" : ""))
        ]
    }

    private mutating func densityShortfalls(
        _ least: Int, _ child: ConditionID, _ unit: TextUnit, _ excluded: Exclusions
    ) -> [Shortfall] {
        let count = evaluate(child, excluded).count
        if count == 0 { return shortfalls(of: child, excluded) }
        return [
            Shortfall(
                nearness: 50,
                reason: "\(named(child)) occurs \(count) time\(count == 1 ? "" : "s"), too seldom for \(least) in a "
                    + "thousand words of the \(unit)")
        ]
    }

    private mutating func insideShortfalls(
        _ found: ConditionID, _ around: ConditionID, _ isNegated: Bool, _ excluded: Exclusions
    ) -> [Shortfall] {
        guard let first = evaluate(found, excluded).first else { return shortfalls(of: found, excluded) }
        let place = isNegated ? "only inside \(named(around))" : "but not inside \(named(around))"
        return [Shortfall(nearness: isNegated ? 85 : 60, reason: "\(quoted(first)) occurs, \(place)")]
    }

    private mutating func nearShortfall(
        _ left: ConditionID, _ right: ConditionID, _ distance: Int, _ isOrdered: Bool, _ excluded: Exclusions
    ) -> Shortfall {
        let lefts = evaluate(left, excluded).prefix(Self.maximumCompared)
        let rights = evaluate(right, excluded).prefix(Self.maximumCompared)
        guard let firstLeft = lefts.first, let firstRight = rights.first else {
            if lefts.isEmpty, rights.isEmpty { return nothing(of: [left, right], excluded) }
            let (there, gone) = lefts.isEmpty ? (rights[0], left) : (lefts[0], right)
            let why =
                shortfalls(of: gone, excluded).first { $0.nearness > 0 }?.reason ?? "\(named(gone)) does not occur"
            return Shortfall(nearness: 30, reason: "\(quoted(there)) occurs, but \(why)")
        }
        let name = "\(isOrdered ? "BEFORE" : "NEAR")/\(distance)"
        var best: Shortfall?
        for first in lefts {
            for second in rights {
                let shortfall = apart(first, second, distance, isOrdered, name)
                if shortfall.nearness > best?.nearness ?? -1 { best = shortfall }
            }
        }
        let units =
            document.paragraph(of: firstLeft.first) == document.paragraph(of: firstRight.first)
            ? "sentence" : "paragraph"
        return best.flatMap { $0.nearness > 40 ? $0 : nil }
            ?? Shortfall(
                nearness: 40, reason: "\(quoted(firstLeft)) and \(quoted(firstRight)) occur, but in different \(units)s"
            )
    }

    /// What keeps two matches from being near each other.
    private func apart(_ left: Match, _ right: Match, _ distance: Int, _ isOrdered: Bool, _ name: String) -> Shortfall {
        let isAfter = right.first > left.last
        guard isAfter || right.last < left.first else {
            return Shortfall(
                nearness: 45, reason: "\(quoted(left)) and \(quoted(right)) overlap: \(name) wants them apart")
        }
        let gap = Int(isAfter ? right.first - left.last : left.first - right.last)
        let sentences = Set([left.first, left.last, right.first, right.last].map { document.sentence(of: $0) })
        guard sentences.count == 1 else {
            guard gap <= distance else { return Shortfall(nearness: 40, reason: "") }
            return Shortfall(
                nearness: 70,
                reason: "\(quoted(left)) and \(quoted(right)) are near enough, but a sentence ends between")
        }
        if isOrdered, !isAfter {
            return Shortfall(
                nearness: 65, reason: "\(quoted(right)) stands before \(quoted(left)): \(name) wants the other order")
        }
        let short = gap - distance
        return Shortfall(
            nearness: 80 - min(short, 30),
            reason:
                "\(short) word\(short == 1 ? "" : "s") short of \(name): \(gap - 1) words stand between \(quoted(left)) "
                + "and \(quoted(right)), \(distance - 1) may")
    }

    // MARK: Words for it

    /// Nothing of several parts occurs; a part that nearly did is worth more than its absence.
    private mutating func nothing(of parts: [ConditionID], _ excluded: Exclusions) -> Shortfall {
        let nearest = parts.flatMap { shortfalls(of: $0, excluded) }.max { $0.nearness < $1.nearness }
        if let nearest, nearest.nearness > 0 {
            return Shortfall(nearness: nearest.nearness / 2, reason: nearest.reason)
        }
        return Shortfall(nearness: 0, reason: "none of \(list(parts)) occurs")
    }

    private func list(_ parts: [ConditionID]) -> String {
        let shown = parts.prefix(3).map { named($0) }.joined(separator: ", ")
        return parts.count > 3 ? "\(shown) and \(parts.count - 3) more" : shown
    }

    private func occur(_ parts: [ConditionID]) -> String { parts.count == 1 ? "occurs" : "occur" }
}

extension ScannedDocument {
    /// The words of a span as they stand in the text; the middle is left out of long ones.
    func words(_ span: WordSpan, atMost limit: Int = .max) -> String {
        text(span).shortened(to: limit)
    }
}

extension Query {
    /// The canonical form, its middle left out where it is long.
    func shortened(to limit: Int) -> String { description.shortened(to: limit) }
}

extension String {
    /// The text itself, or its beginning and end with an ellipsis between.
    func shortened(to limit: Int) -> String {
        guard count > limit else { return self }
        return "\(prefix(limit * 2 / 3)) … \(suffix(limit / 3))"
    }
}
