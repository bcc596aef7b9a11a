import Delivery
import TestSupport
import Testing

/// What the ledger must do, written down as plainly as possible: remember everything, recompute at each question.
struct NaiveLedger {
    var first: Offset?
    var begun: [Offset] = []
    var done: Set<Offset> = []
    var committed: Offset?
    var isLost = false

    var committable: Offset? {
        guard !isLost else { return nil }
        var end: Offset?
        for offset in begun {
            guard done.contains(offset) else { break }
            end = offset.next
        }
        guard let end, end > committed ?? Offset(-1) else { return nil }
        return end
    }

    var inFlight: [Offset] { begun.filter { !done.contains($0) } }
}

@Suite struct OffsetLedgerTests {
    @Test("every order of completion of up to six records, with holes, commits the gap-free prefix only")
    func exhaustiveOrders() {
        for count in 1...6 {
            let offsets = (0..<count).map { Offset(Int64($0 * 2 + 5)) }
            for order in permutations(offsets) {
                var ledger = OffsetLedger()
                var naive = NaiveLedger()
                for offset in offsets {
                    #expect(ledger.begin(offset, bytes: 10) == .tracked)
                    naive.begun.append(offset)
                }
                for offset in order {
                    #expect(ledger.complete(offset) == true)
                    naive.done.insert(offset)
                    #expect(ledger.committable == naive.committable, "after \(offset) of \(order)")
                    #expect(ledger.inFlightRecords == naive.inFlight.count)
                    #expect(ledger.inFlightBytes == naive.inFlight.count * 10)
                }
                #expect(ledger.committable == offsets.last?.next)
                #expect(ledger.span == 0)
            }
        }
    }

    @Test("random operations agree with the naive ledger", arguments: 0..<200 as Range<UInt64>)
    func randomOperations(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var ledger = OffsetLedger()
        var naive = NaiveLedger()
        var next: Int64 = 0
        for _ in 0..<400 {
            switch Int.random(in: 0..<100, using: &generator) {
            case 0..<45:
                next += Int64.random(in: 1...3, using: &generator)
                #expect(ledger.begin(Offset(next), bytes: 7) == .tracked, "seed \(seed)")
                naive.begun.append(Offset(next))
                naive.first = naive.first ?? Offset(next)
            case 45..<85:
                guard let offset = naive.inFlight.randomElement(using: &generator) else { continue }
                #expect(ledger.complete(offset) == true, "seed \(seed)")
                naive.done.insert(offset)
            case 85..<93:
                guard let offset = ledger.committable else { continue }
                ledger.recordCommit(offset)
                naive.committed = offset
            case 93..<96:
                guard let offset = naive.begun.randomElement(using: &generator) else { continue }
                #expect(ledger.begin(offset, bytes: 7) == .repeated, "seed \(seed)")
            case 96..<98:
                guard let offset = naive.done.randomElement(using: &generator) else { continue }
                #expect(ledger.complete(offset) == false, "seed \(seed)")
            default:
                let start = ledger.rewind()
                #expect(start == naive.committed ?? naive.first, "seed \(seed)")
                naive.begun.removeAll { $0 >= (start ?? Offset(.max)) }
                naive.done.formIntersection(naive.begun)
                next = (start?.rawValue ?? next + 1) - 1
            }
            #expect(ledger.committable == naive.committable, "seed \(seed)")
            #expect(ledger.inFlightRecords == naive.inFlight.count, "seed \(seed)")
            #expect(ledger.inFlightBytes == naive.inFlight.count * 7, "seed \(seed)")
        }
    }

    @Test func revokingFinishesButBeginsNothing() {
        var ledger = OffsetLedger()
        #expect(ledger.begin(Offset(1), bytes: 1) == .tracked)
        ledger.revoke()
        #expect(ledger.begin(Offset(2), bytes: 1) == .refused)
        #expect(ledger.complete(Offset(1)) == true)
        #expect(ledger.committable == Offset(2))
    }

