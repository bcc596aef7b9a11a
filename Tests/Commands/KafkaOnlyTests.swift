import Foundation
import Testing

/// What only Apache Kafka proves of the built workers: others take over from one that is dead or silent.
@Suite(.enabled(if: TestBroker.isKafka, TestBroker.kafkaOnly), .serialized)
struct KafkaOnlyTests {
    private static let documents = 300

    private func area() throws -> KafkaArea {
        let area = try KafkaArea()
        let folder = try DocumentFolder(Self.documents, named: "takeover")
        #expect(try run("rostrum-producer", [folder.path], environment: area.environment).code == 0)
        return area
    }

    private func start(
        _ area: KafkaArea, _ name: String, _ mode: ChaosMode, _ more: [String: String] = [:]
    ) throws -> RunningProgram {
        let settings = [
            "ROSTRUM_CONSUMER_INSTANCE_ID": name, "ROSTRUM_CONSUMER_SESSION_SECONDS": "6",
            "ROSTRUM_DELIVERY_DRAIN_SECONDS": "5", "ROSTRUM_DELIVERY_MODE": mode.rawValue,
            "ROSTRUM_DELIVERY_TRANSACTION_TIMEOUT_SECONDS": "15",
        ]
        return try area.start("rostrum-classifier", settings.merging(more) { _, new in new })
    }

    /// One that has taken records and not committed them.
    private func startAndWaitForWork(_ area: KafkaArea, _ mode: ChaosMode) throws -> RunningProgram {
        let worker = try start(area, "first", mode, ["ROSTRUM_DELIVERY_COMMIT_INTERVAL_MILLISECONDS": "5000"])
        try #require(
            waitUntil(within: .seconds(60)) { worker.recordsTaken.count >= 20 || !worker.isRunning }
                && worker.isRunning,
            "\(worker.errors.suffix(2000))")
        return worker
    }

    private func waitForAll(_ area: KafkaArea, by worker: RunningProgram) throws -> EventLog {
        var log = try EventLog(area)
        _ = try waitUntil(within: .seconds(120)) {
            log = try EventLog(area)
            return log.missing == 0 || !worker.isRunning
        }
        #expect(log.missing == 0, "\(worker.errors.suffix(3000))")
        return log
    }

    @Test(arguments: ChaosMode.allCases)
    func anotherInstanceTakesOverFromOneThatWasKilled(mode: ChaosMode) throws {
        let area = try area()
        let first = try startAndWaitForWork(area, mode)
        first.killNow()
        // Nobody starts the first again: its session ends, and with it its claim.
        let second = try start(area, "second", mode)
        let log = try waitForAll(area, by: second)
        if mode == .exactlyOnce { #expect(log.duplicates == 0) }
        second.send(SIGTERM)
        #expect(try second.end(within: .seconds(60)).code == 0)
    }

    @Test(arguments: ChaosMode.allCases)
    func oneThatWasSilentLosesItsAssignmentAndDoesNoHarm(mode: ChaosMode) throws {
        let area = try area()
        let first = try startAndWaitForWork(area, mode)
        first.send(SIGSTOP)
        let second = try start(area, "second", mode)
        let log = try waitForAll(area, by: second)
        if mode == .exactlyOnce { #expect(log.duplicates == 0) }
        first.send(SIGCONT)
        // It has lost its partitions during its work, and either joins again or is told that its time is over.
        _ = waitUntil(within: .seconds(30)) { first.errors.contains("partitions lost") || !first.isRunning }
        #expect(first.errors.contains("partitions lost") || !first.isRunning)
        if first.isRunning {
            first.send(SIGTERM)
            #expect(try first.end(within: .seconds(60)).code == 0)
        } else {
            #expect(try first.end().errors.contains("fenced"))
        }
        second.send(SIGTERM)
        #expect(try second.end(within: .seconds(60)).code == 0)
        let final = try EventLog(area)
        #expect(final.missing == 0)
        if mode == .exactlyOnce { #expect(final.duplicates == 0) }
    }
}
