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
    /// variable array of a class would be checked for overlapping access; so too the next two.
    private let leaves: UnsafeMutableBufferPointer<Leaf>
    /// Leaves with entries: each once, so that there is always room.
    private let touched: UnsafeMutableBufferPointer<Int32>
    private var touchedCount = 0
    private var entries: UnsafeMutableBufferPointer<Entry>
    /// Whether there are occurrences for which there was no room.
    private(set) var isCurtailed = false

    init(leafCount: Int) {
        leaves = .allocate(capacity: leafCount)
        leaves.initialize(repeating: .empty)
        touched = .allocate(capacity: leafCount)
        entries = .allocate(capacity: 1024)
    }

    deinit {
        leaves.deallocate()
        touched.deallocate()
        entries.deallocate()
    }

    /// How often anything of a leaf occurs.
    func count(of leaf: Int) -> Int { Int(leaves[leaf].count) }

    /// Hands over a leaf's spans in the order of their first words.
    func forEach(_ leaf: Int, _ body: (WordSpan) -> Void) {
        let entries = UnsafeBufferPointer(entries)
        var entry = leaves[leaf].head
        while entry >= 0 {
            body(entries[Int(entry)].span)
            entry = entries[Int(entry)].next
        }
    }

    /// There are no more entries than this in one document: each occurrence has one for each leaf that its phrase belongs
    /// to, and thousands of rules may look for one phrase. The first occurrences count.
    static let maximumEntries = 1 << 21

    /// Takes a document's occurrences in place of those before.
    /// - Parameter possibilities: takes the leaves that occur, in place of those before.
    func fill(_ occurrences: [Occurrence], _ ruleset: Ruleset, _ possibilities: Possibilities) {
        possibilities.removeAll()
        for leaf in touched[..<touchedCount] { leaves[Int(leaf)] = .empty }
        let fitting = reserveEntries(for: occurrences, ruleset)
        isCurtailed = fitting < occurrences.count
        let (entries, leaves, touched) = (entries, leaves, touched)
        var (used, touchedCount) = (0, 0)
        let starts = ruleset.patternLeafStarts
        ruleset.patternLeaves.withUnsafeBufferPointer { patternLeaves in
            for occurrence in occurrences.prefix(fitting) {
                let pattern = occurrence.pattern.index
                let span = WordSpan(first: occurrence.first, last: occurrence.last)
                for leaf in patternLeaves[Int(starts[pattern])..<Int(starts[pattern + 1])] {
                    let number = Int(leaf)
                    let entry = Int32(truncatingIfNeeded: used)
                    entries[used] = Entry(span: span, next: -1)
                    if leaves[number].count == 0 {
                        leaves[number].head = entry
                        touched[touchedCount] = leaf
                        touchedCount &+= 1
                        possibilities.add(leaf: number)
                    } else {
                        entries[Int(leaves[number].tail)].next = entry
                    }
                    leaves[number].tail = entry
                    leaves[number].count &+= 1
                    used &+= 1
                }
            }
        }
        self.touchedCount = touchedCount
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
            entries.deallocate()
            entries = .allocate(capacity: max(count, 2 * entries.count))
        }
        return fitting
    }
}
