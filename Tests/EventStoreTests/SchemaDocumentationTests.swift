import EventStore
import Foundation
import TestSupport
import Testing

/// `Sources/EventStore/README.md` says what is in the tables; here it is held to it.
@Suite struct SchemaDocumentationTests {
    private let readme: String

    init() throws { readme = try Repository.text("Sources/EventStore/README.md") }

    private func filled(_ place: StorePlace) throws -> any EventStore {
        let store = try place.open()
        try store.apply(
            Entries.batch([
                Entries.event("a", revision: "A", origin: 0), Entries.event("b", revision: "A", origin: 1),
                Entries.event("b", revision: "B", origin: 2), Entries.event("c", revision: "B", origin: 3),
                Entries.event("a", revision: "A", origin: 0, ruleset: "2", at: 4, run: "replay-1"),
                Entries.event("d", revision: "A", origin: 5), Entries.withdrawal("d", origin: 6),
            ]))
        return store
    }

    /// The SQL blocks, in order.
    private var queries: [String] {
        readme.components(separatedBy: "```sql\n").dropFirst().map {
            String($0.prefix(upTo: $0.range(of: "```")!.lowerBound))
        }
    }

    /// The same questions have the same answers everywhere.
    @Test(arguments: StoreKind.available) func everyQuestionHasAnAnswer(kind: StoreKind) throws {
        let place = try StorePlace(kind)
        let store = try filled(place)
        var report = ""
        for query in queries {
            let answer = try store.ask(StoreQuestion(sql: query))
            #expect(!answer.rows.isEmpty, "no row: \(query)")
            report += query + answer.columns.joined(separator: " | ") + "\n"
            for row in answer.rows { report += row.map(\.description).joined(separator: " | ") + "\n" }
            report += "\n"
        }
        #expect(queries.count >= 8)
        try goldenMatches(report, "EventStore/example-queries.txt")
    }

    @Test(arguments: StoreKind.available.filter { $0 != .ndjson })
    func everyColumnIsDocumentedAndNoOther(kind: StoreKind) throws {
        let place = try StorePlace(kind)
        let store = try filled(place)
        let names =
            switch kind {
            case .postgresql:
                """
                SELECT c.relname, a.attname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
                WHERE c.relnamespace = 'rostrum'::regnamespace AND c.relkind IN ('r', 'v') AND a.attnum > 0
                    AND NOT a.attisdropped AND c.relname <> 'schema_versions'
                """
            default:
                """
                SELECT t.name, c.name FROM sqlite_schema AS t, pragma_table_xinfo(t.name) AS c
                WHERE t.type IN ('table', 'view') AND t.name NOT LIKE 'sqlite_%'
                """
            }
        var actual: [String: Set<String>] = [:]
        for row in try store.ask(StoreQuestion(sql: names)).rows {
            actual[row[0].description, default: []].insert(row[1].description)
        }
        let documented = documentedColumns()
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
