import Delivery
import KafkaClient
import Testing

/// The loop over a broker that is slow, or refuses requests with the errors that brokers have: all is published, and
/// committed, or the loop ends with a reason.
@Suite struct LoopFaultTests {
    private typealias AtLeastOnce = CommitAfterDelivery<KafkaConsumer, KafkaProducer>
    private typealias ExactlyOnce = CommitInTransaction<KafkaConsumer, KafkaProducer>

    /// Errors of one kind of request.
    struct Refusal: Sendable, CustomStringConvertible {
        let description: String
        let request: InProcessBroker.Request
        let errors: [KafkaErrorCode]

        init(_ description: String, _ request: InProcessBroker.Request, _ errors: [KafkaErrorCode]) {
            self.description = description
            self.request = request
            self.errors = errors
        }
    }

    /// What a run left behind.
    private struct Outcome {
        var summary = DeliverySummary()
        var undone: [String] = []
        var commitFailures = 0
        var committed: [TopicPartition: Offset] = [:]
        var outputs: [String] = []
        var deadLetters: [String] = []
    }

    private let count = 60

    /// Copies all records from one Kafka topic to another and ends; what the broker does first is the test's.
    private func run<Strategy: AcknowledgementStrategy>(
        _ bench: Bench, _ strategy: Strategy, transactionalID: String? = nil, beginning: @escaping () throws -> Void
    ) throws -> Outcome where Strategy.Source == KafkaConsumer, Strategy.Publisher == KafkaProducer {
        let (input, output, dead) = (try bench.topic("in"), try bench.topic("out"), try bench.topic("dead"))
        let partition = TopicPartition(input, Partition(0))
        let records = (0..<count).map { OutgoingRecord(topic: input, key: nil, value: Array("v\($0)".utf8)) }
        try bench.producer().publish(records, within: bench.limit)
        let producer = try bench.producer { $0.transactionalID = transactionalID }
        if transactionalID != nil { try producer.initTransactions(timeout: bench.limit) }
        var settings = DeliverySettings()
        settings.settleRecords = 20
        settings.settleTimeout = .seconds(60)
        settings.drainLimit = .seconds(60)
        var outcome = Outcome()
        var isFirst = true
        outcome.summary = try DeliveryLoop(
            source: bench.member(of: "group", [input]), publisher: producer, strategy: strategy,
            deadLetter: DeadLetter(topic: dead, connectorName: "test"), settings: settings,
            bounds: [partition: Offset(Int64(count))],
            observe: { event in
                switch event {
                case .undone(let reason): outcome.undone.append(reason)
                case .commitFailed: outcome.commitFailures += 1
                case .committed(let offsets): outcome.committed.merge(offsets) { $1 }
                default: break
                }
            },
            process: { record in
                if isFirst { try beginning() }
                isFirst = false
                return .publish([OutgoingRecord(topic: output, key: nil, value: record.value)])
            }
        ).run(until: StopRequest())
        #expect(outcome.committed == [partition: Offset(Int64(count))])
        outcome.outputs = try contents(bench, output)
        outcome.deadLetters = try contents(bench, dead)
        return outcome
    }

    private func contents(_ bench: Bench, _ topic: KafkaTopic) throws -> [String] {
        let partition = TopicPartition(topic, Partition(0))
        var values: [String] = []
        return try bench.reader(of: [partition: .earliest]).poll { event in
            if case .record(let record) = event { values.append(String(decoding: record.value ?? [], as: UTF8.self)) }
            if case .reachedEnd = event { return values }
            return nil
        }
    }

    private var all: Set<String> { Set((0..<count).map { "v\($0)" }) }

    @Test func aSlowBrokerIsWaitedFor() throws {
        let bench = try Bench()
        let outcome = try run(bench, AtLeastOnce()) { try bench.broker.setDelay(.milliseconds(600)) }
        #expect(Set(outcome.outputs) == all && outcome.outputs.count == count)
        let other = try Bench()
        let exactly = try run(other, ExactlyOnce(), transactionalID: "slow") {
            try other.broker.setDelay(.milliseconds(600))
        }
        #expect(Set(exactly.outputs) == all && exactly.outputs.count == count && exactly.undone.isEmpty)
    }

    @Test(arguments: [
        Refusal("produce", .produce, [.requestTimedOut, .transport, .requestTimedOut]),
        Refusal("commit", .offsetCommit, [.requestTimedOut, .transport, .rebalanceInProgress]),
        Refusal("coordinator", .findCoordinator, [.requestTimedOut, .transport]),
        Refusal("heartbeat", .heartbeat, [.transport, .rebalanceInProgress]),
        Refusal("fetch", .fetch, [.requestTimedOut, .transport]),
    ])
    func refusalsThatPassLoseNothing(refusal: Refusal) throws {
        let bench = try Bench()
        let outcome = try run(bench, AtLeastOnce()) { bench.broker.fail(next: refusal.request, with: refusal.errors) }
        #expect(Set(outcome.outputs) == all)
    }

    @Test(arguments: [
        Refusal("end", .endTransaction, [.transport, .transport]),
        Refusal("partitions", .addPartitionsToTransaction, [.transport, .requestTimedOut]),
        Refusal("offsets", .transactionOffsetCommit, [.transport, .requestTimedOut]),
        Refusal("produce", .produce, [.requestTimedOut, .transport]),
    ])
    func transactionsGoOnAfterRefusalsThatPass(refusal: Refusal) throws {
        let bench = try Bench()
        let outcome = try run(bench, ExactlyOnce(), transactionalID: "passing") {
            bench.broker.fail(next: refusal.request, with: refusal.errors)
        }
        #expect(Set(outcome.outputs) == all && outcome.undone.count <= 2, "\(outcome.undone)")
    }

    /// The in-process cluster shows aborted records too: what is proven is that they were undone and read again.
    @Test(arguments: [KafkaErrorCode.illegalGeneration, .unknownMember, .fencedInstance])
    func aTransactionOfAMemberThatWasReplacedIsUndone(error: KafkaErrorCode) throws {
        let bench = try Bench()
        let outcome = try run(bench, ExactlyOnce(), transactionalID: "replaced") {
            bench.broker.fail(next: .transactionOffsetCommit, with: [error])
        }
        #expect(outcome.undone.count == 1)
        #expect(outcome.summary.received > count)
        #expect(Set(outcome.outputs) == all && outcome.outputs.count > count)
    }

    @Test func anOutputRefusedInATransactionBecomesADeadLetterOfTheNext() throws {
        let bench = try Bench()
        let outcome = try run(bench, ExactlyOnce(), transactionalID: "large") {
            bench.broker.fail(next: .produce, with: [.messageTooLarge])
        }
        #expect(!outcome.undone.isEmpty && !outcome.deadLetters.isEmpty)
        #expect(Set(outcome.outputs).union(outcome.deadLetters) == all)
        #expect(Set(outcome.outputs).isDisjoint(with: outcome.deadLetters))
    }

    @Test(arguments: [InProcessBroker.Request.endTransaction, .addPartitionsToTransaction])
    func aFencedProducerEndsTheLoop(request: InProcessBroker.Request) throws {
        let bench = try Bench()
        let error = #expect(throws: (any Error).self) {
            _ = try run(bench, ExactlyOnce(), transactionalID: "fenced") {
                bench.broker.fail(next: request, with: [.invalidProducerEpoch])
            }
        }
        #expect("\(try #require(error))".contains("give each instance its own"), "\(String(describing: error))")
    }
}
