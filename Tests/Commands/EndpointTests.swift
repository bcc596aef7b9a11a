import Foundation
import Testing

/// What workers answer over HTTP while no broker is there.
@Suite struct EndpointStartTests {
    private static let away = [
        "ROSTRUM_KAFKA_BOOTSTRAP_SERVERS": "localhost:1", "ROSTRUM_KAFKA_CONNECT_SECONDS": "600",
    ]

    @Test func aWorkerThatWaitsForItsBrokerSaysSo() throws {
        let endpoint = try Endpoint()
        let worker = try RunningProgram(
            "rostrum-classifier", environment: Self.away.merging(endpoint.environment) { $1 })
        try worker.waitForLine("endpoints listening")
        try endpoint.wait(for: "/health/live", toAnswer: 200)
        _ = try waitUntil(within: .seconds(60)) { try endpoint.get("/health/ready").text.contains("localhost:1") }
        let ready = try endpoint.get("/health/ready")
        #expect(ready.status == 503)
        #expect(ready.text.contains("starting: waiting for a broker at localhost:1 (kafka.bootstrapServers)"))
        #expect(try endpoint.json("/status")["phase"] as? String == "starting")
        #expect(try endpoint.get("/nothing").status == 404)

        let live = try run("rostrum", ["health"], environment: endpoint.environment)
        #expect(live.code == 0 && live.errors == "")
        let notReady = try run("rostrum", ["health", "--ready", endpoint.address])
        #expect(notReady.code == 1)
        #expect(notReady.errors.contains("waiting for a broker at localhost:1"))

        // A second worker that wants the same port ends at once, and says which setting to change.
        let second = try run(
            "rostrum-sink", ["--store", "/tmp/never-made.sqlite"],
            environment: Self.away.merging(endpoint.environment) { $1 }, within: .seconds(60))
        #expect(second.code == 78)
        #expect(second.errors.contains("http.cannot_listen"))
        #expect(second.errors.contains("cannot listen at 127.0.0.1:\(endpoint.port) (http.host, http.port)"))
        #expect(second.errors.contains("give each worker a port of its own"))

        worker.send(SIGTERM)
        #expect(try worker.end(within: .seconds(60)).code == 0)
    }

    @Test func anyFreePortIsSaid() throws {
        let worker = try RunningProgram(
            "rostrum-classifier", environment: Self.away.merging(["ROSTRUM_HTTP_PORT": "0"]) { $1 })
        try worker.waitForLine("endpoints listening")
        let line = try #require(worker.errors.split(separator: "\n").first { $0.contains("endpoints listening") })
        let port = try #require(try objects(String(line))[0]["http.port"] as? Int)
        #expect(try run("rostrum", ["health", "http://127.0.0.1:\(port)"]).code == 0)
        worker.send(SIGTERM)
        _ = try worker.end(within: .seconds(60))
    }

    @Test func anAddressThatIsNotThisMachinesIsNamed() throws {
        let ended = try run(
            "rostrum-classifier",
            environment: Self.away.merging(["ROSTRUM_HTTP_PORT": "0", "ROSTRUM_HTTP_HOST": "192.0.2.1"]) { $1 },
            within: .seconds(60))
        #expect(ended.code == 78)
        #expect(ended.errors.contains("name an address of this machine"))
    }

    @Test func theHealthCommandIsHonest() throws {
        let nobody = try run("rostrum", ["health", "http://127.0.0.1:1"])
        #expect(nobody.code == 1)
        #expect(nobody.errors == "http://127.0.0.1:1/health/live: nobody listens there\n")
        #expect(try run("rostrum", ["health", "ftp://x"]).code == 2)
        #expect(try run("rostrum", ["health", "--timeout", "0"]).code == 2)
        let noPort = try run("rostrum", ["health"])
        #expect(noPort.code == 78)
        #expect(noPort.errors.contains("set http.port (ROSTRUM_HTTP_PORT)"))
    }
}

/// What workers answer while they work. The oracle of the text is Prometheus' own tool.
@Suite(.enabled(if: TestBroker.isThere, TestBroker.absence), .serialized)
struct EndpointTests {
    private func checkMetrics(_ endpoint: Endpoint) throws {
        let ended = try run("promtool", ["check", "metrics"], input: try endpoint.get("/metrics").text)
        #expect(ended.code == 0 && ended.errors == "", "\(ended.errors)\(ended.output)")
    }

    @Test func workersShowWhatTheyDo() throws {
        let area = try KafkaArea()
        let (atClassifier, atSink) = (try Endpoint(), try Endpoint())
        let classifier = try area.start("rostrum-classifier", atClassifier.environment)
        let sink = try area.start("rostrum-sink", atSink.environment)
        // An idle Kafka topic is no reason to be unwell.
        for endpoint in [atClassifier, atSink] {
            try endpoint.wait(for: "/health/ready", toAnswer: 200)
            try endpoint.wait(for: "/health/live", toAnswer: 200)
            try checkMetrics(endpoint)
        }
        #expect(try run("rostrum-producer", [PipelineTests.samples], environment: area.environment).code == 0)
        try area.put("no document", key: "x")
        try area.wait(for: KafkaArea.storedRecords, toReach: 14, by: [classifier, sink])
        let isDone = try waitUntil(within: .seconds(60)) {
            try atClassifier.metric("rostrum_dead_letters_total{code=\"document.invalid_json\"}") == 1
                && atClassifier.metric("rostrum_total_lag_records") == 0
                && atSink.metric("rostrum_total_lag_records") == 0
        }
        #expect(isDone, "\(atClassifier.shown)")
        #expect(try atClassifier.metric("rostrum_events_total") == 14)
        #expect(try atSink.metric("rostrum_events_total") == 14)
        #expect(try atSink.metric("rostrum_store_events_total{result=\"inserted\"}") == 14)
        // From the document's own timestamp, over both workers.
        #expect(try atSink.metric("rostrum_document_to_store_seconds_count") == 14)
        for endpoint in [atClassifier, atSink] { try checkMetrics(endpoint) }
        let status = try atClassifier.json("/status")
        #expect((status["ruleset"] as? [String: Any])?["name"] as? String == "crime-policy")
        #expect((status["assignment"] as? [Any])?.count == 3)
        for worker in [classifier, sink] {
            worker.send(SIGTERM)
            let ended = try worker.end()
            #expect(ended.code == 0)
            let stopped = try objects(ended.errors).filter { $0["message"] as? String == "stopped" }
            #expect(stopped.count == 1)
            #expect(stopped.first?["stop.reason"] as? String == "SIGTERM")
            #expect(stopped.first?["documents"] as? Int == 14)
        }
    }

