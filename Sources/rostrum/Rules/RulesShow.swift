import ArgumentParser
import RuleLanguage
import WorkerSupport

/// `rostrum rules show ID`: one topic, rule, filter or list in full.
struct RulesShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows a topic, rule, filter or list as the engine reads it, and where it stands.",
        discussion: """
            Queries are in canonical form with their lists filled in. Lists are named with their dollar sign.
            Example: rostrum rules show modern-slavery.named

            \(ExitCode.explained([.done, .failed, .usage, .badConfiguration]))
            """)

    @Argument(help: "Id of a topic, rule or filter, or '$name' of a list.")
    var id: String

    @OptionGroup var rules: RulesOptions

    func run() async throws {
        let listing = RulesetListing(try RulesFolder.checked(rules.rules))
        guard let description = listing.description(of: id) else {
            let nearest =
                listing.nearest(to: id).map { "; did you mean '\($0)'?" } ?? "; 'rostrum rules list' names all"
            throw ProgramFailure(.failed, code: "rules.unknown", "nothing in the ruleset has the id '\(id)'\(nearest)")
        }
        StandardOutput.write(description + "\n")
    }
}
