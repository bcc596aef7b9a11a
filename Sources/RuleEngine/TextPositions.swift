/// Converts between bytes and Unicode code points of a text.
struct TextPositions {
    private let bytes: [UInt8]
    /// Code points before every 256th byte; empty where the text is ASCII and both counts agree.
    private var checkpoints: [Int] = []
    /// Length in code points.
    private(set) var count: Int

    private static let stride = 256

    /// - Parameter bytes: valid UTF-8.
    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        count = 0
        checkpoints.reserveCapacity(bytes.count / Self.stride + 1)
        for start in Swift.stride(from: 0, to: bytes.count, by: Self.stride) {
            checkpoints.append(count)
            count += codePoints(from: start, to: min(start + Self.stride, bytes.count))
        }
        if count == bytes.count { checkpoints = [] }
    }

    /// The code point at which a byte begins.
    func position(ofByte byte: Int) -> Int {
        guard !checkpoints.isEmpty else { return byte }
        guard byte < bytes.count else { return count }
        let checkpoint = byte / Self.stride
        return checkpoints[checkpoint] + codePoints(from: checkpoint * Self.stride, to: byte)
    }

    /// How many code points begin in a stretch of no more than `stride` bytes: thirty-two bytes at a time, those counted
    /// that begin none. No count of a byte's column passes 32, and the sum of all is below 256, since of four bytes at
    /// least one begins a code point.
    private func codePoints(from start: Int, to end: Int) -> Int {
        bytes.withUnsafeBytes { bytes in
            let ones = SIMD4<UInt64>(repeating: 0x0101_0101_0101_0101)
            var columns = SIMD4<UInt64>.zero
            var at = start
            while at + 32 <= end {
                let chunk = bytes.loadUnaligned(fromByteOffset: at, as: SIMD4<UInt64>.self)
                columns = columns &+ (chunk &>> 7 & ~(chunk &>> 6) & ones)
                at += 32
            }
            let sums = columns[0] &+ columns[1] &+ columns[2] &+ columns[3]
            var others = Int(truncatingIfNeeded: (sums &* 0x0101_0101_0101_0101) &>> 56)
            while at < end {
                others += Self.begins(bytes[at]) ? 0 : 1
                at += 1
            }
            return end - start - others
        }
    }

    /// The first byte of the code point `points` before `byte`.
    func byte(back points: Int, from byte: Int) -> Int {
        var at = byte
        var left = points
        while left >= 8, at >= 8, isASCII(at - 8) {
            at -= 8
            left -= 8
        }
        while at > 0, left > 0 {
            at -= 1
            if Self.begins(bytes[at]) { left -= 1 }
        }
        return at
    }

    /// The first byte of the code point `points` after `byte`.
    func byte(ahead points: Int, from byte: Int) -> Int {
        var at = byte
        var left = points
        while left >= 8, at + 8 <= bytes.count, isASCII(at) {
            at += 8
            left -= 8
        }
        while at < bytes.count, left > 0 {
            at += 1
            while at < bytes.count, !Self.begins(bytes[at]) { at += 1 }
            left -= 1
        }
        return at
    }

    /// Whether the eight bytes from `start` are a code point each.
    private func isASCII(_ start: Int) -> Bool {
        bytes.withUnsafeBytes {
            $0.loadUnaligned(fromByteOffset: start, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
        }
    }

    func text(_ range: Range<Int>) -> String {
        String(decoding: bytes[range], as: UTF8.self)
    }

    private static func begins(_ byte: UInt8) -> Bool { byte & 0xC0 != 0x80 }
}
