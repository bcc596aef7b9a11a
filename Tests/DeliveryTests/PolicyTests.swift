import Delivery
import TestSupport
import Testing

@Suite struct RetryPolicyTests {
    @Test func doublesUpToTheCapAndEnds() {
        var generator = SeededGenerator(seed: 1)
        let policy = RetryPolicy(
            initialDelay: .milliseconds(100), maximumDelay: .seconds(1), jitter: 0, budget: .seconds(3))
        var spent = Duration.zero
        var delays: [Duration] = []
        while let delay = policy.delay(afterAttempts: delays.count + 1, spent: spent, using: &generator) {
            delays.append(delay)
            spent += delay
        }
        #expect(
            delays == [
                .milliseconds(100), .milliseconds(200), .milliseconds(400), .milliseconds(800), .seconds(1),
                .milliseconds(500),
            ])
        #expect(spent == policy.budget)
    }

    @Test func aBudgetOfNothingAllowsNoSecondAttempt() {
        var generator = SeededGenerator(seed: 1)
        #expect(RetryPolicy(budget: .zero).delay(afterAttempts: 1, spent: .zero, using: &generator) == nil)
    }

    @Test func noPolicySpins() {
        var generator = SeededGenerator(seed: 1)
        let policy = RetryPolicy(initialDelay: .zero, maximumDelay: .zero, jitter: 1)
        #expect(policy.delay(afterAttempts: 1, spent: .zero, using: &generator) == .milliseconds(1))
    }

    @Test("jitter only shortens, within its share", arguments: 0..<50 as Range<UInt64>)
    func jitter(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let policy = RetryPolicy(
            initialDelay: .seconds(1), maximumDelay: .seconds(8), jitter: 0.25)
        for (attempts, full) in [(1, 1.0), (2, 2), (3, 4), (4, 8), (9, 8)] {
            let delay = try #require(policy.delay(afterAttempts: attempts, spent: .zero, using: &generator))
            #expect(delay <= .seconds(full) && delay >= .seconds(full * 0.75), "seed \(seed)")
        }
    }

    @Test func manyAttemptsDoNotOverflow() {
        var generator = SeededGenerator(seed: 1)
        let policy = RetryPolicy(jitter: 0, budget: .seconds(1 << 40))
        #expect(policy.delay(afterAttempts: .max, spent: .zero, using: &generator) == .seconds(60))
    }
}

@Suite struct IntakeGateTests {
    @Test func closesAtALimitAndOpensAtHalf() {
        var gate = IntakeGate(InFlightLimits(records: 10, bytes: 1000))
        #expect(gate.update(records: 9, bytes: 999) == nil)
        #expect(gate.update(records: 10, bytes: 0) == .pause)
        #expect(gate.update(records: 10, bytes: 0) == nil)
        #expect(gate.update(records: 6, bytes: 0) == nil)
        #expect(gate.update(records: 5, bytes: 501) == nil)
        #expect(gate.update(records: 5, bytes: 500) == .resume)
        #expect(gate.update(records: 1, bytes: 1000) == .pause)
    }
}

@Suite struct DeadLetterTests {
    private let record = ReceivedRecord(
        origin: TopicPartition(KafkaTopic("speeches.documents"), Partition(3)), offset: Offset(42),
        timestamp: RecordTimestamp(milliseconds: 1_700_000_000_123), key: [0, 255], value: [0xC3, 0x28],
        headers: [RecordHeader("a", bytes: nil), RecordHeader("a", bytes: [1]), RecordHeader("b", bytes: [])])
    private let letters = DeadLetter(
        topic: KafkaTopic("speeches.deadletter"), connectorName: "rostrum-classifier", taskID: "host-1")
    private let reason = DeadLetterReason(
        code: "document-malformed", message: "not JSON", stage: "VALUE_CONVERTER", className: "SpeechJSON",
        exceptionClassName: "DecodingError")

