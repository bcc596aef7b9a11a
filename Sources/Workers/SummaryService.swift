internal import Delivery
internal import Logging
internal import ServiceLifecycle
internal import Synchronization
internal import WorkerSupport

/// Writes one line an interval that says what a worker did in it, whether or not anything happens.
struct SummaryService: Service {
    private let telemetry: WorkerTelemetry
    private let interval: Duration

    init(_ telemetry: WorkerTelemetry, every interval: Duration) {
        self.telemetry = telemetry
        self.interval = interval
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { await writeLines() }
    }

    private func writeLines() async {
        let clock = ContinuousClock()
        var last = (at: clock.now, documents: 0)
        while (try? await clock.sleep(for: interval)) != nil {
            let now = clock.now
            let figures = telemetry.state.figures()
            let seconds = Double((now - last.at).wholeMilliseconds) / 1000
            let rate = (Double(figures.totals.documents - last.documents) / seconds * 10).rounded() / 10
            telemetry.state.note(documentsPerSecond: rate)
            last = (now, figures.totals.documents)
            var facts: [LogKey: any LogValue] = [
                .documents: figures.totals.documents, .documentsPerSecond: rate,
                .topicsFound: figures.totals.topicsFound, .deadLetters: figures.totals.deadLetters,
                .inFlight: figures.inFlightRecords, .partitionsAssigned: figures.partitions,
            ]
            // Without partitions there is no lag to know: 0 would say that nothing waits.
            if figures.partitions > 0 { facts[.lag] = figures.lag }
            telemetry.logger.write(.info, "progress", facts)
            if let wait = figures.waitsForGroup {
                telemetry.logger.write(
                    .warning, "nothing is read: the consumer group's rebalance does not end",
                    [.milliseconds: wait.wholeMilliseconds])
            }
        }
    }
}

/// Why a process ends: what came first.
final class EndingReason: Sendable {
    private let reason = Mutex<String?>(nil)

    func set(_ text: String) { reason.withLock { $0 = $0 ?? text } }
    var value: String { reason.withLock { $0 } ?? "done" }
}
