public import ArgumentParser
import Foundation
import SpeechFormats
import Speeches
import WorkerSupport
public import Workers

/// `rostrum-producer publish PATH…`
struct Publish: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Publishes the speeches in files, folders and archives, on standard input, or in a folder as they come.",
        discussion: """
            Plain text, HTML pages, GOV.UK Content API JSON, TEI XML (ParlaMint), JSON lines, CSV and Rostrum's own document \
            JSON are recognised by their content; gzip files and tars of them are unpacked. A document that cannot be read \
            or is larger than producer.documentMaxBytes is refused before it is published, with the reason; the others go \
            on. The summary on standard output counts both, and warnings: a date, language or address that is none is left \
            out of a document that is published all the same, and kept as an attribute. Symbolic links are followed where \
            they are named, and ignored in folders.

            An import that was interrupted, even by kill -9, goes on when the same command is given again: what arrived is \
            read back from Kafka and left out, and the last revision of each document is the one that the whole import \
            leaves. The folder state.path remembers that an import was under way, and which files of a watched folder were \
            taken: who deletes it has everything published again. A document that the brokers refuse for what it is, such as \
            its size, counts as refused; a watched file that cannot be opened or read is tried again. A watched file counts as \
            complete when its writer closes it, when it is moved in, or when it has not changed for two seconds: write what \
            takes longer elsewhere and move it in.

            Examples:
              rostrum-producer Config/samples
              rostrum-producer un.jsonl.gz --map role=post,publisher=source
              curl -s https://www.gov.uk/api/content/government/speeches/… | rostrum-producer -
              rostrum-producer --watch /var/lib/speeches

            \(ExitCode.explained([.done, .failed, .usage, .problemsFound, .unreachable, .badConfiguration, .interrupted]))
            Here 3 means that some documents were refused and all others are published.
            """)

    @Argument(help: ArgumentHelp("Files, folders and archives; - for standard input.", valueName: "path"))
    var paths: [String] = []

    @Option(
        help: ArgumentHelp(
            "Publish the files of a folder as they appear, each once, until stopped.", valueName: "folder"))
    var watch: String?

    @OptionGroup var source: SourceOptions

    @Option(
        help: ArgumentHelp(
            "Keep refused files here (of those in archives the reason alone), and every refusal with its reason in "
                + "rejects.jsonl.", valueName: "folder"))
    var rejects: String?

    @Option(
        help: ArgumentHelp(
            "Documents whose text nearly repeats an earlier one of the run: report, link or drop.", valueName: "policy")
    )
    var nearDuplicates = PublishingPolicy.NearDuplicates.report

    @Option(help: ArgumentHelp("Documents a second at most, spread evenly.", valueName: "number"))
    var maxRate: Int?

    @Flag(help: "Print the summary as JSON.")
    var json = false

    @OptionGroup var options: SettingsOptions

    func validate() throws {
        if paths.contains("-"), paths.count > 1 {
            throw ValidationError("'-' reads standard input and stands alone; name files or '-', not both")
        }
        if watch != nil, !paths.isEmpty {
            throw ValidationError("--watch stands alone; name files, or a folder to watch, not both")
        }
        if watch == nil, paths.isEmpty {
            throw ValidationError("name files or folders, '-' for standard input, or --watch FOLDER")
        }
        if let maxRate, !(1...1_000_000).contains(maxRate) {
            throw ValidationError("--max-rate takes 1 to 1000000 documents a second, not \(maxRate)")
        }
    }

    func run() async throws {
        let settings = try options.settings()
        let context = try source.context(followingNamedLinks: watch == nil)
        let registry = FormatRegistry(documentBytesMax: settings.documentMaxBytes)
        var policy = PublishingPolicy()
        policy.nearDuplicates = nearDuplicates
        policy.withdrawn = source.withdrawn
        policy.documentsPerSecondMax = maxRate
        // The same command on the same files is the same import.
        let name =
            ["publish"] + paths.map { URL(filePath: $0).standardizedFileURL.path } + [
                source.reading.format ?? "", source.licence ?? "",
            ]
            + source.reading.map
        let (paths, folder) = (self.paths, watch)
        let progress = paths == ["-"] || folder != nil ? nil : ReadingProgress.measuring(paths)
        let process = PublishingProcess(
            settings: settings, policy: policy, json: json, rejects: rejects, progress: progress)
        try await process.run { run, publisher, logger, stop, notice in
            if let folder {
                return try FolderWatch(
                    folder, settings: settings, run: run, registry: registry, context: context, logger: logger
                ).publish(with: publisher, until: stop, notice: notice)
            }
            if paths == ["-"] {
                return try run.publish(
                    DocumentInput(registry: registry, context: context), with: publisher, until: stop, notice: notice)
            }
            let summary = try run.publish(
                SpeechFiles(paths, registry: registry, context: context, progress: progress), named: name,
                with: publisher, until: stop, notice: notice)
            if summary.failed.isEmpty, !summary.isInterrupted { run.finished(named: name) }
            return summary
        }
    }
}

extension PublishingPolicy.NearDuplicates: ExpressibleByArgument {}
extension PublishingPolicy.Withdrawn: ExpressibleByArgument {}

extension FieldMapping {
    /// The mapping of `--map`.
    static func option(_ texts: [String]) throws -> FieldMapping {
        do {
            return try FieldMapping(texts.joined(separator: ","))
        } catch {
            throw ValidationError("--map: \(error.reason); \(error.cure)")
        }
    }
}
