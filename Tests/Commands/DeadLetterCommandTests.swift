import Foundation
import Testing

/// `rostrum deadletter …` against dead letters that the built classifier wrote; records are written, read and compared by
/// other programs.
@Suite(.enabled(if: TestBroker.isThere, TestBroker.absence), .serialized)
struct DeadLetterCommandTests {
    private func deadletter(_ area: KafkaArea, _ arguments: String...) throws -> Ended {
        try run("rostrum", ["deadletter"] + arguments, environment: area.environment)
    }

    private func object(_ ended: Ended) throws -> [String: Any] {
        try #require(try objects(ended.output).first, "\(ended.errors)")
    }

    /// Has a classifier put everything aside that is in the documents' topic.
    private func putAside(_ area: KafkaArea, until count: Int) throws {
        let classifier = try area.start("rostrum-classifier")
        try #require(
            waitUntil(within: .seconds(120)) { try area.count(area.deadletter) >= count || !classifier.isRunning },
            "\(classifier.errors.suffix(3000))")
        classifier.send(SIGTERM)
        #expect(try classifier.end().code == 0)
        #expect(try area.count(area.deadletter) == count)
    }

    /// A thousand records that no worker can read, of many kinds: with keys and without, with values and without, bytes
    /// that are no text, headers repeated and null.
    private func publishAThousand(_ area: KafkaArea) throws {
        let headerSets = [
            [], ["own=kept"], ["own=1", "own=2"], ["null"], ["empty=", "null", "own=\u{FC}"],
            ["__connect.errors.topic=elsewhere", "rostrum.error.code=mine"],
        ]
        for (number, headers) in headerSets.enumerated() {
            let isKeyed = number % 2 == 0
            var lines = Data()
            for line in 0..<(number == 0 ? 250 : 150) {
                // An empty key or value is null to kcat's -Z.
                lines += Data((isKeyed ? "key-\(number)-\(line % 40)\t" : "\t").utf8)
                if isKeyed || line % 10 != 9 {
                    lines += Data("{not json \(number) \(line) ".utf8) + Data([0x80, 0xFF, 0x01])
                }
                lines += Data("\n".utf8)
            }
            let file = try area.folder.write(lines, to: "lines-\(number)")
            let ended = try run(
                "kcat",
                ["-b", area.servers, "-P", "-t", area.documents, "-Z", "-K", "\t"]
                    + headers.flatMap { ["-H", $0] } + ["-l", file])
            try #require(ended.code == 0, "\(ended.errors)")
        }
        #expect(try area.count(area.documents) == 1_000)
    }

    /// Writes every record of the documents' topic as a line of lengths, time, key, value and headers to `originals` and,
    /// without the count, to `redriven`; gives the number of lines and the digest of the different ones in each.
    private func compare(_ area: KafkaArea) throws -> (originals: [String], redriven: [String]) {
        let script = """
            set -euo pipefail
            export LC_ALL=C
            kcat -b "$1" -C -t "$2" -e -q -f '%K %S %T|%k|%s|%h\\n' > "$3/all"
            grep -av 'rostrum.redrive.count=' "$3/all" > "$3/originals" || true
            grep -a 'rostrum.redrive.count=1$' "$3/all" | sed -E 's/,?rostrum.redrive.count=1$//' > "$3/redriven" || true
            for name in originals redriven; do
                echo "$(wc -l < "$3/$name") $(sort -u "$3/$name" | wc -l) $(sort -u "$3/$name" | sha256sum | cut -d' ' -f1)"
            done
            """
        let ended = try run("bash", ["-c", script, "bash", area.servers, area.documents, area.folder.path])
        try #require(ended.code == 0, "\(ended.errors)")
        let lines = ended.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        return (lines[0], lines[1])
    }

    @Test func aThousandGoBackByteForByte() throws {
        let area = try KafkaArea()
        try publishAThousand(area)
        try putAside(area, until: 1_000)

        let dry = try deadletter(area, "redrive", "--dry-run", "--output", "json")
        #expect(dry.code == 0)
        let plan = try object(dry)
        #expect(plan["read"] as? Int == 1_000 && plan["sent"] as? Int == 1_000 && plan["dry_run"] as? Bool == true)
        #expect(plan["routes"] as? [String: Int] == [area.documents: 1_000])
        #expect((plan["codes"] as? [String: Int])?.values.reduce(0, +) == 1_000)
        #expect(try area.count(area.documents) == 1_000)

        let done = try deadletter(area, "redrive", "--execute")
        #expect(done.code == 0, "\(done.errors)")
        #expect(done.output.hasPrefix("1000 dead letters read, 1000 chosen, 1000 sent back\n"))
        let (originals, redriven) = try compare(area)
        print("redrive: digest of 1000 originals \(originals[2]), of what came back \(redriven[2])")
        #expect(originals[0] == "1000" && redriven == originals)

        // Nothing is left to do, and the dead letters themselves stay.
        let again = try deadletter(area, "redrive", "--execute", "--output", "json")
        #expect(again.code == 0)
        #expect(try object(again)["read"] as? Int == 0)
        #expect(try area.count(area.documents) == 2_000 && area.count(area.deadletter) == 1_000)
        let fromStart = try object(deadletter(area, "redrive", "--dry-run", "--from-start", "--output", "json"))
        #expect(fromStart["sent"] as? Int == 1_000)
    }

    @Test func aKilledRedriveGoesOnWhereItEnded() throws {
        let area = try KafkaArea()
        try publishAThousand(area)
        try putAside(area, until: 1_000)
        // Few at a time, so that the kill comes long before the last.
        let slow = area.environment.merging(["ROSTRUM_DELIVERY_MAX_IN_FLIGHT_RECORDS": "10"]) { $1 }
        let victim = try RunningProgram("rostrum", ["deadletter", "redrive", "--execute"], environment: slow)
        try #require(
            waitUntil(within: .seconds(120)) { try area.count(area.documents) >= 1_150 || !victim.isRunning }
                && victim.isRunning, "\(victim.errors)")
        victim.killNow()
        let sent = try area.count(area.documents) - 1_000
        try #require((1..<1_000).contains(sent))

        let rest = try object(deadletter(area, "redrive", "--dry-run", "--output", "json"))
        let left = try #require(rest["sent"] as? Int)
        let done = try deadletter(area, "redrive", "--execute")
        #expect(done.code == 0, "\(done.errors)")
        let (originals, redriven) = try compare(area)
        #expect(Array(redriven[1...]) == Array(originals[1...]))
        let repeated = (Int(redriven[0]) ?? 0) - 1_000
        print("redrive: killed after \(sent) of 1000, \(left) were left, \(repeated) were sent twice")
        // It went on, and sent again only what was not committed: a hundred records, or those of a second.
        #expect(left < 1_000 && repeated == sent + left - 1_000 && (0...200).contains(repeated))
    }

    /// A redrive that is told to stop commits what it has sent: the next one sends the rest, and nothing twice.
    @Test func aStoppedRedriveGoesOnWithoutRepetition() throws {
        let area = try KafkaArea()
        try publishAThousand(area)
        try putAside(area, until: 1_000)
        let slow = area.environment.merging(["ROSTRUM_DELIVERY_MAX_IN_FLIGHT_RECORDS": "10"]) { $1 }
        let stopped = try RunningProgram("rostrum", ["deadletter", "redrive", "--execute"], environment: slow)
        try #require(
            waitUntil(within: .seconds(120)) { try area.count(area.documents) >= 1_050 || !stopped.isRunning }
                && stopped.isRunning, "\(stopped.errors)")
        stopped.send(SIGTERM)
        let ended = try stopped.end()
        #expect(ended.code == 1)
        #expect(ended.output.contains("stopped before the end; the same command goes on from here\n"))
        #expect(try deadletter(area, "redrive", "--execute").code == 0)
        let (originals, redriven) = try compare(area)
        #expect(redriven == originals)
    }

    /// What the sink puts aside goes back to the events.
    @Test func eventsGoBackToTheEvents() throws {
        let area = try KafkaArea(partitions: 1)
        let file = try area.folder.write("{not json", to: "record")
        #expect(try run("kcat", ["-b", area.servers, "-P", "-t", area.classified, "-k", "bad", file]).code == 0)
        let sink = try area.start("rostrum-sink")
        try sink.waitForLine("record put aside as dead letter")
        sink.send(SIGTERM)
        #expect(try sink.end().code == 0)
        let ended = try deadletter(area, "redrive", "--execute", "--output", "json")
        #expect(try object(ended)["routes"] as? [String: Int] == [area.classified: 1])
        #expect(
            try area.kcat(area.classified, "%k|%s|%h\n") == "bad|{not json|\nbad|{not json|rostrum.redrive.count=1\n")
    }

    @Test func aRecordThatComesBackAgainAndAgainIsHeld() throws {
        let area = try KafkaArea(partitions: 1)
        try area.put("{not json", key: "bad", headers: ["own=kept"])
        let limit = ["--set", "delivery.redriveLimit=2"]
        for round in 1...2 {
            try putAside(area, until: round)
            let ended = try run(
                "rostrum", ["deadletter", "redrive", "--execute"] + limit, environment: area.environment)
            #expect(ended.code == 0, "\(ended.errors)")
            #expect(try area.count(area.documents) == round + 1)
        }
        try putAside(area, until: 3)
        for isDry in [true, false] {
            let ended = try run(
                "rostrum", ["deadletter", "redrive", isDry ? "--dry-run" : "--execute"] + limit,
                environment: area.environment)
            #expect(ended.code == 3)
            #expect(
                ended.output.contains("1 \(isDry ? "would stay" : "stay"): redrive_limit: sent back so often already"))
        }
        #expect(try area.count(area.documents) == 3)
        let headers = try area.kcat(area.deadletter, "%h\n").split(separator: "\n")
        for (round, line) in headers.enumerated() {
            #expect(line.contains("rostrum.redrive.count=\(round)") && line.hasPrefix("own=kept,"))
            #expect(line.matches(of: /__connect\.errors\.topic=/).count == 1)
        }
        // A higher limit lets it go once more, from the start of what is there.
        let raised = try object(
            deadletter(area, "redrive", "--dry-run", "--from-start", "--output", "json"))
        #expect(raised["sent"] as? Int == 3)
    }

    @Test func whatIsNoLetterOfOursStays() throws {
        let area = try KafkaArea(partitions: 1)
        let origin = ["__connect.errors.partition=0", "__connect.errors.offset=0", "rostrum.error.code=x"]
        for headers in [[], ["__connect.errors.topic=someone.elses"] + origin] {
            let file = try area.folder.write("value", to: "record-\(headers.count)")
            let ended = try run(
                "kcat", ["-b", area.servers, "-P", "-t", area.deadletter] + headers.flatMap { ["-H", $0] } + [file])
            #expect(ended.code == 0)
        }
        let ended = try deadletter(area, "redrive", "--execute", "--output", "json")
        #expect(ended.code == 3)
        #expect(try object(ended)["held"] as? [String: Int] == ["no_origin": 1, "foreign_origin": 1])
        #expect(try object(ended)["sent"] as? Int == 0)
    }

    @Test func maximumAndFilters() throws {
        let area = try KafkaArea(partitions: 1)
        for number in 0..<6 { try area.put("{not json \(number)", key: "bad-\(number)") }
        for number in 0..<4 { try area.put(#"{"schema_version":99,"id":"new-\#(number)"}"#, key: "new-\(number)") }
        try putAside(area, until: 10)

        // Each selection goes on by itself: what one passes over is not lost to the next.
        let some = try object(
            deadletter(
                area, "redrive", "--execute", "--code", "document.unsupported_version", "--max", "3", "--output", "json"
            ))
        #expect(some["sent"] as? Int == 3 && some["at_maximum"] as? Bool == true)
        let others = try object(
            deadletter(area, "redrive", "--execute", "--code", "document.invalid_json", "--output", "json"))
        #expect(others["sent"] as? Int == 6 && others["chosen"] as? Int == 6)
        let last = try object(
            deadletter(area, "redrive", "--execute", "--code", "document.unsupported_version", "--output", "json"))
        #expect(last["sent"] as? Int == 1)
        let keys = try area.kcat(area.documents, "%k\n").split(separator: "\n").suffix(10).map(String.init)
        #expect(
            keys == ["new-0", "new-1", "new-2"] + (0..<6).map { "bad-\($0)" } + ["new-3"])

        let future = try object(deadletter(area, "redrive", "--dry-run", "--since", "2999-01-01", "--output", "json"))
        #expect(future["chosen"] as? Int == 0)
        for (filter, count) in [
            (["--origin", area.documents], 10), (["--origin", "\(area.documents)/0/3"], 1),
            (["--origin", "\(area.documents)/1"], 0), (["--since", "-PT1H"], 10), (["--until", "-PT1H"], 0),
            (["--since", "2020-01-01", "--code", "document.invalid_json"], 6), (["--since", "2999-01-01"], 0),
        ] {
            let listed = try run(
                "rostrum", ["deadletter", "list", "--output", "json"] + filter, environment: area.environment)
            #expect(listed.code == 0, "\(listed.errors)")
            let letters = try JSONSerialization.jsonObject(with: Data(listed.output.utf8)) as? [[String: Any]]
            #expect(letters?.count == count, "\(filter)")
        }
    }

    @Test func listShowAndStats() throws {
        let area = try KafkaArea(partitions: 1)
        #expect(try deadletter(area, "list").output == "no dead letters\n")
        #expect(try deadletter(area, "stats").output == "no dead letters\n")
        try area.put("{not json", key: "bad-\u{1B}[31m", headers: ["own=kept", "null"])
        try area.put(#"{"schema_version":99,"id":"new"}"#, key: "new")
        try putAside(area, until: 2)

        let list = try deadletter(area, "list")
        #expect(list.code == 0)
        let lines = list.output.split(separator: "\n")
        #expect(lines.count == 3 && lines[0].hasPrefix("PLACE  TIME"))
        #expect(lines[1].hasPrefix("0:0    20") && lines[1].contains("\(area.documents)-0 at 0  document.invalid_json"))
        #expect(lines[1].contains("bad- [31m"))
        let one = try deadletter(area, "list", "--limit", "1")
        #expect(one.output.contains("document.unsupported_version") && !one.output.contains("invalid_json"))
        #expect(one.errors == "the newest 1 of 2; --limit gives more, the other options fewer\n")

        // From the second one's own time on there is the second one.
        let all = try deadletter(area, "list", "--output", "json")
        let letters = try JSONSerialization.jsonObject(with: Data(all.output.utf8)) as? [[String: Any]]
        let second = try #require(letters?.last?["time"] as? String)
        let since = try object(deadletter(area, "stats", "--since", second, "--output", "json"))
        #expect(since["count"] as? Int == 1 && since["oldest"] as? String == second)
        let until = try object(deadletter(area, "stats", "--until", second, "--output", "json"))
        #expect(until["count"] as? Int == 1 && until["oldest"] as? String != second)

        let stats = try object(deadletter(area, "stats", "--output", "json"))
        #expect(stats["count"] as? Int == 2)
        #expect(stats["codes"] as? [String: Int] == ["document.invalid_json": 1, "document.unsupported_version": 1])
        #expect(stats["workers"] as? [String: Int] == ["rostrum-classifier": 2])
        #expect(stats["redrive_counts"] as? [String: Int] == ["0": 2])
        let text = try deadletter(area, "stats").output
        #expect(text.hasPrefix("2 dead letters, ") && text.contains("by error:\n  document.invalid_json         1\n"))

        let shown = try deadletter(area, "show", "0:0").output
        #expect(
            shown.contains("code       document.invalid_json\n") && shown.hasSuffix("value      9 bytes\n  {not json\n")
        )
        #expect(shown.contains("headers    own=kept\n           null=(null)\n"))
        #expect(try deadletter(area, "show", "0:0", "--raw").output == "{not json")
        let letter = try object(deadletter(area, "show", "0:0", "--output", "json"))
        #expect((letter["value"] as? [String: Any])?["text"] as? String == "{not json")
        let missing = try deadletter(area, "show", "0:2")
        #expect(missing.code == 1 && missing.errors.contains("has no record at partition 0, offset 2"))
    }

    @Test func aMissingTopicIsNamed() throws {
        let servers = try #require(TestBroker.servers)
        let environment = [
            "ROSTRUM_KAFKA_BOOTSTRAP_SERVERS": servers,
            "ROSTRUM_KAFKA_TOPICS_PREFIX": "never-made-\(UUID().uuidString).",
        ]
        for command in [["list"], ["stats"], ["show", "0:0"], ["redrive", "--dry-run"], ["redrive", "--execute"]] {
            let ended = try run("rostrum", ["deadletter"] + command, environment: environment)
            #expect(ended.code == 78 && ended.errors.contains("make it with 'rostrum topics create'"))
        }
    }
}

