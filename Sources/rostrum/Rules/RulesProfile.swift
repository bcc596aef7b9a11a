import ArgumentParser
import RuleEngine
import WorkerSupport

/// `rostrum rules profile`: where the time goes.
struct RulesProfile: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "profile",
        abstract: "The slowest rules, and those with most matches.",
        discussion: """
            Times are of this machine under this load: compare rules of one run, not runs.
            Example: rostrum rules profile --corpus speeches/

            \(ExitCode.explained([.done, .failed, .usage, .problemsFound, .badConfiguration]))
            \(Corpus.refusedMeans)
            """)

    @OptionGroup var corpus: CorpusOptions

    @Option(help: "text for people, json for programs.")
    var output: TextOrJSON = .text

    @OptionGroup var ruleset: RulesetOptions

    func run() async throws {
        let clock = ContinuousClock()
        let start = clock.now
        var profile = RulesetProfile(try ruleset.load()) { clock.now - start }
        let ending = try corpus.forEach { profile.add($0) }
        let report = profile.report()
        switch output {
        case .text: StandardOutput.write(report.text)
        case .json: try ReportJSON.write(report)
        }
        try Program.end(with: ending)
    }
}
