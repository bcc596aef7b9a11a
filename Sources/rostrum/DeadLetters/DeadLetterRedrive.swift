import ArgumentParser
import Delivery
import WorkerSupport
import Workers

/// `rostrum deadletter redrive`
struct DeadLetterRedrive: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "redrive",
        abstract: "Sends the records of dead letters back to the Kafka topics they came from.",
        discussion: """
            --dry-run counts what would go where and why, and changes nothing; --execute does it. Records go back byte for \
            byte, without the error headers and with one more in rostrum.redrive.count; a record that came back \
            delivery.redriveLimit times stays where it is.

            The run ends at the dead letters that were there when it began. It commits a dead letter in a consumer group of \
            its own (consumer.redriveGroup) once its record is safe, so that the same command goes on where an earlier one \
            ended or crashed; --from-start begins at the oldest again. Each set of filters has a group of its own.

            A record of a document that has been revised since would become its current revision again: look at the dry run, \
            and leave old ones out by --since.

            Examples:
              rostrum deadletter redrive --dry-run
              rostrum deadletter redrive --execute --code document.unsupported_version --max 1000

            \(ExitCode.explained([.done, .failed, .usage, .problemsFound, .unreachable, .badConfiguration, .interrupted]))
            Here 3 means that some of the chosen dead letters stay where they are; the output says why.
            """)

    @Flag(help: "Count what would be sent where, and why.")
    var dryRun = false

    @Flag(help: "Send.")
    var execute = false

    @OptionGroup var filter: DeadLetterFilter

    @Option(help: ArgumentHelp("Records sent at most.", valueName: "number"))
    var max: Int?

    @Flag(help: "Begin at the oldest dead letter, whatever was sent before.")
    var fromStart = false

    @Option(help: "text or json.")
    var output: DeadLetterCommand.Output = .text

    @OptionGroup var options: SettingsOptions

    func validate() throws {
        guard dryRun != execute else {
            throw ValidationError(
                dryRun ? "--dry-run and --execute exclude each other" : "say --dry-run or --execute: nothing was done")
        }
        if let max, max < 1 { throw ValidationError("--max is \(max); it must be at least 1") }
    }

    func run() async throws {
        let settings = try options.settings()
        let selection = filter.selection
        var redriving = DeadLetterJob.RedriveOptions()
        redriving.maximum = max
        redriving.fromStart = fromStart
        let (isDry, chosen, output) = (dryRun, redriving, output)
        let stop = StopRequest()
        ProcessSignals.handle { _ in stop.request() }
        let (summary, group) = try await DeadLetterCommand.work(settings) { job in
            let progress = ProgressLine()
            defer { progress.clear() }
            let summary =
                isDry
                ? try job.plan(selection, chosen, until: stop) { progress.show("\(DeadLetterText.letters($0)) read") }
                : try job.redrive(selection, chosen, until: stop) {
                    progress.show("\(DeadLetterText.letters($0)) done with")
                }
            return (summary, job.group(of: selection))
        }
        let report = RedriveReport(summary: summary, isDry: isDry, group: group, limit: settings.delivery.redriveLimit)
        StandardOutput.write(output == .json ? report.json : report.text)
        try Program.end(with: summary.exitCode)
    }
}
