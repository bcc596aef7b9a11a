internal import GRDB

extension StoreError {
    /// Says in this program's terms what SQLite has answered. Its messages name tables and columns, never values.
    init(_ error: DatabaseError, path: String, position: RecordPosition?) {
        let (code, cure) = Self.meaning(of: error.resultCode)
        let answer = error.message ?? "no reason given"
        self.init(
            code: code, reason: "\(path): \(answer) (SQLite \(error.extendedResultCode.rawValue))", cure: cure,
            position: code == .invalidEvent ? position : nil)
    }

    private static func meaning(of code: ResultCode) -> (Code, String) {
        switch code {
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            (.busy, "another process writes to the file: wait for it, or find it with fuser")
        case .SQLITE_FULL:
            (.diskFull, "make room on the disk, or raise the limit set for the store; nothing was lost")
        case .SQLITE_IOERR:
            (.ioFailed, "check the disk and the system's log")
        case .SQLITE_READONLY:
            (.readOnly, "the file and its folder must be writable, for the log beside the file, too")
        case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH:
            (.cannotOpen, "the folder must exist and be writable for this user, and the path must name a file")
        case .SQLITE_NOTADB:
            (.notAStore, "name another file for the store; this one was not touched")
        case .SQLITE_CORRUPT:
            (.corrupt, "restore the file, or make it anew from the events' Kafka topic")
        case .SQLITE_CONSTRAINT, .SQLITE_MISMATCH, .SQLITE_TOOBIG:
            (.invalidEvent, "the event's members contradict each other: send the record to the dead letters")
        case .SQLITE_MISUSE:
            (.closed, "open the store again")
        default:
            (.failed, "look the code up at https://www.sqlite.org/rescode.html")
        }
    }
}
