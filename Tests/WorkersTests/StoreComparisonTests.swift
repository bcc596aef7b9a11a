import Delivery
import EventStore
import Speeches
import Testing

@testable import Workers

/// What `rostrum store verify` says of a store and of the two Kafka topics that fill it.
@Suite struct StoreComparisonTests {
    private let live = TopicPartition(KafkaTopic("speeches.classified"), Partition(0))
    private let candidates = TopicPartition(KafkaTopic("speeches.classified.candidate"), Partition(0))

    private func event(_ document: String, ruleset: String) -> ClassifiedSpeech {
        let summary = DocumentSummary(
            id: SpeechID(document), revision: Revision("A"), title: nil, speaker: nil, deliveredOn: nil, language: nil,
            source: nil, characters: 0, words: 0, sentences: 0)
        return ClassifiedSpeech(
            eventID: ClassifiedSpeech.eventID(document: summary.id, revision: summary.revision, rulesetDigest: ruleset),
            assessment: .empty, document: summary, crimePolicy: nil, topics: [],
            ruleset: RulesetIdentity(name: "crime-policy", version: "1.0.0", digest: ruleset))
    }

    private func record(_ event: ClassifiedSpeech, _ partition: TopicPartition, _ offset: Int64) -> ReceivedRecord {
        ReceivedRecord(
            origin: partition, offset: Offset(offset), timestamp: nil, key: Array(event.document.id.rawValue.utf8),
            value: event.json,
            headers: [
                RecordHeader("rostrum_origin_topic", "speeches.documents"),
                RecordHeader("rostrum_origin_partition", "0"), RecordHeader("rostrum_origin_offset", "\(offset)"),
            ])
    }

    private func stored(_ event: ClassifiedSpeech, _ offset: Int64) -> StoredEvent {
        let documents = TopicPartition(KafkaTopic("speeches.documents"), Partition(0))
        return StoredEvent(event: event, origin: RecordPosition(documents, Offset(offset)), isCurrent: true)
    }

    /// Two documents, classified live under the first ruleset and by a replay under the second; what the store holds of
    /// them is the test's.
    private func outcome(
        _ held: Set<String>, _ events: [StoredEvent], isWhole: Bool = true
    ) -> StoreVerification.Outcome {
        var comparison = StoreComparison()
        let ends = [live: Offset(2), candidates: Offset(2)]
        comparison.reached = (ends, ends)
        comparison.isWhole = isWhole
        comparison.held = held
        for event in events { comparison.take(stored: event) }
        for (offset, document) in ["a", "b"].enumerated() {
            comparison.take(record(event(document, ruleset: "one"), live, Int64(offset)))
            comparison.take(record(event(document, ruleset: "two"), candidates, Int64(offset)))
        }
        return comparison.outcome()
    }

    private func all(_ ruleset: String) -> [StoredEvent] {
        ["a", "b"].enumerated().map { stored(event($1, ruleset: ruleset), Int64($0)) }
    }

    @Test func bothTopicsAreCompared() {
        let sound = outcome(["one", "two"], all("one") + all("two"))
        #expect(sound.isSound && sound.compared == 4 && sound.records == 4)
        let lost = outcome(["one", "two"], all("one") + all("two").dropLast())
        #expect(lost.counts == [.missing: 1])
        #expect(lost.differences.map(\.rulesetDigest) == ["two"])
    }

    @Test func whatWasPrunedIsNotMissing() {
        let pruned = outcome(["one"], all("one"))
        #expect(pruned.isSound && pruned.compared == 2 && pruned.prunedRulesets == 2)
    }

    /// No ruleset at all is no pruning, which spares the current one.
    @Test func anEmptyStoreMissesAll() {
        #expect(outcome([], []).counts == [.missing: 4])
        #expect(outcome(["one"], []).counts == [.missing: 2])
    }

    @Test func whatIsOlderThanTheTopicsIsNotUnexpected() {
        let extra = [stored(event("c", ruleset: "two"), 9)]
        #expect(outcome(["one", "two"], all("one") + all("two") + extra).counts == [.unexpected: 1])
        let late = outcome(["one", "two"], all("one") + all("two") + extra, isWhole: false)
        #expect(late.isSound && late.olderThanTopic == 1)
    }
}
