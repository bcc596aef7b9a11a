public import Delivery
public import Speeches

/// Where classification events end: one contract, fulfilled by SQLite, by PostgreSQL and by files.
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

    /// Asks whether the store is there, without changing anything; a connection that was lost is made again. For a writer
    /// that has nothing to write.
    /// - Throws: `StoreError`, in particular `store.unreachable` for a server that does not answer and
    ///   `store.cannot_open` for files that somebody has taken away.
    func check() throws(StoreError)

    /// Where a consumer group goes on: the next offset of every partition that a batch has named, empty for a group
    /// the store has not seen.
    func storedOffsets(group: ConsumerGroup) throws(StoreError) -> [TopicPartition: Offset]

    /// Reads every event back, by document id, then ruleset digest, then revision, each in byte order, from one
    /// consistent state. The body must not call the store.
    func forEachEvent(_ body: (StoredEvent) -> Void) throws(StoreError)

    /// The rulesets whose results are stored, in the order in which the store met them.
    func rulesets() throws(StoreError) -> [StoredRuleset]

    /// Makes a ruleset the one that the views show, in one step: no reader sees a mixture.
    /// - Parameter digest: of a ruleset whose results are stored. Where it is current already nothing changes.
    /// - Throws: `store.unknown_ruleset`.
    func promote(_ digest: String) throws(StoreError) -> RulesetSwitch

    /// Undoes the last promotion that stands; repeated, the one before it.
    /// - Throws: `store.unknown_ruleset` where none is left.
    func rollBack() throws(StoreError) -> RulesetSwitch

    /// Deletes all results of some rulesets, and the documents that only those spoke of, in one step. A promotion from or
    /// to one of them can no longer be undone.
    /// - Parameter digests: of stored rulesets, none of them current.
    /// - Throws: `store.unknown_ruleset`; nothing is deleted then.
    func prune(_ digests: [String]) throws(StoreError) -> PrunedRows

    /// What the store holds.
    func status() throws(StoreError) -> StoreStatus

    /// Answers a question from one consistent state, without being able to change it: one statement, read only.
    /// - Parameters:
    ///   - secondsMax: how long it may take, from 1.
    ///   - columns: gets the names of the columns, once, before the rows.
    ///   - row: gets each row, and says whether it wants more.
    /// - Throws: `store.bad_question`, `store.cancelled` after the time, and what the callbacks throw as `store.failed`.
    func ask(
        _ question: StoreQuestion, secondsMax: Int, columns: ([String]) throws -> Void,
        row: ([StoreValue]) throws -> Bool
    ) throws(StoreError)

    /// Ends the store's work: what was applied is on disk, files are closed. Later calls throw.
    func close() throws(StoreError)
}

/// What a store is opened for.
public enum StoreAccess: Sendable {
    /// Reading alone: nothing is made or changed, and a store that is not there is an error.
    case read
    /// Promotions and their undoing, beside a sink that writes. The same as `write` but for a folder of files, which one
    /// process writes at a time.
    case administer
    /// Writing and reading; the store is made where there is none, and older tables are brought to this version.
    case write
}

/// An event as a store gives it back.
public struct StoredEvent: Equatable, Sendable {
    /// The event; its `json` has the bytes that the record had.
    public let event: ClassifiedSpeech
    /// The document record that was classified last with this outcome.
    public let origin: RecordPosition
    /// Whether it is of the current revision of its document within its ruleset.
    public let isCurrent: Bool

    /// Makes a stored event.
    public init(event: ClassifiedSpeech, origin: RecordPosition, isCurrent: Bool) {
        self.event = event
        self.origin = origin
        self.isCurrent = isCurrent
    }
}

extension EventStore {
    /// Answers a question with at most so many rows, which are held in memory.
    public func ask(
        _ question: StoreQuestion, rowsMax: Int = 1_000_000, secondsMax: Int = 60
    ) throws(StoreError) -> StoreAnswer {
        var answer = StoreAnswer(columns: [])
        try ask(question, secondsMax: secondsMax) {
            answer.columns = $0
        } row: { row in
            guard answer.rows.count < rowsMax else {
                answer.isCut = true
                return false
            }
            answer.rows.append(row)
            return true
        }
        return answer
    }

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
