import Foundation
import Testing

/// A folder that is watched while the broker comes and goes: nothing lost, nothing doubled.
@Suite(
    .enabled(
        if: ProcessInfo.processInfo.environment["ROSTRUM_NOIDA_DB"] != nil,
        "no broker program of the test's own: run Tests/run, or set ROSTRUM_NOIDA_DB"), .serialized)
struct WatchTests {
    private static let script = packageRoot.appending(path: "Tests/Integration/broker").path

    private func broker(_ arguments: String...) throws -> Ended {
        let program = ProcessInfo.processInfo.environment["ROSTRUM_NOIDA_DB"] ?? ""
        return try run("bash", [Self.script] + arguments, environment: ["ROSTRUM_NOIDA_DB": program])
    }

    private static func freePort() throws -> String {
        let script = "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])"
        return try run("python3", ["-c", script]).output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

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
        let place = try TemporaryFolder()
        let port = try Self.freePort()
        let started = try broker("start", place.path, port)
        try #require(started.code == 0, "\(started.errors)")
        defer { _ = try? broker("stop", place.path) }
        let area = try KafkaArea(servers: "127.0.0.1:\(port)")
        let folder = try TemporaryFolder()
        try add(0..<200, to: folder)
        var watch = try area.start("rostrum-producer", arguments: ["publish", "--watch", folder.path])
        try #require(waitUntil(within: .seconds(60)) { try area.count(area.documents) > 0 }, "\(watch.errors)")
        try add(200..<500, to: folder)
        #expect(try broker("stop", place.path).code == 0)
        try add(500..<800, to: folder)
        #expect(try broker("start", place.path, port).code == 0)
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
}
