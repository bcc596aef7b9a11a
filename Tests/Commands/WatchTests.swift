import Foundation
import Testing

/// A folder that is watched while the broker comes and goes: nothing lost, nothing doubled.
@Suite(.enabled(if: OwnBroker.isThere, OwnBroker.absence), .serialized)
struct WatchTests {
    /// Half of the files are moved in, half are written in place.
    private func add(_ numbers: Range<Int>, to folder: TemporaryFolder) throws {
        for number in numbers {
            let text = "Speech number \(number)\n\nThis is what was said in speech \(number)."
            if number.isMultiple(of: 2) {
                let hidden = try folder.write(text, to: ".part-\(number)")
                try FileManager.default.moveItem(atPath: hidden, toPath: folder.path + "/speech-\(number).txt")
            } else {
                try folder.write(text, to: "speech-\(number).txt")
            }
        }
    }

    @Test func aThousandFilesWhileTheBrokerRestarts() throws {
        let broker = try OwnBroker()
        let area = try KafkaArea(on: broker)
        let folder = try TemporaryFolder()
        try add(0..<200, to: folder)
        var watch = try area.start("rostrum-producer", arguments: ["publish", "--watch", folder.path])
        try #require(waitUntil(within: .seconds(60)) { try area.count(area.documents) > 0 }, "\(watch.errors)")
        try add(200..<500, to: folder)
        try broker.crash()
        try add(500..<800, to: folder)
        try broker.start()
        try add(800..<1000, to: folder)
        try #require(
            waitUntil(within: .seconds(240)) {
                // A broker that forgot its producers ends one for good; whoever supervises it starts it again.
                if !watch.isRunning {
                    watch = try area.start("rostrum-producer", arguments: ["publish", "--watch", folder.path])
                }
                return try area.count(area.documents) >= 1000
            },
            "\(watch.errors.suffix(3000))")
        // Killed at once: what it had published and not noted is read back at the next start.
        watch.killNow()
        let again = try area.start("rostrum-producer", arguments: ["publish", "--watch", folder.path, "--json"])
        try add(1000..<1001, to: folder)
        try #require(
            waitUntil(within: .seconds(120)) { try area.count(area.documents) >= 1001 || !again.isRunning },
            "\(again.errors.suffix(3000))")
        again.send(SIGTERM)
        let ended = try again.end(within: .seconds(60))
        #expect(ended.code == 0, "\(ended.errors.suffix(3000))")
        let keys = try area.kcat(area.documents, "%k\n").split(separator: "\n")
        #expect(keys.count == 1001)
        #expect(Set(keys).count == 1001)
    }

    /// Whoever may write into the folder must not choose which other files are published.
    @Test func linksInTheFolderAreIgnored() throws {
        let area = try KafkaArea()
        let (folder, elsewhere) = (try TemporaryFolder(), try TemporaryFolder())
        let secret = try elsewhere.write("This is for nobody.", to: "secret.txt")
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/a-link.txt", withDestinationPath: secret)
        let watch = try area.start("rostrum-producer", arguments: ["publish", "--watch", folder.path, "--json"])
        try folder.write("This is for all.", to: "b.txt")
        try #require(
            waitUntil(within: .seconds(60)) {
                try area.count(area.documents) > 0 && watch.errors.contains("links in folders are not followed")
            }, "\(watch.errors)")
        watch.send(SIGTERM)
        let ended = try watch.end(within: .seconds(60))
        #expect(ended.code == 0, "\(ended.errors)")
        let documents = try area.kcat(area.documents, "%s\n")
        #expect(documents.contains("for all") && !documents.contains("for nobody"))
    }

    /// A file that may not be read, as one whose mode is set after it is closed, is taken once it may.
    @Test func aFileThatCannotBeOpenedYetIsTakenLater() throws {
        let broker = try OwnBroker()
        let area = try KafkaArea(on: broker)
        let folder = try TemporaryFolder()
        try add(0..<3, to: folder)
        let closed = folder.path + "/speech-1.txt"
        try #require(chmod(closed, 0) == 0)
        // Whoever may read everything has to be kept from it.
        let program = Programs.path(of: "rostrum-producer").path
        let arguments = ["publish", "--watch", folder.path, "--json"]
        let watch =
            geteuid() == 0
            ? try area.start(
                "setpriv", arguments: ["--bounding-set=-dac_override,-dac_read_search", program] + arguments)
            : try area.start(program, arguments: arguments)
        try watch.waitForLine("refused: \(closed): format.unreadable: permission denied")
        try #require(
            waitUntil(within: .seconds(60)) { try area.count(area.documents) == 2 || !watch.isRunning },
            "\(watch.errors.suffix(3000))")
        try add(3..<4, to: folder)
        try #require(
            waitUntil(within: .seconds(60)) { try area.count(area.documents) == 3 || !watch.isRunning },
            "\(watch.errors.suffix(3000))")
        try #require(chmod(closed, 0o644) == 0)
        try #require(
            waitUntil(within: .seconds(120)) { try area.count(area.documents) == 4 || !watch.isRunning },
            "\(watch.errors.suffix(3000))")
        watch.send(SIGTERM)
        let ended = try watch.end(within: .seconds(60))
        #expect(ended.code == 0, "\(ended.errors.suffix(3000))")
        #expect(ended.errors.split(separator: "\n").count { $0.hasPrefix("refused: ") } == 1)
        let summary = try #require(try objects(ended.output).first)
        #expect(summary["published"] as? Int == 4)
        #expect((summary["rejected"] as? [String: Int]) == [:])
    }
}
