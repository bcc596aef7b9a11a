/// What the programs end with, everywhere the same.
public enum ExitCode: Int32, Sendable, CaseIterable {
    /// Done.
    case done = 0
    /// Something was not done; the messages say what.
    case failed = 1
    /// The command line is wrong.
    case usage = 2
    /// Checks found problems.
    case problemsFound = 3
    /// A broker or store cannot be reached.
    case unreachable = 69
    /// Settings or rules are wrong.
    case badConfiguration = 78
    /// A second signal ended it at once.
    case interrupted = 130

    /// What `--help` says about it.
    public var meaning: String {
        switch self {
        case .done: "done"
        case .failed: "something was not done; the messages say what"
        case .usage: "the command line is wrong"
        case .problemsFound: "checks found problems"
        case .unreachable: "a broker or store cannot be reached"
        case .badConfiguration: "settings or rules are wrong"
        case .interrupted: "a second signal ended it at once"
        }
    }

    /// A paragraph for `--help` that explains the given codes.
    public static func explained(_ codes: [ExitCode]) -> String {
        "Exit codes: " + codes.map { "\($0.rawValue) \($0.meaning)" }.joined(separator: "; ") + "."
    }
}

/// An error that ends a program: a message for people, a stable code, and the exit code.
public struct ProgramFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// The exit code.
    public let exitCode: ExitCode
    /// A stable code for logs, such as `broker.unreachable`.
    public let code: String
    /// What failed, with which value, what is allowed, what to do.
    public let reason: String

    /// Makes a failure.
    public init(_ exitCode: ExitCode, code: String, _ reason: String) {
        self.exitCode = exitCode
        self.code = code
        self.reason = reason
    }

    /// The reason.
    public var description: String { reason }
}
