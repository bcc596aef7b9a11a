import ArgumentParser
import Foundation
import Speeches
import WorkerSupport
import Workers

/// `rostrum demo`
struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Runs producer, classifier and sink on the shipped speeches, with a Kafka broker inside this process.",
        discussion: """
            Needs no service. Prints each speech with its topics and one proof of each, and says where the SQLite database \
            is, which stays for looking at.

            Example: rostrum demo --samples my-speeches --database demo.sqlite

            \(ExitCode.explained([.done, .failed, .usage, .problemsFound, .badConfiguration]))
            Here 3 means that some of the speeches could not be read.
            """)

    @Option(help: ArgumentHelp("Files or folder of speeches instead of the shipped ones.", valueName: "path"))
    var samples: [String] = []

    @Option(help: ArgumentHelp("SQLite database file; kept, and added to when it exists.", valueName: "file"))
    var database: String?

    @OptionGroup var rules: RulesOptions
    @OptionGroup var options: SettingsOptions

    func run() async throws {
        let samples = self.samples.isEmpty ? ShippedFiles.samples.map { [$0] } ?? [] : self.samples
        guard !samples.isEmpty else {
            throw ProgramFailure(
                .badConfiguration, code: "samples.missing",
                "no speeches: none are beside the program; name files or folders by --samples")
        }
        let path = try database ?? Self.freshDatabase()
        let run = DemoRun(samples: samples, database: path) { broker in
            try options.settings(rules.flags + broker)
        }
        let report: DemoRun.Report
        do {
            report = try await run.run()
        } catch {
            throw ProgramFailure(error)
        }
        for event in report.events { StandardOutput.write(EventText(event).brief + "\n") }
        let topics = report.events.reduce(0) { $0 + $1.topics.count }
        StandardOutput.write(
            "\(report.events.count) speeches, \(topics) topics, through a broker in this process: "
                + "producer -> \(report.documents) -> classifier -> \(report.classified) -> sink\n"
                + "database: \(path)\n"
                + "try: sqlite3 \(path) '.tables'\n")
        for refusal in report.refusals { Program.say("refused: \(refusal)") }
        try Program.end(with: report.refusals.isEmpty ? .done : .problemsFound)
    }

    /// A new folder for each run, so that nothing of anybody is written over.
    private static func freshDatabase() throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "rostrum-demo-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder.appending(path: "rostrum.sqlite").path
    }
}
