import Foundation
import TestSupport
import Testing

/// Three workers and a broker, killed at random moments while documents keep coming, by one seed; then what is left.
final class ChaosRun {
    /// What differs from run to run.
    struct Plan {
        let mode: ChaosMode
        let seed: UInt64
        let kills: Int
        /// Records that a worker takes before it may be killed.
        var recordsBefore = 1...10
        /// Events that are published, committed or not, since the kill before.
        var eventsBefore = 0
        var commitMilliseconds = 500
        var victims: [Victim] = [.producer, .classifier, .classifier, .classifier, .sink, .sink, .sink, .broker]
        /// A program in the classifier's stead, and its arguments.
        var classifier: (program: String, arguments: [String]) = ("rostrum-classifier", [])
    }

    /// How long nothing may get better before the wait for the rest is over.
    private static let patience = Duration.seconds(60)
    /// Kills of the broker in one run at most: each takes as long as many others.
    private static let brokerKills = 2

    private let plan: Plan
    private var area: KafkaArea
    private let broker: OwnBroker
    private let supply: ChaosSupply
    private let classifier: ChaosWorker
    private let sink: ChaosWorker
    private var generator: SeededGenerator
    private var report: ChaosReport
    private var eventsAtKill = 0

    /// Whether the broker hides events from a sink that has been at work already. To kill it proves nothing then; one that
    /// begins when all is published stores them.
    private var isSinkBlind: Bool {
        plan.mode == .exactlyOnce && !OwnBroker.showsWhatFollowsAbortedTransactions
    }

    /// Starts everything.
    init(_ plan: Plan, broker: OwnBroker) throws {
        self.plan = plan
        self.broker = broker
        area = try KafkaArea(on: broker)
        generator = SeededGenerator(seed: plan.seed)
        report = ChaosReport(mode: plan.mode, seed: plan.seed)
        supply = try ChaosSupply(area)
        // Commits are some documents apart, so that a kill meets what is done and not committed.
        let settings = [
            "ROSTRUM_DELIVERY_MODE": plan.mode.rawValue,
            "ROSTRUM_DELIVERY_COMMIT_INTERVAL_MILLISECONDS": String(plan.commitMilliseconds),
            "ROSTRUM_CONSUMER_SESSION_SECONDS": "30",
        ]
        classifier = try ChaosWorker(.classifier) { [area] in
            try area.start(plan.classifier.program, settings, arguments: plan.classifier.arguments)
        }
        sink = try ChaosWorker(.sink) { [area] in try area.start("rostrum-sink", settings) }
    }

    /// Kills, lets the rest be done, and looks at what came of it.
    func run(patience: Duration = patience) throws -> ChaosReport {
        for _ in 0..<plan.kills { try killOne() }
        supply.end()
        let log = try finish(patience)
        report.lastWords = [classifier, sink].map(\.lastWords).joined(separator: "\n")
        for worker in [classifier, sink] { try worker.stop() }
        if isSinkBlind { try storeFromTheStart() }
        report.documents = supply.documents
        report.killsInFlight += classifier.killsInFlight + sink.killsInFlight + supply.killsInFlight
        report.redelivered = classifier.redelivered + sink.redelivered
        report.endedThemselves = classifier.ends + sink.ends
        report.duplicates = log.duplicates
        report.lost = log.missing
        report.deadLetters = try area.count(area.deadletter)
        try checkRows()
        return report
    }

