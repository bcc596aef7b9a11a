import Delivery
import EventStore
import KafkaClient
import Foundation
import Speeches
import Testing
import WorkerSupport

@testable import Workers

@Suite struct PlanTests {
    @Test func theKafkaTopicsFitEachOther() throws {
        for (bytes, documents) in [("900000", 1_048_588), ("5000000", 5_065_536)] {
            let settings = try SettingsResolution(
                SettingsSources(environment: [
                    "ROSTRUM_KAFKA_TOPICS_PREFIX": "p.", "ROSTRUM_PRODUCER_DOCUMENT_MAX_BYTES": bytes,
                ])
            ).settings()
            let topics = KafkaTopicPlan.topics(settings)
            #expect(
                topics.map(\.name.rawValue) == [
                    "p.speeches.documents", "p.speeches.classified", "p.speeches.classified.candidate",
                    "p.speeches.deadletter",
                ])
            #expect(Set(topics.map(\.partitions)) == [6])
            #expect(topics[0].config["max.message.bytes"] == String(documents))
            #expect(topics[3].config["max.message.bytes"] == String(documents + 65_536))
            #expect(topics.map { $0.config["retention.ms"] } == ["-1", "2592000000", "2592000000", "-1"])
        }
    }

    /// An event that no store has a row for must not stop the sink for ever.
    @Test func anEventThatNamesATopicTwiceIsADeadLetter() throws {
        let topic = TaggedTopic(
            id: TopicID("drugs"), label: "Drugs", codes: [:], score: Score(thousandths: 500), prominence: .mention,
            evidenceCount: 1,
            evidence: [
                Evidence(rule: RuleID("drugs.named"), weight: 3, sentence: 1, spans: [TextSpan(start: 0, end: 1)])
            ])
        let speech = Speech(id: SpeechID("a"), body: ["Text."])
        let event = ClassifiedSpeech(
            eventID: EventID("0123456789abcdef0123456789abcdef"), assessment: .classified,
            document: DocumentSummary(speech, characters: 5, words: 1, sentences: 1),
            crimePolicy: CrimePolicy(value: true, score: Score(thousandths: 500)), topics: [topic, topic],
            ruleset: RulesetIdentity(name: "n", version: "1", digest: "sha256:" + String(repeating: "0", count: 64)))
        let record = ReceivedRecord(
            origin: TopicPartition(KafkaTopic("classified"), Partition(0)), offset: Offset(0), timestamp: nil,
            key: Array("a".utf8), value: event.json, headers: [])
        guard case .deadLetter(let reason) = StoreSink.decode(record) else {
            Issue.record("not a dead letter")
            return
        }
        #expect(reason.code == "event.invalid")
    }

    @Test(arguments: [
        (StoreError.Code.cannotOpen, ExitCode.unreachable), (.readOnly, .unreachable), (.diskFull, .unreachable),
        (.newerSchema, .badConfiguration), (.notAStore, .badConfiguration), (.corrupt, .failed),
    ])
    func storeErrorsHaveTheirExitCodes(code: StoreError.Code, expected: ExitCode) {
        let error = StoreError(code: code, reason: "r", cure: "c")
        #expect(ProgramFailure(error).exitCode == expected)
        #expect(ProgramFailure(StoreFailure(error)).code == code.rawValue)
    }
}
