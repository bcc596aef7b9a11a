import Delivery
import KafkaClient
import Testing

@Suite struct GroupTests {
    @Test func committedOffsetsAreWhereTheNextMemberStarts() throws {
        let bench = try Bench()
        let topic = try bench.topic("resume")
        let records = (0..<6).map { OutgoingRecord(topic: topic, key: nil, value: [UInt8($0)]) }
        try bench.producer().publish(records, within: bench.limit)
        let partition = TopicPartition(topic, Partition(0))

        let first = try bench.member(of: "g", [topic])
        #expect(try first.records(4).map(\.offset.rawValue) == [0, 1, 2, 3])
        try first.commit([partition: Offset(3)], timeout: bench.limit)
        #expect(try first.committed([partition], timeout: bench.limit) == [partition: Offset(3)])
        first.close(within: bench.limit)

        let second = try bench.member(of: "g", [topic])
        #expect(try second.records(3).map(\.offset.rawValue) == [3, 4, 5])
        let other = try bench.member(of: "other", [topic])
        #expect(try other.records(1).map(\.offset.rawValue) == [0])
        #expect(try other.committed([partition], timeout: bench.limit).isEmpty)
    }

    @Test func nothingIsCommittedWithoutBeingAsked() throws {
        let bench = try Bench()
        let topic = try bench.topic("quiet")
        try bench.producer().publish([OutgoingRecord(topic: topic, key: nil, value: [1])], within: bench.limit)
        for _ in 0..<2 {
            let member = try bench.member(of: "g", [topic])
            #expect(try member.records(1).map(\.offset.rawValue) == [0])
            member.close(within: bench.limit)
        }
    }

    @Test("a second member makes the first give up partitions in order, and each partition has one owner")
    func rebalance() throws {
        let bench = try Bench()
        let topic = try bench.topic("shared", partitions: 4)
        let first = try bench.member(of: "g", [topic])
        let all = try first.poll { event -> [TopicPartition]? in
            if case .assigned(let partitions) = event { partitions } else { nil }
        }
        #expect(all.count == 4)

        let second = try bench.member(of: "g", [topic])
        var firstOwns: Set = Set(all)
        var secondOwns: Set<TopicPartition> = []
        var revoked = false
        let deadline = ContinuousClock.now + bench.limit
        while firstOwns.count != 2 || secondOwns.count != 2, ContinuousClock.now < deadline {
            for (member, isFirst) in [(first, true), (second, false)] {
                switch try member.poll(timeout: .milliseconds(50)) {
                case .assigned(let partitions)?:
                    try member.take(partitions, startingAt: [:])
                    if isFirst { firstOwns.formUnion(partitions) } else { secondOwns.formUnion(partitions) }
                case .revoking(let partitions)?:
                    revoked = true
                    // Still ours. Kafka takes a commit now; this cluster may say that a rebalance is under way.
                    if isFirst, let partition = partitions.first {
                        do {
                            try member.commit([partition: Offset(0)], timeout: bench.limit)
                        } catch let error as KafkaError {
                            #expect(error.errorCode == .rebalanceInProgress && error.failureClass == .retryable)
                        }
                    }
                    try member.release(partitions)
                    if isFirst { firstOwns.subtract(partitions) } else { secondOwns.subtract(partitions) }
                case .lost(let partitions)?:
                    Issue.record("\(partitions) were lost in an orderly rebalance")
                default: break
                }
            }
        }
        #expect(revoked && firstOwns.count == 2 && secondOwns.count == 2)
        #expect(firstOwns.isDisjoint(with: secondOwns))
    }

    @Test("a member the coordinator no longer knows loses its partitions, and its commit is refused, retryably")
    func lostAssignment() throws {
        let bench = try Bench()
        let topic = try bench.topic("lost")
        let member = try bench.member(of: "g", [topic])
        let partition = TopicPartition(topic, Partition(0))
        _ = try member.poll { event -> Bool? in if case .assigned = event { true } else { nil } }
        bench.broker.fail(next: .heartbeat, with: Array(repeating: .unknownMember, count: 3))
        let lost = try member.poll { event -> [TopicPartition]? in
            if case .lost(let partitions) = event { partitions } else { nil }
        }
        #expect(lost == [partition])
        bench.broker.fail(next: .offsetCommit, with: [.illegalGeneration])
        let error = #expect(throws: KafkaError.self) {
            try member.commit([partition: Offset(0)], timeout: bench.limit)
        }
        #expect(error?.failureClass == .retryable)
    }

    @Test func commitHasADeadlineWhenTheBrokerIsAway() throws {
        let bench = try Bench()
        let topic = try bench.topic("away")
        let member = try bench.member(of: "g", [topic])
        let partition = TopicPartition(topic, Partition(0))
        _ = try member.poll { event -> Bool? in if case .assigned = event { true } else { nil } }
        try bench.broker.setDown(true)
        let error = #expect(throws: KafkaError.self) {
            try member.commit([partition: Offset(0)], timeout: .milliseconds(500))
        }
        #expect(error?.failureClass == .retryable)
        // Ends although the coordinator cannot be told; a hang here would be killed with the whole run.
        member.close(within: .seconds(2))
    }
}
