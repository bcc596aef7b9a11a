internal import TextMatching

/// The occurrences of one document sorted by the leaves of conditions that they belong to.
///
/// Linked lists in arrays that are reused: putting a document's occurrences in costs time by their number, not by the
/// number of rules.
final class LeafOccurrences {
    /// All there is, as one value: whoever works on it asks once for access, not at every step.
    private var lists: Lists

    fileprivate struct Lists {
        var leaves: [Leaf]
        var entries: [Entry] = []
        /// Leaves with entries.
        var touched: [Int32] = []
    }

    fileprivate struct Leaf {
        /// Its first and its last entry, while there are any.
        var head: Int32
        var tail: Int32
        var count: Int32

        static let empty = Leaf(head: -1, tail: -1, count: 0)
    }

    fileprivate struct Entry {
        var span: WordSpan
        var next: Int32
    }

    init(leafCount: Int) {
        lists = Lists(leaves: [Leaf](repeating: .empty, count: leafCount))
    }

    /// There are no more entries than this in one document: each occurrence has one for each leaf that its phrase belongs
    /// to, and thousands of rules may look for one phrase. The first occurrences count.
    static let maximumEntries = 1 << 21

    /// Takes a document's occurrences.
    /// - Parameter rules: the rules that one of them may set off, each once.
    func fill(_ occurrences: [Occurrence], _ ruleset: Ruleset, settingOff rules: inout SetOffRules) {
        lists.fill(occurrences, ruleset, &rules)
    }

    /// How often anything of a leaf occurs.
    func count(of leaf: Int) -> Int { Int(lists.leaves[leaf].count) }

    /// Hands over a leaf's spans in the order of their first words.
    func forEach(_ leaf: Int, _ body: (WordSpan) -> Void) {
        lists.forEach(leaf, body)
    }
}

extension LeafOccurrences.Lists {
    fileprivate mutating func fill(_ occurrences: [Occurrence], _ ruleset: Ruleset, _ rules: inout SetOffRules) {
        for leaf in touched { leaves[Int(leaf)] = .empty }
        touched.removeAll(keepingCapacity: true)
        let fitting = reserveEntries(for: occurrences, ruleset)
        let (patternLeaves, starts) = (ruleset.patternLeaves, ruleset.patternLeafStarts)
        var used = 0
        entries.withUnsafeMutableBufferPointer { entries in
            leaves.withUnsafeMutableBufferPointer { leaves in
                for occurrence in occurrences.prefix(fitting) {
                    let pattern = occurrence.pattern.index
                    let span = WordSpan(first: occurrence.first, last: occurrence.last)
                    for index in Int(starts[pattern])..<Int(starts[pattern + 1]) {
                        let number = Int(patternLeaves[index])
                        entries[used] = .init(span: span, next: -1)
                        if leaves[number].count == 0 {
                            leaves[number].head = Int32(truncatingIfNeeded: used)
                            touched.append(Int32(truncatingIfNeeded: number))
                            let rule = ruleset.leafRules[number]
                            if rule >= 0 { rules.add(Int(rule)) }
                        } else {
                            entries[Int(leaves[number].tail)].next = Int32(truncatingIfNeeded: used)
                        }
                        leaves[number].tail = Int32(truncatingIfNeeded: used)
                        leaves[number].count &+= 1
                        used += 1
                    }
                }
            }
        }
    }

    /// Makes room for the entries of occurrences; entries are kept from document to document.
    /// - Returns: for how many of the occurrences there is room.
    private mutating func reserveEntries(for occurrences: [Occurrence], _ ruleset: Ruleset) -> Int {
        var count = 0
        var fitting = 0
        for occurrence in occurrences {
            let pattern = occurrence.pattern.index
            let more = Int(ruleset.patternLeafStarts[pattern + 1] - ruleset.patternLeafStarts[pattern])
            if count + more > LeafOccurrences.maximumEntries { break }
            count += more
            fitting += 1
        }
        if count > entries.count {
            entries += [LeafOccurrences.Entry](
                repeating: .init(span: WordSpan(first: 0, last: 0), next: -1), count: count - entries.count)
        }
        return fitting
    }

    fileprivate func forEach(_ leaf: Int, _ body: (WordSpan) -> Void) {
        var entry = leaves[leaf].head
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
