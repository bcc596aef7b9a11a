import Delivery
import KafkaClient
import Testing

/// Partitions that go while work on them is in flight, over a networked broker.
@Suite struct RebalanceTests {
    private typealias AtLeastOnce<Publisher: RecordPublisher> = CommitAfterDelivery<RebalancedSource, Publisher>

    private let count = 60

    private func fill(_ bench: Bench, _ topic: KafkaTopic) throws {
        let records = (0..<count).map { OutgoingRecord(topic: topic, key: nil, value: Array("v\($0)".utf8)) }
        try bench.producer().publish(records, within: bench.limit)
    }

    private func values(_ bench: Bench, _ topic: KafkaTopic) throws -> [String] {
        try bench.contents(of: topic).map { String(decoding: $0.value ?? [], as: UTF8.self) }
    }

    private var settings: DeliverySettings {
        var settings = DeliverySettings()
        // No commit but by the rebalance and the end.
        settings.settleInterval = .seconds(3600)
        settings.settleTimeout = .seconds(30)
        return settings
    }

    private func copy(_ record: ReceivedRecord, to topic: KafkaTopic) -> ProcessingOutcome {
        .publish([OutgoingRecord(topic: topic, key: nil, value: record.value)])
    }

    @Test("a revoked partition with work in flight is drained, committed, then released: nothing comes twice")
    func revokedWithWorkInFlight() throws {
        let bench = try Bench()
        let (input, output) = (try bench.topic("in"), try bench.topic("out"))
        try fill(bench, input)
        let partition = TopicPartition(input, Partition(0))
        let source = RebalancedSource(
            try bench.member(of: bench.name("group"), [input], instance: "one"), after: 20, .revoking([partition]))
        let publisher = LatePublisher(try bench.producer(), until: { source.isRebalancing })
        let loop = DeliveryLoop(
            source: source, publisher: publisher, strategy: AtLeastOnce<LatePublisher>(),
            deadLetter: DeadLetter(topic: output, connectorName: "test"), settings: settings,
            bounds: [partition: Offset(Int64(count))]
        ) { copy($0, to: output) }
        let summary = try loop.run(until: StopRequest())
        #expect(source.committedAtRelease == Offset(20), "what was in flight was not committed before the release")
        #expect(summary.received == count)
        #expect(try values(bench, output).sorted() == (0..<count).map { "v\($0)" }.sorted())
    }

    @Test("a partition lost during a transaction: the transaction is undone, nothing is committed, all comes once")
    func lostDuringATransaction() throws {
        let bench = try Bench()
        let (input, output) = (try bench.topic("in"), try bench.topic("out"))
        try fill(bench, input)
        let partition = TopicPartition(input, Partition(0))
        let source = RebalancedSource(
            try bench.member(of: bench.name("group"), [input], instance: "one"), after: 20, .lost([partition]))
        let producer = try bench.producer { $0.transactionalID = bench.name("txn") }
        var (undone, completed) = ([String](), 0)
        // The transaction to be undone is to hold something.
        source.isReady = { completed >= 20 }
        let loop = DeliveryLoop(
            source: source, publisher: producer, strategy: CommitInTransaction<RebalancedSource, KafkaProducer>(),
            deadLetter: DeadLetter(topic: output, connectorName: "test"), settings: settings,
            bounds: [partition: Offset(Int64(count))],
            observe: {
                if case .undone(let reason) = $0 { undone.append(reason) }
                if case .completed = $0 { completed += 1 }
            }
        ) { copy($0, to: output) }
        let summary = try loop.run(until: StopRequest())
        #expect(undone == ["assignment-lost"])
        #expect(source.committedAtRelease == nil)
        #expect(summary.received == 20 + count)
        #expect(try values(bench, output).sorted() == (0..<count).map { "v\($0)" }.sorted())
        let uncommitted = try bench.contents(of: output, isolation: .readUncommitted)
        #expect(uncommitted.count > count, "the transaction that was undone held nothing")
    }
}

/// A member of a group whose partitions are taken away once, after so many records, and given back: what a rebalance
/// looks like to the loop, at a moment of the test's choosing.
private final class RebalancedSource: TransactionalSource {
    private let inner: KafkaConsumer
    private let threshold: Int
    private let event: SourceEvent
    private var delivered = 0
    private var isDone = false
    private var comesBack: [TopicPartition]?
    /// Whether the rebalance may come.
    var isReady: () -> Bool = { true }
    /// Whether the loop is answering the rebalance.
    private(set) var isRebalancing = false
    /// What the group had committed when the partition was released.
    private(set) var committedAtRelease: Offset?

    init(_ inner: KafkaConsumer, after threshold: Int, _ event: SourceEvent) {
        self.inner = inner
        self.threshold = threshold
        self.event = event
    }

    func poll(timeout: Duration) throws -> SourceEvent? {
        if let partitions = comesBack {
            comesBack = nil
            return .assigned(partitions)
        }
        if delivered == threshold, !isDone {
            guard isReady() else { return nil }
            isDone = true
            isRebalancing = true
            return event
        }
        let event = try inner.poll(timeout: timeout)
        if case .record = event { delivered += 1 }
        return event
    }

    func release(_ partitions: [TopicPartition]) throws {
        if isRebalancing {
            committedAtRelease = try inner.committed(partitions, timeout: .seconds(30)).values.first
            comesBack = partitions
            isRebalancing = false
        }
        try inner.release(partitions)
    }

    func take(_ partitions: [TopicPartition], startingAt starts: [TopicPartition: Offset]) throws {
        try inner.take(partitions, startingAt: starts)
    }
    func pause(_ partitions: [TopicPartition]) throws { try inner.pause(partitions) }
    func resume(_ partitions: [TopicPartition]) throws { try inner.resume(partitions) }
    func seek(to offsets: [TopicPartition: Offset]) throws { try inner.seek(to: offsets) }
    func commit(_ offsets: [TopicPartition: Offset], timeout: Duration) throws {
        try inner.commit(offsets, timeout: timeout)
    }
    func close(within limit: Duration) { inner.close(within: limit) }
    func groupMetadata() throws -> KafkaGroupMetadata { try inner.groupMetadata() }
}

/// A producer whose reports are kept back until something is so: work stays in flight as long as the test wants.
private final class LatePublisher: RecordPublisher {
    private let inner: KafkaProducer
    private let mayReport: () -> Bool
    private var isOpen = false
    private var kept: [DeliveryReport] = []

    init(_ inner: KafkaProducer, until mayReport: @escaping () -> Bool) {
        self.inner = inner
        self.mayReport = mayReport
    }

    func enqueue(_ record: OutgoingRecord, token: DeliveryToken) throws -> EnqueueResult {
        try inner.enqueue(record, token: token)
    }

    func poll(timeout: Duration) throws -> [DeliveryReport] {
        kept += try inner.poll(timeout: timeout)
        isOpen = isOpen || mayReport()
        guard isOpen else { return [] }
        defer { kept = [] }
        return kept
    }
}
