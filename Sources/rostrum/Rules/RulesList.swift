import ArgumentParser
import RuleLanguage
import WorkerSupport

/// `rostrum rules list`: what a ruleset holds.
struct RulesList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists topics, rules, filters and shared lists.",
        discussion: """
            Example: rostrum rules list Config/rules --output json

            \(ExitCode.explained([.done, .usage, .badConfiguration]))
            """)

    @OptionGroup var rules: RulesFolder

    @Option(help: "text for people, json for programs.")
    var output: TextOrJSON = .text

    func run() async throws {
        let listing = RulesetListing(try rules.checked())
        StandardOutput.write((output == .json ? listing.json : listing.text) + "\n")
    }
}
