public import Delivery
public import Speeches
public import WorkerSupport

/// Documents in, events out: reads `speeches.documents`, applies the rules, publishes one event per document, and commits
/// a document's offset once its event is durable, or together with it. Documents are classified on threads of their own,
/// several at a time (`classifier.threads`). Blocks its thread; to be used from one.
public struct ClassifierWorker {
    let settings: Settings
    private let telemetry: WorkerTelemetry
    private let observe: (DeliveryEvent) -> Void
    private let makeClassify: @Sendable () -> (Speech) -> ClassifiedSpeech

    /// Makes a worker.
    /// - Parameters:
    ///   - telemetry: what the worker tells of itself.
    ///   - observe: told what happens too, on the worker's thread.
    ///   - makeClassify: makes what applies the rules; called once on each thread that classifies, and what it makes is
    ///     called there only.
    public init(
        _ settings: Settings, telemetry: WorkerTelemetry, observe: @escaping (DeliveryEvent) -> Void = { _ in },
        makeClassify: @escaping @Sendable () -> (Speech) -> ClassifiedSpeech
    ) {
        self.settings = settings
        self.telemetry = telemetry
        self.observe = observe
        self.makeClassify = makeClassify
    }

    /// Runs until told to stop.
    /// - Parameter strategy: how offsets are committed: the delivery mode.
    /// - Throws: what stopped it; nothing is lost then, uncommitted documents are read again.
    @discardableResult
    public func run<Strategy: AcknowledgementStrategy>(
        from source: Strategy.Source, to publisher: Strategy.Publisher, acknowledging strategy: Strategy,
        until stop: StopRequest
    ) throws -> DeliverySummary {
        let telemetry = telemetry
        let crashes = try CrashJournal.open(
            settings, group: settings.consumer.classifierGroup, logger: telemetry.logger)
        let loop = DeliveryLoop(
            source: source, publisher: publisher, strategy: strategy,
            deadLetter: DeadLetter(
                topic: KafkaTopic(settings.kafkaTopics.deadletter), connectorName: "rostrum-classifier",
                taskID: settings.consumer.instanceID ?? "0"),
            settings: DeliverySettings(
                settings, timeToSettle: strategy.isTransactional ? settings.delivery.timeToEndTransactions : nil),
            crashes: crashes, processing: processing(crashes),
            observe: { event in
                telemetry.observe(event)
                observe(event)
            })
        return try loop.run(until: stop)
    }

    /// The threads that classify; with one of them the worker's own.
    private func processing(_ crashes: CrashJournal?) -> any RecordProcessing {
        let makeProcess = makeProcess
        guard settings.classifier.threads > 1 else { return InlineProcessing(crashes: crashes, process: makeProcess()) }
        return ProcessingPool(threads: settings.classifier.threads, crashes: crashes, makeProcess: makeProcess)
    }

    private var makeProcess: @Sendable () -> RecordProcess {
        let (settings, telemetry, makeClassify) = (settings, telemetry, makeClassify)
        return {
            let step = ClassificationStep(
                classified: KafkaTopic(settings.kafkaTopics.classified),
                headers: EventHeaders(source: settings.classifier.source), tracing: .ofProcess, classify: makeClassify()
            )
            return { record in
                let (outcome, event) = step.outcome(of: record)
                if let event {
                    telemetry.classified(event)
                } else if record.value == nil {
                    telemetry.withdrew()
                }
                return outcome
            }
        }
    }
}
