import Delivery
import Synchronization
import Testing

/// A clock that stands until it is moved.
final class ManualClock: Sendable {
    private let time = Mutex(Duration.zero)
    func advance(_ duration: Duration) { time.withLock { $0 += duration } }
    var clock: MonotonicClock { MonotonicClock { self.time.withLock { $0 } } }
}

struct Failure: ClassifiedFailure, Equatable {
    var code: String
    var failureClass: FailureClass
}

struct AbortableFailure: TransactionFailure {
    var code: String { "abortable" }
    var failureClass: FailureClass { .infrastructure }
    var requiresAbort: Bool { true }
}

/// A memory of crashes that says what the test wants.
final class FakeCrashMemory: CrashMemory {
    var refused: [Offset: DeadLetterReason] = [:]
    var suspected: Set<Offset> = []
    private(set) var hands: [FakeCrashHand] = []
    private(set) var recalls = 0

    /// What all hands hold now.
    var inHand: [Offset] { hands.compactMap(\.inHand).sorted() }

    func recall() { recalls += 1 }
    func refusal(of origin: TopicPartition, _ offset: Offset) -> DeadLetterReason? { refused[offset] }
    func isSuspected(_ origin: TopicPartition, _ offset: Offset) -> Bool { suspected.contains(offset) }
    func absolve(_ origin: TopicPartition, _ offset: Offset) { suspected.remove(offset) }
    func hand() -> any CrashHand {
        hands.append(FakeCrashHand())
        return hands[hands.count - 1]
    }
}

final class FakeCrashHand: CrashHand {
    private let held = Mutex<Offset?>(nil)
    private let adoptions = Atomic(0)

    var inHand: Offset? { held.withLock { $0 } }
    var isAdopted: Bool { adoptions.load(ordering: .relaxed) == 1 }

    func adopt() { adoptions.add(1, ordering: .relaxed) }
    func begin(_ origin: TopicPartition, _ offset: Offset) {
        #expect(isAdopted, "a hand must be adopted by its thread")
        held.withLock { $0 = offset }
    }
    func end() { held.withLock { $0 = nil } }
}

let partitionZero = TopicPartition(KafkaTopic("in"), Partition(0))
let partitionOne = TopicPartition(KafkaTopic("in"), Partition(1))

func makeRecord(_ origin: TopicPartition, _ offset: Int64) -> ReceivedRecord {
    ReceivedRecord(
        origin: origin, offset: Offset(offset), timestamp: nil, key: nil, value: Array("\(origin)@\(offset)".utf8),
        headers: [])
}

func makeOutput(_ record: ReceivedRecord) -> OutgoingRecord {
    OutgoingRecord(topic: KafkaTopic("out"), key: record.key, value: record.value)
}

/// A broker and a group of one member: logs of records, committed offsets, scripted rebalances.
final class FakeSource: TransactionalSource {
    var log: [TopicPartition: [Int64]]
    var committed: [TopicPartition: Offset]
    var script: [SourceEvent] = []
    /// Called when there is nothing to deliver.
    var onIdle: () -> Void = {}
    var commitFailure: (any Error)?
    /// Offsets committed by other means than `commit`.
    var committedElsewhere: () -> [TopicPartition: Offset] = { [:] }
    var reportsEnd = false
    private(set) var owned: Set<TopicPartition> = []
    private(set) var paused: Set<TopicPartition> = []
    private(set) var isClosed = false
    private(set) var commits = 0
    private(set) var delivered: [String] = []
    private(set) var generation = 0
    private var positions: [TopicPartition: Int] = [:]
    private var endsReported: Set<TopicPartition> = []
    private let time: ManualClock

    init(_ log: [TopicPartition: [Int64]], committed: [TopicPartition: Offset] = [:], time: ManualClock) {
        self.log = log
        self.committed = committed
        self.time = time
        script = [.assigned(log.keys.sorted())]
    }

    func poll(timeout: Duration) throws -> SourceEvent? {
        if !script.isEmpty { return script.removeFirst() }
        let readable = owned.subtracting(paused).sorted()
        // The partition that has delivered least is next, so that they take turns.
        let next = readable.filter { (positions[$0] ?? 0) < (log[$0]?.count ?? 0) }
            .min { (positions[$0] ?? 0) < (positions[$1] ?? 0) }
        if let next, let index = positions[next], let offset = log[next]?[index] {
            positions[next] = index + 1
            delivered.append("\(next)@\(offset)")
            return .record(makeRecord(next, offset))
        }
        if reportsEnd, let ended = readable.first(where: { !endsReported.contains($0) }) {
            endsReported.insert(ended)
            return .reachedEnd(ended, Offset((log[ended]?.last ?? -1) + 1))
        }
        time.advance(max(timeout, .milliseconds(1)))
        onIdle()
        return nil
    }

    func take(_ partitions: [TopicPartition], startingAt starts: [TopicPartition: Offset]) throws {
        generation += 1
        owned.formUnion(partitions)
        let stored = committed.merging(committedElsewhere()) { max($0, $1) }
        for partition in partitions { place(partition, at: starts[partition] ?? stored[partition] ?? Offset(0)) }
    }

