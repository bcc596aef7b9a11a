internal import TextMatching

/// The occurrences of one document sorted by the leaves of conditions that they belong to.
///
/// Linked lists in memory that is reused: putting a document's occurrences in costs time by their number, not by the
/// number of rules. It belongs to one classifier, so to one thread.
final class LeafOccurrences {
    private struct Leaf {
        /// Its first and its last entry, while there are any.
        var head: Int32
        var tail: Int32
        var count: Int32

        static let empty = Leaf(head: -1, tail: -1, count: 0)
    }

    private struct Entry {
        var span: WordSpan
        var next: Int32
    }

    /// By number. Memory of our own, freed with us, because conditions ask for counts all the time and every look at a
    /// variable array of a class would be checked for overlapping access.
    private let leaves: UnsafeMutableBufferPointer<Leaf>
    private var entries: [Entry] = []
    /// Whether there are occurrences for which there was no room.
    private(set) var isCurtailed = false
    /// Leaves with entries.
    private var touched: [Int32] = []

    init(leafCount: Int) {
        leaves = .allocate(capacity: leafCount)
        leaves.initialize(repeating: .empty)
    }

    deinit { leaves.deallocate() }

    /// How often anything of a leaf occurs.
    func count(of leaf: Int) -> Int { Int(leaves[leaf].count) }

    /// Hands over a leaf's spans in the order of their first words.
    func forEach(_ leaf: Int, _ body: (WordSpan) -> Void) {
        var entry = leaves[leaf].head
        entries.withUnsafeBufferPointer { entries in
            while entry >= 0 {
                body(entries[Int(entry)].span)
                entry = entries[Int(entry)].next
            }
        }
    }

    /// There are no more entries than this in one document: each occurrence has one for each leaf that its phrase belongs
    /// to, and thousands of rules may look for one phrase. The first occurrences count.
    static let maximumEntries = 1 << 21

    /// Takes a document's occurrences in place of those before.
    /// - Parameter rules: takes the rules that one of them may set off.
    func fill(_ occurrences: [Occurrence], _ ruleset: Ruleset, settingOff rules: inout SetOffRules) {
        for leaf in touched { leaves[Int(leaf)] = .empty }
        touched.removeAll(keepingCapacity: true)
        let fitting = reserveEntries(for: occurrences, ruleset)
        isCurtailed = fitting < occurrences.count
        let (patternLeaves, starts, leafRules) = (ruleset.patternLeaves, ruleset.patternLeafStarts, ruleset.leafRules)
        entries.withUnsafeMutableBufferPointer { entries in
            var used = 0
            for occurrence in occurrences.prefix(fitting) {
                let pattern = occurrence.pattern.index
                let span = WordSpan(first: occurrence.first, last: occurrence.last)
                for index in Int(starts[pattern])..<Int(starts[pattern + 1]) {
                    let number = Int(patternLeaves[index])
                    let entry = Int32(truncatingIfNeeded: used)
                    entries[used] = Entry(span: span, next: -1)
                    if leaves[number].count == 0 {
                        leaves[number].head = entry
                        touched.append(Int32(truncatingIfNeeded: number))
                        if leafRules[number] >= 0 { rules.add(Int(leafRules[number])) }
                    } else {
                        entries[Int(leaves[number].tail)].next = entry
                    }
                    leaves[number].tail = entry
                    leaves[number].count &+= 1
                    used &+= 1
                }
            }
        }
    }

    /// Makes room for the entries of occurrences; the room is kept from document to document.
    /// - Returns: for how many of the occurrences there is room.
    private func reserveEntries(for occurrences: [Occurrence], _ ruleset: Ruleset) -> Int {
        let starts = ruleset.patternLeafStarts
        var count = 0
        var fitting = 0
        for occurrence in occurrences {
            let more = Int(starts[occurrence.pattern.index + 1] - starts[occurrence.pattern.index])
            if count + more > Self.maximumEntries { break }
            count += more
            fitting += 1
        }
        if count > entries.count {
            let spare = Entry(span: WordSpan(first: 0, last: 0), next: -1)
            entries += [Entry](repeating: spare, count: count - entries.count)
        }
        return fitting
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
