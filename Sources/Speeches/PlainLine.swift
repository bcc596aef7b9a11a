/// The rules of `TextNormalisation` on the bytes of lines that are plain: ASCII, letters up to U+02FF, and the dashes and
/// quotation marks of prose. All of these are inert: composed whatever stands beside them (Unicode, DerivedNormalizationProps,
/// NFC_Quick_Check and combining class). The bytes are valid UTF-8.
enum PlainLine {
    /// Whether a line is plain and normal as it stands: nothing dropped, single spaces inside. What is not told here may
    /// be normal too.
    static func isNormal(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var previous = UInt8(ascii: " ")
        var index = 0
        while index < bytes.count {
            if index &+ 8 <= bytes.count, let last = wordOfPlainText(bytes, at: index, after: previous) {
                previous = last
                index &+= 8
                continue
            }
            let byte = bytes[index]
            switch byte {
            case 0x20: guard previous != 0x20 else { return false }
            case 0x21...0x7E: break
            // Those of two bytes below U+00C0 hold controls and the no-break space.
            case 0xC3...0xCB: index &+= 1
            case 0xE2 where isPunctuation(bytes, at: index): index &+= 2
            default: return false
            }
            index &+= 1
            previous = byte
        }
        return previous != 0x20 || bytes.isEmpty
    }

    /// Eight bytes at once: the last of them, where all are printable ASCII and no space follows another; else nil.
    private static func wordOfPlainText(
        _ bytes: UnsafeBufferPointer<UInt8>, at index: Int, after previous: UInt8
    ) -> UInt8? {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs = ones &* 0x80
        let word = UInt64(
            littleEndian: UnsafeRawBufferPointer(bytes).loadUnaligned(fromByteOffset: index, as: UInt64.self))
        // With the high bit set, a byte from 0x20 keeps it when 0x20 is taken away; 0x7F reaches it when 1 is added.
        guard word & highs == 0, ((word | highs) &- ones &* 0x20) & highs == highs, (word &+ ones) & highs == 0
        else { return nil }
        // The high bit of each byte that is a space: what differs from one reaches it when 0x7F is added.
        let spaces = ~((word ^ ones &* 0x20) &+ ones &* 0x7F) & highs
        guard spaces & spaces << 8 == 0, previous != 0x20 || spaces & 0x80 == 0 else { return nil }
        return UInt8(truncatingIfNeeded: word >> 56)
    }

    /// The bytes without white space of ASCII at the ends.
    static func trimmed(_ bytes: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || 0x09...0x0D ~= byte }
        var (start, end) = (0, bytes.count)
        while start < end, isSpace(bytes[start]) { start += 1 }
        while start < end, isSpace(bytes[end - 1]) { end -= 1 }
        return UnsafeBufferPointer(rebasing: bytes[start..<end])
    }

    /// Appends a plain line, normalised; false, and nothing appended, where the line is not plain.
    static func append(_ bytes: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) -> Bool {
        let start = output.count
        var pendingSpace = false
        var index = 0
        // What stands between `run` and `index` is kept as it is.
        var run = 0
        func keep(_ output: inout [UInt8]) {
            guard run < index else { return }
            if pendingSpace, output.count > start { output.append(0x20) }
            pendingSpace = false
            output.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[run..<index]))
        }
        while index < bytes.count {
            let kind = Kind(of: bytes, at: index)
            switch kind {
            // A single space between words stays where it is.
            case .space(1) where run < index && bytes[index] == 0x20 && isMark(bytes, at: index &+ 1): index &+= 1
            case .kept(let length): index &+= length
            case .space(let length), .dropped(let length):
                keep(&output)
                if case .space = kind { pendingSpace = true }
                index &+= length
                run = index
            case .other:
                output.removeSubrange(start...)
                return false
            }
        }
        keep(&output)
        return true
    }

    /// What becomes of a character, and its bytes.
    private enum Kind {
        case kept(Int)
        case space(Int)
        case dropped(Int)
        /// Not plain.
        case other

        init(of bytes: UnsafeBufferPointer<UInt8>, at index: Int) {
            switch bytes[index] {
            case 0x20, 0x09...0x0D: self = .space(1)
            case 0x21...0x7E: self = .kept(1)
            case 0x00...0x1F, 0x7F: self = .dropped(1)
            // U+0085 and the no-break space; other controls; the rest of Latin-1's signs.
            case 0xC2:
                let next = bytes[index &+ 1]
                self = next == 0x85 || next == 0xA0 ? .space(2) : next < 0xA0 ? .dropped(2) : .kept(2)
            case 0xC3...0xCB: self = .kept(2)
            case 0xE2 where isPunctuation(bytes, at: index): self = .kept(3)
            default: self = .other
            }
        }
    }

    /// Whether a visible character of ASCII stands there.
    private static func isMark(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> Bool {
        index < bytes.count && 0x21...0x7E ~= bytes[index]
    }

    /// U+2010 to U+2027 (E2 80 90 to E2 80 A7): dashes and quotation marks.
    private static func isPunctuation(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> Bool {
        bytes[index &+ 1] == 0x80 && 0x90...0xA7 ~= bytes[index &+ 2]
    }
}
