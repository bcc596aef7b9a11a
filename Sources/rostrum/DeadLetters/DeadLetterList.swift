import ArgumentParser
import Delivery
import WorkerSupport
import Workers

/// `rostrum deadletter list`
struct DeadLetterList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists dead letters, the newest last.",
        discussion: """
            The first column is the place that 'rostrum deadletter show' takes. JSON gives an array of objects.

            Examples:
              rostrum deadletter list --since -PT24H
              rostrum deadletter list --code document.invalid_json --origin speeches.documents/3 --output json

            \(ExitCode.explained([.done, .failed, .usage, .unreachable, .badConfiguration]))
            """)

    /// Bounds the memory of the list.
    private static let most = 100_000

    @OptionGroup var filter: DeadLetterFilter

    @Option(help: ArgumentHelp("How many at most, the newest; up to \(most).", valueName: "number"))
    var limit = 100

    @Option(help: "text or json.")
    var output: DeadLetterCommand.Output = .text

    @OptionGroup var options: SettingsOptions

    func validate() throws {
        guard 1...Self.most ~= limit else {
            throw ValidationError("--limit is \(limit); it must be from 1 to \(Self.most)")
        }
    }

    func run() async throws {
        let (selection, limit) = (filter.selection, limit)
        let letters = try await DeadLetterCommand.work(options.settings()) { job in
            var letters = NewestDeadLetters(limit: limit)
            try DeadLetterCommand.read(job, selection) { letters.add($0) }
            return letters
        }
        let newest = letters.newest
        StandardOutput.write(output == .json ? DeadLetterJSON.list(newest) : DeadLetterText.table(newest))
        if newest.count < letters.count {
            Program.say("the newest \(newest.count) of \(letters.count); --limit gives more, the other options fewer")
        }
    }
}

/// `rostrum deadletter stats`
struct DeadLetterStats: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Counts dead letters by error, origin, worker and how often they were sent back.",
        discussion: """
            Examples:
              rostrum deadletter stats
              rostrum deadletter stats --since 2026-05-17 --output json

            \(ExitCode.explained([.done, .failed, .usage, .unreachable, .badConfiguration]))
            """)

    @OptionGroup var filter: DeadLetterFilter

    @Option(help: "text or json.")
    var output: DeadLetterCommand.Output = .text

    @OptionGroup var options: SettingsOptions

    func run() async throws {
        let selection = filter.selection
        let statistics = try await DeadLetterCommand.work(options.settings()) { job in
            var statistics = DeadLetterStatistics()
            try DeadLetterCommand.read(job, selection) { statistics.add($0) }
            return statistics
        }
        StandardOutput.write(
            output == .json ? DeadLetterJSON.statistics(statistics) : DeadLetterText.statistics(statistics))
    }
}
