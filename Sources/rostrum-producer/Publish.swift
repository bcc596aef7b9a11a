import ArgumentParser
import SpeechFormats
import Speeches
import WorkerSupport
import Workers

/// `rostrum-producer publish PATH…`
struct Publish: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Publishes the speeches in files and folders, or one from standard input.",
        discussion: """
            Plain text, GOV.UK Content API JSON and Rostrum's own document JSON are recognised by their content. A document \
            that cannot be read or is larger than producer.documentMaxBytes is refused before it is published, with the \
            reason; the others go on. The summary on standard output counts both.

            Examples:
              rostrum-producer Config/samples
              curl -s https://www.gov.uk/api/content/government/speeches/… | rostrum-producer -

            \(ExitCode.explained([.done, .failed, .usage, .problemsFound, .unreachable, .badConfiguration, .interrupted]))
            Here 3 means that some documents were refused and all others are published.
            """)

    @Argument(help: ArgumentHelp("Files and folders; - for standard input.", valueName: "path"))
    var paths: [String]

    @Option(help: ArgumentHelp("Format instead of detection: \(FormatName.listed).", valueName: "format"))
    var format: String?

    @Option(help: ArgumentHelp("The licence of all documents, such as OGL-UK-3.0.", valueName: "licence"))
    var licence: String?

    @Flag(help: "Print the summary as JSON.")
    var json = false

    @OptionGroup var options: SettingsOptions

    func validate() throws {
        if let format, !FormatRegistry().names.contains(FormatName(format)) {
            throw ValidationError("there is no format '\(format)'; name one of \(FormatName.listed)")
        }
        if paths.contains("-"), paths.count > 1 {
            throw ValidationError("'-' reads standard input and stands alone; name files or '-', not both")
        }
    }

    func run() async throws {
        let settings = try options.settings()
        let context = SourceContext(licence: licence, format: format.map { FormatName($0) })
        let registry = FormatRegistry(documentBytesMax: settings.documentMaxBytes)
        let paths = self.paths
        try await PublishingProcess(settings: settings, json: json).run { worker, stop in
            paths == ["-"]
                ? try worker.publish(DocumentInput(registry: registry, context: context), until: stop)
                : try worker.publish(SpeechFiles(paths, registry: registry, context: context), until: stop)
        }
    }
}
