/// Why a store did not do as asked. The text names files, versions and codes, never what an event says.
public struct StoreError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A stable code for logs, metrics and exit codes.
    public enum Code: String, Sendable, CaseIterable {
        /// Another process holds the database for longer than the busy timeout.
        case busy = "store.busy"
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
        /// The file is something else than a store.
        case notAStore = "store.not_a_store"
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

    /// Whether the same batch may succeed later without anyone changing it: a lock goes, a disk gets room.
    public var isRetryable: Bool {
        switch code {
        case .busy, .diskFull: true
        default: false
        }
    }

    /// Code, reason and cure.
    public var description: String { "\(code.rawValue): \(reason); \(cure)" }
}
