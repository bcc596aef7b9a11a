import WorkerSupport

/// The three workers as programs: name and command line of each.
///
/// Each has an executable of its own, and `rostrum` is any of them when it is called by that name, as busybox is: an image
/// then holds what they share, nearly all of it, once instead of four times.
public enum WorkerProgram: String, Sendable, CaseIterable {
    /// Publishes documents.
    case producer = "rostrum-producer"
    /// Turns documents into events.
    case classifier = "rostrum-classifier"
    /// Stores events.
    case sink = "rostrum-sink"

    /// The worker that a process was called as, nil when it was called as anything else.
    ///
    /// - Parameter argument: The process's first argument, by which it was called: a name or a path.
    public init?(calledAs argument: String) {
        self.init(rawValue: String(argument.split(separator: "/").last ?? ""))
    }

    /// Parses the process's arguments and runs the worker. Never returns: ends the process with the worker's exit code.
    public func main() async -> Never {
        switch self {
        case .producer: await Program.main(ProducerCommand.self)
        case .classifier: await Program.main(ClassifierCommand.self)
        case .sink: await Program.main(SinkCommand.self)
        }
    }
}
