import Delivery
import TestSupport
import Testing

@Suite struct RetryPolicyTests {
    @Test func doublesUpToTheCapAndEnds() {
        var generator = SeededGenerator(seed: 1)
        let policy = RetryPolicy(
            initialDelay: .milliseconds(100), maximumDelay: .seconds(1), jitter: 0, maximumAttempts: 6)
        let delays = (1...6).map { policy.delay(afterAttempts: $0, using: &generator) }
        #expect(
            delays == [
                .milliseconds(100), .milliseconds(200), .milliseconds(400), .milliseconds(800), .seconds(1), nil,
            ])
    }

    @Test("jitter only shortens, within its share", arguments: 0..<50 as Range<UInt64>)
    func jitter(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let policy = RetryPolicy(
            initialDelay: .seconds(1), maximumDelay: .seconds(8), jitter: 0.25, maximumAttempts: 10)
        for (attempts, full) in [(1, 1.0), (2, 2), (3, 4), (4, 8), (9, 8)] {
            let delay = try #require(policy.delay(afterAttempts: attempts, using: &generator))
            #expect(delay <= .seconds(full) && delay >= .seconds(full * 0.75), "seed \(seed)")
        }
    }

    @Test func manyAttemptsDoNotOverflow() {
        var generator = SeededGenerator(seed: 1)
        let policy = RetryPolicy(jitter: 0, maximumAttempts: .max)
        #expect(policy.delay(afterAttempts: 1_000_000, using: &generator) == .seconds(60))
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

    @Test func keepsTheRedriveCountOfARecordThatWasSentBack() {
        let redriven = ReceivedRecord(
            origin: record.origin, offset: record.offset, timestamp: nil, key: nil, value: nil,
            headers: [RecordHeader("rostrum.redrive.count", "2")])
        let letter = letters.record(for: redriven, reason: reason)
        #expect(letter.headers.filter { $0.name == "rostrum.redrive.count" }.map(\.text) == ["2"])
        #expect(letter.key == nil && letter.value == nil && letter.timestampMilliseconds == nil)
    }
}
