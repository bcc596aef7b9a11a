import Delivery
import Foundation
import Logging
import Testing

@testable import WorkerSupport

/// What a journal makes of the files that dead workers left; their deaths themselves are in `Tests/Commands/PoisonTests`.
@Suite(.serialized) struct CrashJournalTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "crashes-\(UUID().uuidString)").path
    private let place = TopicPartition(KafkaTopic("speeches.documents"), Partition(3))
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func journal(limit: Int = 2, group: String = "g/1") throws -> CrashJournal {
        try CrashJournal(folder: folder, group: group, limit: limit, logger: logger)
    }

    /// A slot as a dead worker leaves it: magic, state, partition, offset, length of the name, boot, kills for want of
    /// memory, name. The boot 0 is a machine that does not tell.
    private func leave(
        state: UInt64, offset: Int64 = 7, magic: UInt64 = 0x524F_5354_5255_4D32, bytes: Int = 4_096,
        machine: MachineLife = MachineLife(boot: 0, memoryKills: 0)
    ) throws {
        var content = Data()
        let name = Data("speeches.documents".utf8)
        for word in [magic, state, 3, UInt64(offset), UInt64(name.count), machine.boot, machine.memoryKills] {
            withUnsafeBytes(of: word.littleEndian) { content.append(contentsOf: $0) }
        }
        content.append(name)
        content.append(Data(count: max(bytes - content.count, 0)))
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try content.prefix(bytes).write(to: URL(filePath: "\(folder)/g%2f1.\(UUID().uuidString).inhand"))
    }

    private var files: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: folder).sorted() }
    }

    @Test(arguments: [
        ([2, 2], true), ([2], false), ([1, 1], false), ([1, 2], false), ([1, 1, 1], true), ([1, 1, 2], true),
    ])
    func refusesAtTheLimitAndForKillsOneLater(states: [UInt64], isRefused: Bool) throws {
        for state in states { try leave(state: state) }
        let reason = try journal().refusal(of: place, Offset(7))
        #expect((reason != nil) == isRefused)
        if let reason { #expect(reason.code == "record.crashes_process") }
        #expect(try journal().refusal(of: place, Offset(8)) == nil)
        #expect(try journal(limit: 1).refusal(of: place, Offset(7)) != nil || states.count == 1 && states[0] == 1)
    }

    /// Whoever kills from outside can hit any record: a healthy one is not put aside for a few such kills.
    @Test func killsFromOutsideNeedTenInARow() throws {
        let machine = try #require(MachineLife.now(), "this kernel does not count its kills for want of memory")
        for count in 1...10 {
            try leave(state: 1, machine: machine)
            #expect(try (journal().refusal(of: place, Offset(7)) != nil) == (count == 10), "\(count)")
        }
        let reason = try journal().refusal(of: place, Offset(7))
        #expect(reason?.message.contains("10 killed from outside") == true)
    }

    @Test func killsForWantOfMemoryNeedThree() throws {
        let now = try #require(MachineLife.now(), "this kernel does not count its kills for want of memory")
        let before = MachineLife(boot: now.boot, memoryKills: now.memoryKills &- 1)
        for count in 1...3 {
            try leave(state: 1, machine: before)
            #expect(try (journal().refusal(of: place, Offset(7)) != nil) == (count == 3), "\(count)")
        }
    }

    @Test func aMachineThatWentDownBlamesNothing() throws {
        let now = try #require(MachineLife.now(), "this kernel does not count its kills for want of memory")
        for _ in 0..<20 { try leave(state: 1, machine: MachineLife(boot: now.boot ^ 1, memoryKills: 0)) }
        #expect(try journal(limit: 1).refusal(of: place, Offset(7)) == nil)
        // A crash that was noted before it went down is one all the same.
        try leave(state: 2, machine: MachineLife(boot: now.boot ^ 1, memoryKills: 0))
        #expect(try journal(limit: 1).refusal(of: place, Offset(7)) != nil)
    }

    /// Of several records in hand the one of the partition that stands still is to blame, and the others are not.
    @Test func aStandstillIsNoKill() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let slots = try (0..<2).map { number in
            try CrashSlot(path: "\(folder)/g%2f1.other\(number).inhand", machine: MachineLife.now())
        }
        func states() throws -> [CrashSlot.State?] {
            try slots.map { CrashSlot.State(rawValue: UInt64(try Data(contentsOf: URL(filePath: $0.path))[8])) }
        }
        for slot in slots { CrashSignals.watch(slot.stateAddress) }
        slots[0].begin(place, Offset(7))
        slots[1].begin(TopicPartition(place.topic, Partition(4)), Offset(8))
        CrashJournal.blameRecordInHand(of: TopicPartition(place.topic, Partition(5)))
        #expect(try states() == [.inHand, .inHand])
        CrashJournal.blameRecordInHand(of: place)
        #expect(try states() == [.crashed, .idle])
        // The loop waits for the only record in hand, and other partitions stand still with it.
        slots[0].begin(place, Offset(7))
        CrashJournal.blameRecordInHand(of: TopicPartition(place.topic, Partition(5)))
        #expect(try states() == [.crashed, .idle])
    }

    @Test func whatTheKernelDoesNotSayIsNotKnown() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "vmstat-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data("nr_free_pages 5\noom_kill 12\n".utf8).write(to: file)
        #expect(MachineLife.now(counters: file.path)?.memoryKills == 12)
        try Data("nr_free_pages 5\n".utf8).write(to: file)
        #expect(MachineLife.now(counters: file.path) == nil)
        #expect(MachineLife.now(boot: "/nowhere", counters: file.path) == nil)
    }

    @Test func countsOfAnEarlierVersionAreRead() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let entry = #"{"crashes":2,"kills":0,"offset":7,"partition":3,"topic":"speeches.documents"}"#
        try Data(#"{"version":1,"entries":[\#(entry)]}"#.utf8).write(to: URL(filePath: "\(folder)/g%2f1.deaths.json"))
        #expect(try journal().refusal(of: place, Offset(7)) != nil)
    }

    @Test func remembersOverRestartsAndLeavesOnlyTheCounts() throws {
        try leave(state: 2)
        do { _ = try journal() }
        try leave(state: 2)
        do { _ = try journal() }
        #expect(try files == ["g%2f1.deaths.json", "g%2f1.lock"])
        #expect(try journal().refusal(of: place, Offset(7)) != nil)
    }

    @Test func seesDeathsThatComeWhileItRuns() throws {
        let journal = try journal()
        for _ in 0..<2 { try leave(state: 2) }
        #expect(journal.refusal(of: place, Offset(7)) == nil)
        journal.recall()
        #expect(journal.refusal(of: place, Offset(7)) != nil)
    }

    @Test func aRecordThatIsThroughIsForgotten() throws {
        try leave(state: 2)
        let first = try journal()
        #expect(first.isSuspected(place, Offset(7)) && !first.isSuspected(place, Offset(8)))
        first.absolve(place, Offset(7))
        #expect(!first.isSuspected(place, Offset(7)))
        try leave(state: 2)
        first.recall()
        #expect(first.refusal(of: place, Offset(7)) == nil)
    }

    @Test func theLivingAreLeftAlone() throws {
        let living = try journal()
        let hands = [living.hand(), living.hand()]
        for hand in hands { hand.begin(place, Offset(7)) }
        let other = try journal()
        living.recall()
        #expect(try files.filter { $0.hasSuffix(".inhand") }.count == 3)
        #expect(!living.isSuspected(place, Offset(7)) && !other.isSuspected(place, Offset(7)))
        #expect(other.refusal(of: place, Offset(7)) == nil)
        withExtendedLifetime(hands) {}
    }

    @Test func groupsDoNotMeet() throws {
        for _ in 0..<3 { try leave(state: 2) }
        #expect(try journal(group: "other").refusal(of: place, Offset(7)) == nil)
        #expect(try journal().refusal(of: place, Offset(7)) != nil)
    }

    @Test func damagedFilesAreNoReasonToRefuseOrToStop() throws {
        try leave(state: 0)
        try leave(state: 9)
        try leave(state: 2, magic: 1)
        try leave(state: 2, bytes: 20)
        try leave(state: 2, bytes: 0)
        try Data("{not json".utf8).write(to: URL(filePath: "\(folder)/g%2f1.deaths.json"))
        let journal = try journal(limit: 1)
        #expect(journal.refusal(of: place, Offset(7)) == nil)
        #expect(try files.filter { $0.hasSuffix(".inhand") }.count == 1)
    }

    @Test func numbersThatNoWorkerWroteAreBounded() throws {
        try leave(state: 2)
        let entry =
            #"{"crashes":9223372036854775807,"kills":9223372036854775807,"offset":7,"partition":3,"#
            + #""topic":"speeches.documents"}"#
        try Data(#"{"version":1,"entries":[\#(entry)]}"#.utf8).write(to: URL(filePath: "\(folder)/g%2f1.deaths.json"))
        #expect(try journal().refusal(of: place, Offset(7)) != nil)
    }

    @Test func theCountsAreBounded() {
        var counts = CrashCounts()
        for offset in 0..<1_500 {
            _ = counts.note(.init(topic: "t", partition: 0, offset: Int64(offset)), .crash)
        }
        #expect(counts.entries.count == CrashCounts.capacity && counts.entries.first?.offset == 500)
    }

    @Test func aFolderThatCannotBeUsedIsNamed() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "crashes-\(UUID().uuidString)")
        try Data().write(to: file)
        let error = #expect(throws: ProgramFailure.self) {
            try CrashJournal(folder: file.path, group: "g", limit: 2, logger: logger)
        }
        #expect(error?.exitCode == .badConfiguration && error?.reason.contains(file.path) == true)
    }
}
