import Delivery
import Foundation
@testable import KafkaClient
import Testing

@Suite struct FailureTests {
    @Test func aFullQueueIsSaidAndNothingIsLost() throws {
        let bench = try Bench()
        let topic = try bench.topic("full")
        let producer = try bench.producer { $0.queueRecords = 3 }
        try bench.broker.setDown(true)
        let record = OutgoingRecord(topic: topic, key: nil, value: [1], headers: [RecordHeader("a", "b")])
        for token in 0..<3 as Range<UInt64> {
            #expect(try producer.enqueue(record, token: DeliveryToken(rawValue: token)) == .accepted)
        }
        #expect(try producer.enqueue(record, token: DeliveryToken(rawValue: 3)) == .full)
        try bench.broker.setDown(false)
        var tokens: Set<UInt64> = []
        let deadline = ContinuousClock.now + bench.limit
        while tokens.count < 3, ContinuousClock.now < deadline {
            for report in try producer.poll(timeout: .milliseconds(100)) {
                _ = try report.result.get()
                tokens.insert(report.token.rawValue)
            }
        }
        #expect(tokens == [0, 1, 2])
        #expect(try producer.enqueue(record, token: DeliveryToken(rawValue: 3)) == .accepted)
        #expect(try producer.flush(within: bench.limit).map(\.token.rawValue) == [3])
    }

    @Test func anOversizedRecordIsADataErrorAtOnce() throws {
        let bench = try Bench()
        let topic = try bench.topic("large")
        var cluster = bench.cluster
        cluster.messageMaximumBytes = 10_000
        let producer = try KafkaProducer(cluster, logger: bench.logger)
        let record = OutgoingRecord(
            topic: topic, key: nil, value: Array(repeating: 0, count: 20_000), headers: [RecordHeader("a", "b")])
        let error = #expect(throws: KafkaError.self) { try producer.enqueue(record, token: DeliveryToken(rawValue: 1)) }
        #expect(error?.errorCode == .messageTooLarge && error?.failureClass == .data)
        #expect(error?.code == "kafka-msg-size-too-large" && error?.topic == topic)
        #expect(error?.description.contains("max.message.bytes") == true)
    }

