extension TextScanner {
    /// Bytes that `findWordEdges` may read and edges that it may write beyond the text's own.
    static let padding = 80

    /// Notes where each run of ASCII letters and digits begins and ends: `wordEdges[2 * n]` and `wordEdges[2 * n + 1]`,
    /// then the text's length for ever.
    ///
    /// Sixty-four bytes at a time become one bit each, and the bits that differ from their neighbour are the edges. So
    /// no branch depends on the letters of the text, and the words that follow can be folded and hashed independently
    /// of each other.
    mutating func findWordEdges() {
        let bytes = UnsafeRawPointer(text.base)
        wordEdges.reserve(textLength + Self.padding)
        let edges = wordEdges.base
        var count = 0
        var carry: UInt64 = 0
        var base = 0
        while base <= textLength {
            var words: UInt64 = 0
            var lane = 0
            while lane < 8 {
                let chunk = UInt64(littleEndian: (bytes + (base &+ 8 &* lane)).loadUnaligned(as: UInt64.self))
                words |= Self.wordBits(chunk) &<< UInt64(truncatingIfNeeded: 8 &* lane)
                lane &+= 1
            }
            var changes = words ^ (words &<< 1 | carry)
            carry = words &>> 63
            let found = changes.nonzeroBitCount
            // Writing more than there are is cheaper than asking after each one whether there are more.
            var index = 0
            repeat {
                var written = 0
                while written < 8 {
                    edges[count &+ index &+ written] = UInt32(truncatingIfNeeded: base &+ changes.trailingZeroBitCount)
                    changes &= changes &- 1
                    written &+= 1
                }
                index &+= 8
            } while index < found
            count &+= found
            base &+= 64
        }
        edges[count] = UInt32(textLength)
        edges[count + 1] = UInt32(textLength)
    }

    /// One bit for each of eight bytes: whether it is an ASCII letter or digit.
    ///
    /// Sets the high bit of each byte that is a letter (after setting the case bit) or a digit, byte-wise in one register:
    /// clearing the high bits first keeps carries within their bytes. The multiplication gathers the high bits.
    @inline(__always)
    private static func wordBits(_ value: UInt64) -> UInt64 {
        let high: UInt64 = 0x8080_8080_8080_8080
        let low = value & ~high
        let letter = low | 0x2020_2020_2020_2020
        let letters = (letter &+ 0x1F1F_1F1F_1F1F_1F1F) & ~(letter &+ 0x0505_0505_0505_0505)
        let digits = (low &+ 0x5050_5050_5050_5050) & ~(low &+ 0x4646_4646_4646_4646)
        let words = (letters | digits) & ~value & high
        return ((words &>> 7) &* 0x0102_0408_1020_4080) &>> 56
    }
}
