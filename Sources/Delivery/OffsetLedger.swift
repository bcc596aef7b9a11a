/// What happened to the records of one partition, and how far its offset may be committed.
///
/// A record is *begun* when it is taken for processing and *completed* when every output it caused is durable.
/// Completion may come in any order; only the gap-free run of completed records from the front is committable.
/// A pure value: no clock, no I/O. Offsets are begun in rising order and need not be consecutive (compaction and
/// transaction markers leave holes).
public struct OffsetLedger: Sendable {
    /// What a record's beginning came to.
    public enum Beginning: Equatable, Sendable {
        /// The record is tracked from now on.
        case tracked
        /// The offset was begun before under this assignment: a refetch, to be ignored.
        case repeated
        /// The partition is being revoked or is lost: the record must not be worked on.
        case refused
    }

    /// How firmly the partition is held.
    public enum Ownership: Equatable, Sendable {
        /// Ours: records begin, complete and commit.
        case owned
        /// Being taken away in order: nothing begins, what is in flight may still complete and commit.
        case revoking
        /// Already somebody else's: nothing is committable, whatever completes.
        case lost
    }

    private struct Entry {
        let offset: Offset
        let bytes: Int
        var isComplete: Bool
    }

    /// Begun records that are not yet in the committable prefix, rising by offset; the live part starts at `head`.
    private var entries: [Entry] = []
    private var head = 0
    private var lastBegun: Offset?
    private var firstBegun: Offset?
    private var prefixEnd: Offset?

    /// How firmly the partition is held.
    public private(set) var ownership: Ownership = .owned
    /// The offset last committed under this assignment, if any: the next one to read.
    public private(set) var committed: Offset?
    /// Records begun and not completed.
    public private(set) var inFlightRecords = 0
    /// Bytes of the records begun and not completed.
    public private(set) var inFlightBytes = 0

    /// A ledger of a partition just assigned.
    public init() {}

    /// Records begun that no committable offset covers: those in flight and those waiting behind a gap.
    public var span: Int { entries.count - head }

    /// The offset that may be committed now, nil when nothing new may be.
    public var committable: Offset? {
        guard ownership != .lost, let prefixEnd, prefixEnd > (committed ?? Offset(-1)) else { return nil }
        return prefixEnd
    }

    /// Where reading must start again for nothing uncommitted to be left out; nil when nothing was begun.
    public var restart: Offset? { committed ?? firstBegun }

    /// Takes a record for processing.
    public mutating func begin(_ offset: Offset, bytes: Int) -> Beginning {
        guard ownership == .owned else { return .refused }
        if let lastBegun, offset <= lastBegun { return .repeated }
        if firstBegun == nil { firstBegun = offset }
        lastBegun = offset
        entries.append(Entry(offset: offset, bytes: bytes, isComplete: false))
        inFlightRecords += 1
        inFlightBytes += bytes
        return .tracked
    }

    /// Every output of the record is durable. Returns false when the record is not in flight here.
    @discardableResult
    public mutating func complete(_ offset: Offset) -> Bool {
        guard let index = index(of: offset), !entries[index].isComplete else { return false }
        entries[index].isComplete = true
        inFlightRecords -= 1
        inFlightBytes -= entries[index].bytes
        while head < entries.count, entries[head].isComplete {
            prefixEnd = entries[head].offset.next
            head += 1
        }
        if head > 1024, head * 2 > entries.count {
            entries.removeFirst(head)
            head = 0
        }
        return true
    }

    /// The broker has stored this offset. One that is not in the committable prefix is our own bug.
    public mutating func recordCommit(_ offset: Offset) {
        precondition(offset <= prefixEnd ?? Offset(-1), "committed offset \(offset) is beyond the gap-free prefix")
        committed = max(offset, committed ?? offset)
    }

    /// The partition is being taken away in order.
    public mutating func revoke() {
        if ownership == .owned { ownership = .revoking }
    }

    /// The partition is gone already.
    public mutating func lose() { ownership = .lost }

    /// Forgets all that is not committed; reading starts again at the returned offset (nil: where it stands).
    public mutating func rewind() -> Offset? {
        let start = restart
        entries.removeAll()
        head = 0
        inFlightRecords = 0
        inFlightBytes = 0
        prefixEnd = committed
        // What lies before the start is committed; should it be fetched again, it is a repetition.
        lastBegun = start.map { Offset($0.rawValue - 1) }
        firstBegun = start
        return start
    }

    private func index(of offset: Offset) -> Int? {
        var low = head
        var high = entries.count
        while low < high {
            let middle = low + (high - low) / 2
            if entries[middle].offset < offset { low = middle + 1 } else { high = middle }
        }
        return low < entries.count && entries[low].offset == offset ? low : nil
    }
}