    func release(_ partitions: [TopicPartition]) throws {
        owned.subtract(partitions)
        paused.subtract(partitions)
    }

    func pause(_ partitions: [TopicPartition]) throws { paused.formUnion(partitions) }
    func resume(_ partitions: [TopicPartition]) throws { paused.subtract(partitions) }

    func seek(to offsets: [TopicPartition: Offset]) throws {
        for (partition, offset) in offsets {
            #expect(owned.contains(partition), "seek in a partition that is not ours")
            place(partition, at: offset)
        }
    }

    func commit(_ offsets: [TopicPartition: Offset], timeout: Duration) throws {
        if let commitFailure { throw commitFailure }
        commits += 1
        for (partition, offset) in offsets {
            #expect(owned.contains(partition), "commit for a partition that is not ours")
            #expect(offset > committed[partition] ?? Offset(-1), "a commit went backwards")
            committed[partition] = offset
        }
    }

    func groupMetadata() throws -> Int { generation }

    func close(within limit: Duration) {
        #expect(!isClosed, "closed twice")
        isClosed = true
    }

    private func place(_ partition: TopicPartition, at offset: Offset) {
        let records = log[partition] ?? []
        positions[partition] = records.firstIndex { $0 >= offset.rawValue } ?? records.count
    }
}

/// A producer whose reports come as the test says.
final class FakePublisher: TransactionalPublisher {
    enum Verdict {
        case deliver
        case fail(any Error)
        case withhold
    }

    var capacity = Int.max
    var refuse: (OutgoingRecord) -> (any Error)? = { _ in nil }
    var verdict: (OutgoingRecord) -> Verdict = { _ in .deliver }
    /// Picks which waiting report comes next.
    var pick: (Int) -> Int = { _ in 0 }
    var reportsPerPoll = Int.max
    var beforeCommit: () throws -> Void = {}
    private(set) var waiting: [(DeliveryToken, OutgoingRecord)] = []
    private(set) var mostWaiting = 0
    private(set) var polls = 0
    /// Records taken so far.
    private(set) var offered = 0
    /// Records a reader can see.
    private(set) var visible: [OutgoingRecord] = []
    /// Offsets committed by transactions.
    private(set) var transactionOffsets: [TopicPartition: Offset] = [:]
    private(set) var aborts = 0
    /// The group's generation as each transaction gave it.
    private(set) var generations: [Int] = []
    /// An output of the open transaction was refused: it takes no more and cannot be committed, as librdkafka has it.
    private var hasFailed = false
    private var open: (records: [OutgoingRecord], offsets: [TopicPartition: Offset])?
    private let time: ManualClock

    init(time: ManualClock) { self.time = time }

    func enqueue(_ record: OutgoingRecord, token: DeliveryToken) throws -> EnqueueResult {
        if hasFailed { throw AbortableFailure() }
        if let error = refuse(record) { throw error }
        if waiting.count >= capacity { return .full }
        waiting.append((token, record))
        offered += 1
        mostWaiting = max(mostWaiting, waiting.count)
        return .accepted
    }

    func poll(timeout: Duration) throws -> [DeliveryReport] {
        polls += 1
        var reports: [DeliveryReport] = []
        var candidates = waiting.count
        while candidates > 0, reports.count < reportsPerPoll {
            candidates -= 1
            let (token, record) = waiting.remove(at: pick(waiting.count))
            switch verdict(record) {
            case .deliver:
                if open == nil { visible.append(record) } else { open?.records.append(record) }
                reports.append(
                    DeliveryReport(
                        token: token,
                        result: .success(
                            .init(partition: TopicPartition(record.topic, Partition(0)), offset: Offset(0)))))
            case .fail(let error):
                if open != nil { hasFailed = true }
                reports.append(DeliveryReport(token: token, result: .failure(error)))
            case .withhold: waiting.append((token, record))
            }
        }
        if reports.isEmpty { time.advance(timeout) }
        return reports
    }

    func beginTransaction() throws {
        #expect(open == nil, "a transaction in a transaction")
        open = ([], [:])
    }

    func sendOffsets(_ offsets: [TopicPartition: Offset], group: Int, timeout: Duration) throws {
        #expect(waiting.isEmpty, "offsets sent with outputs outstanding")
        generations.append(group)
        open?.offsets.merge(offsets) { $1 }
    }

    func commitTransaction(timeout: Duration) throws {
        try beforeCommit()
        if hasFailed { throw AbortableFailure() }
        let transaction = try #require(open)
        visible += transaction.records
        transactionOffsets.merge(transaction.offsets) { $1 }
        open = nil
    }

    func abortTransaction(timeout: Duration) throws {
        aborts += 1
        open = nil
        hasFailed = false
        waiting.removeAll()
    }

    /// What an earlier life has published.
    func makeVisible(_ value: String) {
        visible.append(OutgoingRecord(topic: KafkaTopic("out"), key: nil, value: Array(value.utf8)))
    }

    func visibleValues(of topic: String = "out") -> [String] {
        visible.filter { $0.topic == KafkaTopic(topic) }.map { String(decoding: $0.value ?? [], as: UTF8.self) }
    }
}
