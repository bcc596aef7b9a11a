internal import Endpoints
internal import Foundation
internal import Logging
internal import ServiceLifecycle
internal import WorkerSupport

/// What a worker answers over HTTP: its health, its metrics, its status.
struct EndpointService: Service {
    let host: String
    let port: Int
    let telemetry: WorkerTelemetry

    func run() async throws {
        let telemetry = telemetry
        let state = telemetry.state
        let endpoints = Endpoints(
            host: host, port: port,
            answers: [
                "/health/live": { Self.answer(state.live()) },
                "/health/ready": { Self.answer(state.ready()) },
                "/metrics": { Answer(contentType: PrometheusText.contentType, text: telemetry.metricsText()) },
                "/status": { Answer(contentType: "application/json", text: Self.json(state.status())) },
            ], logger: telemetry.logger
        ) { port in
            telemetry.logger.write(.info, "endpoints listening", [.httpHost: host, .httpPort: port])
        }
        do {
            try await endpoints.run()
        } catch let failure as EndpointFailure {
            throw ProgramFailure(
                .badConfiguration, code: "http.cannot_listen",
                "the endpoints cannot listen at \(host):\(port) (http.host, http.port): \(failure.reason); "
                    + (failure.isInUse
                        ? "another program, perhaps another worker, has this port: give each worker a port of its own"
                        : "name an address of this machine, and a port that this user may open"))
        }
    }

    private static func answer(_ report: HealthReport) -> Answer {
        Answer(status: report.isGood ? 200 : 503, contentType: "application/json", text: json(report))
    }

    private static func json(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        // Texts, whole numbers, finite numbers and booleans alone: they always encode.
        guard let data = try? encoder.encode(value) else { preconditionFailure("a worker's status did not encode") }
        return String(decoding: data, as: UTF8.self) + "\n"
    }
}
