public import Delivery

/// A dead letter in short, without the record's bytes: what a list holds.
public struct DeadLetterFacts: Equatable, Sendable {
    /// Where the dead letter stands.
    public let place: TopicPartition
    /// Its offset there.
    public let offset: Offset
    /// The record's own time, in milliseconds since 1970.
    public let time: Int64?
    /// Where the record came from.
    public let origin: TopicPartition?
    /// Its offset there.
    public let originOffset: Offset?
    /// The error's code.
    public let code: String?
    /// What was wrong.
    public let message: String?
    /// The step that refused it.
    public let stage: String?
    /// The worker that refused it.
    public let worker: String?
    /// How often it was sent back already.
    public let redriveCount: Int
    /// The key as text, nil when null; bytes that are not UTF-8 are replaced.
    public let key: String?
    /// Bytes of key and value.
    public let bytes: Int
    /// Bytes that the dead letter does not hold, nil when it holds all.
    public let omittedBytes: Int?

    /// Takes the facts of a dead letter.
    public init(_ letter: ReceivedDeadLetter) {
        place = letter.record.origin
        offset = letter.record.offset
        time = letter.record.timestamp?.milliseconds
        origin = letter.origin
        originOffset = letter.offset
        code = letter.code
        message = letter.message
        stage = letter.stage
        worker = letter.worker
        redriveCount = letter.redriveCount
        key = letter.record.key.map { String(decoding: $0, as: UTF8.self) }
        bytes = letter.record.size
        omittedBytes = letter.omittedBytes
    }
}

extension DeadLetterFacts: Comparable {
    /// By the record's time, then by place: one order whatever order the partitions were read in.
    public static func < (left: DeadLetterFacts, right: DeadLetterFacts) -> Bool {
        (left.time ?? 0, left.place, left.offset) < (right.time ?? 0, right.place, right.offset)
    }
}

/// The newest dead letters of many, a bounded number of them.
public struct NewestDeadLetters: Sendable {
    /// How many are kept at most.
    public let limit: Int
    /// How many there were in all.
    public private(set) var count = 0
    private var kept: [DeadLetterFacts] = []

    /// Keeps so many at most, at least one.
    public init(limit: Int) { self.limit = max(limit, 1) }

    /// Takes one more.
    public mutating func add(_ facts: DeadLetterFacts) {
        count += 1
        kept.append(facts)
        // Sorted seldom, so that adding costs little.
        if kept.count >= limit * 2 { kept = Array(kept.sorted().suffix(limit)) }
    }

    /// Those kept, oldest first.
    public var newest: [DeadLetterFacts] { Array(kept.sorted().suffix(limit)) }
}

/// Dead letters counted.
public struct DeadLetterStatistics: Equatable, Sendable {
    /// All of them.
    public private(set) var count = 0
    /// Bytes of keys and values.
    public private(set) var bytes = 0
    /// By the error's code.
    public private(set) var codes: [String: Int] = [:]
    /// By the partition the record came from.
    public private(set) var origins: [String: Int] = [:]
    /// By the worker that refused it.
    public private(set) var workers: [String: Int] = [:]
    /// By how often it was sent back.
    public private(set) var redriveCounts: [Int: Int] = [:]
    /// The earliest time of a record, in milliseconds since 1970.
    public private(set) var oldest: Int64?
    /// The latest.
    public private(set) var newest: Int64?

    /// Names in one of the counts, at most; what is beyond is counted together, since headers may hold anything.
    static let namesAtMost = 1_000
    /// What stands for a header that is missing, and for names beyond the bound.
    public static let (unknown, others) = ("(unknown)", "(others)")

    /// Nothing counted.
    public init() {}

    /// Counts one more.
    public mutating func add(_ facts: DeadLetterFacts) {
        count += 1
        bytes += facts.bytes
        Self.count(facts.code, in: &codes)
        Self.count(facts.origin?.description, in: &origins)
        Self.count(facts.worker, in: &workers)
        // What is beyond any limit, or a small number of those below it.
        redriveCounts[min(facts.redriveCount, Self.namesAtMost), default: 0] += 1
        guard let time = facts.time else { return }
        oldest = min(oldest ?? time, time)
        newest = max(newest ?? time, time)
    }

    static func count(_ name: String?, in counts: inout [String: Int]) {
        let name = name ?? unknown
        let isKnown = counts[name] != nil || counts.count < namesAtMost
        counts[isKnown ? name : others, default: 0] += 1
    }
}
