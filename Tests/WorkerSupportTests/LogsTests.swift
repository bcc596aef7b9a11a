import Foundation
import Logging
import Testing
import WorkerSupport

@Suite struct LogsTests {
    /// An independent reader, python's json, must see every line as an object with the three members.
    @Test func linesAreJSON() throws {
        let file = try TemporaryFile("")
        let lines = try capture(file, .json) { logger in
            var logger = logger
            logger[metadataKey: LogKey.rulesetVersion.rawValue] = "1.0.0"
            logger.write(
                .info, "started", [.kafkaTopic: "speeches.documents", .kafkaOffset: 42, .documentsPerSecond: 1.5])
            logger.write(.error, "quotes \" and \\ and \n and \u{1} and \u{2028} and 🙂", [.errorReason: "a\tb"])
            logger.error("thrown", error: ProgramFailure(.failed, code: "x", "why it failed"))
            logger.debug("too fine to be written")
        }
        #expect(lines.count == 3)
        let script = """
            import json, sys
            for line in open(sys.argv[1], encoding="utf-8"):
                row = json.loads(line)
                assert list(row)[:3] == ["time", "level", "message"], row
                assert row["ruleset.version"] == "1.0.0", row
            """
        #expect(try run("/usr/bin/env", ["python3", "-c", script, file.path]) == 0)
        let rows = try lines.map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        #expect(rows[0]["kafka.offset"] as? Int == 42)
        #expect(rows[0]["documents.per_second"] as? Double == 1.5)
        #expect(rows[1]["message"] as? String == "quotes \" and \\ and \n and \u{1} and \u{2028} and 🙂")
        #expect(rows[2]["error.reason"] as? String == "why it failed")
        #expect((rows[0]["time"] as? String)?.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil)
    }

    @Test func textLinesCannotBeForged() throws {
        let file = try TemporaryFile("")
        let lines = try capture(file, .text) { logger in
            logger.write(.warning, "one\nERROR two", [.documentSource: "a\u{1B}[31m\r\nb"])
        }
        #expect(lines.count == 1)
        #expect(lines[0].hasSuffix("WARNING  one ERROR two document.source=a [31m  b"))
    }

    @Test func autoIsJSONWhereNobodyWatches() throws {
        let file = try TemporaryFile("")
        #expect(try capture(file, .auto) { $0.info("hello") }[0].hasPrefix("{\"time\":"))
    }

    @Test func longValuesAreCut() throws {
        let file = try TemporaryFile("")
        let lines = try capture(file, .json) {
            $0.write(.info, "long", [.errorReason: String(repeating: "x", count: 1 << 20)])
        }
        #expect(lines[0].utf8.count < 3_000)
        #expect(lines[0].contains("x…\""))
    }

    @Test func repeatsAreLimitedAndCounted() throws {
        let file = try TemporaryFile("")
        let lines = try capture(file, .json) { logger in
            for index in 0..<1_000 {
                logger.write(.warning, "broker away", [.errorCode: "broker", .kafkaOffset: index])
            }
            for _ in 0..<7 { logger.write(.warning, "broker away", [.errorCode: "other"]) }
            logger.write(.info, "something else")
        }
        #expect(lines.filter { $0.contains("\"error.code\":\"broker\"") }.count == 5)
        #expect(lines.filter { $0.contains("\"error.code\":\"other\"") }.count == 5)
        let counts = lines.filter { $0.contains("messages were left out") }
        #expect(counts.count == 2)
        #expect(counts[0].contains("\"log.repeats\":995"))
        #expect(counts[1].contains("\"log.repeats\":2"))
    }

    private func capture(_ file: TemporaryFile, _ format: LogFormat, _ body: (Logger) -> Void) throws -> [String] {
        let handle = try #require(FileHandle(forWritingAtPath: file.path))
        let logs = Logs(level: .info, format: format, descriptor: handle.fileDescriptor)
        body(logs.logger("test"))
        logs.finish()
        try handle.close()
        return String(decoding: file.contents, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    private func run(_ program: String, _ arguments: [String]) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }
}