/// What needs no broker.
@Suite struct DeadLetterUsageTests {
    @Test(arguments: [
        (["redrive"], "say --dry-run or --execute: nothing was done"),
        (["redrive", "--dry-run", "--execute"], "exclude each other"),
        (["redrive", "--execute", "--max", "0"], "--max is 0; it must be at least 1"),
        (["list", "--since", "yesterday"], "'yesterday'"), (["list", "--since", "2026-02-30"], "'2026-02-30'"),
        (["list", "--until", "2026-11-31T09:00:00Z"], "'2026-11-31T09:00:00Z'"), (["list", "--since", "-P"], "'-P'"),
        (["list", "--origin", "a/b"], "'a/b'"), (["list", "--limit", "0"], "--limit is 0"), (["show"], "place"),
        (["show", "12"], "'12'"), (["show", "0:-1"], "'0:-1'"),
    ])
    func aWrongCommandLine(arguments: [String], says: String) throws {
        let ended = try run("rostrum", ["deadletter"] + arguments)
        #expect(ended.code == 2 && ended.output == "" && ended.errors.contains(says), "\(ended.errors)")
    }

    @Test(arguments: ["list", "show", "stats", "redrive"])
    func helpHasExamplesAndExitCodes(command: String) throws {
        let ended = try run("rostrum", ["deadletter", command, "--help"])
        #expect(ended.code == 0 && ended.output.contains("rostrum deadletter \(command)"))
        #expect(ended.output.contains("Example") && ended.output.contains("Exit codes: 0 done"))
    }

    @Test(arguments: [["list"], ["stats"], ["show", "0:0"], ["redrive", "--dry-run"], ["redrive", "--execute"]])
    func aMissingBroker(command: [String]) throws {
        let ended = try run("rostrum", ["deadletter"] + command, environment: FailureTests.away, within: .seconds(30))
        #expect(ended.code == 69 && ended.errors.contains("no broker answered at localhost:1") && ended.output == "")
    }
}
