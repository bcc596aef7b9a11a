/// Why a store did not do as asked. The text names files, versions and codes, never what an event says.
public struct StoreError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A stable code for logs, metrics and exit codes.
    public enum Code: String, Sendable, CaseIterable {
        /// Another process holds the database for longer than the busy timeout, or has written the same rows meanwhile.
        case busy = "store.busy"
        /// The database server does not answer, has gone, or has just come.
        case unreachable = "store.unreachable"
        /// The disk, or the limit set for the store, is full.
        case diskFull = "store.disk_full"
        /// The disk failed to read or write.
        case ioFailed = "store.io_failed"
        /// The place may be read but not written.
        case readOnly = "store.read_only"
        /// The place cannot be opened: no such folder, no permission, not a file.
        case cannotOpen = "store.cannot_open"
        /// A newer program has changed the store's tables.
        case newerSchema = "store.newer_schema"
        /// The store's tables are of an earlier version, or not there at all, and were opened for reading only.
        case olderSchema = "store.older_schema"
        /// The file is something else than a store.
        case notAStore = "store.not_a_store"
        /// No ruleset, or more than one, answers to a name; or there is none to go back to.
        case unknownRuleset = "store.unknown_ruleset"
        /// A question is no SQL that the database takes.
        case badQuestion = "store.bad_question"
        /// A question took longer than allowed.
        case cancelled = "store.cancelled"
        /// The database is damaged.
        case corrupt = "store.corrupt"
        /// An event does not fit the tables: a topic named twice, a text of more than a billion bytes.
        case invalidEvent = "store.invalid_event"
        /// The store is closed.
        case closed = "store.closed"
        /// The database gave a reason that has no code of its own here.
        case failed = "store.failed"
    }

    /// The code.
    public let code: Code
    /// What failed, and with which value.
    public let reason: String
    /// What to do.
    public let cure: String
    /// The record whose entry could not be stored, where it is one entry's fault.
    public let position: RecordPosition?

    /// Makes an error.
    public init(code: Code, reason: String, cure: String, position: RecordPosition? = nil) {
        self.code = code
        self.reason = reason
        self.cure = cure
        self.position = position
    }

    /// Whether the same batch may succeed later without anyone changing it: a lock goes, a disk gets
    /// room, a server comes back.
    public var isRetryable: Bool {
        switch code {
        case .busy, .unreachable, .diskFull: true
        default: false
        }
    }

    /// Code, reason and cure.
    public var description: String { "\(code.rawValue): \(reason); \(cure)" }
}

extension StoreError {
    /// A call on a store after its `close`.
    static let closedStore = StoreError(code: .closed, reason: "the store is closed", cure: "open the store again")

    /// Files of an open store that are gone from their place.
    static func takenAway(_ place: String) -> StoreError {
        StoreError(
            code: .cannotOpen, reason: "\(place) is no longer there, or is another one",
            cure: "put it back before anything is written, or start the sink again: a new store is filled from Kafka")
    }

    /// Tables of an earlier version, opened for reading.
    static func olderSchema(_ place: String, found: Int, known: Int) -> StoreError {
        found == 0
            ? StoreError(
                code: .olderSchema, reason: "\(place) holds no store yet",
                cure: "run 'rostrum store init' or start a sink, which makes it")
            : StoreError(
                code: .olderSchema, reason: "\(place) has schema version \(found), this program reads version \(known)",
                cure: "run 'rostrum store migrate', which keeps what is stored")
    }

    /// An error of our own as it is; any other is one that nobody has thought of.
    init(unexpected error: any Error) {
        self =
            error as? StoreError
            ?? StoreError(
                code: .failed, reason: "\(type(of: error))", cure: "see the log of the database's host")
    }
}
