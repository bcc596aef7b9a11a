internal import Endpoints
internal import Logging
internal import Delivery
public import ServiceLifecycle
public import SpeechFormats
public import WorkerSupport

/// A producer that takes documents over HTTP: the server, and the work on a thread of its own that takes what the brokers
/// report. The server listens once a broker has answered; when told to stop, it takes no more, requests in work are
/// answered when the brokers have their documents, and then it ends.
public struct IngestService: Service {
    private let settings: Settings
    private let context: SourceContext
    private let withdrawn: PublishingPolicy.Withdrawn
    private let surroundings: WorkerProcess.Surroundings
    /// The publisher, once a broker has answered; none when the work ended before.
    private let ready = AsyncStream.makeStream(of: IngestPublisher.self, bufferingPolicy: .bufferingNewest(1))

    /// Runs a producer to its end.
    /// - Returns: the exit code, after the last log line.
    public static func process(
        _ settings: Settings, context: SourceContext, withdrawn: PublishingPolicy.Withdrawn
    ) async -> ExitCode {
        await WorkerProcess.run(.producer, settings) { surroundings in
            let service = IngestService(
                settings: settings, context: context, withdrawn: withdrawn, surroundings: surroundings)
            return ([service], { try service.publish() })
        }
    }

    /// Serves until the group shuts down, which it does when the work ends.
    /// - Throws: `ProgramFailure` when it cannot listen.
    public func run() async throws {
        guard let publisher = await ready.stream.first(where: { _ in true }) else {
            // The work has ended, and the group is about to shut down for that.
            return try await gracefulShutdown()
        }
        let (ingest, delivery, telemetry) = (settings.ingest, settings.delivery, surroundings.telemetry)
        let stop = surroundings.stop
        let reader = IngestReader(
            registry: FormatRegistry(documentBytesMax: settings.documentMaxBytes), context: context,
            withdrawn: withdrawn, documentsMax: delivery.maxInFlightRecords, bytesMax: delivery.maxInFlightBytes)
        let server = IngestServer(
            host: ingest.host, port: ingest.port, token: ingest.token,
            limits: IngestLimits(
                requestBytes: ingest.requestBytes, requests: ingest.requests,
                bytes: max(delivery.maxInFlightBytes, ingest.requestBytes), requestSeconds: ingest.requestSeconds),
            logger: telemetry.logger,
            receiver: IngestHandler(publisher: publisher, reader: reader, telemetry: telemetry) { stop.isRequested }
        ) { port in
            telemetry.started(
                settings,
                [
                    .kafkaTopic: settings.kafkaTopics.documents, .ingestHost: ingest.host, .ingestPort: port,
                ])
            warnIfOpen()
        }
        do {
            try await server.run()
        } catch let failure as EndpointFailure {
            throw ProgramFailure(
                .badConfiguration, code: "ingest.cannot_listen",
                "cannot listen for documents at \(ingest.host):\(ingest.port) (ingest.host, ingest.port): "
                    + "\(failure.reason); "
                    + (failure.isInUse
                        ? "another program has this port: name another one"
                        : "name an address of this machine, and a port that this user may open"))
        }
    }

    /// The work: blocks until told to stop and all requests are answered.
    private func publish() throws {
        defer { ready.continuation.finish() }
        let (telemetry, stop) = (surroundings.telemetry, surroundings.stop)
        let cluster = Cluster(settings, program: "rostrum-producer", telemetry: telemetry)
        guard try cluster.isReady(topics: [settings.kafkaTopics.documents], until: stop) else { return }
        let topic = KafkaTopic(settings.kafkaTopics.documents)
        let publisher = IngestPublisher(
            try cluster.producer(to: topic), topic: topic,
            recordsMax: settings.delivery.maxInFlightRecords, bytesMax: settings.delivery.maxInFlightBytes,
            patience: .seconds(settings.ingest.requestSeconds)
        ) { telemetry.observe($0) }
        ready.continuation.yield(publisher)
        defer { telemetry.ends(with: publisher.summary) }
        try publisher.run(until: stop, drain: .seconds(settings.delivery.drainSeconds))
    }

    private func warnIfOpen() {
        guard settings.ingest.token == nil, !["127.0.0.1", "::1", "localhost"].contains(settings.ingest.host) else {
            return
        }
        surroundings.logger.write(
            .warning, "whoever can reach this address may publish documents: no token is set (ingest.token)",
            [.ingestHost: settings.ingest.host])
    }
}
