public import Delivery
public import Speeches

/// Where classification events end: one contract, fulfilled by SQLite and, later, by PostgreSQL and by files.
///
/// What every store promises, and `EventStoreContract` in the tests checks:
/// - A batch is written with the offsets that follow it, or not at all.
/// - Writing a batch again, whole or in part, alone or in another order, changes no row.
/// - Among the revisions of a document exactly one is current per ruleset: the one whose document record has the
///   highest offset, whatever the order of arrival. Earlier revisions stay as history.
/// - A withdrawal deletes the rows of its document up to its own place in the documents' order, and no event from
///   before that place brings them back.
/// - Results of several rulesets live side by side; the views show the ruleset that is current.
///
/// Every function blocks its thread for as long as the database takes (up to the busy timeout and beyond, while the
/// disk works). Call them from a thread of your own, never from the cooperative pool. A store may be shared between
/// threads: writers queue, readers of SQLite do not wait for them.
public protocol EventStore: AnyObject, Sendable {
    /// Writes a batch and its offsets in one transaction.
    /// - Throws: `StoreError`; nothing of the batch is stored then, and where the error is retryable the same batch
    ///   may be applied again.
    @discardableResult
    func apply(_ batch: StoreBatch) throws(StoreError) -> AppliedBatch

    /// Where a consumer group goes on: the next offset of every partition that a batch has named, empty for a group
    /// the store has not seen.
    func storedOffsets(group: ConsumerGroup) throws(StoreError) -> [TopicPartition: Offset]

    /// Reads every event back, by document id, then ruleset digest, then revision, each in byte order, from one
    /// consistent state. The body must not call the store.
    func forEachEvent(_ body: (StoredEvent) -> Void) throws(StoreError)

    /// Ends the store's work: what was applied is on disk, files are closed. Later calls throw.
    func close() throws(StoreError)
}

/// An event as a store gives it back.
public struct StoredEvent: Equatable, Sendable {
    /// The event; its `json` has the bytes that the record had.
    public let event: ClassifiedSpeech
    /// Whether it is of the current revision of its document within its ruleset.
    public let isCurrent: Bool

    /// Makes a stored event.
    public init(event: ClassifiedSpeech, isCurrent: Bool) {
        self.event = event
        self.isCurrent = isCurrent
    }
}

extension EventStore {
    /// The SHA-256 of the store's content as lower-case hexadecimal digits: equal for two stores, of whatever kind,
    /// that hold the same events with the same ones current. Offsets, runs, times of classification, the order of
    /// arrival and which ruleset the views show play no part.
    public func canonicalDigest() throws(StoreError) -> String {
        var content = Digest(domain: "rostrum.store.1")
        try forEachEvent { stored in
            var event = Digest(domain: "rostrum.store.event.1")
            event.add(stored.event.json)
            event.add(stored.isCurrent ? 1 : 0)
            content.add(event.bytes)
        }
        return content.hexadecimal()
    }

    /// The content that `canonicalDigest()` covers, a line an event: `current` or `history`, a tab, the event's JSON.
    /// For comparing two stores by eye; it holds the whole content in memory.
    public func canonicalDump() throws(StoreError) -> [String] {
        var lines: [String] = []
        try forEachEvent { stored in
            let json = String(decoding: stored.event.json, as: UTF8.self)
            lines.append("\(stored.isCurrent ? "current" : "history")\t\(json)")
        }
        return lines
    }
}
