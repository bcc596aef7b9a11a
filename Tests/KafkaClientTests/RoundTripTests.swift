import Delivery
import KafkaClient
import Testing

@Suite struct RoundTripTests {
    @Test("null and empty, repeated headers, timestamps: what goes in comes out")
    func everyShapeOfRecord() throws {
        let bench = try Bench()
        let topic = try bench.topic("shapes")
        let records = [
            OutgoingRecord(topic: topic, key: nil, value: nil),
            OutgoingRecord(topic: topic, key: [], value: []),
            OutgoingRecord(topic: topic, key: [0, 255], value: nil, headers: [RecordHeader("a", bytes: nil)]),
            OutgoingRecord(
                topic: topic, key: Array("k".utf8), value: Array(repeating: 7, count: 100_000),
                headers: [
                    RecordHeader("a", bytes: nil), RecordHeader("b", "x"), RecordHeader("a", bytes: []),
                    RecordHeader("b", bytes: [0, 1, 2]), RecordHeader("ä", "ü"),
                ], timestampMilliseconds: 1_600_000_000_123),
        ]
        let producer = try bench.producer()
        let places = try producer.publish(records, within: bench.limit)
        #expect(places.map(\.offset.rawValue) == [0, 1, 2, 3])
        #expect(producer.outstanding == 0)

        let partition = TopicPartition(topic, Partition(0))
        let reader = try bench.reader(of: [partition: .earliest])
        let received = try reader.records(records.count)
        for (record, sent) in zip(received, records) {
            #expect(record.origin == partition)
            #expect(record.key == sent.key)
            #expect(record.value == sent.value)
            #expect(record.headers == sent.headers)
            if let milliseconds = sent.timestampMilliseconds {
                #expect(record.timestamp == RecordTimestamp(milliseconds: milliseconds, kind: .created))
            } else {
                #expect((record.timestamp?.milliseconds ?? 0) > 1_600_000_000_000)
            }
        }
        #expect(received.map(\.offset.rawValue) == [0, 1, 2, 3])
        #expect(try reader.position([partition]) == [partition: Offset(4)])
    }

    @Test("keys choose partitions by murmur2, as Java's clients do")
    func partitionsByKey() throws {
        let bench = try Bench()
        let topic = try bench.topic("keys", partitions: 6)
        // By Java: Utils.toPositive(Utils.murmur2(key)) % 6, from the hashes in Kafka's own UtilsTest.
        let hashes: [(String, Int32)] = [
            ("21", -973_932_308), ("foobar", -790_332_482), ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
        ]
        let places = try bench.producer().publish(
            hashes.map { OutgoingRecord(topic: topic, key: Array($0.0.utf8), value: [1]) }, within: bench.limit)
        for ((key, hash), place) in zip(hashes, places) {
            #expect(place.partition.partition.rawValue == (hash & 0x7fff_ffff) % 6, "\(key)")
        }
    }

    @Test func aChosenPartitionIsKept() throws {
        let bench = try Bench()
        let topic = try bench.topic("chosen", partitions: 3)
        let records = (0..<3).map { number in
            OutgoingRecord(topic: topic, partition: Partition(Int32(number)), key: [1], value: [1])
        }
        let places = try bench.producer().publish(records, within: bench.limit)
        #expect(places.map(\.partition.partition.rawValue) == [0, 1, 2])
    }

    @Test func readingStartsWhereItIsToldAndSeeks() throws {
        let bench = try Bench()
        let topic = try bench.topic("start")
        let records = (0..<10).map { OutgoingRecord(topic: topic, key: nil, value: [UInt8($0)]) }
        try bench.producer().publish(records, within: bench.limit)
        let partition = TopicPartition(topic, Partition(0))

        let reader = try bench.reader(of: [partition: .offset(Offset(7))])
        #expect(try reader.records(3).map(\.offset.rawValue) == [7, 8, 9])
        let end = try reader.poll { event -> Offset? in
            if case .reachedEnd(partition, let offset) = event { offset } else { nil }
        }
        #expect(end == Offset(10))
        try reader.seek(to: [partition: Offset(2)])
        #expect(try reader.records(2).map(\.offset.rawValue) == [2, 3])
        #expect(
            try reader.watermarks(of: partition, timeout: bench.limit) == Watermarks(low: Offset(0), high: Offset(10)))
        #expect(reader.cachedWatermarks(of: partition)?.high == Offset(10))
    }

    @Test func aPausedPartitionDeliversNothingUntilItIsResumed() throws {
        let bench = try Bench()
        let topic = try bench.topic("pause", partitions: 2)
        let partitions = [TopicPartition(topic, Partition(0)), TopicPartition(topic, Partition(1))]
        let reader = try bench.reader(of: [partitions[0]: .earliest, partitions[1]: .earliest])
        guard case .assigned(let assigned) = try reader.poll(timeout: bench.limit) else {
            Issue.record("no assignment")
            return
        }
        try reader.take(assigned, startingAt: [:])
        try reader.pause([partitions[0]])
        let records = (0..<4).map { number in
            OutgoingRecord(topic: topic, partition: Partition(Int32(number % 2)), key: nil, value: [1])
        }
        try bench.producer().publish(records, within: bench.limit)
        #expect(try reader.records(2).map(\.origin) == [partitions[1], partitions[1]])
        try reader.resume([partitions[0]])
        #expect(try reader.records(2).map(\.origin) == [partitions[0], partitions[0]])
    }
}
