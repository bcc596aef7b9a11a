import Foundation
import TestSupport
import Testing

/// Two to six classifiers share the work, and come and go: in order, or by kill -9.
///
/// No session ends at noida-db: a rebalance there waits for ever for a member that was killed in it or that left before it
/// knew its member's id, and a member with a lasting name that is gone keeps its partitions. So members come and go in
/// order there, under no lasting names and not before they have joined; what kills and haste do to a group, Apache Kafka
/// proves.
@Suite(.enabled(if: TestBroker.isThere, TestBroker.absence), .serialized)
struct MembershipTests {
    private static let changes =
        ProcessInfo.processInfo.environment["ROSTRUM_TEST_MEMBERSHIP_CHANGES"].flatMap { Int($0) } ?? 8

    /// noida-db lets a member of an old generation commit: what is published twice there is no fault of ours.
    @Test(arguments: TestBroker.isKafka ? ChaosMode.allCases : [.atLeastOnce])
    func classifiersJoinAndLeave(mode: ChaosMode) throws {
        let seed = SeededGenerator.seed()
        print("membership \(mode.rawValue): ROSTRUM_TEST_SEED=\(seed)")
        var generator = SeededGenerator(seed: seed)
        let area = try KafkaArea(partitions: 6)
        let supply = try ChaosSupply(area)
        var (crew, gone) = ([String: ChaosWorker](), [ChaosWorker]())
        func join() throws {
            let name = "classifier-\((0..<6).first { crew["classifier-\($0)"] == nil } ?? 0)"
            var environment = [
                "ROSTRUM_CONSUMER_SESSION_SECONDS": "6", "ROSTRUM_DELIVERY_DRAIN_SECONDS": "5",
                "ROSTRUM_DELIVERY_MODE": mode.rawValue, "ROSTRUM_DELIVERY_COMMIT_INTERVAL_MILLISECONDS": "300",
            ]
            if TestBroker.isKafka { environment["ROSTRUM_CONSUMER_INSTANCE_ID"] = name }
            let settings = area.environment.merging(environment) { $1 }
            crew[name] = try ChaosWorker(.classifier) {
                try RunningProgram("rostrum-classifier", environment: settings)
            }
        }
        func leave(_ name: String) throws {
            guard let worker = crew.removeValue(forKey: name) else { return }
            try worker.stop()
            gone.append(worker)
        }
        func tend() throws -> Bool {
            let goesOn = try supply.tend()
            for worker in crew.values { try worker.tend() }
            return goesOn
        }
        for _ in 0..<2 { try join() }
        for _ in 0..<Self.changes {
            let pause = Duration.milliseconds(Int.random(in: 500...2_500, using: &generator))
            _ = try waitUntil(within: pause) { try !tend() }
            let name = try #require(crew.keys.sorted().randomElement(using: &generator))
            switch Int.random(in: 0..<3, using: &generator) {
            case 0 where crew.count < 6: try join()
            case 1 where crew.count > 2: try leave(name)
            case _ where !TestBroker.isKafka:
                try leave(name)
                try join()
            default: try crew[name]?.kill()
            }
            if !TestBroker.isKafka {
                let haveJoined = try waitUntil(within: .seconds(60)) {
                    _ = try tend()
                    return crew.values.allSatisfy { $0.program.errors.contains("partitions assigned") }
                }
                try #require(haveJoined, "\(crew.values.map(\.lastWords))")
            }
        }
        supply.end()
        _ = try waitUntil(within: .seconds(120)) { try !tend() }
        var log = try EventLog(area)
        _ = try waitUntil(within: .seconds(120)) {
            _ = try tend()
            log = try EventLog(area)
            return log.missing == 0
        }
        if log.missing > 0 {
            print(try run("rostrum", ["status"], environment: area.environment).output)
            print(crew.values.map(\.lastWords).joined(separator: "\n"))
        }
        for worker in crew.values { try worker.stop() }
        log = try EventLog(area)
        let ends = (Array(crew.values) + gone).flatMap(\.ends)
        print(
            "membership \(mode.rawValue): \(crew.count) classifiers in the end, \(log.documents.count) records, "
                + "\(log.missing) without event, \(log.duplicates) duplicates")
        #expect(log.missing == 0 && ends.isEmpty, "\(ends)")
        if mode == .exactlyOnce { #expect(log.duplicates == 0) }
    }
}
