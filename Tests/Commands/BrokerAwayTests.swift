import Foundation
import Testing

/// The broker goes away, for a while or for good, with work in hand: waiting, stopping, ending.
@Suite(.enabled(if: OwnBroker.isThere, OwnBroker.absence), .serialized)
struct BrokerAwayTests {
    /// Seconds without a broker; `ROSTRUM_TEST_OUTAGE_SECONDS=65` is the minute and more that operators ask about.
    static let outage = ProcessInfo.processInfo.environment["ROSTRUM_TEST_OUTAGE_SECONDS"].flatMap { Int($0) } ?? 10

    /// A classifier that has taken some of the documents and not committed them.
    private func classifierAtWork(
        _ broker: OwnBroker, _ mode: ChaosMode, _ more: [String: String] = [:], documents: Int = 200
    ) throws -> (area: KafkaArea, classifier: RunningProgram) {
        let area = try KafkaArea(on: broker)
        let folder = try DocumentFolder(documents, named: "away")
        #expect(try run("rostrum-producer", [folder.path], environment: area.environment).code == 0)
        let settings = [
            "ROSTRUM_DELIVERY_MODE": mode.rawValue, "ROSTRUM_DELIVERY_COMMIT_INTERVAL_MILLISECONDS": "3000",
        ].merging(more) { _, new in new }
        let classifier = try area.start("rostrum-classifier", settings)
        try #require(
            waitUntil(within: .seconds(60)) { !classifier.recordsTaken.isEmpty || !classifier.isRunning }
                && classifier.isRunning, "\(classifier.errors.suffix(2000))")
        return (area, classifier)
    }

    @Test(arguments: ChaosMode.allCases)
    func aBrokerThatComesBackIsWaitedFor(mode: ChaosMode) throws {
        let broker = try OwnBroker()
        let (area, classifier) = try classifierAtWork(broker, mode)
        try broker.crash()
        let isOver = ContinuousClock.now + .seconds(Self.outage)
        #expect(!waitUntil(within: isOver - .now) { !classifier.isRunning }, "\(classifier.errors.suffix(2000))")
        try broker.start()
        var log = try EventLog(area)
        _ = try waitUntil(within: .seconds(120)) {
            log = try EventLog(area)
            return log.missing == 0 && !log.documents.isEmpty || !classifier.isRunning
        }
        #expect(log.missing == 0 && log.documents.count == 200, "\(classifier.errors.suffix(3000))")
        if mode == .exactlyOnce { #expect(log.duplicates == 0) }
        classifier.send(SIGTERM)
        #expect(try classifier.end(within: .seconds(60)).code == 0)
    }

    /// Gone is refused at once; silent takes connections and never answers.
    @Test(arguments: ChaosMode.allCases, ["gone", "silent"])
    func aStopEndsInTimeWithoutTheBroker(mode: ChaosMode, broker kind: String) throws {
        let broker = try OwnBroker()
        let (area, classifier) = try classifierAtWork(broker, mode, ["ROSTRUM_DELIVERY_DRAIN_SECONDS": "4"])
        _ = area
        if kind == "gone" { try broker.crash() } else { try broker.send(SIGSTOP) }
        defer { if kind != "gone" { try? broker.send(SIGCONT) } }
        let asked = ContinuousClock.now
        classifier.send(SIGTERM)
        let ended = try classifier.end(within: .seconds(60))
        // The drain limit, then the freeing of two clients with at most five seconds each.
        #expect(ContinuousClock.now - asked < .seconds(4 + 12))
        #expect(ended.code == 0, "\(ended.errors.suffix(2000))")
        #expect(ended.errors.contains("\"message\":\"stopped\""))
    }

    @Test func aSecondSignalEndsItAtOnce() throws {
        let broker = try OwnBroker()
        let (area, classifier) = try classifierAtWork(broker, .exactlyOnce, ["ROSTRUM_DELIVERY_DRAIN_SECONDS": "40"])
        _ = area
        try broker.send(SIGSTOP)
        defer { try? broker.send(SIGCONT) }
        classifier.send(SIGTERM)
        try classifier.waitForLine("stop requested")
        let asked = ContinuousClock.now
        classifier.send(SIGTERM)
        #expect(try classifier.end(within: .seconds(60)).code == 130)
        #expect(ContinuousClock.now - asked < .seconds(10))
    }

    @Test func aWorkerThatStandsStillEndsItself() throws {
        let broker = try OwnBroker()
        let (area, classifier) = try classifierAtWork(
            broker, .atLeastOnce, ["ROSTRUM_DELIVERY_DRAIN_SECONDS": "2", "ROSTRUM_DELIVERY_STALL_SECONDS": "5"])
        try broker.send(SIGSTOP)
        defer { try? broker.send(SIGCONT) }
        let ended = try classifier.end(within: .seconds(60))
        #expect(ended.code == 1)
        let reason = ended.errors.split(separator: "\n").last { $0.contains("cannot go on") } ?? ""
        #expect(reason.contains("\"error.code\":\"delivery.stalled\""), "\(ended.errors.suffix(2000))")
        #expect(reason.contains(area.documents + "-") && reason.contains("delivery.stallSeconds"))
    }
}
