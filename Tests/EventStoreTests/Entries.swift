import Delivery
import EventStore
import Speeches

/// The entries that the tests store: what an event says follows from document, revision and ruleset alone.
enum Entries {
    static let documents = KafkaTopic("speeches.documents")
    static let classified = TopicPartition(KafkaTopic("speeches.classified"), Partition(0))
    static let group = ConsumerGroup("sink")

    static func event(
        _ document: String, revision: String, origin: Int64, ruleset: String = "1", at offset: Int64? = nil,
        run: String? = "live", recordedAt: String? = "2026-01-01T00:00:00Z"
    ) -> StoreEntry {
        StoreEntry(
            position: RecordPosition(classified, Offset(offset ?? origin)),
            provenance: EventProvenance(origin: place(origin), run: run, recordedAt: recordedAt),
            change: .event(classified(document, revision: revision, ruleset: ruleset)))
    }

    static func withdrawal(_ document: String, origin: Int64, at offset: Int64? = nil) -> StoreEntry {
        StoreEntry(
            position: RecordPosition(classified, Offset(offset ?? origin)),
            provenance: EventProvenance(origin: place(origin), run: "live"), change: .withdrawal(SpeechID(document)))
    }

    static func batch(_ entries: [StoreEntry], next: Int64? = nil) -> StoreBatch {
        let last = entries.map(\.position.offset).max()?.next ?? Offset(0)
        return StoreBatch(
            group: group, entries: entries, nextOffsets: [classified: next.map { Offset($0) } ?? last])
    }

    static func place(_ offset: Int64) -> RecordPosition {
        RecordPosition(TopicPartition(documents, Partition(0)), Offset(offset))
    }

    static func classified(_ document: String, revision: String, ruleset: String) -> ClassifiedSpeech {
        let digest = "sha256:" + String(repeating: ruleset, count: 64 / ruleset.count)
        let month = 1 + (document.utf8.reduce(0) { $0 + Int($1) } % 12)
        let summary = DocumentSummary(
            id: SpeechID(document), revision: Revision(revision), title: "Speech \(document), \(revision)",
            speaker: Speaker(name: "Speaker of \(document)", role: "Minister", organisation: "Home Office"),
            deliveredOn: DeliveryDate("2024-\(month < 10 ? "0" : "")\(month)-15"), language: "en",
            source: Source(uri: "https://example.org/\(document)", format: "text", licence: "OGL-UK-3.0"),
            characters: 1000, words: 170, sentences: 12)
        let topics = [tag("cyber-crime", "Cyber crime", 833), tag("drugs", "Drugs", revision == "A" ? 750 : 500)]
        return ClassifiedSpeech(
            eventID: ClassifiedSpeech.eventID(
                document: summary.id, revision: summary.revision, rulesetDigest: digest),
            assessment: .classified, document: summary,
            crimePolicy: CrimePolicy(value: true, score: Score(thousandths: 900)), topics: topics,
            ruleset: RulesetIdentity(name: "crime-policy", version: "\(ruleset).0.0", digest: digest))
    }

    static func tag(_ id: String, _ label: String, _ thousandths: Int) -> TaggedTopic {
        let spans = [
            TextSpan(start: 10, end: 15, exact: label, prefix: "on ", suffix: ", we"), TextSpan(start: 20, end: 22),
        ]
        return TaggedTopic(
            id: TopicID(id), label: label, codes: ["iccs": ["0903", "0904"], "eurovoc": ["1"]],
            score: Score(thousandths: thousandths), prominence: thousandths > 700 ? .focus : .mention,
            evidenceCount: 2,
            evidence: [
                Evidence(rule: RuleID("\(id).named"), weight: 3, sentence: 1, spans: spans),
                Evidence(rule: RuleID("\(id).near"), weight: 1, sentence: 4, spans: [spans[0]]),
            ])
    }
}

/// What a store must hold, computed the slow and plain way from everything that was ever sent: order plays no part.
struct NaiveStore {
    private var events: [EventID: (event: ClassifiedSpeech, origin: Offset)] = [:]
    private var withdrawals: [SpeechID: Offset] = [:]

    init(_ entries: [StoreEntry]) {
        for entry in entries {
            switch entry.change {
            case .event(let event):
                let origin = max(entry.origin.offset, events[event.eventID]?.origin ?? Offset(-1))
                events[event.eventID] = (event, origin)
            case .withdrawal(let id):
                withdrawals[id] = max(entry.origin.offset, withdrawals[id] ?? Offset(-1))
            }
        }
    }

    var content: [StoredEvent] {
        let kept = events.values.filter { $0.origin > withdrawals[$0.event.document.id] ?? Offset(-1) }
        return kept.map { candidate in
            let rivals = kept.filter {
                $0.event.document.id == candidate.event.document.id && $0.event.ruleset == candidate.event.ruleset
            }
            return StoredEvent(
                event: candidate.event, origin: Entries.place(candidate.origin.rawValue),
                isCurrent: rivals.allSatisfy { $0.origin <= candidate.origin })
        }.sorted { order($0) < order($1) }
    }

    private func order(_ stored: StoredEvent) -> (SpeechID, String, Revision) {
        (stored.event.document.id, stored.event.ruleset.digest, stored.event.document.revision)
    }
}

extension EventStore {
    func content() throws -> [StoredEvent] {
        var events: [StoredEvent] = []
        try forEachEvent { events.append($0) }
        return events
    }

    /// Documents with the revision that is current in a ruleset.
    func current(ruleset: String = "1.0.0") throws -> [String: String] {
        let events = try content().filter { $0.isCurrent && $0.event.ruleset.version == ruleset }
        return Dictionary(
            uniqueKeysWithValues: events.map { ($0.event.document.id.rawValue, $0.event.document.revision.rawValue) })
    }
}
