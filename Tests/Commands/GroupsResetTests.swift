import Foundation
import Testing

/// `rostrum groups reset`: where the classifier goes on, asked of the broker by a reader of the group's own offsets.
@Suite(.enabled(if: TestBroker.isThere, TestBroker.absence), .serialized)
struct GroupsResetTests {
    static let documents = 45

    private func reset(_ area: KafkaArea, _ arguments: [String]) throws -> Ended {
        try run("rostrum", ["groups", "reset"] + arguments, environment: area.environment)
    }

    /// The group's offset in each partition, by the command's own report of where it is.
    private func offsets(_ area: KafkaArea) throws -> [Int: Int] {
        let ended = try reset(area, ["--to-current", "--dry-run", "--output", "json"])
        let plan = try #require(try objects(ended.output.replacing("\n", with: "")).first)
        let moves = try #require(plan["moves"] as? [[String: Any]])
        return Dictionary(
            uniqueKeysWithValues: moves.compactMap { move in
                (move["partition"] as? Int).flatMap { number in (move["current"] as? Int).map { (number, $0) } }
            })
    }

    private func publish(_ area: KafkaArea, _ name: String) throws {
        let folder = try DocumentFolder(Self.documents, named: name)
        try #require(run("rostrum-producer", [folder.path], environment: area.environment).code == 0)
    }

    /// A member without a lasting name leaves the group when it stops; one with a name is in it until its session is over.
    private func classifier(_ area: KafkaArea) throws -> RunningProgram {
        try RunningProgram("rostrum-classifier", environment: area.environment)
    }

    /// Classifies until so many events are there, and stops in order.
    private func classify(_ area: KafkaArea, until events: Int) throws {
        let classifier = try classifier(area)
        let isDone = try waitUntil(within: .seconds(120)) {
            try area.count(area.classified) >= events || !classifier.isRunning
        }
        #expect(isDone, "\(classifier.errors.suffix(2000))")
        classifier.send(SIGTERM)
        #expect(try classifier.end(within: .seconds(60)).code == 0)
        #expect(try area.count(area.classified) == events)
    }

    @Test func theClassifierGoesOnWhereItWasSetTo() throws {
        let area = try KafkaArea()
        try publish(area, "first")
        try classify(area, until: Self.documents)
        let ends = try offsets(area)
        #expect(ends.values.reduce(0, +) == Self.documents)

        // Shown and kept, and nothing is changed by either.
        let file = area.folder.url(of: "before.json").path
        let shown = try reset(area, ["--to-earliest", "--dry-run"])
        #expect(shown.code == 0, "\(shown.errors)")
        #expect(shown.output.contains("-> 0  (\(ends[0] ?? -1) offsets read again)"), "\(shown.output)")
        #expect(shown.output.hasSuffix("nothing was changed; --execute does it\n"))
        #expect(try reset(area, ["--to-current", "--export", file]).code == 0)
        #expect(try offsets(area) == ends)

        let done = try reset(area, ["--to-earliest", "--execute"])
        #expect(done.code == 0, "\(done.errors)")
        #expect(done.output.contains("the offsets stand"))
        #expect(try offsets(area) == ends.mapValues { _ in 0 })
        #expect(try reset(area, ["--plan", file, "--execute"]).code == 0)
        #expect(try offsets(area) == ends)
        #expect(try reset(area, ["--shift-by", "-2", "--partitions", "0-1", "--execute"]).code == 0)
        let expected = [0: (ends[0] ?? 0) - 2, 1: (ends[1] ?? 0) - 2, 2: ends[2] ?? 0]
        #expect(try offsets(area) == expected)
        // What was set is what the classifier does: four documents again.
        try classify(area, until: Self.documents + 4)
        let sink = try area.start("rostrum-sink")
        try area.wait(for: KafkaArea.storedRecords, toReach: Self.documents + 4, by: [sink])
        #expect(area.number("SELECT count(*) FROM events") == Self.documents)
        sink.send(SIGTERM)
        #expect(try sink.end(within: .seconds(60)).code == 0)
    }

