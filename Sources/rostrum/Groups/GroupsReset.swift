import ArgumentParser
import Delivery
import Foundation
import WorkerSupport
import Workers

/// `rostrum groups reset`
struct GroupsReset: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset",
        abstract: "Sets the offsets of a consumer group without members: the classifier's, unless another is named.",
        discussion: """
            Stop the group's workers first: with members the group is refused, for their own commits would undo it. What \
            the classifier reads again it publishes again, under the same event ids, so that a store ends with the same \
            rows; what it passes over gets no events. To try other rules on old documents, 'rostrum replay' needs no stop.

            One of the scenarios says where to, one of --dry-run, --export and --execute what becomes of it. Offsets \
            outside what a partition holds are brought to its ends. A plan of --to-current kept before a change brings the \
            group back.

            Examples:
              rostrum groups reset --by-duration PT24H --dry-run
              rostrum groups reset --to-current --export before.json
              rostrum groups reset --to-datetime 2026-05-17T09:00:00Z --execute
              rostrum groups reset --shift-by -100 --partitions 0,3 --execute
              rostrum groups reset --plan before.json --execute

            \(ExitCode.explained([.done, .failed, .usage, .problemsFound, .unreachable, .badConfiguration]))
            Here 3 means that a dry run found members in the group, or that the scenario has nothing to begin at in some \
            partitions.
            """)

    enum Output: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    @Flag(help: "To the oldest record still there.")
    var toEarliest = false

    @Flag(help: "To the end: what is there already is passed over.")
    var toLatest = false

    @Flag(help: "To where the group is: with --export, a plan to come back by.")
    var toCurrent = false

    @Option(help: ArgumentHelp("To this offset in every partition.", valueName: "offset"))
    var toOffset: Int64?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("So many records on, or back when negative, from where the group is.", valueName: "records"))
    var shiftBy: Int64?

    @Option(
        help: ArgumentHelp(
            "To the first record of this time or later, such as 2026-05-17 or 2026-05-17T09:30:00Z; without a zone in UTC.",
            valueName: "time"))
    var toDatetime: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "To the first record made so long ago or later, such as PT24H or P30D.", valueName: "duration"))
    var byDuration: String?

    @Option(
        help: ArgumentHelp("To what a plan says that --export wrote.", valueName: "file"), completion: .file())
    var plan: String?

    @Option(help: ArgumentHelp("The group (default: consumer.classifierGroup).", valueName: "name"))
    var group: String?

    @Option(help: ArgumentHelp("The Kafka topic (default: kafkaTopics.documents).", valueName: "name"))
    var topic: String?

    @Option(help: ArgumentHelp("Only these partitions, such as 0,2,4-7.", valueName: "list"))
    var partitions: String?

    @Flag(help: "Say what would change; changes nothing.")
    var dryRun = false

    @Flag(help: "Do it.")
    var execute = false

    @Option(
        help: ArgumentHelp("Keep what would change as a plan; changes nothing.", valueName: "file"),
        completion: .file())
    var export: String?

    @Option(help: "text or json.")
    var output: Output = .text

    @OptionGroup var options: SettingsOptions

    func validate() throws {
        guard [dryRun, execute, export != nil].filter({ $0 }).count == 1 else {
            throw ValidationError(
                "give one of --dry-run (say what would change), --export (keep it as a plan) and --execute (do it)")
        }
        if let partitions, PartitionList(partitions) == nil {
            throw ValidationError("--partitions takes numbers and ranges such as 0,2,4-7, not '\(partitions)'")
        }
        let scenario = try scenario()
        guard plan != nil || scenario != nil else {
            throw ValidationError(
                "say where to: --to-earliest, --to-latest, --to-current, --to-offset, --shift-by, --to-datetime, "
                    + "--by-duration or --plan")
        }
        if plan != nil {
            for (name, isGiven) in [
                ("--group", group != nil), ("--topic", topic != nil), ("--partitions", partitions != nil),
                ("--export", export != nil),
            ] where isGiven { throw ValidationError("\(name) does not go with --plan, which says it all") }
        }
    }

    /// The scenario that the flags name; nil when none is named.
    private func scenario() throws -> GroupResetScenario? {
        var given: [(String, GroupResetScenario)] = []
        if toEarliest { given.append(("--to-earliest", .earliest)) }
        if toLatest { given.append(("--to-latest", .latest)) }
        if toCurrent { given.append(("--to-current", .current)) }
        if let toOffset {
            guard toOffset >= 0 else { throw ValidationError("--to-offset is \(toOffset); it must be at least 0") }
            given.append(("--to-offset", .offset(toOffset)))
        }
        if let shiftBy { given.append(("--shift-by", .shift(shiftBy))) }
        if let toDatetime {
            given.append(("--to-datetime", .time(try time(toDatetime, isDuration: false, "--to-datetime"))))
        }
        if let byDuration {
            given.append(("--by-duration", .time(try time(byDuration, isDuration: true, "--by-duration"))))
        }
        let names = given.map(\.0) + (plan == nil ? [] : ["--plan"])
        guard names.count <= 1 else { throw ValidationError("\(names[0]) and \(names[1]) exclude each other") }
        return given.first?.1
    }

    private func time(_ text: String, isDuration: Bool, _ flag: String) throws -> Int64 {
        let now = Int64((Date().timeIntervalSince1970 * 1000).rounded())
        if text.trimmingPrefix("-").hasPrefix("P") == isDuration, case .time(let time) = ReplayBound(text, now: now) {
            return time
        }
        throw ValidationError(
            "\(flag) takes "
                + (isDuration
                    ? "a duration of weeks, days, hours, minutes and seconds such as PT24H or P30D"
                    : "a time such as 2026-05-17 or 2026-05-17T09:30:00Z") + ", not '\(text)'")
    }

    func run() async throws {
        let settings = try options.settings()
        let file = try plan.map { try GroupResetPlan(file: $0) }
        let request = try scenario().map {
            GroupResetJob.Request(
                $0, group: group ?? settings.consumer.classifierGroup, topic: topic ?? settings.kafkaTopics.documents,
                partitions: partitions.flatMap { PartitionList($0)?.numbers })
        }
        let (isExecuted, isDry) = (execute, dryRun)
        let (plan, members) = try await Self.work(settings) { job in
            let plan = try file.map { try job.renew($0) } ?? request.map { try job.plan($0) }
            guard let plan else { preconditionFailure("validate() asks for a scenario or a plan") }
            if isExecuted { try job.execute(plan) }
            return (plan, isDry ? try job.members(of: plan.group) : [])
        }
        if let export {
            try plan.write(to: export)
            Program.say("plan: \(export)")
        }
        StandardOutput.write(
            output == .json
                ? plan.json
                : GroupResetText(plan, file: export ?? self.plan).text(isExecuted: isExecuted, members: members))
        try Program.end(with: members.isEmpty && plan.left.isEmpty ? .done : .problemsFound)
    }

    /// Blocking work on the cluster, its errors turned into the program's failures.
    private static func work<Result: Sendable>(
        _ settings: Settings, _ body: @escaping @Sendable (GroupResetJob) throws -> Result
    ) async throws -> Result {
        let logger = Logs(level: settings.log.level == .info ? .error : settings.log.level, format: settings.log.format)
            .logger("rostrum")
        do {
            return try await OwnThread.run("groups") { try body(GroupResetJob(settings, logger: logger)) }
        } catch {
            throw ProgramFailure(error)
        }
    }
}

