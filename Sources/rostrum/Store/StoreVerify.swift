import ArgumentParser
import Delivery
import EventStore
import WorkerSupport
import Workers

/// `rostrum store verify`
struct StoreVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Compares the store with the events' Kafka topics and names what differs.",
        discussion: """
            Reads the Kafka topics that the sink reads, classified and candidate, whole, as far as the sink has come, \
            without disturbing anybody's progress. A sink may go on writing. Where the first records of either are gone \
            (they go after 30 days), what may have been among them is counted and not compared. Holds about 300 bytes an \
            event in memory.

            Example: rostrum store verify --bootstrap-servers kafka:9092

            \(ExitCode.explained([.done, .failed, .usage, .problemsFound, .unreachable, .badConfiguration]))
            """)

    @Option(help: "text or json.")
    var output: StoreCommand.Output = .text

    @Option(help: ArgumentHelp("How many differences are named at most.", valueName: "number"))
    var limit = 20

    @OptionGroup var store: StoreOptions

    func validate() throws {
        guard 0...StoreVerification.namedMax ~= limit else {
            throw ValidationError("--limit is \(limit); it must be from 0 to \(StoreVerification.namedMax)")
        }
    }

    func run() async throws {
        let settings = try store.settings
        let level = settings.log.level == .info ? .error : settings.log.level
        let logger = Logs(level: level, format: settings.log.format).logger("rostrum")
        let outcome = try await store.work(.read) { store in
            try StoreVerification(settings, logger: logger).run(on: store, until: StopRequest())
        }
        StandardOutput.write(output == .json ? json(outcome) : text(outcome))
        try Program.end(with: outcome.isSound ? .done : .problemsFound)
    }

    private func text(_ outcome: StoreVerification.Outcome) -> String {
        var lines = outcome.differences.prefix(limit).map {
            "\($0.kind.rawValue): document \($0.documentID), event \($0.eventID), ruleset \($0.rulesetDigest)"
        }
        let found = outcome.counts.values.reduce(0, +)
        if found > lines.count, found > 0 { lines.append("\(found - lines.count) more; --limit names more of them") }
        lines.append("\(outcome.records) records read, \(outcome.compared) events compared, \(found) differences")
        for (count, what) in [
            (outcome.notYetStored, "records that the sink has not reached"),
            (outcome.unreadable, "records that no store can keep"),
            (outcome.otherRulesets, "events of rulesets that the topics do not speak of, not compared"),
            (outcome.prunedRulesets, "events in the topics of rulesets that were pruned from the store, not compared"),
            (outcome.olderThanTopic, "events that may be older than the topics' first records, not compared"),
        ] where count > 0 {
            lines.append("\(count) \(what)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func json(_ outcome: StoreVerification.Outcome) -> String {
        let counts = Dictionary(uniqueKeysWithValues: outcome.counts.map { ($0.key.rawValue, $0.value) })
        return StoreJSON.text(
            [
                "records": outcome.records, "compared": outcome.compared, "counts": counts,
                "not_yet_stored": outcome.notYetStored, "unreadable": outcome.unreadable,
                "other_rulesets": outcome.otherRulesets, "pruned_rulesets": outcome.prunedRulesets,
                "older_than_topic": outcome.olderThanTopic,
                "differences": outcome.differences.prefix(limit).map {
                    [
                        "kind": $0.kind.rawValue, "document_id": $0.documentID, "event_id": $0.eventID,
                        "ruleset_digest": $0.rulesetDigest,
                    ]
                },
            ] as [String: Any])
    }
}
