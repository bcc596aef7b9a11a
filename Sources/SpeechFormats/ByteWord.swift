internal import Foundation

/// Up to eight bytes as one number, the first the lowest: what loops over short words of text are made of.
enum ByteWord {
    /// The bytes from one place to another, at most eight; the rest is 0.
    static func load(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int) -> UInt64 {
        let count = end &- start
        if start &+ 8 <= bytes.count {
            let word = UnsafeRawBufferPointer(bytes).loadUnaligned(fromByteOffset: start, as: UInt64.self)
            return UInt64(littleEndian: word) & (count >= 8 ? .max : 1 << UInt64(count &* 8) &- 1)
        }
        // At the text's end, where nothing may be read beyond.
        return (0..<count).reduce(0) { $0 | UInt64(bytes[start &+ $1]) << UInt64($1 &* 8) }
    }

    /// The bit that makes a capital of ASCII small, in every byte of ASCII that is there.
    static func lowerCaseBits(of word: UInt64) -> UInt64 { (~word & 0x8080_8080_8080_8080) >> 2 }
}

extension UnsafeRawBufferPointer {
    /// Where a byte stands first, from a place on.
    func first(_ byte: UInt8, from start: Int) -> Int? {
        guard let base = baseAddress, start < count, let found = memchr(base + start, Int32(byte), count - start) else {
            return nil
        }
        return UnsafeRawPointer(found) - base
    }
}
