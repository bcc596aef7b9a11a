import Foundation
import Testing

/// What the programs do when what they need is not there: a reason, the right exit code, in bounded time.
@Suite struct FailureTests {
    static let away = ["ROSTRUM_KAFKA_BOOTSTRAP_SERVERS": "localhost:1", "ROSTRUM_KAFKA_CONNECT_SECONDS": "1"]

    @Test(arguments: [
        ["rostrum-producer", ClassifyCommandTests.seed], ["rostrum-producer", "withdraw", "x"], ["rostrum-classifier"],
        ["rostrum-sink"], ["rostrum", "topics", "create"], ["rostrum", "topics", "describe"],
    ])
    func aMissingBroker(command: [String]) throws {
        let folder = try TemporaryFolder()
        let environment = Self.away.merging(["ROSTRUM_STORE_PATH": folder.url(of: "s.sqlite").path]) { $1 }
        let ended = try run(
            command[0], Array(command.dropFirst()), environment: environment, within: .seconds(30))
        #expect(ended.code == 69)
        #expect(ended.errors.contains("no broker answered at localhost:1 within 1 seconds"))
        #expect(ended.errors.contains("check that it runs"))
        #expect(ended.output == "")
    }

    @Test func aMissingRulesFolder() throws {
        let ended = try run("rostrum-classifier", ["--rules", "/no/such/rules"], environment: Self.away)
        #expect(ended.code == 78)
        #expect(ended.errors.contains("the rules folder '/no/such/rules' (rules.path) does not exist"))
    }

    @Test func aStoreThatCannotBeOpened() throws {
        let ended = try run("rostrum-sink", ["--store", "/no/such/folder/s.sqlite"], environment: Self.away)
        #expect(ended.code == 69)
        #expect(ended.errors.contains("/no/such/folder/s.sqlite"))
        let folder = try TemporaryFolder()
        let file = try folder.write("this is no database, and long enough to be sure of it", to: "s.sqlite")
        let other = try run("rostrum-sink", ["--store", file], environment: Self.away)
        #expect(other.code == 78)
        #expect(other.errors.contains("store.not_a_store"))
        #expect(folder.read("s.sqlite").hasPrefix("this is no database"))
    }

    /// The reason stands alone: no error of a server that was cut off.
    @Test(arguments: ["rostrum-classifier", "rostrum-sink"])
    func aWorkerThatFailsEndsItsEndpointsInOrder(program: String) throws {
        let folder = try TemporaryFolder()
        let ended = try run(
            program,
            environment: Self.away.merging([
                "ROSTRUM_HTTP_PORT": "0", "ROSTRUM_STORE_PATH": folder.url(of: "s.sqlite").path,
            ]) { $1 }, within: .seconds(30))
        #expect(ended.code == 69 && ended.errors.contains("endpoints listening"))
        #expect(!ended.errors.contains(#""level":"error""#), "\(ended.errors)")
    }

    @Test func wrongSettings() throws {
        let ended = try run("rostrum-sink", ["--set", "delivery.drainSeconds=never", "--set", "store.pth=x"])
        #expect(ended.code == 78)
        #expect(ended.errors.contains("delivery.drainSeconds is 'never'"))
        #expect(ended.errors.contains("did you mean 'store.path'?"))
        let property = try run(
            "rostrum", ["topics", "create", "--set", "kafka.extra.no.such.property=1"], environment: Self.away)
        #expect(property.code == 78)
        #expect(property.errors.contains("no.such.property"))
    }

    /// Whoever works on Rostrum has such variables exported; they are no settings, and nothing of them is refused.
    @Test(arguments: ["rostrum-producer", "rostrum-classifier", "rostrum-sink", "rostrum"])
    func variablesOfTestsAreNoSettings(program: String) throws {
        let arguments = ["rostrum-producer": [ClassifyCommandTests.seed], "rostrum": ["topics", "describe"]]
        let folder = try TemporaryFolder()
        let ended = try run(
            program, arguments[program] ?? [],
            environment: Self.away.merging([
                "ROSTRUM_TEST_NOIDA_DB": "/opt/noida-db", "ROSTRUM_TEST_BROKERS": "localhost:1",
                "ROSTRUM_TEST_OF_ANY_NAME": "1", "ROSTRUM_STORE_PATH": folder.url(of: "s.sqlite").path,
            ]) { $1 }, within: .seconds(30))
        #expect(ended.code == 69, "the broker is what is missing")
        #expect(!ended.errors.contains("ROSTRUM_TEST_"))
    }

    /// What the tests' scripts read and export is named so that programs leave it alone.
    @Test(arguments: ["Tests/run", "Tests/Integration/broker", "Tests/EventStoreTests/postgres"])
    func scriptsOfTestsExportNoSettings(script: String) throws {
        let text = try String(contentsOf: packageRoot.appending(path: script), encoding: .utf8)
        let names = text.matches(of: /ROSTRUM_[A-Z0-9_]+/).map { String($0.output) }
        #expect(names.filter { !$0.hasPrefix("ROSTRUM_TEST_") } == [])
    }

    /// While a worker still waits for its broker, a signal ends it without a failure.
    @Test(arguments: [SIGTERM, SIGINT])
    func aSignalWhileWaitingForTheBroker(signal: Int32) throws {
        let worker = try RunningProgram(
            "rostrum-classifier",
            environment: ["ROSTRUM_KAFKA_BOOTSTRAP_SERVERS": "localhost:1", "ROSTRUM_KAFKA_CONNECT_SECONDS": "600"])
        try worker.waitForLine("Connection refused")
        worker.send(signal)
        let ended = try worker.end(within: .seconds(30))
        #expect(ended.code == 0)
        #expect(ended.errors.contains("\"stop.reason\":\"\(signal == SIGTERM ? "SIGTERM" : "SIGINT")\""))
    }

    @Test func aSecondSignalEndsItAtOnce() throws {
        let worker = try RunningProgram(
            "rostrum-classifier",
            environment: ["ROSTRUM_KAFKA_BOOTSTRAP_SERVERS": "localhost:1", "ROSTRUM_KAFKA_CONNECT_SECONDS": "600"])
        try worker.waitForLine("Connection refused")
        // Two signals of different number cannot merge into one.
        worker.send(SIGTERM)
        worker.send(SIGINT)
        #expect(try worker.end(within: .seconds(30)).code == 130)
    }
}
