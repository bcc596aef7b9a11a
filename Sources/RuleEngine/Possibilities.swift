/// What each condition of a ruleset needs to be possible, to go by the words that occur: its leaf, or so many of the
/// conditions that it builds on. Places are not looked at: a condition of places is possible where its words are.
struct ConditionNeeds: Sendable {
    /// How many of the conditions that each builds on are missing before any word has occurred; 0 and below is possible.
    fileprivate let missing: [Int32]
    /// The conditions that build on each: `parents[parentStarts[c]..<parentStarts[c + 1]]`.
    fileprivate let parents: [Int32]
    fileprivate let parentStarts: [Int32]
    /// The condition of each leaf.
    fileprivate let leafConditions: [Int32]
    /// The rule whose `find` each condition is, else -1.
    fileprivate let rules: [Int32]
    fileprivate let ruleCount: Int

    /// - Parameter conditions: children before parents.
    init(_ conditions: [Condition], leafCount: Int, _ rules: [CompiledRule]) {
        var missing: [Int32] = []
        var parents = [[Int32]](repeating: [], count: conditions.count)
        var leafConditions = [Int32](repeating: 0, count: leafCount)
        for (number, condition) in conditions.enumerated() {
            let (least, parts) = condition.needs
            if case .phrases(let leaf, _) = condition { leafConditions[leaf] = Int32(number) }
            for part in parts { parents[part.index].append(Int32(number)) }
            missing.append(Int32(clamping: least - parts.count { missing[$0.index] <= 0 }))
        }
        self.missing = missing
        self.leafConditions = leafConditions
        var starts: [Int32] = [0]
        for some in parents { starts.append(starts.last! + Int32(some.count)) }
        parentStarts = starts
        self.parents = parents.flatMap { $0 }
        var byCondition = [Int32](repeating: -1, count: conditions.count)
        for (number, rule) in rules.enumerated() { byCondition[rule.find.index] = Int32(number) }
        self.rules = byCondition
        ruleCount = rules.count
    }
}

extension Condition {
    /// Of how many other conditions how many must be possible. A leaf needs a word, which counts as one; what builds on
    /// other rules or on characters needs nothing.
    fileprivate var needs: (least: Int, of: [ConditionID]) {
        switch self {
        case .phrases: (1, [])
        case .any(let parts): (1, parts)
        case .all(let parts, _), .adjacent(let parts): (parts.count, parts)
        case .atLeast(let least, let parts, _): (least, parts)
        case .butNot(let found, _, _), .count(_, let found, _), .density(_, let found, _, _): (1, [found])
        case .near(let left, let right, _, _), .containing(let left, let right): (2, [left, right])
        case .inside(let found, let around, let isNegated): isNegated ? (1, [found]) : (2, [found, around])
        case .rules, .regularExpression: (0, [])
        }
    }
}

/// Which conditions can hold in one document: those of the leaves that occur, and upwards from them.
///
/// Says no of nearly every condition in time that goes with the words that occur, not with the number of conditions or of
/// those who ask. It belongs to one classifier, so to one thread; its memory is its own for the reason that
/// `LeafOccurrences` gives.
final class Possibilities {
    private let needs: ConditionNeeds
    private let missing: UnsafeMutableBufferPointer<Int32>
    /// Conditions with one missing less than before any word, once for each: at most one for each parent of each
    /// condition, and one for each leaf.
    private let lessened: UnsafeMutableBufferPointer<Int32>
    private var lessenedCount = 0
    /// Rules whose `find` is possible before any word, and in this document.
    private let always: RuleFlags
    private var possibleRules: RuleFlags

    init(_ needs: ConditionNeeds) {
        self.needs = needs
        missing = .allocate(capacity: needs.missing.count)
        _ = missing.initialize(from: needs.missing)
        lessened = .allocate(capacity: needs.parents.count + needs.leafConditions.count)
        var always = RuleFlags(ruleCount: needs.ruleCount)
        for (rule, missing) in zip(needs.rules, needs.missing) where rule >= 0 && missing <= 0 { always.add(Int(rule)) }
        self.always = always
        possibleRules = always
    }

    deinit {
        missing.deallocate()
        lessened.deallocate()
    }

    /// Whether a condition can hold.
    func contains(_ condition: ConditionID) -> Bool { missing[condition.index] <= 0 }

    /// The rules whose `find` can hold, in the order of their numbers.
    /// - Parameter some: leaves others out.
    func rules(in some: RuleFlags) -> [Int] { possibleRules.numbers(in: some) }

    /// Back to before any word.
    func removeAll() {
        for condition in lessened[..<lessenedCount] { missing[Int(condition)] += 1 }
        lessenedCount = 0
        possibleRules.replace(with: always)
    }

    /// A leaf occurs; told once for each.
    func add(leaf: Int) { lessen(needs.leafConditions[leaf]) }

    private func lessen(_ condition: Int32) {
        let number = Int(condition)
        missing[number] -= 1
        lessened[lessenedCount] = condition
        lessenedCount += 1
        guard missing[number] == 0 else { return }
        if needs.rules[number] >= 0 { possibleRules.add(Int(needs.rules[number])) }
        for index in needs.parentStarts[number]..<needs.parentStarts[number + 1] { lessen(needs.parents[Int(index)]) }
    }
}

/// Some of a ruleset's rules, one bit each, so that they come in the order of their numbers without being sorted.
struct RuleFlags {
    private var words: [UInt64]

    init(ruleCount: Int) { words = [UInt64](repeating: 0, count: (ruleCount + 63) / 64) }

    mutating func add(_ rule: Int) { words[rule >> 6] |= 1 << UInt64(rule & 63) }

    /// Drops all in favour of others.
    mutating func replace(with others: RuleFlags) {
        for index in words.indices { words[index] = others.words[index] }
    }

    /// The rules that are among others too, in order.
    func numbers(in others: RuleFlags) -> [Int] {
        var numbers: [Int] = []
        numbers.reserveCapacity(64)
        for (index, word) in words.enumerated() {
            var bits = word & others.words[index]
            while bits != 0 {
                numbers.append(index << 6 | bits.trailingZeroBitCount)
                bits &= bits - 1
            }
        }
        return numbers
    }
}
