import EventStore
import Foundation
import TestSupport

/// Every kind of store that fulfils the contract.
enum StoreKind: CaseIterable, Sendable {
    case sqlite, postgresql, ndjson

    /// Those that this run can open; `PostgresTests` is skipped, visibly, where the server is missing.
    static let available = allCases.filter { $0 != .postgresql || PostgresServer.isThere }
}

/// A place for one store, which goes with its owner.
final class StorePlace: Sendable {
    let kind: StoreKind
    let folder: TemporaryFolder
    private let database: PostgresServer.Database?
    private let files: NDJSONEventStore.Settings

    /// - Parameter files: how a folder of files is written; a file for every few lines, so that there are many.
    init(_ kind: StoreKind, files: NDJSONEventStore.Settings = .init(fileBytes: 4_000, compression: .zstd)) throws {
        self.kind = kind
        self.files = files
        folder = try TemporaryFolder()
        database = kind == .postgresql ? try PostgresServer.Database() : nil
    }

    /// Opens the store, made where there is none; also a second time.
    func open(_ access: StoreAccess = .write) throws -> any EventStore {
        switch kind {
        case .sqlite: try SQLiteEventStore(path: folder.path("store.sqlite"), access: access)
        case .ndjson: try NDJSONEventStore(folder: folder.path("files"), access: access, settings: files)
        case .postgresql: try PostgresEventStore(connectionString: database!.connectionString, access: access)
        }
    }
}

/// The PostgreSQL server that `Tests/run` starts (`Tests/EventStoreTests/postgres`).
enum PostgresServer {
    /// A libpq connection string of a role that may create databases, with `dbname=postgres`.
    static let connectionString = ProcessInfo.processInfo.environment["ROSTRUM_TEST_POSTGRES"]
    static var isThere: Bool { connectionString != nil }
    static let absence = "no PostgreSQL: run Tests/run, or set ROSTRUM_TEST_POSTGRES to a connection string"

    /// The answer of PostgreSQL's own shell.
    @discardableResult
    static func psql(_ sql: String, database: String = connectionString ?? "") throws -> String {
        let process = Process()
        let output = Pipe()
        let errors = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/psql")
        process.arguments = ["-d", database, "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql]
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw ShellFailure(description: complaint) }
        return text.trimmingCharacters(in: .newlines)
    }

    /// A database of one test's own.
    final class Database: Sendable {
        let name = "test_" + UUID().uuidString.replacingOccurrences(of: "-", with: "").lowercased()
        var connectionString: String { PostgresServer.connectionString! + " dbname=" + name }

        init(encoding: String = "UTF8") throws {
            try PostgresServer.psql("CREATE DATABASE \(name) ENCODING '\(encoding)' LOCALE 'C' TEMPLATE template0")
        }

        deinit { _ = try? PostgresServer.psql("DROP DATABASE IF EXISTS \(name) WITH (FORCE)") }

        /// The answer of PostgreSQL's own shell; `rostrum` is searched first.
        @discardableResult
        func psql(_ sql: String) throws -> String {
            try PostgresServer.psql("SET search_path = rostrum, public; " + sql, database: connectionString)
        }
    }
}

/// What a shell complained of.
struct ShellFailure: Error, CustomStringConvertible {
    let description: String
}
