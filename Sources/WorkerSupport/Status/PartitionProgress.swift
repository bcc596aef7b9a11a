package import Delivery

/// How far the work on one assigned partition is: what was taken, finished and committed, and what lies before it.
///
/// A pure value, fed with what a loop tells and with what the client knows of the partition's ends. All figures follow from
/// offsets that this worker committed itself, in transactions as well, and never from the client's idea of them.
/// Times are milliseconds since 1970.
package struct PartitionProgress: Sendable {
    private struct Record {
        let offset: Offset
        let made: Int64?
        let bytes: Int
        var isFinished = false
        var isDeadLetter = false
    }

    /// What became of a record that is finished.
    package struct Finished: Equatable {
        /// When it was made, where that is known.
        package let made: Int64?
        /// Whether its dead letter is what is durable.
        package let isDeadLetter: Bool
    }

    /// Records taken and not committed, rising by offset; bounded by what the loop leaves uncommitted.
    private var records: [Record] = []
    private var firstTaken: Offset?
    private var low: Offset?
    private var end: Offset?
    private var next: Offset?
    private var nothingIsAhead = false
    /// Since when there has been lag without a record in hand to tell its age by.
    private var behindSince: Int64?

    /// The next offset to read after the last commit of this worker, if it has committed.
    package private(set) var committed: Offset?
    /// The last record taken.
    package private(set) var lastTaken: Offset?
    /// Records taken and not finished.
    package private(set) var inFlightRecords = 0
    /// Their bytes.
    package private(set) var inFlightBytes = 0

    /// A partition just assigned.
    package init() {}

    /// A record was taken. One that was taken before means that reading has gone back to it.
    package mutating func take(_ offset: Offset, bytes: Int, made: Int64?) {
        if let last = records.last, last.offset >= offset { forget(from: offset) }
        records.append(Record(offset: offset, made: made, bytes: bytes))
        if firstTaken == nil { firstTaken = offset }
        lastTaken = offset
        inFlightRecords += 1
        inFlightBytes += bytes
    }

    /// The record goes to the dead letters.
    package mutating func putAside(_ offset: Offset) {
        if let index = index(of: offset) { records[index].isDeadLetter = true }
    }

    /// All that the record caused is durable; nil when it is not in hand.
    package mutating func finish(_ offset: Offset) -> Finished? {
        guard let index = index(of: offset), !records[index].isFinished else { return nil }
        records[index].isFinished = true
        inFlightRecords -= 1
        inFlightBytes -= records[index].bytes
        return Finished(made: records[index].made, isDeadLetter: records[index].isDeadLetter)
    }

    /// Everything before the offset is committed. Returns what was not finished before, as with a store's batch.
    package mutating func commit(_ offset: Offset) -> [Finished] {
        var finished: [Finished] = []
        let count = records.firstIndex { $0.offset >= offset } ?? records.count
        for record in records[..<count] where !record.isFinished {
            inFlightRecords -= 1
            inFlightBytes -= record.bytes
            finished.append(Finished(made: record.made, isDeadLetter: record.isDeadLetter))
        }
        records.removeFirst(count)
        committed = offset
        behindSince = nil
        return finished
    }

    /// Everything uncommitted is read again.
    package mutating func rewind() {
        records.removeAll()
        inFlightRecords = 0
        inFlightBytes = 0
        lastTaken = committed.map { Offset($0.rawValue - 1) }
    }

    /// What the client knows of the partition's ends.
    package mutating func note(low: Offset?, end: Offset?, next: Offset?, nothingIsAhead: Bool) {
        (self.low, self.end, self.next, self.nothingIsAhead) = (low, end, next, nothingIsAhead)
    }

    /// The next offset whose record is not committed, as far as known. Where all that was fetched is committed it is the
    /// client's own position, which lies beyond the control records that transactions leave at the end.
    package var position: Offset? {
        let own = committed ?? firstTaken
        guard records.isEmpty, nothingIsAhead, let next else { return own ?? next ?? low }
        return max(own ?? next, next)
    }

    /// The next offset that will be readable, as far as known.
    package var readableEnd: Offset? {
        guard let last = lastTaken?.next else { return end }
        return max(end ?? last, last)
    }

    /// Records that are readable and not committed, at least 0; nil before the client knows the partition's end.
    package var lag: Int? {
        guard let position, let readableEnd else { return nil }
        return Int(max(readableEnd.rawValue - position.rawValue, 0))
    }

    /// The age in seconds of the oldest record known that is not committed; 0 without lag, nil where lag is not known.
    package mutating func lagSeconds(at now: Int64) -> Double? {
        guard let lag else { return nil }
        guard lag > 0 else {
            behindSince = nil
            return 0
        }
        if behindSince == nil { behindSince = now }
        let since = min(records.first?.made ?? now, behindSince ?? now)
        return Double(max(now - since, 0)) / 1000
    }

    private mutating func forget(from offset: Offset) {
        let start = records.firstIndex { $0.offset >= offset } ?? records.count
        for record in records[start...] where !record.isFinished {
            inFlightRecords -= 1
            inFlightBytes -= record.bytes
        }
        records.removeSubrange(start...)
    }

    private func index(of offset: Offset) -> Int? {
        var low = 0
        var high = records.count
        while low < high {
            let middle = low + (high - low) / 2
            if records[middle].offset < offset { low = middle + 1 } else { high = middle }
        }
        return low < records.count && records[low].offset == offset ? low : nil
    }
}
