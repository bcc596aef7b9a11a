import ArgumentParser
import Foundation
import WorkerSupport
import Workers

/// `rostrum status`
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Looks at a whole installation: Kafka topics, groups, workers, rules, dead letters, store.",
        discussion: """
            What is not as it should be stands at the end, with its cure. A part that cannot be reached is said and hides \
            no other.

            Example: rostrum status --worker http://classifier-0:9464 --worker http://sink-0:9465

            \(ExitCode.explained([.done, .usage, .problemsFound, .unreachable, .badConfiguration]))
            """)

    enum Output: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    @Option(help: "text or json.")
    var output: Output = .text

    @Option(
        help: ArgumentHelp(
            "How long to read dead letters at most, in seconds from 0 (not at all) to 600.", valueName: "seconds"))
    var deadLetterSeconds = 10

    @OptionGroup var installation: InstallationOptions

    func validate() throws {
        guard 0...600 ~= deadLetterSeconds else {
            throw ValidationError("--dead-letter-seconds is \(deadLetterSeconds); it must be from 0 to 600")
        }
    }

    func run() async throws {
        var depth = StatusJob.Depth()
        depth.deadLetterTime = .seconds(deadLetterSeconds)
        let status = try await InstallationOptions.look(at: try installation.settings(), depth)
        switch output {
        case .json:
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            StandardOutput.write(String(decoding: try encoder.encode(status), as: UTF8.self) + "\n")
        case .text: StandardOutput.write(StatusText.lines(status).joined(separator: "\n") + "\n")
        }
        try Program.end(with: status.exitCode)
    }
}
