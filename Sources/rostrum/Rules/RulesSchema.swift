import ArgumentParser
import RuleLanguage
import WorkerSupport

/// `rostrum rules schema`: the form of rule files for editors.
struct RulesSchema: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Prints the JSON Schema (2020-12) of rule files, for completion and checks in editors.",
        discussion: """
            Example: rostrum rules schema > rules.schema.json, and in a rule file
            # yaml-language-server: $schema=../schemas/rules.schema.json

            \(ExitCode.explained([.done, .usage]))
            """)

    func run() async throws {
        StandardOutput.write(RuleSchema.text)
    }
}
