import ArgumentParser
import EventStore
import StoreReports
import WorkerSupport

/// `rostrum store rulesets`
struct StoreRulesets: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rulesets", abstract: "Lists the rulesets whose results are stored, and which one the views show.",
        discussion: """
            Example: rostrum store rulesets

            \(StoreCommand.codes)
            """)

    @Option(help: "text or json.")
    var output: StoreCommand.Output = .text

    @OptionGroup var store: StoreOptions

    func run() async throws {
        let rulesets = try await store.work(.read) { try $0.rulesets() }
        guard output == .text else { return StandardOutput.write(StoreJSON.text(rulesets.map(Self.members))) }
        let rows = rulesets.map { ruleset -> [StoreValue] in
            [
                .text(ruleset.isCurrent ? "current" : ruleset.isPrevious ? "previous" : ""), .text(ruleset.name),
                .text(ruleset.version), .integer(Int64(ruleset.documents)), .integer(Int64(ruleset.events)),
                .text(ruleset.digest),
            ]
        }
        StandardOutput.write(
            AnswerText.table(
                StoreAnswer(columns: ["shown", "name", "version", "documents", "events", "digest"], rows: rows)))
    }

    static func members(_ ruleset: StoredRuleset) -> [String: Any] {
        [
            "digest": ruleset.digest, "name": ruleset.name, "version": ruleset.version, "is_current": ruleset.isCurrent,
            "is_previous": ruleset.isPrevious, "events": ruleset.events, "documents": ruleset.documents,
        ]
    }
}

/// `rostrum store promote`
struct StorePromote: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "promote", abstract: "Makes the views show another ruleset's results, in one transaction.",
        discussion: """
            No reader sees a mixture; a sink may go on writing. 'rostrum store rollback' undoes it.

            Example: rostrum store promote 1.3.0

            \(StoreCommand.codes)
            """)

    @Argument(help: "The ruleset: its version, NAME@VERSION, or the beginning of its digest.")
    var ruleset: String

    @OptionGroup var store: StoreOptions

    func run() async throws {
        let wanted = ruleset
        let (change, rulesets) = try await store.work(.administer) { store in
            let rulesets = try store.rulesets()
            return (try store.promote(rulesets.named(wanted).digest), rulesets)
        }
        StandardOutput.write(Self.text(change, rulesets))
    }

    static func text(_ change: RulesetSwitch, _ rulesets: [StoredRuleset]) -> String {
        func name(_ digest: String) -> String {
            rulesets.first { $0.digest == digest }.map { "\($0.name) \($0.version) (\(digest))" } ?? digest
        }
        if change.from == change.to { return "the views show \(name(change.to)) already\n" }
        return "the views show \(name(change.to)) now, before it \(name(change.from))\n"
    }
}

/// `rostrum store rollback`
struct StoreRollback: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Undoes the last promotion that stands, in one transaction.",
        discussion: """
            Repeated, it undoes the one before.

            Example: rostrum store rollback

            \(StoreCommand.codes)
            """)

    @OptionGroup var store: StoreOptions

    func run() async throws {
        let (change, rulesets) = try await store.work(.administer) { (try $0.rollBack(), try $0.rulesets()) }
        StandardOutput.write(StorePromote.text(change, rulesets))
    }
}

/// `rostrum store prune`
struct StorePrune: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Deletes all results of rulesets that are not current.",
        discussion: """
            In one transaction; it cannot be undone. A folder of NDJSON files is written anew, without what was withdrawn, \
            too; no sink may write to it meanwhile.

            Examples:
              rostrum store prune 1.2.0 --dry-run
              rostrum store prune --others --execute

            \(StoreCommand.codes)
            """)

    @Argument(help: "The rulesets: versions, NAME@VERSION, or beginnings of digests.")
    var rulesets: [String] = []

    @Flag(help: "All but the current one and the one that a rollback would show.")
    var others = false

    @Flag(help: "Says what would be deleted.")
    var dryRun = false

    @Flag(help: "Deletes.")
    var execute = false

    @OptionGroup var store: StoreOptions

    func validate() throws {
        guard rulesets.isEmpty == others else {
            throw ValidationError("name rulesets, or give --others, and not both")
        }
        guard dryRun != execute else { throw ValidationError("give either --dry-run or --execute") }
    }

    func run() async throws {
        let (names, others, execute) = (rulesets, others, execute)
        let text = try await store.work(execute ? .write : .read) { store in
            let known = try store.rulesets()
            let chosen =
                try others ? known.filter { !$0.isCurrent && !$0.isPrevious } : names.map { try known.named($0) }
            if let current = chosen.first(where: \.isCurrent) {
                throw ProgramFailure(
                    .usage, code: "store.unknown_ruleset",
                    "\(current.name) \(current.version) is current: its results are what the views show; promote another "
                        + "first")
            }
            guard execute else {
                return chosen.isEmpty
                    ? "nothing to delete\n"
                    : chosen.map(Self.line).joined()
                        + "and the revisions of documents of which nothing else is stored\n"
            }
            let pruned = try store.prune(Array(Set(chosen.map(\.digest))))
            return
                "deleted \(pruned.events) events of \(chosen.count) rulesets, and \(pruned.documents) revisions of documents\n"
        }
        StandardOutput.write(text)
    }

    private static func line(_ ruleset: StoredRuleset) -> String {
        "would delete \(ruleset.events) events of \(ruleset.name) \(ruleset.version) (\(ruleset.digest))\n"
    }
}
