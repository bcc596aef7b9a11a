public import ArgumentParser
internal import Foundation

/// How the programs start and end: the same exit codes and the same form of errors for all.
public enum Program {
    /// Parses the command line and runs the command. Never returns: ends the process with the command's exit code.
    ///
    /// A wrong command line ends with 2 and a hint at `--help`; a `ProgramFailure` with its own code; any other error
    /// with 1. Errors go to standard error, help to standard output.
    public static func main<Command: AsyncParsableCommand>(_ root: Command.Type) async -> Never {
        do {
            var command = try root.parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            Foundation.exit(ExitCode.done.rawValue)
        } catch let failure as ProgramFailure {
            say("error: \(failure.reason)")
            Foundation.exit(failure.exitCode.rawValue)
        } catch let code as ArgumentParser.ExitCode {
            Foundation.exit(code.rawValue)
        } catch {
            let code = root.exitCode(for: error)
            if code == .success {
                print(root.fullMessage(for: error))
                Foundation.exit(ExitCode.done.rawValue)
            }
            say(root.fullMessage(for: error))
            Foundation.exit(code == .validationFailure ? ExitCode.usage.rawValue : ExitCode.failed.rawValue)
        }
    }

    /// Ends a command with an exit code and no further message.
    public static func end(with code: ExitCode) throws {
        if code != .done { throw ArgumentParser.ExitCode(code.rawValue) }
    }

    /// A line for the person at the terminal, on standard error.
    public static func say(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8))
    }
}
