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

    /// While the broker is away log, health and `rostrum status` name it; when it is back all is well without a restart.
    @Test func aLostBrokerIsSaidAndRecoveredFrom() throws {
        let broker = try OwnBroker()
        let area = try KafkaArea(on: broker)
        let (atClassifier, atSink) = (try Endpoint(), try Endpoint())
        let classifier = try area.start("rostrum-classifier", atClassifier.environment)
        let sink = try area.start("rostrum-sink", atSink.environment)
        for endpoint in [atClassifier, atSink] { try endpoint.wait(for: "/health/ready", toAnswer: 200) }
        try broker.crash()
        for (endpoint, worker) in [(atClassifier, classifier), (atSink, sink)] {
            let text = try endpoint.wait(for: "/health/ready", toAnswer: 503, within: .seconds(120))
            #expect(text.contains("connected to no broker of \(area.servers) (kafka.bootstrapServers)"), "\(text)")
            #expect(try endpoint.get("/health/live").status == 200, "a restart would not bring the broker back")
            #expect(try endpoint.metric("rostrum_ready") == 0)
            try worker.waitForLine("the broker is in difficulty")
        }
        let status = try run(
            "rostrum", ["status", "--worker", atClassifier.address, "--worker", atSink.address],
            environment: area.environment.merging(["ROSTRUM_KAFKA_CONNECT_SECONDS": "2"]) { $1 },
            within: .seconds(120))
        #expect(status.code == 69)
        for sentence in ["no broker answered at \(area.servers)", "connected to no broker of \(area.servers)"] {
            #expect(status.output.contains(sentence), "\(sentence)\n\(status.output)")
        }
        try broker.start()
        for endpoint in [atClassifier, atSink] {
            try endpoint.wait(for: "/health/ready", toAnswer: 200, within: .seconds(120))
        }
        #expect(try run("rostrum-producer", [PipelineTests.samples], environment: area.environment).code == 0)
        try area.wait(for: "SELECT count(*) FROM events", toReach: 14, by: [classifier, sink])
        for worker in [classifier, sink] {
            worker.send(SIGTERM)
            #expect(try worker.end(within: .seconds(60)).code == 0)
        }
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

    /// Its window is full and nobody makes room.
    @Test func aProducerToldToStopWithoutTheBrokerEndsInTime() throws {
        let broker = try OwnBroker()
        let area = try KafkaArea(on: broker)
        let folder = try DocumentFolder(400, named: "stopped")
        let producer = try area.start(
            "rostrum-producer",
            ["ROSTRUM_DELIVERY_MAX_IN_FLIGHT_RECORDS": "4", "ROSTRUM_DELIVERY_DRAIN_SECONDS": "4"],
            arguments: [folder.path, "--max-rate", "20"])
        try #require(
            waitUntil(within: .seconds(60)) { try area.count(area.documents) >= 8 || !producer.isRunning }
                && producer.isRunning, "\(producer.errors.suffix(2000))")
        try broker.send(SIGSTOP)
        defer { try? broker.send(SIGCONT) }
        // Four documents are under way and the next one waits for room: at twenty a second that is soon so.
        Thread.sleep(forTimeInterval: 3)
        let asked = ContinuousClock.now
        producer.send(SIGTERM)
        let ended = try producer.end(within: .seconds(60))
        #expect(ContinuousClock.now - asked < .seconds(4 + 12))
        #expect(ended.code == 1, "\(ended.errors.suffix(2000))")
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