    private func killOne() throws {
        let victims = plan.victims.filter { victim in
            switch victim {
            case .broker: report.kills[.broker, default: 0] < Self.brokerKills
            case .sink: !isSinkBlind
            default: true
            }
        }
        guard let victim = victims.randomElement(using: &generator) else { return }
        let delay = Duration.milliseconds(Int.random(in: 0...700, using: &generator))
        switch victim {
        case .classifier, .sink:
            let worker = victim == .sink ? sink : classifier
            let records = Int.random(in: plan.recordsBefore, using: &generator)
            try tend(for: .seconds(15)) { worker.hasTaken(records) }
            if plan.eventsBefore > 0 {
                try tend(for: .seconds(30)) {
                    try self.area.ends(self.area.classified) >= eventsAtKill + plan.eventsBefore
                }
            }
            try tend(for: delay)
            try worker.kill()
            if plan.eventsBefore > 0 { eventsAtKill = try area.ends(area.classified) }
        case .producer:
            try tend(for: delay)
            try supply.kill()
        case .broker:
            try tend(for: .seconds(30)) { self.classifier.hasTaken(1) }
            try tend(for: delay)
            if supply.isPublishing { report.killsInFlight += 1 }
            try broker.crash()
            try broker.start()
        }
        report.kills[victim, default: 0] += 1
    }

    /// Keeps everything going for a time, or until something is so.
    private func tend(for time: Duration, until isMet: () throws -> Bool = { false }) throws {
        _ = try waitUntil(within: time) {
            try supply.tend()
            for worker in [classifier, sink] { try worker.tend() }
            return try isMet()
        }
    }

    /// Waits until the last wave is published, every record of a document has its event, and all events are stored; or
    /// until nothing has got better for so long.
    private func finish(_ patience: Duration) throws -> EventLog {
        try tend(for: .seconds(120)) { try !self.supply.tend() }
        var log = try EventLog(area)
        var (best, since) = (Int.max, ContinuousClock.now)
        while true {
            let open = log.missing + unstored
            if open == 0 { return log }
            if open < best { (best, since) = (open, .now) }
            guard ContinuousClock.now - since < patience else { return log }
            for worker in [classifier, sink] { try worker.tend() }
            Thread.sleep(forTimeInterval: 0.2)
            log = try EventLog(area)
        }
    }

    /// Documents without a current row set. Not looked at while the store of the broker's making would be wrong.
    private var unstored: Int {
        isSinkBlind ? 0 : supply.documents - storedDocuments
    }

    private var storedDocuments: Int { area.number("SELECT count(DISTINCT document_id) FROM events WHERE is_current") }

    /// Has a new sink store all events into a new database; again and again, since it depends on how the broker cuts its
    /// answers whether a reader from the start sees all. What no reader sees is lost.
    private func storeFromTheStart() throws {
        for attempt in 1...10 {
            area.databaseName = "again-\(attempt).sqlite"
            let sink = try area.start(
                "rostrum-sink",
                [
                    "ROSTRUM_CONSUMER_SINK_GROUP": area.prefix + "again-\(attempt)",
                    "ROSTRUM_KAFKA_EXTRA_FETCH_MESSAGE_MAX_BYTES": TestBroker.wholePartition,
                ])
            let isDone = waitUntil(within: .seconds(5)) {
                self.storedDocuments >= self.supply.documents || !sink.isRunning
            }
            sink.send(SIGTERM)
            #expect(try sink.end(within: .seconds(60)).code == 0)
            if isDone { return }
        }
    }

    /// Every document once, with its topic and its evidence.
    private func checkRows() throws {
        let documents = supply.documents
        func expect(_ query: String, _ expected: Int, _ what: String) {
            let found = area.number(query)
            if found != expected { report.rowProblems.append("\(what): \(found), not \(expected)") }
        }
        report.lost += max(documents - storedDocuments, 0)
        expect("SELECT count(*) FROM events", documents, "events")
        expect("SELECT count(*) FROM events WHERE is_current", documents, "current events")
        expect(
            "SELECT count(DISTINCT event_key) FROM document_topics JOIN evidence USING (event_key, topic_key)",
            documents, "events with a topic and its evidence")
        expect(
            "SELECT count(*) FROM (SELECT event_key, topic_key FROM document_topics GROUP BY 1, 2 HAVING count(*) > 1)",
            0,
            "topics of an event that stand twice")
        if try area.sql("PRAGMA integrity_check") != "ok\n" { report.rowProblems.append("the database is damaged") }
    }
}
