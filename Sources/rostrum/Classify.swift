import ArgumentParser
import Foundation
import RuleEngine
import SpeechFormats
import Speeches
import WorkerCommands
import WorkerSupport
import Workers

/// `rostrum classify FILE…`
struct Classify: AsyncParsableCommand {
    enum Output: String, ExpressibleByArgument, CaseIterable {
        case text, json, ndjson, html
    }

    static let configuration = CommandConfiguration(
        abstract: "Says which topics the speeches in files treat, with the words that prove it. Needs no broker.",
        discussion: """
            Outputs: text for people; json, an array of events as they stand in Kafka; ndjson, one event a line; html, a \
            page with the evidence marked in the speech.

            Examples:
              rostrum classify Config/samples/malthouse-2022-un-crime-commission.txt
              rostrum classify --output html speech.txt > speech.html
              curl -s https://www.gov.uk/api/content/government/speeches/… | rostrum classify --output ndjson -

            \(ExitCode.explained([.done, .usage, .problemsFound, .badConfiguration]))
            Here 3 means that some documents could not be read; the others are classified.
            """)

    @Argument(help: ArgumentHelp("Files and folders; - for standard input.", valueName: "file"))
    var files: [String]

    @Option(help: "text, json, ndjson or html.")
    var output: Output = .text

    @OptionGroup var reading: FormatOptions
    @OptionGroup var rules: RulesOptions
    @OptionGroup var options: SettingsOptions

    func validate() throws {
        if files.contains("-"), files.count > 1 {
            throw ValidationError("'-' reads standard input and stands alone; name files or '-', not both")
        }
    }

    func run() async throws {
        let settings = try options.settings(rules.flags)
        let ruleset = try Rules.load(settings)
        let registry = FormatRegistry(documentBytesMax: settings.documentMaxBytes)
        let context = try reading.context()
        let outcomes: any Sequence<SpeechFiles.Outcome> =
            files == ["-"]
            ? DocumentInput(registry: registry, context: context)
            : SpeechFiles(files, registry: registry, context: context)
        let classifier = Classifier(ruleset)
        var printer = ClassificationPrinter(output)
        var refused = 0
        for outcome in outcomes {
            switch outcome {
            case .speech(let speech, _): printer.add(classifier.classify(speech), of: speech)
            case .rejected(let error):
                refused += 1
                Program.say("refused: \(error)")
            case .warning(let error): Program.say("warning: \(error)")
            case .ignored: break
            }
        }
        printer.finish()
        try Program.end(with: refused == 0 ? .done : .problemsFound)
    }
}

/// Prints events one by one, so that a folder of any size needs the memory of one speech.
private struct ClassificationPrinter {
    private let output: Classify.Output
    private var count = 0

    init(_ output: Classify.Output) {
        self.output = output
        switch output {
        case .json: StandardOutput.write("[")
        case .html: StandardOutput.write(SpeechPage.head)
        case .text, .ndjson: break
        }
    }

    mutating func add(_ event: ClassifiedSpeech, of speech: Speech) {
        switch output {
        case .text: StandardOutput.write((count > 0 ? "\n" : "") + EventText(event, of: speech).full)
        case .json:
            StandardOutput.write(count > 0 ? ",\n" : "\n")
            StandardOutput.write(event.json)
        case .ndjson:
            StandardOutput.write(event.json)
            StandardOutput.write("\n")
        case .html: StandardOutput.write(SpeechPage.article(event, of: speech, number: count + 1))
        }
        count += 1
    }

    func finish() {
        switch output {
        case .json: StandardOutput.write(count > 0 ? "\n]\n" : "]\n")
        case .html: StandardOutput.write(SpeechPage.foot)
        case .text, .ndjson: break
        }
    }
}
