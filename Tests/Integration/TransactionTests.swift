import Delivery
import KafkaClient
import Testing

@Suite struct TransactionTests {
    @Test func onlyCommittedTransactionsAreVisibleToReadCommitted() throws {
        let bench = try Bench()
        let topic = try bench.topic("txn")
        let producer = try bench.producer { $0.transactionalID = bench.name("txn") }
        for (value, commits) in [(1, true), (2, false), (3, true)] as [(UInt8, Bool)] {
            try producer.beginTransaction()
            try producer.publish([OutgoingRecord(topic: topic, key: nil, value: [value])], within: bench.limit)
            if commits {
                try producer.commitTransaction(timeout: bench.limit)
            } else {
                try producer.abortTransaction(timeout: bench.limit)
            }
        }
        #expect(try bench.contents(of: topic).map(\.value) == [[1], [3]])
        #expect(try bench.contents(of: topic, isolation: .readUncommitted).map(\.value) == [[1], [2], [3]])
    }

    @Test func offsetsOfATransactionAreCommittedWithItOrNotAtAll() throws {
        let bench = try Bench()
        let (input, output) = (try bench.topic("in"), try bench.topic("out"))
        let partition = TopicPartition(input, Partition(0))
        let group = bench.name("group")
        try bench.producer().publish([OutgoingRecord(topic: input, key: nil, value: [1])], within: bench.limit)
        let member = try bench.member(of: group, [input])
        _ = try member.poll { event -> Bool? in if case .record = event { true } else { nil } }
        let producer = try bench.producer { $0.transactionalID = bench.name("txn") }
        for commits in [false, true] {
            try producer.beginTransaction()
            try producer.publish([OutgoingRecord(topic: output, key: nil, value: [1])], within: bench.limit)
            try producer.sendOffsets(
                [partition: Offset(1)], group: member.groupMetadata(), timeout: bench.limit)
            if commits {
                try producer.commitTransaction(timeout: bench.limit)
                #expect(try member.committed([partition], timeout: bench.limit) == [partition: Offset(1)])
            } else {
                try producer.abortTransaction(timeout: bench.limit)
                #expect(try member.committed([partition], timeout: bench.limit).isEmpty)
            }
        }
        #expect(try bench.contents(of: output).count == 1)
    }

    @Test func aZombieIsFencedAndSaysSo() throws {
        let bench = try Bench()
        let topic = try bench.topic("fenced")
        let id = bench.name("txn")
        let zombie = try bench.producer { $0.transactionalID = id }
        try zombie.beginTransaction()
        try zombie.publish([OutgoingRecord(topic: topic, key: nil, value: [1])], within: bench.limit)

        let heir = try bench.producer { $0.transactionalID = id }
        try heir.beginTransaction()
        try heir.publish([OutgoingRecord(topic: topic, key: nil, value: [2])], within: bench.limit)
        let error = #expect(throws: KafkaError.self) { try zombie.commitTransaction(timeout: bench.limit) }
        #expect(error?.isFatal == true && error?.failureClass == .infrastructure)
        #expect(zombie.fatalError != nil)
        try heir.commitTransaction(timeout: bench.limit)
        #expect(try bench.contents(of: topic).map(\.value) == [[2]])
    }
}
