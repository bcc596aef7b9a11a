import Delivery
import KafkaClient
import Testing

/// Dead letters over a networked broker: the bytes that come back, and what happens when they cannot be written.
@Suite struct DeadLetterTests {
    /// Runs a loop that puts every record aside, to the end of its input.
    private func putAside(
        _ bench: Bench, from input: KafkaTopic, to dead: KafkaTopic, group: String, limit: Int? = nil,
        transactionalID: String? = nil
    ) throws -> DeliverySummary {
        let end = try bench.reader(of: [:]).watermarks(of: TopicPartition(input, Partition(0)), timeout: bench.limit)
        var settings = DeliverySettings()
        settings.drainLimit = .seconds(90)
        var cluster = bench.cluster
        // How long librdkafka waits for a Kafka topic that is not there; half a minute by itself.
        cluster.extra["topic.metadata.propagation.max.ms"] = "1000"
        if let limit { cluster.messageMaximumBytes = limit }
        var producing = ProducerSettings()
        producing.transactionalID = transactionalID
        let producer = try KafkaProducer(cluster, producing, logger: bench.logger)
        let source = try bench.member(of: group, [input], instance: "one")
        let bounds = [TopicPartition(input, Partition(0)): end.high]
        let letters = DeadLetter(topic: dead, connectorName: "test")
        func refuse(_ record: ReceivedRecord) -> ProcessingOutcome {
            .deadLetter(DeadLetterReason(code: "test.refused", message: "refused by the test"))
        }
        guard transactionalID != nil else {
            return try DeliveryLoop(
                source: source, publisher: producer, strategy: CommitAfterDelivery(), deadLetter: letters,
                settings: settings, bounds: bounds, process: refuse
            ).run(until: StopRequest())
        }
        try producer.initTransactions(timeout: bench.limit)
        return try DeliveryLoop(
            source: source, publisher: producer, strategy: CommitInTransaction(), deadLetter: letters,
            settings: settings, bounds: bounds, process: refuse
        ).run(until: StopRequest())
    }

    @Test(arguments: [false, true])
    func aDeadLetterGivesBackEveryByte(transactional: Bool) throws {
        let bench = try Bench()
        // Brokers delete by the records' own time, which lies far back here.
        func topic(_ stem: String) throws -> KafkaTopic { try bench.topic(stem, config: ["retention.ms": "-1"]) }
        let (input, dead, back) = (try topic("in"), try topic("dead"), try topic("back"))
        let records = RecordsOfAllKinds.everything(in: input)
        try bench.producer().publish(records, within: bench.limit)
        let summary = try putAside(
            bench, from: input, to: dead, group: bench.name("group"),
            transactionalID: transactional ? bench.name("txn") : nil)
        #expect(summary.deadLettered == records.count)

        let letters = try bench.contents(of: dead).map(ReceivedDeadLetter.init)
        #expect(letters.map(\.offset) == (0..<records.count).map { Offset(Int64($0)) })
        #expect(letters.map(\.ownHeaders) == records.map(\.headers))
        try bench.producer().publish(letters.map { $0.restored(to: back) }, within: bench.limit)
        let returned = try bench.contents(of: back)
        #expect(returned.map(\.key) == records.map(\.key))
        #expect(returned.map(\.value) == records.map(\.value))
        #expect(returned.map(\.timestamp?.milliseconds) == records.map(\.timestampMilliseconds))
        let count = RecordHeader("rostrum.redrive.count", "1")
        #expect(returned.map(\.headers) == records.map { $0.headers + [count] })
    }

    /// The named test of the contract: no dead letter, no commit.
    @Test(arguments: [false, true])
    func aMissingDeadLetterTopicStopsTheWorkerWithTheRecordUncommitted(transactional: Bool) throws {
        let bench = try Bench()
        let input = try bench.topic("in")
        try bench.producer().publish([OutgoingRecord(topic: input, key: [1], value: [2])], within: bench.limit)
        let group = bench.name("group")
        let error = #expect(throws: DeliveryStopped.self) {
            try putAside(
                bench, from: input, to: KafkaTopic(bench.name("never-made")), group: group,
                transactionalID: transactional ? bench.name("txn") : nil)
        }
        #expect(error?.code == "dead-letter-failed" && error?.offset == Offset(0), "\(String(describing: error))")
        #expect(error?.description.contains("never-made") == true)
        let place = TopicPartition(input, Partition(0))
        #expect(try bench.admin.committedOffsets(of: group, in: [place], timeout: bench.limit).isEmpty)
    }

    @Test(arguments: [false, true])
    func aRecordTooLargeForTheDeadLetterTopicIsRefusedByItsPlace(transactional: Bool) throws {
        let bench = try Bench()
        let input = try bench.topic("in", config: ["max.message.bytes": "10000000"])
        let dead = try bench.topic("dead")
        let large = (0..<1_500_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
        let records = [
            OutgoingRecord(topic: input, key: [1], value: large), OutgoingRecord(topic: input, key: [2], value: [2]),
        ]
        try bench.producer().publish(records, within: bench.limit)
        let group = bench.name("group")
        let summary = try putAside(
            bench, from: input, to: dead, group: group, limit: 1_000_000,
            transactionalID: transactional ? bench.name("txn") : nil)
        #expect(summary.deadLettered == 2)
        let letters = try bench.contents(of: dead).map(ReceivedDeadLetter.init)
        #expect(letters.map(\.omittedBytes) == [large.count, nil])
        #expect(letters.map(\.record.key) == [[1], [2]] && letters.map(\.record.value) == [nil, [2]])
        #expect(letters.map(\.offset) == [Offset(0), Offset(1)])
        let place = TopicPartition(input, Partition(0))
        let committed = try bench.admin.committedOffsets(of: group, in: [place], timeout: bench.limit)
        #expect(committed == [place: Offset(2)])
    }
}

/// Records that have all that a record may have.
enum RecordsOfAllKinds {
    static func everything(in topic: KafkaTopic) -> [OutgoingRecord] {
        let bytes = (0...255).map { UInt8($0) }
        let headers = [
            RecordHeader("repeated", "first"), RecordHeader("null", bytes: nil), RecordHeader("repeated", "second"),
            RecordHeader("empty", bytes: []), RecordHeader("bytes", bytes: bytes), RecordHeader("", "no name"),
            // Names of ours, which the record had before.
            RecordHeader("__connect.errors.topic", "elsewhere"), RecordHeader("rostrum.error.code", bytes: nil),
        ]
        let contents: [([UInt8]?, [UInt8]?, [RecordHeader])] = [
            (bytes, bytes, headers), (nil, [], []), ([], nil, [headers[1]]), (nil, nil, headers.reversed()),
        ]
        return contents.enumerated().map { index, content in
            OutgoingRecord(
                topic: topic, partition: Partition(0), key: content.0, value: content.1, headers: content.2,
                timestampMilliseconds: 1_400_000_000_000 + Int64(index))
        }
    }
}
