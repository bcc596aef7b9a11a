import ArgumentParser
import RuleEngine
import WorkerSupport

/// `rostrum rules diff`: what a new ruleset changes.
struct RulesDiff: AsyncParsableCommand {
    enum Output: String, ExpressibleByArgument, CaseIterable {
        case text, json, html
    }

    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Tags gained, lost and changed between two rulesets on the same documents, with their words.",
        discussion: """
            For each topic and each document: tags gained (+), lost (-) and with another prominence (~), and the evidence \
            that only one side has.
            Example: rostrum rules diff Config/rules my-rules --corpus speeches/ --output html > changes.html

            \(ExitCode.explained([.done, .failed, .usage, .problemsFound, .badConfiguration]))
            \(Corpus.refusedMeans) With --fail-on-change also that tags differ.
            """)

    @Argument(help: ArgumentHelp("Folder of the rules so far.", valueName: "old"), completion: .directory)
    var old: String

    @Argument(help: ArgumentHelp("Folder of the rules to come.", valueName: "new"), completion: .directory)
    var new: String

    @OptionGroup var corpus: CorpusOptions

    @Option(help: "text, json or html.")
    var output: Output = .text

    @Flag(help: "End with 3 when any tag differs.")
    var failOnChange = false

    func run() async throws {
        var comparison = RulesetComparison(old: try RulesetOptions.load(old), new: try RulesetOptions.load(new))
        let ending = try corpus.forEach { comparison.add($0) }
        let report = comparison.report()
        switch output {
        case .text: StandardOutput.write(EventText.printableLines(report.text))
        case .json: try ReportJSON.write(report)
        case .html: StandardOutput.write(report.html)
        }
        try Program.end(with: failOnChange && !report.isSame ? .problemsFound : ending)
    }
}
