import Foundation
import Testing

/// `rostrum demo`: all three workers in one process, no service.
@Suite struct DemoTests {
    @Test func itEndsByItselfAndLeavesADatabase() throws {
        let folder = try TemporaryFolder()
        let database = folder.url(of: "demo.sqlite").path
        let ended = try run("rostrum", ["demo", "--database", database])
        #expect(ended.code == 0, "\(ended.errors)")
        #expect(ended.output.contains("Kit Malthouse"))
        #expect(ended.output.contains("«"))
        #expect(ended.output.contains("database: \(database)"))
        let rows = try run("sqlite3", [database, "SELECT count(*) FROM current_documents"]).output
        let count = try #require(ended.output.firstMatch(of: /(\d+) speeches, \d+ topics/)?.1)
        #expect(rows.trimmingCharacters(in: .newlines) == String(count))
    }

    @Test func aDatabaseUsedTwiceHoldsNothingTwice() throws {
        let folder = try TemporaryFolder()
        let database = folder.url(of: "demo.sqlite").path
        let counts = try (1...2).map { _ in
            #expect(try run("rostrum", ["demo", "--database", database]).code == 0)
            return try run("sqlite3", [database, "SELECT count(*) FROM events; SELECT count(*) FROM evidence"]).output
        }
        #expect(counts[0] == counts[1])
    }

    /// It waited for the others for ever.
    @Test func aStoreThatCannotBeMadeEndsIt() throws {
        let ended = try run("rostrum", ["demo", "--database", "/nonexistent/demo.sqlite"], within: .seconds(120))
        #expect(ended.code == 69 && ended.errors.contains("/nonexistent/demo.sqlite"), "\(ended)")
    }

    @Test func unreadableSamplesAreNamed() throws {
        let folder = try TemporaryFolder()
        try folder.write("", to: "empty.txt")
        try folder.write("Cyber crime\n\nCyber crime rose.", to: "good.txt")
        let ended = try run("rostrum", ["demo", "--samples", folder.path])
        #expect(ended.code == 3)
        #expect(ended.output.contains("1 speeches"))
        #expect(ended.errors.contains("empty.txt"))
    }
}
