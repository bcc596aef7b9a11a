public import Delivery
public import EventStore
internal import KafkaClient
public import Logging
internal import Speeches
public import WorkerSupport

/// Compares what a store holds with what the Kafka topics that a sink reads say that it should hold: the events' own and
/// the candidates', which replays write.
public struct StoreVerification {
    /// One thing that differs.
    public struct Difference: Equatable, Sendable {
        /// How it differs.
        public enum Kind: String, Sendable, CaseIterable {
            /// A topic has the event, the sink is past it, the store does not have it.
            case missing
            /// The store has the event, the topics do not, or withdrew it.
            case unexpected
            /// Both have the event, with different content.
            case content
            /// Both have the event; which revision of the document is current differs.
            case current
        }

        /// How it differs.
        public let kind: Kind
        /// The document.
        public let documentID: String
        /// The event.
        public let eventID: String
        /// The digest of its ruleset.
        public let rulesetDigest: String
    }

    /// What came of a comparison.
    public struct Outcome: Equatable, Sendable {
        /// Records of the topics that were read.
        public var records = 0
        /// Events that both have.
        public var compared = 0
        /// How many differ, by kind.
        public var counts: [Difference.Kind: Int] = [:]
        /// The first of them, by document.
        public var differences: [Difference] = []
        /// Records that the sink has not reached.
        public var notYetStored = 0
        /// Records that no store can keep; the sink put them aside as dead letters.
        public var unreadable = 0
        /// Events of rulesets that the topics do not speak of: their records are gone, or came from another topic.
        public var otherRulesets = 0
        /// Events in the topics of rulesets that the store does not know, though it knows others: they were pruned.
        public var prunedRulesets = 0
        /// Events that may have been published before the topics' oldest records.
        public var olderThanTopic = 0

        /// Makes an outcome of nothing.
        public init() {}

        /// Whether nothing differs.
        public var isSound: Bool { counts.isEmpty }
    }

    private let settings: Settings
    private let cluster: Cluster

    /// The most differences that are named; all are counted.
    public static let namedMax = 1_000

    /// Makes a job on the cluster of the settings.
    public init(_ settings: Settings, logger: Logger) {
        self.settings = settings
        cluster = Cluster(settings, program: "rostrum", logger: logger)
    }

    /// Compares. A sink may write meanwhile: what it writes then counts neither way.
    /// - Throws: `ProgramFailure`, `StoreError` or the client's error.
    public func run(on store: any EventStore, until stop: StopRequest) throws -> Outcome {
        let names = settings.kafkaTopics
        guard try cluster.isReady(topics: [names.classified], until: stop) else { return Outcome() }
        let group = ConsumerGroup(settings.consumer.sinkGroup)
        let before = try store.storedOffsets(group: group)
        var comparison = StoreComparison()
        try store.forEachEvent { comparison.take(stored: $0) }
        comparison.reached = (before, try store.storedOffsets(group: group))
        comparison.held = Set(try store.rulesets().map(\.digest))
        // A store that was filled before there were candidates has no topic of them; there is nothing to read then.
        for name in [names.classified, names.candidate] {
            let reader = BoundedReader(cluster: cluster, topic: KafkaTopic(name))
            let range = try reader.range()
            if range.values.contains(where: { $0.low.rawValue > 0 }) { comparison.isWhole = false }
            try reader.read(range, until: stop) { record in
                comparison.take(record)
                return true
            }
        }
        return comparison.outcome()
    }
}

/// The comparison itself: events of the store, then records of the topics, then what differs. A pure value.
struct StoreComparison {
    private struct Stored {
        let document: SpeechID
        let ruleset: String
        let digest: String
        let isCurrent: Bool
    }

    private struct Expected {
        let document: SpeechID
        let ruleset: String
        var digest: String
        var origin: Offset
    }

    /// Up to where the sink was before and after the store was read: records between may be in it or not.
    var reached: (before: [TopicPartition: Offset], after: [TopicPartition: Offset]) = ([:], [:])
    /// Whether the topics still have their first records.
    var isWhole = true
    /// The rulesets that the store knows; a pruned one is not among them, and the current one cannot be pruned.
    var held: Set<String> = []
    private var stored: [EventID: Stored] = [:]
    private var expected: [EventID: Expected] = [:]
    private var withdrawn: [SpeechID: Offset] = [:]
    /// Documents of which the sink may have stored something meanwhile.
    private var moving: Set<SpeechID> = []
    private var result = StoreVerification.Outcome()

