import Delivery
import Testing

@testable import WorkerSupport

@Suite struct PartitionProgressTests {
    private var progress = PartitionProgress()

    private mutating func take(_ offsets: ClosedRange<Int64>, made: Int64? = nil) {
        for offset in offsets { progress.take(Offset(offset), bytes: 10, made: made) }
    }

    @Test func lagIsNotKnownBeforeTheEndIs() {
        #expect(progress.lag == nil)
    }

    @Test mutating func lagIsCountedFromWhatThisWorkerCommitted() {
        take(0...9)
        progress.note(low: Offset(0), end: Offset(100), next: Offset(50), nothingIsAhead: false)
        #expect(progress.lag == 100)
        _ = progress.commit(Offset(10))
        #expect(progress.lag == 90)
        #expect(progress.inFlightRecords == 0)
    }

    /// The client's idea of the end is seconds old; commits may be beyond it.
    @Test mutating func lagIsNeverNegative() {
        progress.note(low: Offset(0), end: Offset(5), next: Offset(5), nothingIsAhead: true)
        take(0...9)
        _ = progress.commit(Offset(10))
        #expect(progress.lag == 0)
        progress.note(low: Offset(0), end: Offset(3), next: Offset(3), nothingIsAhead: true)
        #expect(progress.lag == 0)
    }

    /// A transaction leaves a control record behind its events, which no application ever sees.
    @Test mutating func controlRecordsAtTheEndAreNoLag() {
        take(0...9)
        _ = progress.commit(Offset(10))
        progress.note(low: Offset(0), end: Offset(11), next: Offset(11), nothingIsAhead: true)
        #expect(progress.lag == 0)
        // While records are fetched and not taken, the client's position says nothing.
        progress.note(low: Offset(0), end: Offset(20), next: Offset(20), nothingIsAhead: false)
        #expect(progress.lag == 10)
    }

    @Test mutating func anAssignmentWithoutRecordsStandsWhereTheClientReads() {
        progress.note(low: Offset(2), end: Offset(7), next: Offset(7), nothingIsAhead: true)
        #expect(progress.lag == 0)
        var fresh = PartitionProgress()
        fresh.note(low: Offset(2), end: Offset(7), next: nil, nothingIsAhead: true)
        #expect(fresh.lag == 5)
    }

    @Test mutating func theAgeIsTheOldestRecordsOrTheWaits() {
        progress.note(low: Offset(0), end: Offset(2), next: Offset(0), nothingIsAhead: true)
        // Nothing taken: the lag has an age only from when it was seen.
        #expect(progress.lagSeconds(at: 100_000) == 0)
        #expect(progress.lagSeconds(at: 104_000) == 4)
        take(0...1, made: 40_000)
        #expect(progress.lagSeconds(at: 104_000) == 64)
        _ = progress.commit(Offset(2))
        progress.note(low: Offset(0), end: Offset(2), next: Offset(2), nothingIsAhead: true)
        #expect(progress.lagSeconds(at: 200_000) == 0)
        // A record made by a clock ahead of this one.
        take(2...2, made: 900_000)
        #expect(progress.lagSeconds(at: 200_000) == 0)
    }

    @Test mutating func finishingTellsWhatWasFinishedOnce() {
        take(0...2, made: 7)
        progress.putAside(Offset(1))
        #expect(progress.finish(Offset(1)) == .init(made: 7, isDeadLetter: true))
        #expect(progress.finish(Offset(1)) == nil)
        #expect(progress.finish(Offset(99)) == nil)
        #expect(progress.inFlightRecords == 2)
        #expect(progress.inFlightBytes == 20)
        #expect(progress.commit(Offset(2)) == [.init(made: 7, isDeadLetter: false)])
        #expect(progress.inFlightRecords == 1)
    }

    @Test mutating func whatIsReadAgainIsCountedOnce() {
        take(0...9)
        _ = progress.finish(Offset(8))
        take(5...6)
        #expect(progress.inFlightRecords == 7)
        #expect(progress.inFlightBytes == 70)
        _ = progress.commit(Offset(3))
        progress.rewind()
        #expect(progress.inFlightRecords == 0)
        #expect(progress.inFlightBytes == 0)
        take(3...3)
        #expect(progress.inFlightRecords == 1)
    }
}
