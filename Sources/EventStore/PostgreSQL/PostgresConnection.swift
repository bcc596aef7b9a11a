internal import CLibPQ
internal import Foundation

/// One connection to a PostgreSQL server; the owner of a `PGconn`. Every function blocks. To be used by one thread at a
/// time (libpq's rule: https://www.postgresql.org/docs/current/libpq-threading.html); its owner sees to that.
final class PostgresConnection {
    private let handle: OpaquePointer
    /// Host, port and database, for messages; never the password.
    let place: String

    /// Connects.
    /// - Parameter string: a libpq connection string or URI; what it leaves out comes from libpq's own variables and
    ///   files (`PGPASSFILE`, `PGSERVICE`), TLS included (`sslmode`, `sslrootcert`).
    /// - Throws: `StoreError`: `store.cannot_open` for a string that cannot be read, `store.unreachable` for a server
    ///   that does not answer or does not let us in.
    init(_ string: String) throws(StoreError) {
        try Self.check(string)
        // Later entries win: the string overrides the defaults before it, not the encoding after it.
        let parameters = [
            ("connect_timeout", "10"), ("application_name", "rostrum"), ("keepalives_idle", "30"),
            ("keepalives_interval", "10"), ("keepalives_count", "3"), ("tcp_user_timeout", "30000"),
            ("dbname", string), ("client_encoding", "UTF8"),
        ]
        let connected = Self.withCStrings(parameters.map(\.0)) { names in
            Self.withCStrings(parameters.map(\.1)) { values in PQconnectdbParams(names, values, 1) }
        }
        guard let connected else {
            throw StoreError(code: .unreachable, reason: "PostgreSQL: no memory for a connection", cure: "try again")
        }
        handle = connected
        place = Self.place(of: connected)
        // Notices ("table exists, skipping") would go to standard error, between the lines of the log.
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
        guard PQstatus(handle) == CONNECTION_OK else {
            throw StoreError(
                code: .unreachable, reason: "\(place): \(Self.firstLine(PQerrorMessage(handle)))",
                cure: "check that the server runs and that store.connection names its host, database, user and password"
            )
        }
    }

    deinit { PQfinish(handle) }

    /// Whether the connection has been lost; a lost one is of no more use.
    var isLost: Bool { PQstatus(handle) != CONNECTION_OK }

    /// Runs statements without parameters, separated by semicolons.
    func run(_ sql: String) throws(StoreError) {
        try check(PostgresResult(PQexec(handle, sql)))
    }

    /// Runs one statement with parameters `$1`, `$2`…, in text form; nil is NULL.
    @discardableResult
    func execute(_ sql: String, _ arguments: [String?] = []) throws(StoreError) -> PostgresResult {
        let answer = Self.withCStrings(arguments) { values in
            PQexecParams(handle, sql, Int32(arguments.count), nil, values, nil, nil, 0)
        }
        return try check(PostgresResult(answer))
    }

    /// Sends rows in PostgreSQL's text form (`PostgresRows`).
    func copy(_ rows: PostgresRows) throws(StoreError) {
        guard !rows.bytes.isEmpty else { return }
        try check(PostgresResult(PQexec(handle, "COPY \(rows.table) (\(rows.columns)) FROM STDIN")))
        var isSent = true
        rows.bytes.withUnsafeBytes { bytes in
            // libpq counts in Int32, and buffers what the server has not taken yet: pieces bound both.
            var start = 0
            while isSent, start < bytes.count {
                let length = min(bytes.count - start, 1 << 20)
                let piece = bytes.baseAddress!.advanced(by: start).assumingMemoryBound(to: CChar.self)
                isSent = PQputCopyData(handle, piece, Int32(length)) == 1
                start += length
            }
        }
        // Where sending failed, the end and its answer say why.
        _ = PQputCopyEnd(handle, nil)
        let outcome = PostgresResult(PQgetResult(handle))
        while let more = PQgetResult(handle) { PQclear(more) }
        try check(outcome)
    }

    /// Runs one statement and gives its rows one after the other, so that any number of them fits into memory. The body
    /// says whether it wants more; where not, the server is told to stop.
    func forEachRow(
        _ sql: String, _ arguments: [String?] = [], _ body: (PostgresResult) throws -> Bool
    ) throws {
        let isSent = Self.withCStrings(arguments) { values in
            PQsendQueryParams(handle, sql, Int32(arguments.count), nil, values, nil, nil, 0) == 1
        }
        guard isSent, PQsetSingleRowMode(handle) == 1 else { throw failure(nil) }
        var problem: (any Error)?
        var isWanted = true
        while let next = PQgetResult(handle) {
            let result = PostgresResult(next)
            // After an error or a "no more" the rest is read and dropped: the connection is busy until then.
            guard problem == nil, isWanted else { continue }
            do {
                try check(result)
                isWanted = try body(result)
                if !isWanted { cancel() }
            } catch {
                problem = error
                cancel()
            }
        }
        if let problem { throw problem }
    }

    private func cancel() {
        guard let request = PQgetCancel(handle) else { return }
        defer { PQfreeCancel(request) }
        var answer = [CChar](repeating: 0, count: 256)
        _ = PQcancel(request, &answer, Int32(answer.count))
    }