    mutating func take(stored event: StoredEvent) {
        stored[event.event.eventID] = Stored(
            document: event.event.document.id, ruleset: event.event.ruleset.digest,
            digest: Self.digest(event.event), isCurrent: event.isCurrent)
    }

    mutating func take(_ record: ReceivedRecord) {
        result.records += 1
        guard case .item(let entry) = StoreSink.decode(record) else {
            result.unreadable += 1
            return
        }
        guard record.offset < reached.after[record.origin] ?? Offset(0) else {
            result.notYetStored += 1
            return
        }
        guard record.offset < reached.before[record.origin] ?? Offset(0) else {
            moving.insert(entry.documentID)
            return
        }
        let origin = entry.origin.offset
        switch entry.change {
        case .withdrawal(let id): withdrawn[id] = max(origin, withdrawn[id] ?? origin)
        case .event(let event):
            guard expected[event.eventID].map({ $0.origin < origin }) ?? true else { return }
            expected[event.eventID] = Expected(
                document: event.document.id, ruleset: event.ruleset.digest, digest: Self.digest(event), origin: origin)
        }
    }

    private static func digest(_ event: ClassifiedSpeech) -> String {
        var digest = Digest(domain: "rostrum.store.verify.1")
        digest.add(event.json)
        return digest.hexadecimal(length: 32)
    }

    /// What differs, once everything was taken.
    func outcome() -> StoreVerification.Outcome {
        var outcome = result
        var differences: [StoreVerification.Difference] = []
        func differs(_ kind: StoreVerification.Difference.Kind, _ id: EventID, _ document: SpeechID, _ ruleset: String)
        {
            guard !moving.contains(document) else { return }
            outcome.counts[kind, default: 0] += 1
            differences.append(
                StoreVerification.Difference(
                    kind: kind, documentID: document.rawValue, eventID: id.rawValue, rulesetDigest: ruleset))
        }
        let rulesets = Set(expected.values.map(\.ruleset))
        let kept = expected.filter { $0.value.origin > withdrawn[$0.value.document] ?? Offset(-1) }
        let current = current(of: kept)
        for (id, event) in kept {
            guard let found = stored[id] else {
                if !held.isEmpty, !held.contains(event.ruleset) {
                    outcome.prunedRulesets += 1
                    continue
                }
                differs(.missing, id, event.document, event.ruleset)
                continue
            }
            outcome.compared += 1
            if found.digest != event.digest { differs(.content, id, event.document, event.ruleset) }
            // Where older records are gone from the topic, an older revision may be current by one of them.
            if isWhole, found.isCurrent != current.contains(id) { differs(.current, id, event.document, event.ruleset) }
        }
        for (id, event) in stored where kept[id] == nil {
            if expected[id] == nil, !rulesets.contains(event.ruleset) {
                outcome.otherRulesets += 1
            } else if expected[id] == nil, !isWhole, withdrawn[event.document] == nil {
                outcome.olderThanTopic += 1
            } else {
                differs(.unexpected, id, event.document, event.ruleset)
            }
        }
        differences.sort {
            ($0.documentID, $0.eventID, $0.kind.rawValue) < ($1.documentID, $1.eventID, $1.kind.rawValue)
        }
        outcome.differences = Array(differences.prefix(StoreVerification.namedMax))
        return outcome
    }

    /// Per document and ruleset the event with the highest origin.
    private func current(of kept: [EventID: Expected]) -> Set<EventID> {
        struct Slot: Hashable {
            let document: SpeechID
            let ruleset: String
        }
        var highest: [Slot: (origin: Offset, id: EventID)] = [:]
        for (id, event) in kept {
            let slot = Slot(document: event.document, ruleset: event.ruleset)
            if highest[slot].map({ $0 < (event.origin, id) }) ?? true { highest[slot] = (event.origin, id) }
        }
        return Set(highest.values.map(\.id))
    }
}
