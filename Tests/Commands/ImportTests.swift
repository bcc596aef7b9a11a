import Foundation
import Testing

/// Imports that people start: archives with a mapping, refusals kept, runs that were killed and started again.
@Suite(.enabled(if: TestBroker.isThere, TestBroker.absence), .serialized)
struct ImportTests {
    /// Keys and revisions of all documents in the Kafka topic.
    private func revisions(_ area: KafkaArea) throws -> [String] {
        try objects(area.kcat(area.documents, "%s\n")).map { "\($0["id"] ?? "") \($0["revision"] ?? "")" }
    }

    private func lines(_ count: Int) throws -> String {
        try (0..<count).map { number in
            let words = (0..<60).map { "word\((number * 31 + $0 * 7) % 997)" }.joined(separator: " ")
            let row = ["id": "row-\(number)", "text": "Speech \(number). \(words)", "post": "Minister", "source": "UN"]
            return String(decoding: try JSONSerialization.data(withJSONObject: row), as: UTF8.self)
        }.joined(separator: "\n")
    }

    @Test func rowsInGzipAreImportedWithAMappingAndRefusalsAreKept() throws {
        let area = try KafkaArea()
        let file = try area.folder.write(try lines(50) + "\nno json\n{\"id\":\"x\",\"text\":\" \"}\n", to: "un.jsonl")
        try #require(try run("gzip", [file]).code == 0)
        let bad = try area.folder.write("%PDF-1.7", to: "bad.txt")
        let rejects = area.folder.url(of: "rejects").path
        let ended = try run(
            "rostrum-producer",
            [file + ".gz", bad, "--map", "role=post,publisher=source", "--rejects", rejects, "--json"],
            environment: area.environment)
        #expect(ended.code == 3, "\(ended.errors)")
        let summary = try #require(try objects(ended.output).first)
        #expect(summary["published"] as? Int == 50)
        #expect(
            (summary["rejected"] as? [String: Int]) == ["format.invalid": 1, "format.empty": 1, "format.binary": 1])
        let first = try #require(try objects(area.kcat(area.documents, "%s\n")).first)
        #expect((first["speaker"] as? [String: String])?["role"] == "Minister")
        #expect((first["source"] as? [String: String])?["publisher"] == "UN")
        let kept = try objects(
            String(decoding: FileManager.default.contents(atPath: rejects + "/rejects.jsonl") ?? Data(), as: UTF8.self))
        #expect(kept.count == 3)
        #expect(kept.first?["line"] as? Int == 51)
        let copy = try #require(kept.last?["copy"] as? String)
        #expect(FileManager.default.contents(atPath: rejects + "/" + copy) == Data("%PDF-1.7".utf8))
    }

    /// A date that is none is said with its place and counted; the last line of the log ends as the process does.
    @Test func aDateThatIsNoneIsSaidAndTheLogEndsAsTheProcessDoes() throws {
        let area = try KafkaArea()
        let rows =
            "{\"id\":\"a\",\"text\":\"One.\",\"date\":\"2024-02-31\"}\n{\"id\":\"b\",\"text\":\"Two.\",\"date\":\"2024-02-29\"}\n"
        let sound = try area.folder.write(rows, to: "rows.jsonl")
        let broken = try area.folder.write(rows + "{\"id\":\n", to: "broken.jsonl")
        for (file, code, rejected) in [(sound, 0, 0), (broken, 3, 1)] {
            let ended = try run("rostrum-producer", [file, "--json"], environment: area.environment)
            #expect(ended.code == Int32(code), "\(ended.errors)")
            let summary = try #require(try objects(ended.output).first)
            #expect(summary["published"] as? Int == 2)
            #expect(summary["warnings"] as? [String: Int] == ["format.bad_date": 1])
            #expect(ended.errors.contains("warning: \(file):1: format.bad_date: date: '2024-02-31' is no date"))
            let last = try #require(
                try objects(ended.errors.split(separator: "\n").filter { $0.hasPrefix("{") }.joined(separator: "\n"))
                    .last)
            #expect(last["message"] as? String == "stopped")
            #expect(last["exit.code"] as? Int == code)
            #expect(last["documents"] as? Int == 2)
            #expect(last["documents.rejected"] as? Int == rejected)
            #expect(last["dead_letters"] as? Int == rejected)
        }
        let dates = try objects(area.kcat(area.documents, "%s\n")).map { document in
            [document["delivered_on"] as? String, (document["attributes"] as? [String: String])?["date"]]
        }
        #expect(dates.contains([nil, "2024-02-31"]) && dates.contains(["2024-02-29", nil]))
    }

    /// `--licence "$LICENCE"` of a variable that is not set would make documents that no reader takes.
    @Test func anEmptyLicenceIsRefusedAndAnEmptyFolderSaysSo() throws {
        let area = try KafkaArea()
        let file = try area.folder.write("{\"text\":\"One.\"}\n", to: "rows.jsonl")
        let refused = try run("rostrum-producer", [file, "--licence", " "], environment: area.environment)
        #expect(refused.code == 2 && refused.errors.contains("--licence"), "\(refused.errors)")
        let spaced = try run("rostrum-producer", [file, "--licence", " OGL-UK-3.0 "], environment: area.environment)
        #expect(spaced.code == 0, "\(spaced.errors)")
        let document = try #require(try objects(area.kcat(area.documents, "%s\n")).first)
        #expect((document["source"] as? [String: String])?["licence"] == "OGL-UK-3.0")

        try FileManager.default.createDirectory(
            at: area.folder.url(of: "notes"), withIntermediateDirectories: true)
        try area.folder.write("Nothing for us.", to: "notes/notes.md")
        let empty = try run(
            "rostrum-producer", [area.folder.url(of: "notes").path], environment: area.environment)
        #expect(empty.code == 0, "\(empty.errors)")
        #expect(empty.output.contains("1 file ignored") && empty.output.contains("nothing to publish was found"))
    }

    @Test func aMappingOrAnIDThatCannotBeMeantIsAWrongCommandLine() throws {
        let long = String(repeating: "x", count: 1_025)
        for (arguments, word) in [
            (["withdraw", " "], "empty"), (["withdraw", long], "1025 bytes"),
            (["x.csv", "--map", "date=when,date=id"], "mapped twice"),
            (["x.csv", "--map", "date=when", "--map", "date=id"], "mapped twice"),
        ] {
            let ended = try run("rostrum-producer", arguments)
            #expect(ended.code == 2 && ended.errors.contains(word), "\(arguments.prefix(2)): \(ended.errors)")
        }
    }

    /// A table whose body has another name was once published as one speech; links in folders once led anywhere.
    @Test func aTableWithoutABodyIsRefusedAndLinksInFoldersAreIgnored() throws {
        let area = try KafkaArea()
        try FileManager.default.createDirectory(
            at: area.folder.url(of: "speeches"), withIntermediateDirectories: true)
        let file = try area.folder.write("id,speech_text\na,\"One.\"\nb,Two.\n", to: "speeches/nb.csv")
        try FileManager.default.createSymbolicLink(
            atPath: area.folder.url(of: "speeches/secret.txt").path, withDestinationPath: "/etc/hostname")
        let folder = area.folder.url(of: "speeches").path
        let refused = try run("rostrum-producer", [folder, "--json"], environment: area.environment)
        #expect(refused.code == 3, "\(refused.errors)")
        #expect(refused.errors.contains("'id', 'speech_text'") && refused.errors.contains("--map body=COLUMN"))
        #expect(refused.errors.contains("symbolic links in folders are not followed"))
        let summary = try #require(try objects(refused.output).first)
        #expect(summary["published"] as? Int == 0 && summary["ignored"] as? Int == 1)
        let mapped = try run("rostrum-producer", [file, "--map", "body=speech_text"], environment: area.environment)
        #expect(mapped.code == 0, "\(mapped.errors)")
        #expect(try objects(area.kcat(area.documents, "%s\n")).count == 2)
        let withdrawn = try run("rostrum-producer", ["withdraw", " b "], environment: area.environment)
        #expect(withdrawn.code == 0, "\(withdrawn.errors)")
        #expect(try area.kcat(area.documents, "%k=%S\n").split(separator: "\n").contains("b=-1"))
    }

    @Test func whatComesTwiceIsPublishedOnce() throws {
        let area = try KafkaArea()
        let row = try lines(1)
        let near = row.replacing("row-0", with: "row-copy")
        let file = try area.folder.write([row, row, near].joined(separator: "\n"), to: "rows.jsonl")
        let linked = try run(
            "rostrum-producer", [file, "--near-duplicates", "link", "--json"], environment: area.environment)
        #expect(linked.code == 0, "\(linked.errors)")
        let summary = try #require(try objects(linked.output).first)
        #expect(summary["published"] as? Int == 2)
        #expect(summary["unchanged"] as? Int == 1)
        #expect(summary["near_duplicates"] as? Int == 1)
        let copy = try #require(
            try objects(area.kcat(area.documents, "%s\n")).first { $0["id"] as? String == "row-copy" })
        #expect((copy["attributes"] as? [String: String])?["near_duplicate_of"] == "row-0")
        let dropped = try run(
            "rostrum-producer", [file, "--near-duplicates", "drop", "--json"], environment: area.environment)
        #expect(try objects(dropped.output).first?["published"] as? Int == 1)
    }

    /// kill -9 in the middle, several times, and the same command again: each document once.
    @Test func aKilledImportGoesOn() throws {
        let area = try KafkaArea()
        let count = 600
        let file = try area.folder.write(try lines(count), to: "rows.jsonl")
        var killed = 0
        for limit in [20, 80, 150] {
            let producer = try area.start(
                "rostrum-producer", ["ROSTRUM_DELIVERY_MAX_IN_FLIGHT_RECORDS": "8"],
                arguments: [file, "--max-rate", "10"])
            try #require(
                waitUntil(within: .seconds(60)) { try area.count(area.documents) >= limit || !producer.isRunning })
            // An import that has ended is over: the same command would be another import.
            try #require(producer.isRunning, "ended before \(limit) were there: \(producer.errors.prefix(2000))")
            killed += 1
            producer.killNow()
        }
        #expect(killed == 3)
        let last = try run("rostrum-producer", [file, "--json"], environment: area.environment)
        #expect(last.code == 0, "\(last.errors)")
        let summary = try #require(try objects(last.output).first)
        #expect((summary["unchanged"] as? Int ?? 0) >= 20)
        let all = try revisions(area)
        #expect(all.count == count)
        #expect(Set(all).count == count)
    }

    /// A document that comes back to an earlier revision, killed before it does: it ends with that one, as without the kill.
    @Test func aKilledImportEndsWithTheLastRevision() throws {
        let area = try KafkaArea()
        func row(_ text: String) -> String { "{\"id\":\"x\",\"text\":\"\(text)\"}" }
        let file = try area.folder.write(
            [row("First."), row("Second."), try lines(40), row("First.")].joined(separator: "\n"), to: "rows.jsonl")
        let producer = try area.start(
            "rostrum-producer", ["ROSTRUM_DELIVERY_MAX_IN_FLIGHT_RECORDS": "4"], arguments: [file, "--max-rate", "10"])
        try #require(
            waitUntil(within: .seconds(60)) { try area.count(area.documents) >= 8 || !producer.isRunning }
                && producer.isRunning, "\(producer.errors.suffix(2000))")
        producer.killNow()
        let last = try run("rostrum-producer", [file, "--json"], environment: area.environment)
        #expect(last.code == 0, "\(last.errors)")
        let documents = try objects(area.kcat(area.documents, "%s\n"))
        #expect(documents.count == 43)
        let texts = documents.filter { $0["id"] as? String == "x" }.map { $0["body"] as? [String] }
        #expect(texts == [["First."], ["Second."], ["First."]])
    }
}
