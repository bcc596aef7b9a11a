import Delivery
import KafkaClient
import Testing

@Suite struct ClusterTests {
    @Test func topicsAreMadeDescribedAndDeleted() throws {
        let bench = try Bench()
        let topic = try bench.topic("admin", partitions: 3, config: ["max.message.bytes": "2097152"])
        let described = try bench.admin.metadata(of: topic, timeout: bench.limit)
        #expect(described.partitions(of: topic).map(\.partition.rawValue) == [0, 1, 2])
        #expect(!described.brokers.isEmpty)
        #expect(try bench.admin.config(of: topic, timeout: bench.limit)["max.message.bytes"] == "2097152")

        let again = try bench.admin.createTopics([.init(topic, partitions: 3, replication: 1)], timeout: bench.limit)
        #expect(again[topic]?.errorCode == .topicAlreadyExists)

        #expect(try bench.admin.deleteTopics([topic], timeout: bench.limit).isEmpty)
        let missing = KafkaTopic(bench.name("never-made"))
        let failures = try bench.admin.deleteTopics([missing], timeout: bench.limit)
        #expect(failures[missing]?.errorCode == .unknownTopicOrPartition)
        #expect(failures[missing]?.cure?.contains("rostrum topics create") == true)
    }

    @Test func offsetsAreFoundByTimeAndWatermarksAtTheEnds() throws {
        let bench = try Bench()
        let topic = try bench.topic("times")
        let partition = TopicPartition(topic, Partition(0))
        let start: Int64 = 1_700_000_000_000
        let records = (0..<10).map { number in
            OutgoingRecord(topic: topic, key: nil, value: [1], timestampMilliseconds: start + Int64(number) * 1000)
        }
        // One batch each: a broker may index by batch.
        let producer = try bench.producer()
        for record in records { try producer.publish([record], within: bench.limit) }
        let reader = try bench.reader(of: [partition: .earliest])
        for (time, expected) in [(start - 5, 0), (start, 0), (start + 1, 1), (start + 4000, 4), (start + 8500, 9)] {
            let found = try reader.offsets(at: [partition: time], timeout: bench.limit)
            #expect(found == [partition: Offset(Int64(expected))], "at \(time - start) ms")
        }
        #expect(try reader.offsets(at: [partition: start + 9001], timeout: bench.limit).isEmpty)
        let ends = try reader.watermarks(of: partition, timeout: bench.limit)
        #expect(ends == Watermarks(low: Offset(0), high: Offset(10)))
    }

    @Test(arguments: ["none", "gzip", "snappy", "lz4", "zstd"])
    func everyCodec(codec: String) throws {
        let bench = try Bench()
        let topic = try bench.topic("codec-\(codec)")
        let value = Array(String(repeating: "organised crime ", count: 500).utf8)
        let records = (0..<20).map { number in
            OutgoingRecord(
                topic: topic, key: [UInt8(number)], value: number == 7 ? nil : value,
                headers: [RecordHeader("h", bytes: nil), RecordHeader("h", "x")])
        }
        try bench.producer { $0.compression = codec }.publish(records, within: bench.limit)
        let read = try bench.contents(of: topic)
        #expect(read.map(\.key) == records.map(\.key))
        #expect(read.map(\.value) == records.map(\.value))
        #expect(read.allSatisfy { $0.headers == records[0].headers })
    }

    @Test func aRecordOfFiveMegabytesGoesThrough() throws {
        let bench = try Bench()
        let topic = try bench.topic("large", config: ["max.message.bytes": "10000000"])
        let value = (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
        try bench.producer().publish([OutgoingRecord(topic: topic, key: nil, value: value)], within: bench.limit)
        #expect(try bench.contents(of: topic).map(\.value) == [value])
    }

    @Test func groupsAreListedDescribedAndTheirOffsetsSet() throws {
        let bench = try Bench()
        let topic = try bench.topic("groups", partitions: 2)
        let partitions = [TopicPartition(topic, Partition(0)), TopicPartition(topic, Partition(1))]
        let group = bench.name("group")
        let member = try bench.member(of: group, [topic])
        _ = try member.poll { event -> Bool? in if case .assigned = event { true } else { nil } }
        try member.commit([partitions[0]: Offset(0)], timeout: bench.limit)
        #expect(try bench.admin.groups(timeout: bench.limit).contains(group))
        let active = try bench.admin.describe(group: group, timeout: bench.limit)
        #expect(active.isActive && active.members.count == 1)
        #expect(active.members.first?.partitions == partitions)
        member.close(within: bench.limit)

        let empty = try bench.admin.describe(group: group, timeout: bench.limit)
        #expect(!empty.isActive)
        try bench.admin.alterOffsets(
            of: group, to: [partitions[0]: Offset(5), partitions[1]: Offset(7)], timeout: bench.limit)
        #expect(
            try bench.admin.committedOffsets(of: group, in: partitions, timeout: bench.limit)
                == [partitions[0]: Offset(5), partitions[1]: Offset(7)])
    }

    @Test func aStaticMemberThatComesBackKeepsItsPartitions() throws {
        let bench = try Bench()
        let topic = try bench.topic("static", partitions: 4)
        let group = bench.name("group")
        let first = try bench.member(of: group, [topic], instance: "a")
        let before = try first.poll { event -> [TopicPartition]? in
            if case .assigned(let partitions) = event { partitions } else { nil }
        }
        #expect(before.count == 4)
        try first.commit([before[0]: Offset(0)], timeout: bench.limit)
        first.close(within: bench.limit)
        let second = try bench.member(of: group, [topic], instance: "a")
        let after = try second.poll { event -> [TopicPartition]? in
            if case .assigned(let partitions) = event { partitions } else { nil }
        }
        #expect(after == before)
    }
}
