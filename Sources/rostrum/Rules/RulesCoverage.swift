import ArgumentParser
import RuleEngine
import WorkerSupport

/// `rostrum rules coverage`: how rules fare on documents.
struct RulesCoverage: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coverage",
        abstract: "Silent, shadowed and noisy rules, and topics that are tagged together.",
        discussion: """
            Silent: matches nowhere. Shadowed: matches, but longer matches always win. Noisy: evidence in more than \
            \(RulesetCoverage.noisyPercent)% of the documents. Pairs of topics come with the words that prove both.
            Example: rostrum rules coverage --corpus speeches/ --matrix

            \(ExitCode.explained([.done, .failed, .usage, .problemsFound, .badConfiguration]))
            \(Corpus.refusedMeans) With --fail-on-silent also that a rule is silent.
            """)

    @OptionGroup var corpus: CorpusOptions

    @Option(help: "text for people, json for programs.")
    var output: TextOrJSON = .text

    @Flag(help: "Show how often each two topics are tagged together as a matrix, instead of the lists.")
    var matrix = false

    @Flag(help: "End with 3 when a rule matches nowhere.")
    var failOnSilent = false

    @OptionGroup var ruleset: RulesetOptions

    func run() async throws {
        var coverage = RulesetCoverage(try ruleset.load())
        let ending = try corpus.forEach { coverage.add($0) }
        let report = coverage.report()
        switch output {
        case .text: StandardOutput.write(EventText.printableLines(matrix ? report.matrix : report.text))
        case .json: try ReportJSON.write(report)
        }
        try Program.end(with: failOnSilent && !report.rules(.silent).isEmpty ? .problemsFound : ending)
    }
}
