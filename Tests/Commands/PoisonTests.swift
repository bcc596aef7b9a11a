import Foundation
import Testing

/// A record that takes the process down: remembered over the crash, then put aside unread, and the others go on.
@Suite(.enabled(if: TestBroker.isThere, TestBroker.absence), .serialized)
struct PoisonTests {
    private func document(_ id: String, title: String) -> String {
        #"{"schema_version":1,"id":"\#(id)","title":"\#(title)","body":["Drug trafficking harms us."],"language":"en"}"#
    }

    private func start(
        _ area: KafkaArea, _ death: String, _ more: [String: String] = [:]
    ) throws -> RunningProgram {
        let settings = area.environment.merging([
            // Its place is its own again at once after a crash.
            "ROSTRUM_CONSUMER_INSTANCE_ID": "poisoned", "SWIFT_BACKTRACE": "enable=no",
            "ROSTRUM_DELIVERY_COMMIT_INTERVAL_MILLISECONDS": "60000",
        ]) { $1 }.merging(more) { $1 }
        return try RunningProgram("PoisonWorker", [death], environment: settings)
    }

    /// After two deaths of the worker's own the record is put aside: by a signal, or with 1 since it stood still.
    @Test(arguments: [
        ("trap", [SIGILL, SIGTRAP]), ("abort", [SIGABRT]), ("access", [SIGSEGV]), ("overflow", [SIGSEGV]),
        ("standstill", [1]),
    ])
    func aPoisonRecordIsPutAside(death: String, ends: [Int32]) throws {
        let more =
            death == "standstill"
            ? ["ROSTRUM_DELIVERY_STALL_SECONDS": "5", "ROSTRUM_DELIVERY_COMMIT_INTERVAL_MILLISECONDS": "1000"] : [:]
        let area = try KafkaArea(partitions: 1)
        try area.put(document("before", title: "Drugs"), key: "before")
        try area.put(document("poison", title: "poison"), key: "poison")
        try area.put(document("after", title: "Drugs"), key: "after")
        for _ in 0..<2 {
            let ended = try start(area, death, more).end()
            #expect(ends.contains(ended.code), "\(ended.code): \(ended.errors.suffix(2000))")
            #expect(try area.count(area.deadletter) == 0)
        }
        let worker = try start(area, death, more)
        try worker.waitForLine("record put aside as dead letter")
        #expect(
            waitUntil(within: .seconds(60)) { (try? area.kcat(area.classified, "%k\n"))?.contains("after") == true })
        worker.send(SIGTERM)
        #expect(try worker.end().code == 0)
        #expect(Set(try area.kcat(area.classified, "%k\n").split(separator: "\n")) == ["before", "after"])
        let letter = try area.kcat(area.deadletter, "%k|%s|%h\n")
        #expect(letter.hasPrefix("poison|\(document("poison", title: "poison"))|"))
        for header in [
            "__connect.errors.offset=1", "rostrum.error.code=record.crashes_process",
            "2 by crashes or standstills, 0 perhaps for want of memory, 0 killed from outside",
        ] {
            #expect(letter.contains(header), "\(header) is not in \(letter)")
        }
    }

    /// Who kills from outside can hit any record: one that is in hand each time is not put aside for it, and forgotten
    /// once it is through.
    @Test func aRecordThatOthersKilledIsNotPutAside() throws {
        let area = try KafkaArea(partitions: 1)
        try area.put(document("innocent", title: "poison"), key: "innocent")
        for _ in 0..<5 {
            let worker = try start(area, "hang")
            // The step holds the record until the kill.
            try worker.waitForLine("record taken")
            Thread.sleep(forTimeInterval: 0.3)
            worker.killNow()
        }
        let deaths = "\(area.prefix.replacing(".", with: "%2e"))classifier.deaths.json"
        let healthy = try area.start("rostrum-classifier", ["ROSTRUM_CONSUMER_INSTANCE_ID": "poisoned"])
        try healthy.waitForLine("\"kills.outside\":5")
        #expect(waitUntil(within: .seconds(60)) { (try? area.count(area.classified)) == 1 })
        healthy.send(SIGTERM)
        #expect(try healthy.end().code == 0)
        #expect(area.folder.read("state/\(deaths)") == #"{"entries":[],"version":1}"#)
        #expect(try area.count(area.deadletter) == 0)
    }
}
