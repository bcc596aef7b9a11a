import ArgumentParser
import RuleEngine
import RuleLanguage
import SpeechFormats
import Speeches
import WorkerCommands
import WorkerSupport

/// `rostrum rules explain`: why a document was tagged, and why not.
struct RulesExplain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Says which rules fired in a document and which died, at which condition and how near they came.",
        discussion: """
            For each topic: its score with what each rule gave to it; matches that are no evidence, with the reason; for \
            rules that found nothing the nearest miss. It asks the engine that classifies, so it never disagrees with it. \
            Rules of which nothing occurs are only counted, unless --topic or --rule asks for them.
            Example: rostrum rules explain speech.txt --topic drugs

            \(ExitCode.explained([.done, .failed, .usage, .problemsFound, .badConfiguration]))
            \(Corpus.refusedMeans)
            """)

    @Argument(help: ArgumentHelp("A file in any format that 'rostrum classify' reads.", valueName: "file"))
    var document: String

    @Option(help: ArgumentHelp("Only this topic.", valueName: "id"))
    var topic: String?

    @Option(help: ArgumentHelp("Only this rule.", valueName: "id"))
    var rule: String?

    @Option(help: "text for people, json for programs.")
    var output: TextOrJSON = .text

    @OptionGroup var reading: FormatOptions
    @OptionGroup var ruleset: RulesetOptions

    func run() async throws {
        let ruleset = try ruleset.load()
        try check(ruleset)
        let classifier = Classifier(ruleset)
        var explanations: [Explanation] = []
        let ending = try Corpus.forEach([document], reading) {
            explanations.append(classifier.explain($0, topic: topic.map { TopicID($0) }, rule: rule.map { RuleID($0) }))
        }
        switch output {
        case .text:
            let isAsked = topic != nil || rule != nil
            StandardOutput.write(
                explanations.map { EventText.printableLines($0.text(includingSilent: isAsked)) }.joined(separator: "\n")
            )
        case .json: try ReportJSON.write(explanations)
        }
        try Program.end(with: ending)
    }

    private func check(_ ruleset: Ruleset) throws {
        if let topic, !ruleset.checked.topics.contains(where: { $0.id.rawValue == topic }) {
            throw ProgramFailure(
                .usage, code: "rules.unknownTopic",
                "the ruleset has no topic '\(topic)'; 'rostrum rules list' names them")
        }
        if let rule, !ruleset.checked.rules.contains(where: { $0.id.rawValue == rule }) {
            throw ProgramFailure(
                .usage, code: "rules.unknownRule", "the ruleset has no rule '\(rule)'; 'rostrum rules list' names them")
        }
    }
}

extension EventText {
    /// The same for text of several lines.
    static func printableLines(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { printable(String($0)) }.joined(
            separator: "\n")
    }
}
