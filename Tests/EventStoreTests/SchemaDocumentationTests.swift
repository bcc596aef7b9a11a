import EventStore
import Foundation
import GRDB
import TestSupport
import Testing

/// `Sources/EventStore/README.md` says what is in the tables; here it is held to it.
@Suite struct SchemaDocumentationTests {
    private let folder: TemporaryFolder
    private let database: DatabaseQueue
    private let readme: String

    init() throws {
        folder = try TemporaryFolder()
        readme = try Repository.text("Sources/EventStore/README.md")
        let store = try SQLiteEventStore(path: folder.path("store.sqlite"))
        try store.apply(
            Entries.batch([
                Entries.event("a", revision: "A", origin: 0), Entries.event("b", revision: "A", origin: 1),
                Entries.event("b", revision: "B", origin: 2), Entries.event("c", revision: "B", origin: 3),
                Entries.event("a", revision: "A", origin: 0, ruleset: "2", at: 4, run: "replay-1"),
                Entries.event("d", revision: "A", origin: 5), Entries.withdrawal("d", origin: 6),
            ]))
        try store.close()
        database = try DatabaseQueue(path: folder.path("store.sqlite"))
    }

    /// The SQL blocks, in order.
    private var queries: [String] {
        readme.components(separatedBy: "```sql\n").dropFirst().map {
            String($0.prefix(upTo: $0.range(of: "```")!.lowerBound))
        }
    }

    @Test func everyQuestionHasAnAnswer() throws {
        var report = ""
        for query in queries {
            let rows = try database.read { try Row.fetchAll($0, sql: query) }
            #expect(!rows.isEmpty, "no row: \(query)")
            report += query + (rows.first.map { $0.columnNames.joined(separator: " | ") } ?? "") + "\n"
            for row in rows { report += row.databaseValues.map(\.description).joined(separator: " | ") + "\n" }
            report += "\n"
        }
        #expect(queries.count >= 8)
        try goldenMatches(report, "EventStore/example-queries.txt")
    }

    @Test func everyColumnIsDocumentedAndNoOther() throws {
        let documented = documentedColumns()
        let actual = try database.read { database in
            let names = try String.fetchAll(
                database,
                sql: "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'")
            return try Dictionary(
                uniqueKeysWithValues: names.map { name in
                    (name, Set(try String.fetchAll(database, sql: "SELECT name FROM pragma_table_xinfo('\(name)')")))
                })
        }
        #expect(Set(documented.keys) == Set(actual.keys))
        for (name, columns) in actual { #expect(documented[name] == columns, "\(name)") }
    }

    /// By section: the names in the first cells of its table.
    private func documentedColumns() -> [String: Set<String>] {
        var columns: [String: Set<String>] = [:]
        var section: String?
        for line in readme.split(separator: "\n") {
            if line.hasPrefix("### ") { section = String(line.dropFirst(4)) }
            if line.hasPrefix("## ") { section = nil }
            guard let section, line.hasPrefix("| "), !line.hasPrefix("| ---"), !line.hasPrefix("| column ") else {
                continue
            }
            let names = line.split(separator: "|")[0].split(separator: ",").map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            columns[section, default: []].formUnion(names)
        }
        return columns
    }
}
