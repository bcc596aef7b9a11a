internal import GRDB
internal import GRDBSQLite

/// An INSERT that is run for every topic, item of evidence and span: bound and stepped directly, since the arrays of boxed
/// values that GRDB takes cost several times what SQLite itself does (`Tests/Benchmarks/stores`). Texts go in by their
/// length, so a NUL needs no detour. The statement is GRDB's, which frees it; to be used within one transaction.
struct SQLiteInsertion {
    private let statement: Statement
    private let database: Database

    init(_ database: Database, _ sql: String) throws {
        self.database = database
        statement = try database.cachedStatement(sql: sql)
    }

    /// Binds whole numbers from the first place on, then a real number where there is one, then texts.
    func run(_ integers: [Int64], real: Double? = nil, texts: [String?] = []) throws {
        let handle = statement.sqliteStatement
        var place: Int32 = 1
        func bound(_ code: Int32) throws {
            guard code == SQLITE_OK else { throw failure(code) }
            place += 1
        }
        for number in integers { try bound(sqlite3_bind_int64(handle, place, number)) }
        if let real { try bound(sqlite3_bind_double(handle, place, real)) }
        for text in texts { try bound(Self.bind(text, to: handle, at: place)) }
        let code = sqlite3_step(handle)
        guard code == SQLITE_DONE else {
            let failure = failure(code)
            sqlite3_reset(handle)
            throw failure
        }
        sqlite3_reset(handle)
    }

    private static func bind(_ text: String?, to handle: OpaquePointer, at place: Int32) -> Int32 {
        guard var text else { return sqlite3_bind_null(handle, place) }
        return text.withUTF8 { utf8 in
            // A null pointer would be NULL, and the pointer of an empty text may be one.
            guard let start = utf8.baseAddress, !utf8.isEmpty else {
                return sqlite3_bind_text(handle, place, "", 0, transient)
            }
            return start.withMemoryRebound(to: CChar.self, capacity: utf8.count) {
                sqlite3_bind_text64(handle, place, $0, UInt64(utf8.count), transient, UInt8(SQLITE_UTF8))
            }
        }
    }

    /// `SQLITE_TRANSIENT`, a macro that Swift cannot read: SQLite copies the text (https://www.sqlite.org/c3ref/c_static.html).
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    private func failure(_ code: Int32) -> DatabaseError {
        let connection = database.sqliteConnection
        let extended = connection.map { sqlite3_extended_errcode($0) } ?? code
        return DatabaseError(
            resultCode: ResultCode(rawValue: extended),
            message: connection.flatMap { sqlite3_errmsg($0) }.map { String(cString: $0) })
    }
}
