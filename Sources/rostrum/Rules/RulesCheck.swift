public import ArgumentParser
public import RuleLanguage
import WorkerSupport

/// `rostrum rules check`: every problem of every file in one run.
struct RulesCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Names every problem in a folder of rule files, with its place and its cure.",
        discussion: """
            Errors make a ruleset unusable; warnings and notes are lints, which 'allow: [CODE]' silences in a rule or file.
            Example: rostrum rules check Config/rules --deny-warnings

            \(ExitCode.explained([.done, .usage, .problemsFound]))
            """)

    @OptionGroup var rules: RulesFolder

    @Option(help: "text for people, json for programs, sarif for code hosts and editors.")
    var output: DiagnosticReport.Format = .text

    @Flag(help: "Warnings are problems too.")
    var denyWarnings = false

    func run() async throws {
        let report = DiagnosticReport(RulesetReader(folder: try rules.path(), linting: true))
        StandardOutput.write(report.rendered(output) + "\n")
        try Program.end(with: report.hasProblems(countingWarnings: denyWarnings) ? .problemsFound : .done)
    }
}

extension DiagnosticReport.Format: ExpressibleByArgument {}