    @Test func keepsTheRecordByteForByteAndSaysWhereAndWhy() {
        let letter = letters.record(for: record, reason: reason)
        #expect(letter.topic == KafkaTopic("speeches.deadletter"))
        #expect(letter.partition == nil)
        #expect(letter.key == record.key && letter.value == record.value)
        #expect(letter.timestampMilliseconds == 1_700_000_000_123)
        #expect(Array(letter.headers.prefix(3)) == record.headers)
        let added = letter.headers.dropFirst(3).map { "\($0.name)=\($0.text ?? "?")" }
        #expect(
            added == [
                "__connect.errors.topic=speeches.documents", "__connect.errors.partition=3",
                "__connect.errors.offset=42", "__connect.errors.connector.name=rostrum-classifier",
                "__connect.errors.task.id=host-1", "__connect.errors.stage=VALUE_CONVERTER",
                "__connect.errors.class.name=SpeechJSON", "__connect.errors.exception.class.name=DecodingError",
                "__connect.errors.exception.message=not JSON", "rostrum.error.code=document-malformed",
                "rostrum.redrive.count=0",
            ])
    }

    @Test func cutsALongMessage() {
        var long = reason
        long.message = String(repeating: "ä", count: 5_000)
        let text = letters.record(for: record, reason: long).headers
            .first { $0.name == "__connect.errors.exception.message" }?.text
        #expect(text == String(repeating: "ä", count: 2_046) + "…")
    }

    private func received(_ letter: OutgoingRecord) -> ReceivedDeadLetter {
        ReceivedDeadLetter(
            ReceivedRecord(
                origin: TopicPartition(letter.topic, Partition(0)), offset: Offset(7),
                timestamp: letter.timestampMilliseconds.map { RecordTimestamp(milliseconds: $0) }, key: letter.key,
                value: letter.value, headers: letter.headers))
    }

    @Test func givesTheRecordBackByteForByteWithACount() {
        let letter = received(letters.record(for: record, reason: reason))
        #expect(letter.origin == record.origin && letter.offset == record.offset && letter.omittedBytes == nil)
        #expect(letter.code == "document-malformed" && letter.message == "not JSON" && letter.redriveCount == 0)
        #expect(letter.stage == "VALUE_CONVERTER" && letter.worker == "rostrum-classifier")
        let back = letter.restored(to: record.origin.topic)
        #expect(back.topic == record.origin.topic && back.partition == nil)
        #expect(back.key == record.key && back.value == record.value)
        #expect(back.timestampMilliseconds == record.timestamp?.milliseconds)
        #expect(back.headers == record.headers + [RecordHeader("rostrum.redrive.count", "1")])
    }

    /// A record that comes back again and again: its headers stay, only the count rises. One that itself carries names
    /// of ours keeps those too.
    @Test func givesTheRecordBackAgainAndAgain() {
        let own = [
            RecordHeader("__connect.errors.topic", "elsewhere"), RecordHeader("a", bytes: nil),
            RecordHeader("rostrum.error.code", bytes: nil),
        ]
        var record = ReceivedRecord(
            origin: record.origin, offset: record.offset, timestamp: record.timestamp, key: nil, value: nil,
            headers: own)
        for count in 1...3 {
            let back = received(letters.record(for: record, reason: reason)).restored(to: record.origin.topic)
            #expect(back.headers == own + [RecordHeader("rostrum.redrive.count", String(count))])
            #expect(back.partition == record.origin.partition && back.key == nil && back.value == nil)
            record = ReceivedRecord(
                origin: record.origin, offset: record.offset, timestamp: record.timestamp, key: back.key,
                value: back.value, headers: back.headers)
        }
    }

    @Test func aStubSaysWhereTheRecordIs() {
        let stub = letters.stub(for: record, reason: reason)
        #expect(stub.key == record.key && stub.value == nil)
        let letter = received(stub)
        #expect(letter.origin == record.origin && letter.offset == record.offset && letter.omittedBytes == 2)
        let large = ReceivedRecord(
            origin: record.origin, offset: record.offset, timestamp: nil, key: Array(repeating: 1, count: 5_000),
            value: nil, headers: [])
        #expect(letters.stub(for: large, reason: reason).key == nil)
        #expect(received(letters.stub(for: large, reason: reason)).omittedBytes == 5_000)
    }

    @Test func readsWhatOthersWrote() {
        let foreign = ReceivedDeadLetter(
            ReceivedRecord(
                origin: record.origin, offset: Offset(0), timestamp: nil, key: nil, value: nil,
                headers: [
                    RecordHeader("__connect.errors.topic", "t"), RecordHeader("__connect.errors.partition", "-1"),
                    RecordHeader("__connect.errors.offset", "x"), RecordHeader("rostrum.redrive.count", "many"),
                ]))
        #expect(foreign.origin == nil && foreign.offset == nil && foreign.code == nil)
        #expect(foreign.redriveCount == .max)
        #expect(foreign.restored(to: KafkaTopic("t")).headers.last?.text == String(Int.max))
    }

    @Test func keepsTheRedriveCountOfARecordThatWasSentBack() {
        let redriven = ReceivedRecord(
            origin: record.origin, offset: record.offset, timestamp: nil, key: nil, value: nil,
            headers: [RecordHeader("rostrum.redrive.count", "2")])
        let letter = letters.record(for: redriven, reason: reason)
        #expect(letter.headers.filter { $0.name == "rostrum.redrive.count" }.map(\.text) == ["2"])
        #expect(letter.key == nil && letter.value == nil && letter.timestampMilliseconds == nil)
    }
}
