import ArgumentParser
import Speeches
import WorkerSupport
import Workers

/// `rostrum-producer withdraw ID…`
struct Withdraw: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Withdraws documents: publishes a null value for each id, and stores delete their rows.",
        discussion: """
            Example: rostrum-producer withdraw 5f520fa6-7631-11e4-a3cb-005056011aef

            \(ExitCode.explained([.done, .failed, .usage, .unreachable, .badConfiguration, .interrupted]))
            """)

    @Argument(help: ArgumentHelp("Document ids, as the events give them.", valueName: "id"))
    var ids: [String]

    @Flag(help: "Print the summary as JSON.")
    var json = false

    @OptionGroup var options: SettingsOptions

    func validate() throws {
        for id in ids.map(TextNormalisation.line) {
            if id.isEmpty { throw ValidationError("an id is empty; give the document's id as its events do") }
            guard id.utf8.count > SpeechID.bytesMax else { continue }
            throw ValidationError(
                "an id has \(id.utf8.count) bytes; no document's id has more than \(SpeechID.bytesMax)")
        }
    }

    func run() async throws {
        let settings = try options.settings()
        let ids = self.ids.map { SpeechID(TextNormalisation.line($0)) }
        try await PublishingProcess(settings: settings, json: json).run { _, publisher, _, stop, notice in
            try ProducerWorker(settings, publisher: publisher, notice: notice).withdraw(ids, until: stop)
        }
    }
}
