import Foundation
import Testing

/// kill -9 of any worker with work in flight, and a restart: exactly one row set per document, none lost.
@Suite(.enabled(if: TestBroker.isThere, TestBroker.absence), .serialized)
struct KillTests {
    static let documents = 400

    /// Speeches that differ, small enough for hundreds and with topics in every one.
    private func speeches(_ folder: TemporaryFolder) throws {
        let passages = [
            "Drug trafficking is a threat to every town.", "Modern slavery has no place among us.",
            "Cyber crime rose again last year.", "We will strengthen the use of digital evidence.",
            "Anti-corruption work goes on.",
        ]
        for number in 0..<Self.documents {
            let passage = passages[number % passages.count]
            try folder.write(
                "Speech number \(number)\n\nLadies and gentlemen, this is speech \(number). \(passage)\n\nThank you.",
                to: "speech-\(number).txt")
        }
    }

    /// Kills the worker of that name as soon as it has taken so many records, starts it again, lets all finish.
    /// Returns how many records were taken more than once.
    private func redelivered(_ killed: String, after records: Int) throws -> Int {
        let area = try KafkaArea()
        let folder = try TemporaryFolder()
        try speeches(folder)
        #expect(try run("rostrum-producer", [folder.path], environment: area.environment).code == 0)
        // Commits are far apart, so that the work of a moment ago is still uncommitted when the kill comes.
        let late = ["ROSTRUM_DELIVERY_COMMIT_INTERVAL_MILLISECONDS": "60000"]
        let other = killed == "rostrum-sink" ? "rostrum-classifier" : "rostrum-sink"
        if killed == "rostrum-sink" {
            // The events are all there, so that the sink has work for as long as it lives.
            let classifier = try area.start(other)
            try #require(
                waitUntil(within: .seconds(120)) {
                    try area.count(area.classified) >= Self.documents || !classifier.isRunning
                })
            classifier.send(SIGTERM)
            #expect(try classifier.end().code == 0)
        }
        let victim = try area.start(killed, late)
        try #require(
            waitUntil(within: .seconds(60)) { victim.recordsTaken.count >= records || !victim.isRunning }
                && victim.isRunning,
            "\(victim.errors.suffix(2000))")
        victim.killNow()
        let before = victim.recordsTaken
        let restarted = try area.start(killed)
        let helper = killed == "rostrum-sink" ? nil : try area.start(other)
        try area.wait(
            for: KafkaArea.currentEvents, toReach: Self.documents, by: [restarted, helper].compactMap(\.self))
        for worker in [restarted, helper].compactMap(\.self) {
            worker.send(SIGTERM)
            #expect(try worker.end(within: .seconds(60)).code == 0)
        }
        try checkRows(area)
        let taken = before + restarted.recordsTaken
        return taken.count - Set(taken).count
    }

    /// Every document once, with its topic and its evidence.
    private func checkRows(_ area: KafkaArea) throws {
        #expect(area.number("SELECT count(*) FROM events") == Self.documents)
        #expect(area.number("SELECT count(DISTINCT document_id) FROM events WHERE is_current") == Self.documents)
        #expect(
            area.number(
                "SELECT count(DISTINCT event_key) FROM document_topics JOIN evidence USING (event_key, topic_key)")
                == Self.documents)
        #expect(try area.sql("PRAGMA integrity_check") == "ok\n")
    }

    @Test func theClassifierIsKilled() throws {
        let count = try redelivered("rostrum-classifier", after: 40)
        print("kill -9 of rostrum-classifier: \(count) records were redelivered")
        #expect(count > 0)
    }

    @Test func theSinkIsKilled() throws {
        let count = try redelivered("rostrum-sink", after: 40)
        print("kill -9 of rostrum-sink: \(count) records were redelivered")
        #expect(count > 0)
    }

    /// A producer that is killed has published some; whoever starts it again publishes the rest, and nothing doubles.
    @Test func theProducerIsKilled() throws {
        let area = try KafkaArea()
        let folder = try TemporaryFolder()
        try speeches(folder)
        // One document at a time, so that the kill comes long before the last.
        let producer = try area.start(
            "rostrum-producer", ["ROSTRUM_DELIVERY_MAX_IN_FLIGHT_RECORDS": "1"], arguments: [folder.path])
        try #require(waitUntil(within: .seconds(60)) { try area.ends(area.documents) > 0 }, "\(producer.errors)")
        producer.killNow()
        let first = try area.ends(area.documents)
        #expect(first < Self.documents)
        #expect(try run("rostrum-producer", [folder.path], environment: area.environment).code == 0)
        let classifier = try area.start("rostrum-classifier")
        let sink = try area.start("rostrum-sink")
        #expect(try area.count(area.documents) == Self.documents)
        try area.wait(for: KafkaArea.storedRecords, toReach: Self.documents, by: [classifier, sink])
        for worker in [classifier, sink] { worker.send(SIGTERM) }
        for worker in [classifier, sink] { #expect(try worker.end(within: .seconds(60)).code == 0) }
        try checkRows(area)
    }
}
