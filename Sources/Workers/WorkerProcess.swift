public import Delivery
internal import Endpoints
public import Logging
internal import ServiceLifecycle
public import WorkerSupport

/// A worker as a process: logs, signals, endpoints, the group of services, the exit code.
public enum WorkerProcess {
    /// What a worker's work is given.
    public struct Surroundings: Sendable {
        /// Requested by the first signal.
        public let stop: StopRequest
        /// What the worker tells of itself.
        public let telemetry: WorkerTelemetry
        /// The worker's logger.
        public var logger: Logger { telemetry.logger }
    }

    /// Runs a worker's blocking work to its end on a thread of its own, beside the endpoints that the settings want. The
    /// first signal requests a stop, the second ends the process at once.
    /// - Returns: the exit code, after the last log line.
    public static func run(
        _ program: MetricFamily.Program, _ settings: Settings,
        work: @escaping @Sendable (Surroundings) throws -> Void
    ) async -> ExitCode {
        await run(program, settings) { surroundings in ([], { try work(surroundings) }) }
    }

    /// The same with services beside the work, which shut down after it and before the endpoints.
    static func run(
        _ program: MetricFamily.Program, _ settings: Settings,
        parts: (Surroundings) -> (services: [any Service], work: @Sendable () throws -> Void)
    ) async -> ExitCode {
        let logs = Logs(settings.log)
        let logger = logs.logger(program.rawValue)
        let stop = StopRequest()
        let telemetry = WorkerTelemetry(program, settings, logger: logger)
        let ending = EndingReason()
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services(program, settings, telemetry, stop, parts),
                logger: Logger(label: program.rawValue) { _ in SwiftLogNoOpLogHandler() }))
        ProcessSignals.handle { signal in
            logger.write(.info, "stop requested", [.stopReason: signal])
            ending.set(signal)
            telemetry.state.stops()
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
            ending.set(failure.code)
            code = failure.exitCode
        }
        stopped(telemetry, reason: ending.value, code)
        logs.finish()
        return code
    }

    private static func services(
        _ program: MetricFamily.Program, _ settings: Settings, _ telemetry: WorkerTelemetry, _ stop: StopRequest,
        _ parts: (Surroundings) -> (services: [any Service], work: @Sendable () throws -> Void)
    ) -> [ServiceGroupConfiguration.ServiceConfiguration] {
        let (beside, work) = parts(Surroundings(stop: stop, telemetry: telemetry))
        var services: [ServiceGroupConfiguration.ServiceConfiguration] = []
        // Services end in reverse order: what shows the worker goes after the worker.
        if let port = settings.http.port {
            services.append(
                .init(service: EndpointService(host: settings.http.host, port: port, telemetry: telemetry)))
        }
        services.append(
            .init(service: SummaryService(telemetry, every: .seconds(settings.log.summarySeconds))))
        services += beside.map { .init(service: $0) }
        services.append(
            .init(
                service: BlockingService(named: program.rawValue, stop: stop) { _ in try work() },
                successTerminationBehavior: .gracefullyShutdownGroup,
                // In order too when it fails: an HTTP server that is cancelled complains at the level of errors.
                failureTerminationBehavior: .gracefullyShutdownGroup))
        return services
    }

    /// The last line: totals and why.
    private static func stopped(_ telemetry: WorkerTelemetry, reason: String, _ code: ExitCode) {
        let figures = telemetry.state.figures()
        var facts: [LogKey: any LogValue] = [
            .stopReason: reason, .exitCode: Int(code.rawValue), .documents: figures.totals.documents,
            .deadLetters: figures.totals.deadLetters, .topicsFound: figures.totals.topicsFound,
            .retries: figures.totals.retries, .inFlight: figures.inFlightRecords,
        ]
        facts.merge(telemetry.state.endingFacts) { _, new in new }
        telemetry.logger.write(.info, "stopped", facts)
    }
}