    @Test func lostCommitsNothingWhateverCompletes() {
        var ledger = OffsetLedger()
        #expect(ledger.begin(Offset(1), bytes: 1) == .tracked)
        #expect(ledger.begin(Offset(2), bytes: 1) == .tracked)
        #expect(ledger.complete(Offset(1)) == true)
        ledger.lose()
        #expect(ledger.committable == nil)
        #expect(ledger.complete(Offset(2)) == true)
        #expect(ledger.committable == nil)
        ledger.revoke()
        #expect(ledger.ownership == .lost)
    }

    @Test func longRunsKeepOnlyWhatIsOpen() {
        var ledger = OffsetLedger()
        for number in 0..<100_000 as Range<Int64> {
            #expect(ledger.begin(Offset(number), bytes: 1) == .tracked)
            if number >= 10 { #expect(ledger.complete(Offset(number - 10)) == true) }
        }
        #expect(ledger.span == 10)
        #expect(ledger.committable == Offset(99_990))
    }

    private func permutations(_ values: [Offset]) -> [[Offset]] {
        guard let first = values.first else { return [[]] }
        return permutations(Array(values.dropFirst())).flatMap { rest in
            (0...rest.count).map { Array(rest[..<$0]) + [first] + Array(rest[$0...]) }
        }
    }
}

@Suite struct DeliveryLedgerTests {
    private let first = TopicPartition(KafkaTopic("t"), Partition(0))
    private let second = TopicPartition(KafkaTopic("t"), Partition(1))

    @Test func reportsOfAnEarlierAssignmentCompleteNothing() throws {
        var ledger = DeliveryLedger()
        ledger.assign([first])
        let old = try held(ledger.begin(first, Offset(3), bytes: 5))
        ledger.revoke([first])
        ledger.release([first])
        #expect(ledger.inFlightRecords == 0)
        ledger.assign([first])
        let new = try held(ledger.begin(first, Offset(3), bytes: 5))
        #expect(!ledger.isCurrent(old))
        #expect(ledger.complete(old) == false)
        #expect(ledger.committable().isEmpty)
        #expect(ledger.complete(new) == true)
        #expect(ledger.committable() == [first: Offset(4)])
    }

    /// A mutating call cannot stand inside the macro.
    private func held(_ claim: DeliveryLedger.Claim?) throws -> DeliveryLedger.Claim { try #require(claim) }

    @Test func countsAreTheSumOverPartitions() throws {
        var ledger = DeliveryLedger()
        ledger.assign([first, second])
        let one = try held(ledger.begin(first, Offset(0), bytes: 5))
        _ = try held(ledger.begin(second, Offset(0), bytes: 7))
        #expect(ledger.inFlightRecords == 2 && ledger.inFlightBytes == 12)
        #expect(ledger.complete(one) == true)
        #expect(ledger.inFlightRecords == 1 && ledger.inFlightBytes == 7)
        #expect(ledger.inFlightRecords(of: [second]) == 1)
        ledger.lose([second])
        ledger.release([second])
        #expect(ledger.inFlightRecords == 0 && ledger.inFlightBytes == 0)
        #expect(ledger.partitions == [first])
    }

    @Test func aPartitionThatIsNotOursBeginsNothing() {
        var ledger = DeliveryLedger()
        #expect(ledger.begin(first, Offset(0), bytes: 1) == nil)
    }

    @Test func rewindStartsAtTheCommittedOffsetAndForgetsTheRest() throws {
        var ledger = DeliveryLedger()
        ledger.assign([first, second])
        let done = try held(ledger.begin(first, Offset(10), bytes: 1))
        let late = try held(ledger.begin(first, Offset(11), bytes: 1))
        _ = ledger.begin(second, Offset(4), bytes: 1)
        #expect(ledger.complete(done) == true)
        ledger.recordCommit(ledger.committable())
        #expect(ledger.rewind() == [first: Offset(11), second: Offset(4)])
        #expect(ledger.complete(late) == false)
        #expect(ledger.begin(first, Offset(11), bytes: 1) != nil)
    }
}
