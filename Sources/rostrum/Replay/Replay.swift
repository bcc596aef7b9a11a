import ArgumentParser
import Delivery
import Foundation
import RuleEngine
import WorkerSupport
import Workers

/// `rostrum replay`: documents that are already in Kafka, once more, with other rules.
struct Replay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Reprocesses a range of documents with other rules, or compares rules on it.",
        discussion: """
            The ends of the range are taken at the start; what arrives later is not part of it. The live consumer group is \
            neither joined nor moved. Events go to the Kafka topic of candidates (kafkaTopics.candidate); a sink stores \
            them beside the current ones, and 'rostrum store promote' makes them current.

            Bounds: \(ReplayBound.forms).

            Examples:
              rostrum replay --from -P30D --rules new-rules --dry-run
              rostrum replay --from 2020-01-01 --to 2021-01-01 --rules new-rules --plan 2020.json --execute
              rostrum replay --plan 2020.json --rules new-rules --execute    (goes on where it was ended)
              rostrum replay --from -P30D --rules new-rules --compare --output html > changes.html
              rostrum replay --rules new-rules --compare --max-changed 2%    (ends with 3 when more documents change)

            \(ExitCode.explained([.done, .failed, .usage, .problemsFound, .unreachable, .badConfiguration, .interrupted]))
            Here 1 means that it was ended before the range was done, 3 that --compare found more changes than allowed.
            """)

    @Option(parsing: .unconditional, help: "Where to begin (default: earliest).")
    var from: String?

    @Option(parsing: .unconditional, help: "Where to end, exclusive (default: latest).")
    var to: String?

    @Option(help: ArgumentHelp("Only these partitions, such as 0,2,4-7.", valueName: "list"))
    var partitions: String?

    @OptionGroup var rules: RulesOptions

    @Flag(help: "Say what would be done: ranges, counts, time. Publishes nothing, writes no plan.")
    var dryRun = false

    @Flag(help: "Do it.")
    var execute = false

    @Flag(help: "Compare the rules with those of --against on the range. Publishes nothing.")
    var compare = false

    @Option(
        help: ArgumentHelp("Where the plan and its progress are kept; an existing one goes on.", valueName: "file"),
        completion: .file())
    var plan: String?

    @Option(help: ArgumentHelp("Documents a second at most.", valueName: "rate"))
    var maxRate: Double?

    @OptionGroup var comparison: ReplayComparisonOptions

    @OptionGroup var options: SettingsOptions

    func validate() throws {
        let modes = [dryRun, execute, compare].filter { $0 }.count
        guard modes == 1 else {
            throw ValidationError("give one of --dry-run (say what would be done), --execute (do it) and --compare")
        }
        if let maxRate, !(0.001...1_000_000).contains(maxRate) {
            throw ValidationError("--max-rate takes 0.001 to 1000000 documents a second, not \(maxRate)")
        }
        if let partitions, PartitionList(partitions) == nil {
            throw ValidationError("--partitions takes numbers and ranges such as 0,2,4-7, not '\(partitions)'")
        }
        if compare, plan != nil { throw ValidationError("--compare keeps no plan; leave --plan out") }
        if !compare { try comparison.refuseAlone() }
        _ = try bounds()
    }

    private func bounds() throws -> (from: ReplayBound, to: ReplayBound) {
        let now = Int64((Date().timeIntervalSince1970 * 1000).rounded())
        guard let from = ReplayBound(from ?? "earliest", now: now) else {
            throw ValidationError("--from takes \(ReplayBound.forms); not '\(from ?? "")'")
        }
        guard let to = ReplayBound(to ?? "latest", now: now) else {
            throw ValidationError("--to takes \(ReplayBound.forms); not '\(to ?? "")'")
        }
        guard !from.isNotBefore(to) else {
            throw ValidationError(
                "--to is not after --from: the range from \(self.from ?? "earliest") to \(self.to ?? "latest") holds nothing"
            )
        }
        return (from, to)
    }

    /// The rules that the settings name without --rules, or those of --against.
    private func rulesSoFar() throws -> Ruleset {
        if let against = comparison.against { return try RulesetOptions.load(against) }
        return try Rules.load(options.settings())
    }

    func run() async throws {
        let settings = try options.settings(rules.flags)
        let bounds = try bounds()
        let request = ReplayRequest(
            from: bounds.from, to: bounds.to, partitions: partitions.flatMap { PartitionList($0)?.numbers },
            eventsTopic: settings.kafkaTopics.candidate)
        let run = ReplayRun(settings: settings, request: request)
        let code =
            if compare {
                try await run.compare(comparison, with: rulesSoFar())
            } else if dryRun {
                try await run.dryRun(planFile: plan, maxRate: maxRate)
            } else {
                try await run.execute(planFile: plan, isNewRange: from != nil || to != nil, maxRate: maxRate)
            }
        try Program.end(with: code)
    }
}

/// Partitions as a person lists them: `0,2,4-7`.
struct PartitionList {
    /// More than any Kafka topic has.
    private static let largest: Int32 = 99_999

    let numbers: Set<Int32>

    /// Nil for anything but numbers and rising ranges.
    init?(_ text: String) {
        var numbers: Set<Int32> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int32($0) }
            guard ends.count <= 2, let first = ends.first ?? nil, let last = ends.last ?? nil, first >= 0,
                first <= last,
                last <= Self.largest
            else { return nil }
            numbers.formUnion(first...last)
        }
        self.numbers = numbers
    }
}