    @Test("a partition that does not exist is refused, headers freed once")
    func unknownPartition() throws {
        let bench = try Bench()
        let topic = try bench.topic("narrow", partitions: 1)
        let producer = try bench.producer()
        // The first record makes the producer learn the partitions.
        try producer.publish([OutgoingRecord(topic: topic, key: nil, value: [1])], within: bench.limit)
        let record = OutgoingRecord(
            topic: topic, partition: Partition(9), key: nil, value: [1], headers: [RecordHeader("a", "b")])
        for _ in 0..<100 {
            let error = #expect(throws: KafkaError.self) {
                try producer.enqueue(record, token: DeliveryToken(rawValue: 1))
            }
            #expect(error?.errorCode == .unknownPartition)
        }
        #expect(producer.outstanding == 0)
    }

    @Test func aRecordThatIsNotDeliveredInTimeIsReportedWithItsToken() throws {
        let bench = try Bench()
        let topic = try bench.topic("slow")
        let producer = try bench.producer { $0.deliveryTimeout = .seconds(1) }
        try bench.broker.setDown(true)
        let record = OutgoingRecord(topic: topic, key: nil, value: [1])
        #expect(try producer.enqueue(record, token: DeliveryToken(rawValue: 77)) == .accepted)
        var reports: [DeliveryReport] = []
        let deadline = ContinuousClock.now + bench.limit
        while reports.isEmpty, ContinuousClock.now < deadline {
            reports = try producer.poll(timeout: .milliseconds(100))
        }
        let report = try #require(reports.first)
        #expect(report.token.rawValue == 77)
        let error = #expect(throws: KafkaError.self) { try report.result.get() }
        #expect(error?.errorCode == .messageTimedOut && error?.failureClass == .infrastructure)
    }

    @Test func aBrokerThatIsNotThereIsATypedErrorWithACure() throws {
        let bench = try Bench()
        var cluster = KafkaSettings(bootstrapServers: "127.0.0.1:1")
        cluster.extra["reconnect.backoff.max.ms"] = "100"
        let admin = try KafkaAdmin(cluster, logger: bench.logger)
        let error = #expect(throws: KafkaError.self) { try admin.metadata(timeout: .milliseconds(500)) }
        #expect(error?.isRetryable == true)
        #expect(error?.cure?.contains("bootstrap servers") == true)
    }

    @Test func brokerErrorsInProducingAreRetriedByTheLibrary() throws {
        let bench = try Bench()
        let topic = try bench.topic("retried")
        bench.broker.fail(next: .produce, with: [.requestTimedOut, .transport])
        let places = try bench.producer().publish(
            [OutgoingRecord(topic: topic, key: nil, value: [1])], within: bench.limit)
        #expect(places.map(\.offset) == [Offset(0)])
    }

    @Test(
        "a property the library refuses names itself; a secret is not shown",
        arguments: [
            ("no.such.property", "1", "no.such.property"), ("linger.ms", "twelve", "linger.ms"),
            ("ssl.key.pem", "SECRETSECRET", "ssl.key.pem"),
        ])
    func refusedProperty(name: String, value: String, expected: String) throws {
        let bench = try Bench()
        var cluster = bench.cluster
        cluster.extra["security.protocol"] = "ssl"
        cluster.extra[name] = value
        let error = #expect(throws: KafkaError.self) { try KafkaProducer(cluster, logger: bench.logger) }
        #expect(error?.description.contains(expected) == true)
        #expect(error?.description.contains("SECRET") == false)
    }

    @Test func whatDeliveryRestsOnCannotBeOverridden() throws {
        let bench = try Bench()
        var cluster = bench.cluster
        cluster.extra["enable.auto.commit"] = "true"
        let error = #expect(throws: KafkaError.self) {
            try KafkaConsumer(cluster, ConsumerSettings(group: "g"), reading: .subscribe([]), logger: bench.logger)
        }
        #expect(error?.message.contains("true") == true && error?.message.contains("false") == true)
        cluster.extra = ["enable.idempotence": "true"]
        _ = try KafkaProducer(cluster, logger: bench.logger)
    }

    /// librdkafka before 2.3 may keep a query longer than it was told (#4460); the client must not go from under it.
    @Test func aClientIsNotDestroyedInTheMiddleOfACall() throws {
        let bench = try Bench()
        weak var context: ClientContext?
        let mayEnd = DispatchSemaphore(value: 0)
        let hasEnded = DispatchSemaphore(value: 0)
        do {
            let handle = try ClientHandle(
                .producer, bench.cluster.commonProperties, wiring: .init(), logger: bench.logger)
            context = handle.context
            let answer: String? = handle.call(within: .milliseconds(50)) { client in
                mayEnd.wait()
                defer { hasEnded.signal() }
                return ClientHandle.fatalError(of: client)?.description ?? "none"
            }
            #expect(answer == nil)
            handle.end(within: .seconds(1))
        }
        #expect(context != nil)
        mayEnd.signal()
        hasEnded.wait()
        for _ in 0..<600 where context != nil { Thread.sleep(forTimeInterval: 0.1) }
        #expect(context == nil, "destroyed with all it holds once the call has ended")
    }

    @Test func secretsAreRedacted() {
        var cluster = KafkaSettings(bootstrapServers: "k:9092")
        cluster.extra["sasl.username"] = "u"
        cluster.extra["sasl.password"] = "SECRET"
        cluster.extra["ssl.keystore.password"] = "SECRET"
        cluster.extra["sasl.oauthbearer.config"] = "SECRET"
        cluster.extra["sasl.oauthbearer.client.secret"] = "SECRET"
        #expect(!cluster.description.contains("SECRET"))
        #expect(cluster.description.contains("sasl.username=u"))
    }

    @Test func theAssignorFollowsTheLibrary() {
        #expect(PartitionAssignor.recommended(forVersion: 0x0200_02ff) == .range)
        #expect(PartitionAssignor.recommended(forVersion: 0x0206_00ff) == .range)
        #expect(PartitionAssignor.recommended(forVersion: 0x0206_01ff) == .cooperativeSticky)
        #expect(PartitionAssignor.recommended(forVersion: 0x0208_00ff) == .cooperativeSticky)
    }

    @Test func fatalAndAbortableErrorsAreNotTakenForPassing() {
        let fatal = KafkaError(.requestTimedOut, "x", isFatal: true)
        #expect(!fatal.isRetryable && fatal.failureClass == .infrastructure)
        #expect(KafkaError(.illegalGeneration, "x", requiresAbort: true).failureClass == .infrastructure)
        #expect(KafkaError(.illegalGeneration, "x").failureClass == .retryable)
        #expect(KafkaError(.invalidRecord, "x").failureClass == .data)
        #expect(KafkaError(.authentication, "x").failureClass == .infrastructure)
    }

    @Test("what a refused record needed is freed, whatever the reason of the refusal")
    func refusedRecordsLeaveNothingBehind() throws {
        let bench = try Bench()
        let topic = try bench.topic("refused", partitions: 1)
        var cluster = bench.cluster
        cluster.messageMaximumBytes = 50_000
        var settings = ProducerSettings()
        settings.queueRecords = 1
        let producer = try KafkaProducer(cluster, settings, logger: bench.logger)
        try producer.publish([OutgoingRecord(topic: topic, key: nil, value: [1])], within: bench.limit)
        let headers = [RecordHeader("a", bytes: Array(repeating: 1, count: 40_000))]
        let absent = OutgoingRecord(topic: topic, partition: Partition(9), key: nil, value: [1], headers: headers)
        let large = OutgoingRecord(
            topic: topic, key: nil, value: Array(repeating: 1, count: 20_000), headers: headers)
        let before = try residentBytes()
        for _ in 0..<10_000 {
            #expect(throws: KafkaError.self) { try producer.enqueue(absent, token: DeliveryToken(rawValue: 1)) }
            #expect(throws: KafkaError.self) { try producer.enqueue(large, token: DeliveryToken(rawValue: 1)) }
        }
        // 20,000 lists of 40 kB would be 800 MB; the rest is room for tests that run at the same time.
        #expect(try residentBytes() - before < 300_000_000)
    }

    /// By Linux's own account: the second number is resident pages.
    private func residentBytes() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        return try #require(Int(text.split(separator: " ")[1])) * 4096
    }

    @Test("clients are made and destroyed in every state without a hang")
    func manyLives() throws {
        let bench = try Bench()
        let topic = try bench.topic("lives", partitions: 2)
        for round in 0..<30 {
            let producer = try bench.producer()
            if round.isMultiple(of: 2) {
                _ = try producer.enqueue(
                    OutgoingRecord(topic: topic, key: nil, value: [1], headers: [RecordHeader("a", "b")]),
                    token: DeliveryToken(rawValue: 1))
            }
            if round.isMultiple(of: 3) { producer.close(within: .seconds(5)) }
            let consumer =
                round.isMultiple(of: 2)
                ? try bench.member(of: "g\(round)", [topic])
                : try bench.reader(of: [TopicPartition(topic, Partition(0)): .earliest])
            for _ in 0..<(round % 4) {
                if case .assigned(let partitions)? = try consumer.poll(timeout: .milliseconds(20)) {
                    try consumer.take(partitions, startingAt: [:])
                }
            }
            if round.isMultiple(of: 5) { consumer.close(within: .seconds(5)) }
            consumer.close(within: .seconds(5))
        }
    }
}
