import Foundation
import Testing

/// A record that takes the process down: remembered over the crash, then put aside unread, and the others go on.
@Suite(.enabled(if: TestBroker.isThere, TestBroker.absence), .serialized)
struct PoisonTests {
    private func document(_ id: String, title: String) -> String {
        #"{"schema_version":1,"id":"\#(id)","title":"\#(title)","body":["Drug trafficking harms us."],"language":"en"}"#
    }

    private func start(_ area: KafkaArea, _ death: String) throws -> RunningProgram {
        let settings = area.environment.merging([
            // Its place is its own again at once after a crash.
            "ROSTRUM_CONSUMER_INSTANCE_ID": "poisoned", "SWIFT_BACKTRACE": "enable=no",
            "ROSTRUM_DELIVERY_COMMIT_INTERVAL_MILLISECONDS": "60000",
        ]) { $1 }
        return try RunningProgram("PoisonWorker", [death], environment: settings)
    }

    /// A crash of the worker's own counts twice before the record is put aside; a kill, which may hit any record, once
    /// more.
    @Test(arguments: [
        ("trap", [SIGILL, SIGTRAP], 2), ("abort", [SIGABRT], 2), ("access", [SIGSEGV], 2), ("overflow", [SIGSEGV], 2),
        ("kill", [SIGKILL], 3),
    ])
    func aPoisonRecordIsPutAside(death: String, signals: [Int32], deaths: Int) throws {
        let area = try KafkaArea(partitions: 1)
        try area.put(document("before", title: "Drugs"), key: "before")
        try area.put(document("poison", title: "poison"), key: "poison")
        try area.put(document("after", title: "Drugs"), key: "after")
        for _ in 0..<deaths {
            let ended = try start(area, death).end()
            #expect(signals.contains(ended.code), "\(ended.code): \(ended.errors.suffix(2000))")
            #expect(try area.count(area.deadletter) == 0)
        }
        let worker = try start(area, death)
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
            death == "kill" ? "0 by crashes, 3 killed" : "2 by crashes, 0 killed",
        ] {
            #expect(letter.contains(header), "\(header) is not in \(letter)")
        }
    }

    /// A crash that the record had no part in is forgotten once the record is through: two kills with one record in
    /// hand, then a worker that can do it.
    @Test func aRecordThatIsThroughIsForgotten() throws {
        let area = try KafkaArea(partitions: 1)
        try area.put(document("innocent", title: "poison"), key: "innocent")
        for _ in 0..<2 { #expect(try start(area, "kill").end().code == SIGKILL) }
        let deaths = "\(area.prefix.replacing(".", with: "%2e"))classifier.deaths.json"
        let healthy = try area.start("rostrum-classifier", ["ROSTRUM_CONSUMER_INSTANCE_ID": "poisoned"])
        try healthy.waitForLine("\"kills\":2")
        #expect(waitUntil(within: .seconds(60)) { (try? area.count(area.classified)) == 1 })
        healthy.send(SIGTERM)
        #expect(try healthy.end().code == 0)
        #expect(area.folder.read("state/\(deaths)") == #"{"entries":[],"version":1}"#)
        #expect(try area.count(area.deadletter) == 0)
    }
}
