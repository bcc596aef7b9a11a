public import Delivery
public import Speeches

/// The consumer group whose progress a store keeps.
public struct ConsumerGroup: Hashable, Sendable, RawRepresentable, CustomStringConvertible {
    /// The group id as the broker knows it.
    public let rawValue: String
    /// Wraps a group id.
    public init(rawValue: String) { self.rawValue = rawValue }
    /// Wraps a group id.
    public init(_ id: String) { self.rawValue = id }
    /// The group id.
    public var description: String { rawValue }
}

/// One record's place on a broker.
public struct RecordPosition: Hashable, Sendable {
    /// The partition.
    public let partition: TopicPartition
    /// The place in it.
    public let offset: Offset

    /// Names a place.
    public init(_ partition: TopicPartition, _ offset: Offset) {
        self.partition = partition
        self.offset = offset
    }
}

/// Where an event comes from: what its headers say and its bytes do not, because they differ between live and replay.
public struct EventProvenance: Hashable, Sendable {
    /// The document record that was classified (`rostrum_origin_topic`, `_partition`, `_offset`).
    public let origin: RecordPosition?
    /// `live`, or the replay's id (`rostrum_run`).
    public let run: String?
    /// When it was classified, RFC 3339 in UTC (`ce_recordedtime`).
    public let recordedAt: String?
    /// When the document record was made, in milliseconds since 1970 (`rostrum_origin_timestamp`). Not stored.
    public let originMade: Int64?

    /// Makes a provenance of its parts.
    public init(
        origin: RecordPosition? = nil, run: String? = nil, recordedAt: String? = nil, originMade: Int64? = nil
    ) {
        self.origin = origin
        self.run = run
        self.recordedAt = recordedAt
        self.originMade = originMade
    }
}

/// One record of the events' Kafka topic, ready to be stored.
public struct StoreEntry: Equatable, Sendable {
    /// What the record asks for.
    public enum Change: Equatable, Sendable {
        /// An event to be kept.
        case event(ClassifiedSpeech)
        /// A tombstone: every row of this document goes.
        case withdrawal(SpeechID)
    }

    /// The record's own place.
    public let position: RecordPosition
    /// What its headers say of where it comes from.
    public let provenance: EventProvenance
    /// What it asks for.
    public let change: Change

    /// Makes an entry.
    public init(position: RecordPosition, provenance: EventProvenance = EventProvenance(), change: Change) {
        self.position = position
        self.provenance = provenance
        self.change = change
    }

    /// The place that decides which revision is current: the document record's, or the event record's own where the
    /// headers do not name one.
    public var origin: RecordPosition { provenance.origin ?? position }

    /// The document concerned.
    public var documentID: SpeechID {
        switch change {
        case .event(let event): event.document.id
        case .withdrawal(let id): id
        }
    }
}

/// What a sink writes at once: entries in the order in which they were read, and where it goes on after them.
public struct StoreBatch: Equatable, Sendable {
    /// Whose progress it is.
    public let group: ConsumerGroup
    /// The entries; of one partition in the order of their offsets.
    public let entries: [StoreEntry]
    /// The next offset to read, per partition that the batch moves on: records that went to the dead letters count,
    /// so a batch may move on without an entry.
    public let nextOffsets: [TopicPartition: Offset]

    /// Makes a batch.
    public init(group: ConsumerGroup, entries: [StoreEntry], nextOffsets: [TopicPartition: Offset]) {
        self.group = group
        self.entries = entries
        self.nextOffsets = nextOffsets
    }
}

extension StoreBatch {
    /// The runs that its events were made in, and their first and last classification as far as the batch says.
    var runTimes: [String: (first: String?, last: String?)] {
        var times: [String: (first: String?, last: String?)] = [:]
        for entry in entries {
            guard case .event = entry.change, let run = entry.provenance.run else { continue }
            let time = entry.provenance.recordedAt
            let known = times[run] ?? (time, time)
            times[run] = ([known.first, time].compactMap(\.self).min(), [known.last, time].compactMap(\.self).max())
        }
        return times
    }
}

/// What a batch did, for logs and metrics.
public struct AppliedBatch: Equatable, Sendable {
    /// Events stored for the first time.
    public var inserted = 0
    /// Events stored before whose document has been published again since: they were written anew.
    public var renewed = 0
    /// Events that the store held already.
    public var unchanged = 0
    /// Events from before their document's withdrawal.
    public var withdrawnBefore = 0
    /// Withdrawals.
    public var withdrawals = 0

    /// Makes a count of nothing.
    public init() {}
}
