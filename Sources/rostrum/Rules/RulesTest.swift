import ArgumentParser
import Foundation
import RuleEngine
import RuleLanguage
import WorkerSupport

/// `rostrum rules test`: the examples inside rule files.
struct RulesTest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Runs the examples inside rule files with the engine that classifies.",
        discussion: """
            Each failure is shown with what is missing (-) and what is too much (+).
            Example: rostrum rules test Config/rules --rule modern-slavery.named

            \(ExitCode.explained([.done, .usage, .problemsFound, .badConfiguration]))
            """)

    @OptionGroup var rules: RulesFolder

    @Option(help: ArgumentHelp("Write the results as JUnit XML too.", valueName: "file"), completion: .file())
    var junit: String?

    @Option(help: ArgumentHelp("Only the examples of this rule or topic.", valueName: "id"))
    var rule: String?

    @Option(help: "text for people, json for programs.")
    var output: TextOrJSON = .text

    func run() async throws {
        let results = ExampleTests.run(try rules.checked()).filter { rule == nil || $0.subject == rule }
        guard rule == nil || !results.isEmpty else {
            throw ProgramFailure(
                .usage, code: "rules.unknownRule",
                "no rule or topic with examples has the id '\(rule ?? "")'; 'rostrum rules list' names them")
        }
        let report = ExampleReport(results)
        if let junit { try OutputFile.write(report.junit, to: junit) }
        switch output {
        case .text: StandardOutput.write(report.text + "\n")
        case .json: try ReportJSON.write(report)
        }
        try Program.end(with: report.failures.isEmpty ? .done : .problemsFound)
    }
}
