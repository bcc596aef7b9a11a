public import Speeches

/// Finds documents whose text nearly is that of another one that came before.
///
/// Each text becomes 64 bits (SimHash: Charikar, "Similarity estimation techniques from rounding algorithms", 2002, over
/// runs of three words). Texts that differ in a few words differ in few bits: up to three count as near (Manku, Jain and
/// Das Sarma, "Detecting near-duplicates for web crawling", 2007), found by the four quarters of which one must be equal.
/// A value; bounded: beyond the limit the oldest texts are forgotten.
public struct NearDuplicates {
    /// How many bits may differ.
    static let distanceMax = 3
    /// Shorter texts are formulas ("I beg to move"), which are alike without being copies.
    static let wordsMin = 50

    private let capacity: Int
    private var entries: [(fingerprint: UInt64, id: SpeechID)] = []
    /// Where in the ring the next one goes.
    private var next = 0
    private var byQuarter: [UInt64: [Int32]] = [:]
    /// Texts under one quarter, at most; more are formulas that everybody uses.
    private static let bucketMax = 64

    /// - Parameter capacity: how many texts are remembered; each takes about 200 bytes.
    public init(capacity: Int = 200_000) { self.capacity = capacity }

    /// The id of an earlier document that this one nearly repeats; nil for none. This one is remembered.
    public mutating func earlier(than speech: Speech) -> SpeechID? {
        guard let fingerprint = Self.fingerprint(of: speech.body) else { return nil }
        let quarters = (0..<4).map { Self.quarter($0, of: fingerprint) }
        for quarter in quarters {
            for index in byQuarter[quarter] ?? [] {
                let entry = entries[Int(index)]
                if (entry.fingerprint ^ fingerprint).nonzeroBitCount <= Self.distanceMax, entry.id != speech.id {
                    return entry.id
                }
            }
        }
        remember(fingerprint, speech.id, quarters)
        return nil
    }

    private mutating func remember(_ fingerprint: UInt64, _ id: SpeechID, _ quarters: [UInt64]) {
        if entries.count < capacity {
            entries.append((fingerprint, id))
        } else {
            for number in 0..<4 {
                let quarter = Self.quarter(number, of: entries[next].fingerprint)
                byQuarter[quarter]?.removeAll { $0 == Int32(next) }
            }
            entries[next] = (fingerprint, id)
        }
        for quarter in quarters where byQuarter[quarter, default: []].count < Self.bucketMax {
            byQuarter[quarter, default: []].append(Int32(next))
        }
        next = (next + 1) % capacity
    }

    /// One of four times 16 bits, with its number.
    private static func quarter(_ number: Int, of fingerprint: UInt64) -> UInt64 {
        UInt64(number) << 16 | (fingerprint >> (16 * UInt64(number))) & 0xFFFF
    }

    /// The 64 bits of a text; nil if it is too short to tell.
    static func fingerprint(of body: [String]) -> UInt64? {
        var counts = [Int32](repeating: 0, count: 64)
        var words = 0
        var run: (UInt64, UInt64) = (0, 0)
        for paragraph in body {
            var paragraph = paragraph
            paragraph.withUTF8 { bytes in
                var hash = offsetBasis
                var length = 0
                for index in 0...bytes.count {
                    let byte = index < bytes.count ? bytes[index] : 0x20
                    if isLetter(byte) {
                        hash = (hash ^ UInt64(byte | (byte < 0x80 ? 0x20 : 0))) &* prime
                        length += 1
                    } else if length > 0 {
                        words += 1
                        if words >= 3 { count(mixed(run.0 &* 3 &+ run.1 &* 5 &+ hash), into: &counts) }
                        run = (run.1, hash)
                        (hash, length) = (offsetBasis, 0)
                    }
                }
            }
        }
        guard words >= wordsMin else { return nil }
        return (0..<64).reduce(0) { $0 | (counts[$1] > 0 ? 1 << UInt64($1) : 0) }
    }

    private static func count(_ hash: UInt64, into counts: inout [Int32]) {
        counts.withUnsafeMutableBufferPointer { counts in
            for bit in 0..<64 { counts[bit] &+= Int32(truncatingIfNeeded: (hash >> UInt64(bit)) & 1) &* 2 &- 1 }
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        byte >= 0x80 || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// FNV-1a, 64 bits (RFC 9923), then SplitMix64's finaliser, so that each bit depends on all.
    private static let offsetBasis: UInt64 = 0xCBF2_9CE4_8422_2325
    private static let prime: UInt64 = 0x0000_0100_0000_01B3

    private static func mixed(_ value: UInt64) -> UInt64 {
        var value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
