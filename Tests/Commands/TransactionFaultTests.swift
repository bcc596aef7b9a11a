import Foundation
import Testing

/// Exactly-once at its two narrow moments: a death between the offsets and the commit, and a predecessor that still lives.
@Suite(.enabled(if: TestBroker.isThere, TestBroker.absence), .serialized)
struct TransactionFaultTests {
    private func exactlyOnce(_ more: [String: String] = [:]) -> [String: String] {
        ["ROSTRUM_DELIVERY_MODE": "exactly-once", "ROSTRUM_CONSUMER_SESSION_SECONDS": "30"].merging(more) { _, new in
            new
        }
    }

    /// An area with documents in it.
    private func area(documents: Int) throws -> KafkaArea {
        let area = try KafkaArea()
        let folder = try DocumentFolder(documents, named: "fault")
        #expect(try run("rostrum-producer", [folder.path], environment: area.environment).code == 0)
        return area
    }

    /// Waits until every document's record has an event; then each must have exactly one.
    private func expectEachOnce(_ area: KafkaArea, by worker: RunningProgram) throws {
        var log = try EventLog(area)
        _ = try waitUntil(within: .seconds(120)) {
            log = try EventLog(area)
            return log.missing == 0 || !worker.isRunning
        }
        #expect(log.missing == 0 && log.duplicates == 0, "\(worker.errors.suffix(3000))")
        worker.send(SIGTERM)
        #expect(try worker.end(within: .seconds(60)).code == 0)
        #expect(try EventLog(area).duplicates == 0)
    }

    @Test func killedBetweenSendingTheOffsetsAndTheCommit() throws {
        let area = try area(documents: 60)
        let settings = exactlyOnce([
            "ROSTRUM_DELIVERY_COMMIT_RECORDS": "10", "ROSTRUM_DELIVERY_COMMIT_INTERVAL_MILLISECONDS": "200",
        ])
        let victim = try area.start("faulty-classifier", settings, arguments: ["--fault", "dies-before-commit"])
        #expect(try victim.end(within: .seconds(60)).code == SIGKILL, "\(victim.errors.suffix(2000))")
        // Two transactions are committed; the third is open, and its offsets are in it.
        #expect(try EventLog(area).missing > 0)
        let heir = try area.start(
            "rostrum-classifier",
            settings.merging(["ROSTRUM_CONSUMER_INSTANCE_ID": "faulty-classifier"]) { _, new in new })
        try expectEachOnce(area, by: heir)
    }

    @Test func aZombieIsFencedAndEndsWithAReason() throws {
        let area = try area(documents: 60)
        // Its transaction stays open long enough to be met.
        let zombie = try area.start(
            "rostrum-classifier", exactlyOnce(["ROSTRUM_DELIVERY_COMMIT_INTERVAL_MILLISECONDS": "5000"]))
        try #require(waitUntil(within: .seconds(60)) { zombie.recordsTaken.count >= 10 || !zombie.isRunning })
        zombie.send(SIGSTOP)
        let heir = try area.start("rostrum-classifier", exactlyOnce())
        _ = try waitUntil(within: .seconds(120)) { try EventLog(area).missing == 0 || !heir.isRunning }
        zombie.send(SIGCONT)
        let ended = try zombie.end(within: .seconds(90))
        #expect(ended.code == 1)
        let reason = ended.errors.split(separator: "\n").last { $0.contains("cannot go on") } ?? ""
        #expect(reason.contains("fenced") && reason.contains("give each"), "\(ended.errors.suffix(2000))")
        try expectEachOnce(area, by: heir)
    }
}