    /// Runs a body in a transaction, which is undone when the body throws.
    /// - Parameter mode: what stands after `BEGIN`.
    func transaction<Value>(_ mode: String, _ body: () throws -> Value) throws -> Value {
        try run("BEGIN \(mode)")
        do {
            let value = try body()
            try run("COMMIT")
            return value
        } catch {
            // Where the connection is lost the server undoes it by itself.
            if !isLost { try? run("ROLLBACK") }
            throw error
        }
    }

    @discardableResult
    private func check(_ result: PostgresResult) throws(StoreError) -> PostgresResult {
        guard result.isGood else { throw failure(result) }
        return result
    }

    private func failure(_ result: PostgresResult?) -> StoreError {
        if result?.isEmptyStatement == true {
            return StoreError(code: .badQuestion, reason: "the statement is empty", cure: "write a SELECT")
        }
        guard !isLost, let state = result?.sqlState else {
            return StoreError(
                code: .unreachable, reason: "\(place): \(Self.firstLine(PQerrorMessage(handle)))",
                cure: "the connection is made again at the next attempt; check that the server runs")
        }
        return StoreError(sqlState: state, message: result?.primaryMessage ?? "no reason given", place: place)
    }

    // MARK: The rim

    /// Refuses a string that libpq cannot read, without repeating it: it may hold a password.
    private static func check(_ string: String) throws(StoreError) {
        var answer: UnsafeMutablePointer<CChar>?
        let options = PQconninfoParse(string, &answer)
        defer {
            PQconninfoFree(options)
            PQfreemem(answer)
        }
        guard options == nil else { return }
        throw StoreError(
            code: .cannotOpen, reason: "store.connection is no connection string",
            cure: "write it as postgresql://user@host:5432/database?sslmode=verify-full or as 'host=… dbname=… user=…'")
    }

    private static func place(of handle: OpaquePointer) -> String {
        func text(_ value: UnsafePointer<CChar>?) -> String { value.map { String(cString: $0) } ?? "" }
        let host = text(PQhost(handle))
        return "PostgreSQL \(host.isEmpty ? "(local)" : host):\(text(PQport(handle)))/\(text(PQdb(handle)))"
    }

    /// libpq's messages may have several lines, of which the first says what is wrong.
    private static func firstLine(_ message: UnsafePointer<CChar>?) -> String {
        guard let message else { return "no reason given" }
        let line = String(cString: message).split(separator: "\n").first.map(String.init) ?? "no reason given"
        return line.replacing("connection to server at ", with: "")
    }

    /// Lends texts as the array of C strings that libpq wants, ended by a null pointer.
    private static func withCStrings<Value>(
        _ texts: [String?], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Value
    ) -> Value {
        let copies = texts.map { $0.map { strdup($0)! } }
        defer { for copy in copies { free(copy) } }
        return (copies.map { $0.map { UnsafePointer($0) } } + [nil]).withUnsafeBufferPointer { body($0.baseAddress!) }
    }
}

/// The answer to a statement; the owner of a `PGresult`.
final class PostgresResult {
    private let handle: OpaquePointer?

    init(_ handle: OpaquePointer?) { self.handle = handle }

    deinit { PQclear(handle) }

    var isGood: Bool {
        let status = PQresultStatus(handle)
        return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_SINGLE_TUPLE
            || status == PGRES_COPY_IN
    }

    var isEmptyStatement: Bool { PQresultStatus(handle) == PGRES_EMPTY_QUERY }

    /// The five characters of https://www.postgresql.org/docs/current/errcodes-appendix.html; nil where the server said
    /// nothing.
    var sqlState: String? { field(Int32(UInt8(ascii: "C"))) }
    /// What went wrong, without the details, which may quote values.
    var primaryMessage: String? { field(Int32(UInt8(ascii: "M"))) }

    private func field(_ code: Int32) -> String? { PQresultErrorField(handle, code).map { String(cString: $0) } }

    var count: Int { Int(PQntuples(handle)) }
    var columnNames: [String] { (0..<PQnfields(handle)).map { String(cString: PQfname(handle, $0)) } }
    /// Rows that an INSERT, UPDATE or DELETE has changed.
    var changedRows: Int { Int(String(cString: PQcmdTuples(handle))) ?? 0 }

    /// A value as text, nil where it is NULL.
    func text(_ row: Int, _ column: Int) -> String? {
        guard PQgetisnull(handle, Int32(row), Int32(column)) == 0 else { return nil }
        let length = Int(PQgetlength(handle, Int32(row), Int32(column)))
        return PQgetvalue(handle, Int32(row), Int32(column)).withMemoryRebound(to: UInt8.self, capacity: length) {
            String(decoding: UnsafeBufferPointer(start: $0, count: length), as: UTF8.self)
        }
    }

    /// A whole number; a statement that this program wrote gives one there.
    func number(_ row: Int, _ column: Int) -> Int64 { text(row, column).flatMap { Int64($0) } ?? 0 }

    /// A type's number in the server's catalogue (`pg_type.oid`).
    func type(of column: Int) -> UInt32 { PQftype(handle, Int32(column)) }
}
