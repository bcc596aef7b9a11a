public import Delivery
internal import KafkaClient
public import Logging
internal import ServiceLifecycle
public import WorkerSupport

/// A worker as a process: logs, signals, the group of services, the exit code.
public enum WorkerProcess {
    /// Runs a worker's blocking work to its end on a thread of its own. The first signal requests a stop, the second
    /// ends the process at once.
    /// - Parameter work: gets the worker's logger and the request to watch.
    /// - Returns: the exit code, after the last log line.
    public static func run(
        _ name: String, _ settings: Settings, work: @escaping @Sendable (Logger, StopRequest) throws -> Void
    ) async -> ExitCode {
        let logs = Logs(settings.log)
        let logger = logs.logger(name)
        let stop = StopRequest()
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(
                        service: BlockingService(named: name, stop: stop) { try work(logger, $0) },
                        successTerminationBehavior: .gracefullyShutdownGroup)
                ],
                logger: Logger(label: name) { _ in SwiftLogNoOpLogHandler() }))
        ProcessSignals.handle { signal in
            logger.write(.info, "stop requested", [.stopReason: signal])
            stop.request()
            Task { await group.triggerGracefulShutdown() }
        }
        let code: ExitCode
        do {
            try await group.run()
            code = .done
        } catch {
            let failure = ProgramFailure(error)
            logger.write(
                .critical, "cannot go on",
                [
                    .errorCode: failure.code, .errorReason: failure.reason,
                    .exitCode: Int(failure.exitCode.rawValue),
                ])
            code = failure.exitCode
        }
        logs.finish()
        return code
    }

    /// The first line of a worker, with versions and whatever it works with.
    public static func started(_ logger: Logger, _ settings: Settings, _ more: [LogKey: any LogValue] = [:]) {
        let facts: [LogKey: any LogValue] = [
            .version: Version.rostrum, .librdkafkaVersion: Librdkafka.version,
            .kafkaBootstrapServers: settings.kafka.bootstrapServers,
        ]
        logger.write(.info, "started", facts.merging(more) { _, new in new })
    }
}
