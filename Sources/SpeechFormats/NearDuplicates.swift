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
        earlier(than: speech.id, Self.fingerprint(of: speech.body))
    }

    /// The same for a text whose fingerprint is known; nil for one that is too short to have any.
    public mutating func earlier(than id: SpeechID, _ fingerprint: UInt64?) -> SpeechID? {
        guard let fingerprint else { return nil }
        let quarters = (0..<4).map { Self.quarter($0, of: fingerprint) }
        for quarter in quarters {
            for index in byQuarter[quarter] ?? [] {
                let entry = entries[Int(index)]
                if (entry.fingerprint ^ fingerprint).nonzeroBitCount <= Self.distanceMax, entry.id != id {
                    return entry.id
                }
            }
        }
        remember(fingerprint, id, quarters)
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
    public static func fingerprint(of body: [String]) -> UInt64? {
        var counts = BitCounts()
        var words = 0
        var run: (UInt64, UInt64) = (0, 0)
        for paragraph in body {
            var paragraph = paragraph
            paragraph.withUTF8 { bytes in
                var index = 0
                while true {
                    while index < bytes.count, !isLetter(bytes[index]) { index &+= 1 }
                    let start = index
                    while index < bytes.count, isLetter(bytes[index]) { index &+= 1 }
                    guard index > start else { break }
                    let hash = hash(bytes, start..<index)
                    words += 1
                    if words >= 3 { counts.add(mixed(run.0 &* 3 &+ run.1 &* 5 &+ hash)) }
                    run = (run.1, hash)
                }
            }
        }
        guard words >= wordsMin else { return nil }
        return counts.majority
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        byte >= 0x80 || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// A word's hash, eight bytes at a time, in any case of ASCII's letters.
    private static func hash(_ bytes: UnsafeBufferPointer<UInt8>, _ word: Range<Int>) -> UInt64 {
        var hash = UInt64(word.count)
        var place = word.lowerBound
        while place < word.upperBound {
            let part = ByteWord.load(bytes, from: place, to: min(place + 8, word.upperBound))
            hash = mixed(hash ^ (part | ByteWord.lowerCaseBits(of: part)))
            place += 8
        }
        return hash
    }

    /// SplitMix64's finaliser, so that each bit depends on all.
    private static func mixed(_ value: UInt64) -> UInt64 {
        var value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

/// How many of many numbers have each of 64 bits: for all bits at once, as a binary counter counts.
///
/// On each level a sum stands and a number may wait, both worth 2 to the level's power in every bit. A number that meets
/// one that waits is added to the sum with it (a carry-save adder: three bits of one weight make one of that weight and
/// one of the next), and what is carried goes to the next level. So a number costs two additions on average, not 64.
struct BitCounts {
    private static let levels = 32
    private var sums = [UInt64](repeating: 0, count: levels)
    private var waiting = [UInt64](repeating: 0, count: levels)
    /// How many numbers came; its bits say on which levels one waits. Documents have far fewer words than 2 to the 32.
    private var total: UInt32 = 0

    mutating func add(_ number: UInt64) {
        var carried = number
        var level = 0
        while total >> UInt32(level) & 1 == 1 {
            let (sum, waits) = (sums[level], waiting[level])
            sums[level] = sum ^ waits ^ carried
            carried = sum & waits | (sum ^ waits) & carried
            waiting[level] = 0
            level += 1
        }
        waiting[level] = carried
        total += 1
    }

    /// The bits that more than half of the numbers have.
    var majority: UInt64 {
        (0..<64).reduce(0) { bits, bit in
            let count = (0..<Self.levels).reduce(0) {
                $0 + (Int(sums[$1] >> UInt64(bit) & 1) + Int(waiting[$1] >> UInt64(bit) & 1)) << $1
            }
            return bits | (count * 2 > Int(total) ? 1 << UInt64(bit) : 0)
        }
    }
}
