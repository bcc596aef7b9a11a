public import ArgumentParser
import Foundation
public import RuleEngine
import RuleLanguage
import Speeches
import WorkerSupport

/// `rostrum rules evaluate`: how well the rules do on labelled documents.
struct RulesEvaluate: AsyncParsableCommand {
    enum Output: String, ExpressibleByArgument, CaseIterable {
        case text, json, markdown
    }

    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Precision, recall and F1 on documents that people have labelled, and the errors to read.",
        discussion: """
            Labelled documents are JSON lines. Format rostrum, a line: {"id": "1", "title": "…", "text": "…", \
            "topics": ["fraud"], "crime_policy": true, "group": "…", "indexed": true}. Without "topics", or with \
            "indexed": false, nobody looked for topics and only the verdict counts; "weak": true means that labels only \
            say what must be found. Every topic of the ruleset is measured, labelled or not. Formats crs, cap and questions read bill summaries with subject terms, Comparative \
            Agendas titles and weakly labelled questions.

            Documents are split into halves by the MD5 of their group (else id): an even first hexadecimal digit is the \
            half for writing rules (tune), an odd one the half for measuring (check). Intervals hold with 95%: Wilson's \
            score for precision and recall, draws of whole groups with a fixed seed for F1.

            The sets this ruleset is measured on are named in Tests/Evaluation/run.
            Example: rostrum rules evaluate --gold speeches.jsonl --half check --merge prisons_probation=prisons,probation

            \(ExitCode.explained([.done, .failed, .usage, .badConfiguration]))
            """)

    @Option(parsing: .upToNextOption, help: ArgumentHelp("Labelled documents, JSON lines.", valueName: "file"))
    var gold: [String]

    @Option(help: "rostrum, crs, cap or questions.")
    var goldFormat: GoldFormat = .rostrum

    @Option(
        help: ArgumentHelp(
            "For crs: labels of our own by subject terms, a JSON object of arrays.", valueName: "file"))
    var topicMap: String?

    @Option(
        help: ArgumentHelp(
            "The topics that a label stands for; may be repeated. Else the topic of the same id.",
            valueName: "label=topic,topic"))
    var merge: [String] = []

    @Option(help: "tune, check or all.")
    var half: GoldHalf = .all

    @Option(help: "text, json or markdown.")
    var output: Output = .text

    @Option(
        help: ArgumentHelp(
            "Write the errors to this file: Markdown, or JSON lines if it ends in .jsonl.", valueName: "file"))
    var errors: String?

    @OptionGroup var ruleset: RulesetOptions

    func validate() throws {
        for pair in merge where Self.parsed(pair) == nil {
            throw ValidationError(
                "--merge takes LABEL=TOPIC,TOPIC, such as prisons_probation=prisons,probation, not '\(pair)'")
        }
        if topicMap != nil, goldFormat != .crs {
            throw ValidationError("--topic-map is for --gold-format crs, not \(goldFormat.rawValue)")
        }
    }

    func run() async throws {
        let ruleset = try ruleset.load()
        try checkMerges(ruleset)
        let evaluation = Evaluation(
            ruleset, gold: try documents(), merges: Dictionary(uniqueKeysWithValues: merges), half: half,
            everyTopic: goldFormat == .rostrum)
        let report = evaluation.report()
        guard report.documents > 0 else {
            throw ProgramFailure(
                .failed, code: "evaluation.empty",
                "no labelled document is in \(gold.joined(separator: ", "))\(half == .all ? "" : ", half \(half.rawValue)"); "
                    + "nothing was measured")
        }
        if let errors { try write(report, errorsTo: errors) }
        switch output {
        case .text: StandardOutput.write(report.text)
        case .markdown: StandardOutput.write(report.markdown)
        case .json: try ReportJSON.write(report)
        }
    }

    private func checkMerges(_ ruleset: Ruleset) throws {
        let known = Set(ruleset.checked.topics.map(\.id))
        for (label, topics) in merges {
            guard let unknown = topics.first(where: { !known.contains($0) }) else { continue }
            throw ProgramFailure(
                .usage, code: "rules.unknownTopic",
                "--merge \(label): the ruleset has no topic '\(unknown)'; 'rostrum rules list' names them")
        }
    }

    private var merges: [(String, [TopicID])] {
        Dictionary(merge.compactMap(Self.parsed), uniquingKeysWith: +).map { ($0, $1) }
    }

    private func documents() throws -> [GoldDocument] {
        do {
            let subjects = try topicMap.map { try GoldReader.subjects(Corpus.contents($0), path: $0) }
            let reader = GoldReader(goldFormat, subjects: subjects ?? [:])
            return try gold.flatMap { try reader.read(Corpus.contents($0), path: $0) }
        } catch let error as GoldError {
            throw ProgramFailure(.failed, code: error.code, error.description)
        }
    }

    private func write(_ report: EvaluationReport, errorsTo path: String) throws {
        guard path.hasSuffix(".jsonl") else {
            return try OutputFile.write(report.errorsMarkdown, to: path)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        let lines = try report.errors.map { String(decoding: try encoder.encode($0), as: UTF8.self) + "\n" }
        try OutputFile.write(lines.joined(), to: path)
    }

    private static func parsed(_ pair: String) -> (String, [TopicID])? {
        let parts = pair.split(separator: "=", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        return (String(parts[0]), parts[1].split(separator: ",").map { TopicID(String($0)) })
    }
}

extension GoldFormat: ExpressibleByArgument {}
extension GoldHalf: ExpressibleByArgument {}
