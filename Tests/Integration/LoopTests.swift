import Delivery
import KafkaClient
import Testing

/// The loops over a networked broker: crashes in the middle, restarts, and what readers see in the end.
@Suite struct LoopTests {
    struct Crash: Error {}
    typealias AtLeastOnce = CommitAfterDelivery<KafkaConsumer, KafkaProducer>
    typealias ExactlyOnce = CommitInTransaction<KafkaConsumer, KafkaProducer>

    private let count = 300

    private func fill(_ bench: Bench, _ topic: KafkaTopic) throws {
        let records = (0..<count).map { number in
            OutgoingRecord(topic: topic, key: Array("k\(number)".utf8), value: Array("v\(number)".utf8))
        }
        try bench.producer().publish(records, within: bench.limit)
    }

    /// Runs a loop until all is done, crashing at the given numbers of processed records, a fresh client each time.
    private func runWithCrashes<Strategy: AcknowledgementStrategy>(
        _ bench: Bench, _ strategy: () -> Strategy, transactionalID: String?, from input: KafkaTopic,
        to output: KafkaTopic, dead: KafkaTopic, crashes: [Int]
    ) throws -> Int where Strategy.Source == KafkaConsumer, Strategy.Publisher == KafkaProducer {
        let group = bench.name("group")
        let partitions = try bench.admin.metadata(of: input, timeout: bench.limit).partitions(of: input)
        let asking = try bench.reader(of: [:])
        var ends: [TopicPartition: Offset] = [:]
        for partition in partitions {
            ends[partition] = try asking.watermarks(of: partition, timeout: bench.limit).high
        }
        var received = 0
        for crash in crashes + [Int.max] {
            var processed = 0
            let producer = try bench.producer { $0.transactionalID = transactionalID }
            var settings = DeliverySettings()
            settings.settleInterval = .milliseconds(50)
            settings.settleRecords = 40
            settings.drainLimit = .seconds(30)
            settings.settleTimeout = .seconds(30)
            let loop = DeliveryLoop(
                source: try bench.member(of: group, [input], instance: "one"), publisher: producer,
                strategy: strategy(),
                deadLetter: DeadLetter(topic: dead, connectorName: "test"), settings: settings, bounds: ends
            ) { record in
                processed += 1
                received += 1
                if processed == crash { throw Crash() }
                if record.value == Array("v13".utf8) {
                    return .deadLetter(DeadLetterReason(code: "unlucky", message: "thirteen"))
                }
                return .publish([OutgoingRecord(topic: output, key: record.key, value: record.value)])
            }
            do {
                _ = try loop.run(until: StopRequest())
            } catch is Crash {
                #expect(crash != .max)
            }
            producer.close(within: bench.limit)
        }
        // Kafka answers a commit of a transaction before it has marked the offsets as committed everywhere.
        var committed: [TopicPartition: Offset] = [:]
        let deadline = ContinuousClock.now + bench.limit
        repeat {
            committed = try bench.admin.committedOffsets(of: group, in: partitions, timeout: bench.limit)
        } while committed != ends && ContinuousClock.now < deadline
        #expect(committed == ends)
        return received
    }

    @Test func atLeastOnceLosesNothingOverCrashes() throws {
        let bench = try Bench()
        let (input, output) = (try bench.topic("in", partitions: 3), try bench.topic("out", partitions: 3))
        let dead = try bench.topic("dead")
        try fill(bench, input)
        let received = try runWithCrashes(
            bench, { AtLeastOnce() }, transactionalID: nil, from: input, to: output, dead: dead,
            crashes: [30, 70, 110])
        #expect(received >= count + 3)
        let values = try bench.contents(of: output, partitions: 3).map {
            String(decoding: $0.value ?? [], as: UTF8.self)
        }
        #expect(Set(values) == Set((0..<count).filter { $0 != 13 }.map { "v\($0)" }))
        let letters = try bench.contents(of: dead)
        #expect(Set(letters.map(\.key)) == [Array("k13".utf8)])
        #expect(letters.first?.headers.contains(RecordHeader("rostrum.error.code", "unlucky")) == true)
    }

    @Test func exactlyOnceShowsEachOutputOnceOverCrashes() throws {
        let bench = try Bench()
        let (input, output) = (try bench.topic("in", partitions: 3), try bench.topic("out", partitions: 3))
        let dead = try bench.topic("dead")
        try fill(bench, input)
        let received = try runWithCrashes(
            bench, { ExactlyOnce() }, transactionalID: bench.name("txn"), from: input, to: output, dead: dead,
            crashes: [30, 70, 110])
        #expect(received >= count + 3)
        let values = try bench.contents(of: output, partitions: 3).map {
            String(decoding: $0.value ?? [], as: UTF8.self)
        }
        #expect(values.count == count - 1)
        #expect(Set(values).count == count - 1)
        #expect(try bench.contents(of: dead).count == 1)
    }

    /// A store that keeps items and offsets together, and crashes when told.
    final class MemoryStore: BatchStore {
        var values: [String] = []
        var offsets: [TopicPartition: Offset] = [:]
        var crashAfter = Int.max

        func storedOffsets(of partitions: [TopicPartition]) -> [TopicPartition: Offset] {
            offsets.filter { partitions.contains($0.key) }
        }

        func check() {}

        func store(_ batch: DecodedBatch<String>) throws {
            crashAfter -= 1
            if crashAfter < 0 { throw Crash() }
            values += batch.items
            offsets.merge(batch.nextOffsets) { $1 }
        }
    }

    @Test func aStoreWithItsOwnOffsetsHasEachRecordOnceOverCrashes() throws {
        let bench = try Bench()
        let input = try bench.topic("in", partitions: 3)
        try fill(bench, input)
        let store = MemoryStore()
        let asking = try bench.reader(of: [:])
        var ends: [TopicPartition: Offset] = [:]
        for partition in try bench.admin.metadata(of: input, timeout: bench.limit).partitions(of: input) {
            ends[partition] = try asking.watermarks(of: partition, timeout: bench.limit).high
        }
        var limits = BatchLimits()
        limits.records = 20
        let group = bench.name("group")
        for crash in [2, 3, Int.max] {
            store.crashAfter = crash
            let loop = BatchLoop(
                source: try bench.member(of: group, [input], instance: "one"), deadLetters: try bench.producer(),
                deadLetter: DeadLetter(topic: input, connectorName: "test"), store: store, limits: limits,
                bounds: ends
            ) { .item(String(decoding: $0.value ?? [], as: UTF8.self)) }
            do { _ = try loop.run(until: StopRequest()) } catch is Crash { #expect(crash != .max) }
        }
        #expect(store.values.count == count && Set(store.values).count == count)
        #expect(store.offsets == ends)
    }
}
