internal import CByteClasses

extension TextScanner {
    /// Bytes that may be read beyond the text's own: a block from its last byte on.
    static let padding = 80
    /// Ends written beyond the text's own: seven that a round of eight writes in vain, and the marks of the end.
    private static let spareEdges = 16

    /// Notes where each run of ASCII letters and digits begins and ends: `wordEdges[2 * n]` and `wordEdges[2 * n + 1]`;
    /// and in `breaks` the beginnings of those runs that are separated from the run before by more than one space. Both
    /// lists end with the text's length.
    ///
    /// Sixty-four bytes at a time become one bit each; the bits that differ from their neighbour are the edges. So no
    /// branch depends on the letters of the text, and the words that follow can be folded and hashed independently of
    /// each other.
    mutating func findWordEdges() {
        wordEdges.reserve(textLength + 64 + Self.spareEdges)
        breaks.reserve(textLength / 2 + 64)
        let edges = wordEdges.base
        let breaks = breaks.base
        var edgeCount = 0
        var breakCount = 0
        /// Whether the byte before the block is part of a word.
        var isWordBefore: UInt64 = 0
        /// Whether what lies before the block's first word is more than one space; so it is before the text's first.
        var isBreakOpen: UInt64 = 1
        var base = 0
        while base <= textLength {
            let classes = byte_classes_of_64(text.base + base)
            let words = classes.words
            let shifted = words &<< 1 | isWordBefore
            isWordBefore = words &>> 63
            edgeCount &+= Self.write(words ^ shifted, from: base, to: edges + edgeCount)

            // A gap is one space after a word, or else a break. Adding the bits of breaks to those of the gaps that hold
            // them carries into the bit after each such gap, which is the first of the next word.
            let unusual = ~words & ~(classes.spaces & shifted)
            let (sum, first) = (~words).addingReportingOverflow(unusual)
            let (carried, second) = sum.addingReportingOverflow(isBreakOpen)
            isBreakOpen = first || second ? 1 : 0
            var starts = carried & words
            while starts != 0 {
                breaks[breakCount] = UInt32(truncatingIfNeeded: base &+ starts.trailingZeroBitCount)
                breakCount &+= 1
                starts &= starts &- 1
            }
            base &+= 64
        }
        for index in 0..<4 { edges[edgeCount + index] = UInt32(textLength) }
        breaks[breakCount] = UInt32(textLength)
    }

    /// Writes the positions of bits, eight at a time: writing more than there are is cheaper than asking after each one
    /// whether there are more.
    /// - Returns: how many there are.
    @inline(__always)
    private static func write(_ bits: UInt64, from base: Int, to positions: UnsafeMutablePointer<UInt32>) -> Int {
        var bits = bits
        let count = bits.nonzeroBitCount
        var index = 0
        repeat {
            var written = 0
            while written < 8 {
                positions[index &+ written] = UInt32(truncatingIfNeeded: base &+ bits.trailingZeroBitCount)
                bits &= bits &- 1
                written &+= 1
            }
            index &+= 8
        } while index < count
        return count
    }
}
