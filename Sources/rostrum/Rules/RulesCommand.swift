import ArgumentParser

/// `rostrum rules …`: everything that an analyst does with rule files.
struct RulesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules",
        abstract: "Checks, formats, tests and explains rule files.",
        discussion: "Config/rules/README.md is the reference of the rule language.",
        subcommands: [
            RulesCheck.self, RulesFormat.self, RulesTest.self, RulesExplain.self, RulesTry.self, RulesDiff.self,
            RulesEvaluate.self, RulesCoverage.self, RulesProfile.self, RulesList.self, RulesShow.self, RulesDoc.self,
            RulesImport.self, RulesSchema.self,
        ])
}