    @Test func aTimeIsTheFirstRecordThen() throws {
        let area = try KafkaArea()
        try publish(area, "first")
        try classify(area, until: Self.documents)
        Thread.sleep(forTimeInterval: 1.2)
        let moment = Date()
        try publish(area, "second")
        try classify(area, until: 2 * Self.documents)
        let text = moment.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        #expect(try reset(area, ["--to-datetime", text, "--execute"]).code == 0)
        let limit = Int64((moment.timeIntervalSince1970 * 1000).rounded())
        let stamps = try area.kcat(area.documents, "%p %T\n").split(separator: "\n").map { line in
            line.split(separator: " ").compactMap { Int64($0) }
        }
        let before = stamps.filter { $0[1] < limit }.reduce(into: [0: 0, 1: 0, 2: 0]) { counts, stamp in
            counts[Int(stamp[0]), default: 0] += 1
        }
        #expect(before.values.reduce(0, +) == Self.documents)
        #expect(try offsets(area) == before)
        #expect(try reset(area, ["--by-duration", "PT1H", "--execute"]).code == 0)
        #expect(try offsets(area) == [0: 0, 1: 0, 2: 0])
    }

    @Test func aGroupWithMembersIsRefused() throws {
        let area = try KafkaArea()
        try publish(area, "first")
        let classifier = try classifier(area)
        #expect(try waitUntil(within: .seconds(120)) { try area.count(area.classified) == Self.documents })
        let refused = try reset(area, ["--to-earliest", "--execute"])
        #expect(refused.code == 1)
        #expect(refused.errors.contains("has members (rostrum-classifier at"), "\(refused.errors)")
        let shown = try reset(area, ["--to-earliest", "--dry-run"])
        #expect(shown.code == 3)
        #expect(shown.output.contains("--execute is refused while they are there"), "\(shown.output)")
        classifier.send(SIGTERM)
        #expect(try classifier.end(within: .seconds(60)).code == 0)
        // Nothing was reset: the classifier's last commit stands.
        #expect(try offsets(area).values.reduce(0, +) == Self.documents)
    }

    @Test func whatMeansNothingIsRefused() throws {
        let area = try KafkaArea()
        let sink = try reset(area, ["--to-earliest", "--group", area.prefix + "sink", "--dry-run"])
        #expect(sink.code == 2)
        #expect(sink.errors.contains("begins where its store ends"), "\(sink.errors)")
        let partition = try reset(area, ["--to-latest", "--partitions", "7", "--execute"])
        #expect(partition.code == 78)
        #expect(partition.errors.contains("has partitions 0 to 2, not 7"), "\(partition.errors)")
        let topic = try reset(area, ["--to-latest", "--topic", area.prefix + "none", "--execute"])
        #expect(topic.code == 78)
        // A group that has read nothing yet can be told where to begin, and not by how much to move.
        let shifted = try reset(area, ["--shift-by", "3", "--dry-run"])
        #expect(shifted.code == 3)
        #expect(shifted.output.contains("no offset there to begin at: partitions 0, 1, 2"), "\(shifted.output)")
        #expect(try reset(area, ["--to-latest", "--execute"]).code == 0)
        #expect(try offsets(area) == [0: 0, 1: 0, 2: 0])
    }
}

@Suite struct GroupsResetUsageTests {
    @Test(arguments: [
        (["--to-earliest"], "give one of --dry-run"), (["--to-earliest", "--dry-run", "--execute"], "give one of"),
        (["--dry-run"], "say where to"), (["--to-earliest", "--to-latest", "--dry-run"], "exclude each other"),
        (["--shift-by", "1", "--plan", "x", "--dry-run"], "exclude each other"),
        (["--to-offset", "-1", "--dry-run"], "--to-offset"),
        (["--to-datetime", "PT1H", "--dry-run"], "--to-datetime takes a time"),
        (["--by-duration", "2026-01-01", "--dry-run"], "--by-duration takes a duration"),
        (["--by-duration", "P1Y", "--dry-run"], "--by-duration takes a duration"),
        (["--to-latest", "--partitions", "3-1", "--dry-run"], "--partitions takes"),
        (["--plan", "x", "--group", "g", "--execute"], "--group does not go with --plan"),
    ])
    func wrongCommandLines(_ arguments: [String], _ says: String) throws {
        let ended = try run("rostrum", ["groups", "reset"] + arguments)
        #expect(ended.code == 2)
        #expect(ended.errors.contains(says), "\(ended.errors)")
    }

    @Test func aPlanThatIsNotThereIsSaid() throws {
        let ended = try run("rostrum", ["groups", "reset", "--plan", "/nowhere.json", "--execute"])
        #expect(ended.code == 78)
        #expect(ended.errors.contains("is no plan of offsets"), "\(ended.errors)")
    }
}