/// What a reset says to people.
struct GroupResetText {
    private let plan: GroupResetPlan
    private let file: String?

    /// - Parameter file: where the plan stands, if it does.
    init(_ plan: GroupResetPlan, file: String? = nil) {
        self.plan = plan
        self.file = file
    }

    func text(isExecuted: Bool, members: [String]) -> String {
        var lines = ["group '\(plan.group)', Kafka topic '\(plan.topic)'"]
        for move in plan.moves {
            let current = move.current.map { "\($0)" } ?? "none"
            lines.append("  partition \(move.partition): offset \(current) -> \(move.new)  (\(Self.meaning(of: move)))")
        }
        if !plan.left.isEmpty {
            let numbers = plan.left.map { "\($0)" }.joined(separator: ", ")
            lines.append(
                "left as they are, since the group has no offset there to begin at: partitions \(numbers); set those by "
                    + "--to-earliest, --to-latest, --to-offset or a time")
        }
        if !members.isEmpty {
            lines.append(
                "the group has members (\(members.sorted().joined(separator: ", "))): --execute is refused while they are "
                    + "there; stop them first, and wait: a worker with a lasting name (consumer.instanceId), or one that "
                    + "was killed, is a member until its session is over (consumer.sessionSeconds)")
        }
        lines.append(
            isExecuted
                ? "the offsets stand; start the group's workers"
                : "nothing was changed; \(file.map { "--plan \($0) " } ?? "")--execute does it")
        return lines.joined(separator: "\n") + "\n"
    }

    private static func meaning(of move: GroupResetPlan.Move) -> String {
        guard let change = move.change else { return "the first one it has" }
        return switch change {
        case 0: "stays"
        case ..<0: "\(change.magnitude) offsets read again"
        default: "\(change) offsets passed over"
        }
    }
}
