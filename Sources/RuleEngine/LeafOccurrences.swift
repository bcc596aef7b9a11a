internal import TextMatching

/// The occurrences of one document sorted by the leaves of conditions that they belong to.
///
/// Linked lists in arrays that are reused: putting a document's occurrences in costs time by their number, not by the
/// number of rules.
final class LeafOccurrences {
    /// All there is, as one value: whoever works on it asks once for access, not at every step.
    private var lists: Lists

    fileprivate struct Lists {
        var heads: [Int32]
        var tails: [Int32]
        var entries: [Entry] = []
        var touched: [Int32] = []
    }

    fileprivate struct Entry {
        var span: WordSpan
        var next: Int32
    }

    init(leafCount: Int) {
        let empty = [Int32](repeating: -1, count: leafCount)
        lists = Lists(heads: empty, tails: empty)
    }

    /// Takes a document's occurrences.
    /// - Parameter rules: the rules that one of them may set off, each once.
    func fill(_ occurrences: [Occurrence], _ ruleset: Ruleset, settingOff rules: inout SetOffRules) {
        lists.fill(occurrences, ruleset, &rules)
    }

    /// Whether anything of a leaf occurs.
    func occur(_ leaf: Int) -> Bool { lists.heads[leaf] >= 0 }

    /// Hands over a leaf's spans in the order of their first words.
    func forEach(_ leaf: Int, _ body: (WordSpan) -> Void) {
        lists.forEach(leaf, body)
    }
}

extension LeafOccurrences.Lists {
    fileprivate mutating func fill(_ occurrences: [Occurrence], _ ruleset: Ruleset, _ rules: inout SetOffRules) {
        for leaf in touched { heads[Int(leaf)] = -1 }
        touched.removeAll(keepingCapacity: true)
        entries.removeAll(keepingCapacity: true)
        for occurrence in occurrences {
            let pattern = occurrence.pattern.index
            for index in ruleset.patternLeafStarts[pattern]..<ruleset.patternLeafStarts[pattern + 1] {
                let leaf = Int(ruleset.patternLeaves[Int(index)])
                let entry = Int32(entries.count)
                entries.append(.init(span: WordSpan(first: occurrence.first, last: occurrence.last), next: -1))
                if heads[leaf] < 0 {
                    heads[leaf] = entry
                    touched.append(Int32(leaf))
                    if ruleset.leafRules[leaf] >= 0 { rules.add(Int(ruleset.leafRules[leaf])) }
                } else {
                    entries[Int(tails[leaf])].next = entry
                }
                tails[leaf] = entry
            }
        }
    }

    fileprivate func forEach(_ leaf: Int, _ body: (WordSpan) -> Void) {
        var entry = heads[leaf]
        while entry >= 0 {
            body(entries[Int(entry)].span)
            entry = entries[Int(entry)].next
        }
    }
}

/// Rules that a document sets off, each once, in the order in which they were.
struct SetOffRules {
    private(set) var numbers: [Int] = []
    private var isSetOff: [Bool]

    init(ruleCount: Int) {
        isSetOff = [Bool](repeating: false, count: ruleCount)
    }

    mutating func add(_ rule: Int) {
        guard !isSetOff[rule] else { return }
        isSetOff[rule] = true
        numbers.append(rule)
    }

    mutating func removeAll() {
        for rule in numbers { isSetOff[rule] = false }
        numbers.removeAll(keepingCapacity: true)
    }
}