    /// In transactions the group's committed offsets are written by the producer, and control records lie between events.
    @Test func lagInTransactionsComesToNothing() throws {
        let area = try KafkaArea()
        let (atClassifier, atSink) = (try Endpoint(), try Endpoint())
        let classifier = try area.start(
            "rostrum-classifier", atClassifier.environment.merging(["ROSTRUM_DELIVERY_MODE": "exactly-once"]) { $1 })
        let sink = try area.start("rostrum-sink", atSink.environment)
        #expect(try run("rostrum-producer", [PipelineTests.samples], environment: area.environment).code == 0)
        try area.wait(for: "SELECT count(*) FROM events", toReach: 14, by: [classifier, sink])
        for endpoint in [atClassifier, atSink] {
            let isDone = try waitUntil(within: .seconds(60)) { try endpoint.metric("rostrum_total_lag_records") == 0 }
            #expect(isDone, "\(endpoint.shown)")
            let text = try endpoint.get("/metrics").text
            #expect(!text.contains("} -"), "a negative number: \(text)")
        }
    }

    /// A second worker takes partitions over: the first shows them no longer, and both stay well.
    @Test func aRebalanceMovesTheSeries() throws {
        let area = try KafkaArea(partitions: 4)
        let (first, second) = (try Endpoint(), try Endpoint())
        let one = try area.start("rostrum-classifier", first.environment)
        let all = try waitUntil(within: .seconds(60)) { try first.metric("rostrum_partitions_assigned") == 4 }
        try #require(all, "\(one.errors.suffix(2000))")
        let two = try area.start(
            "rostrum-classifier", second.environment.merging(["ROSTRUM_CONSUMER_INSTANCE_ID": "second"]) { $1 })
        let isShared = try waitUntil(within: .seconds(120)) {
            try first.metric("rostrum_partitions_assigned") == 2 && second.metric("rostrum_partitions_assigned") == 2
        }
        try #require(isShared, "\(one.errors.suffix(2000))\n---\n\(two.errors.suffix(2000))")
        for endpoint in [first, second] {
            let isShown = try waitUntil(within: .seconds(60)) {
                try endpoint.get("/metrics").text.matches(of: /(?m)^rostrum_lag_records\{/).count == 2
            }
            #expect(isShown)
            #expect(try endpoint.get("/health/live").status == 200)
            #expect(try endpoint.get("/health/ready").status == 200)
        }
    }

    @Test func stuckProcessingIsNotLive() throws {
        let area = try KafkaArea()
        let endpoint = try Endpoint()
        let settings = endpoint.environment.merging(["ROSTRUM_DELIVERY_STALL_SECONDS": "10"]) { $1 }
        let worker = try area.start("PoisonWorker", settings, arguments: ["hang"])
        try endpoint.wait(for: "/health/live", toAnswer: 200)
        try area.put(#"{"schema_version":1,"id":"p","title":"poison","body":["Text."]}"#, key: "p")
        let text = try endpoint.wait(for: "/health/live", toAnswer: 503, within: .seconds(120))
        #expect(text.contains("has had work in hand for"))
        #expect(try endpoint.metric("rostrum_live") == 0)
        worker.killNow()
    }

    /// Another program holds the database: the sink tries again, says so, and is ready when the database is free.
    @Test func aLostStoreIsNotReady() throws {
        let area = try KafkaArea()
        let (atSink, other) = (try Endpoint(), try TemporaryFolder())
        let classifier = try area.start("rostrum-classifier")
        let sink = try area.start("rostrum-sink", atSink.environment)
        try atSink.wait(for: "/health/ready", toAnswer: 200)
        let script = """
            import sqlite3, sys, os, time
            database = sqlite3.connect(sys.argv[1], isolation_level=None)
            database.execute("BEGIN EXCLUSIVE")
            open(sys.argv[2] + "/held", "w").close()
            while not os.path.exists(sys.argv[2] + "/free"): time.sleep(0.05)
            """
        let holder = try RunningProgram("python3", ["-c", script, area.database, other.path])
        #expect(waitUntil(within: .seconds(30)) { FileManager.default.fileExists(atPath: other.url(of: "held").path) })
        #expect(try run("rostrum-producer", [PipelineTests.samples], environment: area.environment).code == 0)
        let text = try atSink.wait(for: "/health/ready", toAnswer: 503, within: .seconds(120))
        #expect(text.contains("does not take what it is given (store.busy)"), "\(text)")
        #expect(try atSink.get("/health/live").status == 200)
        try other.write("", to: "free")
        _ = try holder.end()
        try atSink.wait(for: "/health/ready", toAnswer: 200, within: .seconds(120))
        try area.wait(for: "SELECT count(*) FROM events", toReach: 14, by: [classifier, sink])
    }
}
