public import Delivery
public import Logging
public import Speeches
public import WorkerSupport

/// Documents in, events out: reads `speeches.documents`, applies the rules, publishes one event per document, and commits
/// a document's offset once its event is durable, or together with it. Blocks its thread; to be used from one.
public struct ClassifierWorker {
    let settings: Settings
    private let logger: Logger
    private let observe: (DeliveryEvent) -> Void
    private let classify: (Speech) -> ClassifiedSpeech

    /// Makes a worker.
    /// - Parameters:
    ///   - observe: told what happens, on the worker's thread.
    ///   - classify: applies the rules; called on the worker's thread.
    public init(
        _ settings: Settings, logger: Logger, observe: @escaping (DeliveryEvent) -> Void = { _ in },
        classify: @escaping (Speech) -> ClassifiedSpeech
    ) {
        self.settings = settings
        self.logger = logger
        self.observe = observe
        self.classify = classify
    }

    /// Runs until told to stop.
    /// - Parameter strategy: how offsets are committed: the delivery mode.
    /// - Throws: what stopped it; nothing is lost then, uncommitted documents are read again.
    @discardableResult
    public func run<Strategy: AcknowledgementStrategy>(
        from source: Strategy.Source, to publisher: Strategy.Publisher, acknowledging strategy: Strategy,
        until stop: StopRequest
    ) throws -> DeliverySummary {
        let log = WorkerLog(logger, summarySeconds: settings.log.summarySeconds)
        let step = ClassificationStep(
            classified: KafkaTopic(settings.kafkaTopics.classified),
            headers: EventHeaders(source: settings.classifier.source), classify: classify)
        let loop = DeliveryLoop(
            source: source, publisher: publisher, strategy: strategy,
            deadLetter: DeadLetter(
                topic: KafkaTopic(settings.kafkaTopics.deadletter), connectorName: "rostrum-classifier",
                taskID: settings.consumer.instanceID ?? "0"),
            settings: DeliverySettings(
                settings, timeToSettle: strategy.isTransactional ? settings.delivery.timeToEndTransactions : nil),
            crashes: try CrashJournal.open(settings, group: settings.consumer.classifierGroup, logger: logger),
            observe: { event in
                log.observe(event)
                observe(event)
            },
            process: { record in
                let (outcome, event) = step.outcome(of: record)
                if let event { log.classified(event) }
                return outcome
            })
        let summary = try loop.run(until: stop)
        log.stopped(summary)
        return summary
    }
}
