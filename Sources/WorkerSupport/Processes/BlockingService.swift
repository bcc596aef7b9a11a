public import Delivery
public import ServiceLifecycle

/// A blocking worker as ServiceLifecycle's groups run it: on a thread of its own, told to stop when the group shuts
/// down or is cancelled.
public struct BlockingService: Service {
    private let name: String
    private let stop: StopRequest
    private let work: @Sendable (StopRequest) throws -> Void

    /// Wraps work that returns when it is done, or soon after the stop is requested.
    public init(
        named name: String, stop: StopRequest = StopRequest(), _ work: @escaping @Sendable (StopRequest) throws -> Void
    ) {
        self.name = name
        self.stop = stop
        self.work = work
    }

    /// Runs the work to its end.
    public func run() async throws {
        let (stop, work) = (stop, work)
        try await withTaskCancellationHandler {
            try await withGracefulShutdownHandler {
                try await OwnThread.run(name) { try work(stop) }
            } onGracefulShutdown: {
                stop.request()
            }
        } onCancel: {
            stop.request()
        }
    }
}
