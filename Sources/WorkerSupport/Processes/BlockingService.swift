public import ServiceLifecycle

/// A blocking worker as ServiceLifecycle's groups run it: on a thread of its own, told to stop by a `StopSignal` when the
/// group shuts down or is cancelled.
public struct BlockingService: Service {
    private let name: String
    private let stop: StopSignal
    private let work: @Sendable (StopSignal) throws -> Void

    /// Wraps work that returns when it is done or soon after the signal is raised.
    public init(
        named name: String, stop: StopSignal = StopSignal(), _ work: @escaping @Sendable (StopSignal) throws -> Void
    ) {
        self.name = name
        self.stop = stop
        self.work = work
    }

    /// Runs the work to its end.
    public func run() async throws {
        try await withTaskCancellationHandler {
            try await withGracefulShutdownHandler {
                try await runOnOwnThread(named: name) { try work(stop) }
            } onGracefulShutdown: {
                stop.raise("the program stops")
            }
        } onCancel: {
            stop.raise("the program is cancelled")
        }
    }
}
