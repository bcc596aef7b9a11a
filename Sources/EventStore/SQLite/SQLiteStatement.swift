internal import GRDB
internal import GRDBSQLite

/// A statement that is run for every row: bound, stepped and read directly, since the arrays of boxed values that GRDB takes
/// and the rows that it gives cost several times what SQLite itself does (`Tests/Benchmarks/stores`). Texts go in and out by
/// their length, so a NUL needs no detour. The statement is GRDB's, which frees it; to be used within one transaction.
final class SQLiteStatement {
    private let statement: Statement
    private let database: Database
    private let handle: OpaquePointer?
    /// The next place. Checks of exclusive access at run time would cost as much as binding does; nothing is called back
    /// while it changes.
    @exclusivity(unchecked) private var place: Int32 = 1

    init(_ database: Database, _ sql: String) throws {
        self.database = database
        statement = try database.cachedStatement(sql: sql)
        handle = statement.sqliteStatement
    }

    // MARK: Arguments, from the first place on

    func bind(_ number: Int64?) throws {
        try check(number.map { sqlite3_bind_int64(handle, place, $0) } ?? sqlite3_bind_null(handle, place))
    }

    func bind(_ number: Int) throws { try bind(Int64(number)) }
    func bind(_ flag: Bool) throws { try bind(flag ? 1 as Int64 : 0) }

    func bind(_ number: Double?) throws {
        try check(number.map { sqlite3_bind_double(handle, place, $0) } ?? sqlite3_bind_null(handle, place))
    }

    func bind(_ text: String?) throws {
        guard var text else { return try check(sqlite3_bind_null(handle, place)) }
        let code = text.withUTF8 { utf8 in
            // A null pointer would be NULL, and the pointer of an empty text may be one.
            guard let start = utf8.baseAddress, !utf8.isEmpty else {
                return sqlite3_bind_text(handle, place, "", 0, Self.transient)
            }
            return start.withMemoryRebound(to: CChar.self, capacity: utf8.count) {
                sqlite3_bind_text64(handle, place, $0, UInt64(utf8.count), Self.transient, UInt8(SQLITE_UTF8))
            }
        }
        try check(code)
    }

    /// `SQLITE_TRANSIENT`, a macro that Swift cannot read: SQLite copies the text (https://www.sqlite.org/c3ref/c_static.html).
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    private func check(_ code: Int32) throws {
        place += 1
        guard code == SQLITE_OK else { throw end(code) }
    }

    // MARK: Running

    /// Runs it to its end, and makes it ready for the next arguments.
    func run() throws {
        let code = sqlite3_step(handle)
        guard code == SQLITE_DONE else { throw end(code) }
        reset()
    }

    /// Runs it and calls back with each row; the columns are to be read within.
    func forEachRow(_ body: (SQLiteStatement) throws -> Void) throws {
        defer { reset() }
        while true {
            switch sqlite3_step(handle) {
            case SQLITE_ROW: try body(self)
            case SQLITE_DONE: return
            case let code: throw end(code)
            }
        }
    }

    /// The first column of the first row, nil where there is no row.
    func firstKey() throws -> Int64? {
        var key: Int64?
        try forEachRow { row in key = key ?? row.number(0) }
        return key
    }

    private func reset() {
        sqlite3_reset(handle)
        place = 1
    }

    private func end(_ code: Int32) -> DatabaseError {
        let connection = database.sqliteConnection
        let extended = connection.map { sqlite3_extended_errcode($0) } ?? code
        let message = connection.flatMap { sqlite3_errmsg($0) }.map { String(cString: $0) }
        reset()
        return DatabaseError(resultCode: ResultCode(rawValue: extended), message: message)
    }

    // MARK: Columns of a row

    func number(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    func text(_ column: Int32) -> String {
        guard let start = sqlite3_column_text(handle, column) else { return "" }
        let count = Int(sqlite3_column_bytes(handle, column))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }
}
