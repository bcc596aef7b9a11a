public import Delivery
public import EventStore
public import WorkerSupport

/// Events in, rows out: reads `speeches.classified` and writes events together with the offsets that follow them, so that
/// a restart goes on where the store is, whatever the group committed. Blocks its thread; to be used from one.
public struct SinkWorker {
    private let settings: Settings
    private let telemetry: WorkerTelemetry
    private let store: any EventStore
    private let observe: (DeliveryEvent) -> Void

    /// Makes a worker on a store, which the caller closes afterwards.
    /// - Parameters:
    ///   - telemetry: what the worker tells of itself.
    ///   - observe: told what happens too, on the worker's thread.
    public init(
        _ settings: Settings, telemetry: WorkerTelemetry, store: any EventStore,
        observe: @escaping (DeliveryEvent) -> Void = { _ in }
    ) {
        self.observe = observe
        self.settings = settings
        self.telemetry = telemetry
        self.store = store
    }

    /// Runs until told to stop.
    /// - Throws: what stopped it; nothing is lost then, events that are not stored are read again.
    @discardableResult
    public func run<Source: RecordSource, Publisher: RecordPublisher>(
        from source: Source, deadLettersTo publisher: Publisher, until stop: StopRequest
    ) throws -> DeliverySummary {
        let telemetry = telemetry
        let sink = StoreSink(
            store, group: ConsumerGroup(settings.consumer.sinkGroup),
            patience: StorePatience(seconds: settings.store.connectSeconds, logger: telemetry.logger, stop: stop),
            tracing: .ofProcess
        ) { telemetry.metrics.applied($0, $1) }
        var limits = BatchLimits()
        limits.records = min(limits.records, settings.delivery.maxInFlightRecords)
        limits.bytes = min(limits.bytes, settings.delivery.maxInFlightBytes)
        limits.delay = min(limits.delay, .milliseconds(settings.delivery.commitIntervalMilliseconds))
        let loop = BatchLoop(
            source: source, deadLetters: publisher,
            deadLetter: DeadLetter(
                topic: KafkaTopic(settings.kafkaTopics.deadletter), connectorName: "rostrum-sink",
                taskID: settings.consumer.instanceID ?? "0"),
            store: sink, settings: DeliverySettings(settings), limits: limits,
            crashes: try CrashJournal.open(settings, group: settings.consumer.sinkGroup, logger: telemetry.logger),
            observe: { event in
                telemetry.observe(event)
                observe(event)
            },
            decode: sink.decodeTraced)
        defer {
            telemetry.state.ends(with: [
                .eventsStored: sink.totals.inserted + sink.totals.renewed, .redelivered: sink.totals.unchanged,
                .withdrawals: sink.totals.withdrawals,
            ])
        }
        return try loop.run(until: stop)
    }
}
