import Delivery
import Foundation
import KafkaClient
import Testing

/// What only Apache Kafka proves of groups and transactions: other brokers forgive what it refuses.
@Suite(.enabled(if: NetworkedBroker.isKafka, NetworkedBroker.kafkaOnly))
struct KafkaOnlyTests {
    private func join(_ member: KafkaConsumer) throws -> [TopicPartition] {
        try member.poll { if case .assigned(let partitions) = $0, !partitions.isEmpty { partitions } else { nil } }
    }

    /// A member of a static group that has one partition.
    private func member(_ bench: Bench, _ group: String, _ topic: KafkaTopic, _ instance: String) throws
        -> KafkaConsumer
    {
        try bench.member(of: group, [topic], instance: instance)
    }

    @Test("offsets sent in the name of a generation that is over are refused, and the transaction must be aborted")
    func generationFencing() throws {
        let bench = try Bench()
        let (input, output) = (try bench.topic("in", partitions: 2), try bench.topic("out"))
        let group = bench.name("group")
        let first = try member(bench, group, input, "one")
        _ = try join(first)
        let old = try first.groupMetadata()
        // A second member begins a new generation.
        let second = try member(bench, group, input, "two")
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(60)
        var hasJoined = false
        while !hasJoined, clock.now < deadline {
            for member in [first, second] {
                switch try member.poll(timeout: .milliseconds(50)) {
                case .assigned(let partitions):
                    try member.take(partitions, startingAt: [:])
                    if member === second { hasJoined = true }
                case .revoking(let partitions), .lost(let partitions): try member.release(partitions)
                default: break
                }
            }
        }
        try #require(hasJoined)
        let producer = try bench.producer { $0.transactionalID = bench.name("txn") }
        try producer.beginTransaction()
        try producer.publish([OutgoingRecord(topic: output, key: nil, value: [1])], within: bench.limit)
        let error = #expect(throws: KafkaError.self) {
            try producer.sendOffsets([TopicPartition(input, Partition(0)): Offset(1)], group: old, timeout: bench.limit)
        }
        #expect(error?.requiresAbort == true && error?.isFatal == false, "\(String(describing: error))")
        try producer.abortTransaction(timeout: bench.limit)
        #expect(try bench.contents(of: output).isEmpty)
        // Read afresh, the identity is good, and the producer too.
        try producer.beginTransaction()
        try producer.sendOffsets(
            [TopicPartition(input, Partition(0)): Offset(1)], group: first.groupMetadata(), timeout: bench.limit)
        try producer.commitTransaction(timeout: bench.limit)
    }

    @Test("a transaction open beyond its timeout is undone by the broker, and its producer says that it is fenced")
    func transactionTimeout() throws {
        let bench = try Bench()
        let topic = try bench.topic("out")
        let producer = try bench.producer {
            $0.transactionalID = bench.name("txn")
            $0.transactionTimeout = .seconds(2)
            $0.deliveryTimeout = .seconds(2)
        }
        try producer.beginTransaction()
        try producer.publish([OutgoingRecord(topic: topic, key: nil, value: [1])], within: bench.limit)
        // Brokers look every ten seconds. An open transaction holds readers up; its end lets them pass.
        let other = try bench.producer()
        try other.publish([OutgoingRecord(topic: topic, key: nil, value: [2])], within: bench.limit)
        let reader = try bench.reader(of: [TopicPartition(topic, Partition(0)): .earliest])
        let seen = try reader.poll { event -> [UInt8]? in
            if case .record(let record) = event { record.value } else { nil }
        }
        #expect(seen == [2])
        let error = #expect(throws: KafkaError.self) { try producer.commitTransaction(timeout: bench.limit) }
        #expect(error?.isRetryable == false)
        #expect(error?.isFatal == true || error?.requiresAbort == true, "\(String(describing: error))")
    }

    @Test("a timeout that the broker does not allow is a mistake in the settings")
    func transactionTimeoutBeyondTheBrokers() throws {
        let bench = try Bench()
        let error = #expect(throws: KafkaError.self) {
            try bench.producer {
                $0.transactionalID = bench.name("txn")
                $0.transactionTimeout = .seconds(3_000)
            }
        }
        #expect(error?.errorCode == .invalidTransactionTimeout)
        #expect(error?.cure?.contains("delivery.transactionTimeoutSeconds") == true)
    }

    @Test("a member that falls silent loses its partitions when its session is over, and a commit of its is refused")
    func sessionExpiry() throws {
        let bench = try Bench()
        let input = try bench.topic("in", partitions: 2)
        let group = bench.name("group")
        let silent = try bench.member(of: group, [input]) { $0.maximumPollInterval = .seconds(6) }
        let partitions = try join(silent)
        #expect(partitions.count == 2)
        let other = try bench.member(of: group, [input])
        // The first answers nothing any more; the group goes on without it.
        let taken = try join(other)
        #expect(taken == partitions)
        #expect(throws: KafkaError.self) { try silent.commit([partitions[0]: Offset(1)], timeout: bench.limit) }
        #expect(try other.committed(partitions, timeout: bench.limit).isEmpty)
        // The second's joining asked it to give up its partitions; the question still stands in its queue when the session
        // is over, so that it may come as either.
        let gone = try silent.poll { event -> [TopicPartition]? in
            switch event {
            case .revoking(let partitions), .lost(let partitions): partitions
            default: nil
            }
        }
        #expect(gone == partitions)
    }

    @Test(
        "with several members only what moves is given up",
        .enabled(
            if: NetworkedBroker.isSticky, "the running librdkafka is not safe with cooperative-sticky (before 2.6.1)"))
    func cooperativeRebalance() throws {
        let bench = try Bench()
        let input = try bench.topic("in", partitions: 6)
        let group = bench.name("group")
        let members = try (0..<3).map { _ in try bench.member(of: group, [input]) }
        var (owned, revoked) = (Array(repeating: Set<TopicPartition>(), count: 3), 0)
        let deadline = ContinuousClock.now + .seconds(90)
        // The second and the third come when the one before has its share.
        for present in 1...3 {
            let share = 6 / present
            while owned.prefix(present).contains(where: { $0.count != share }), ContinuousClock.now < deadline {
                for index in 0..<present {
                    switch try members[index].poll(timeout: .milliseconds(20)) {
                    case .assigned(let partitions):
                        try members[index].take(partitions, startingAt: [:])
                        owned[index].formUnion(partitions)
                    case .revoking(let partitions), .lost(let partitions):
                        revoked += partitions.count
                        try members[index].release(partitions)
                        owned[index].subtract(partitions)
                    default: break
                    }
                }
            }
        }
        #expect(owned.map(\.count) == [2, 2, 2])
        #expect(owned.reduce(into: Set()) { $0.formUnion($1) }.count == 6)
        // All members join at once, so that at most everything moves once; an eager group gives up all each time.
        #expect(revoked <= 6)
    }
}
