internal import Delivery
internal import Logging
internal import Speeches
internal import WorkerSupport

/// What a worker tells while it runs: what is unusual at once, the rest as a summary line an interval, and totals at the
/// end. Used from the worker's thread.
final class WorkerLog {
    private let logger: Logger
    private let interval: Duration
    private let clock: MonotonicClock
    private var lastSummary: Duration
    private var completedAtLastSummary = 0
    private var completed = 0
    private var deadLettered = 0
    private var topics = 0

    init(_ logger: Logger, summarySeconds: Int, clock: MonotonicClock = .system) {
        self.logger = logger
        self.interval = .seconds(summarySeconds)
        self.clock = clock
        lastSummary = clock.now()
    }

    /// Counts what a document gave.
    func classified(_ event: ClassifiedSpeech) { topics += event.topics.count }

    /// Takes what a loop says.
    func observe(_ event: DeliveryEvent) {
        switch event {
        case .completed: completed += 1
        case .stored(_, let records, _, _): completed += records
        case .deadLettered(let origin, let offset, let reason): putAside(origin, offset, reason)
        case .deadLetterCut(let origin, let offset, let bytes):
            var facts = place(origin, offset)
            facts[.bytes] = bytes
            logger.write(.warning, "a dead letter is too large and goes without its record", facts)
        case .retrying(let origin, let offset, let code, let attempt, let delay):
            var facts = place(origin, offset)
            facts[.errorCode] = code
            facts[.milliseconds] = delay.wholeMilliseconds
            facts[.attempt] = attempt
            logger.write(.warning, "an attempt failed and will be repeated", facts)
        case .commitFailed(let code, let message):
            logger.write(.warning, "offsets could not be committed yet", [.errorCode: code, .errorReason: message])
        case .undone(let reason):
            logger.write(.warning, "a transaction was undone, its records are read again", [.errorReason: reason])
        case .assigned(let partitions): moved("partitions assigned", partitions)
        case .revoked(let partitions): moved("partitions revoked", partitions)
        case .lost(let partitions): moved("partitions lost", partitions)
        case .trouble(let trouble):
            logger.write(
                .warning, "the broker is in difficulty", [.errorCode: trouble.code, .errorReason: trouble.message])
        case .draining(let inFlight): logger.write(.info, "stopping: finishing what is in hand", [.inFlight: inFlight])
        case .received(let origin, let offset, _): logger.write(.trace, "record taken", place(origin, offset))
        case .processed, .committed, .paused, .resumed: break
        }
        summarise()
    }

    private func putAside(_ origin: TopicPartition, _ offset: Offset, _ reason: DeadLetterReason) {
        deadLettered += 1
        var facts = place(origin, offset)
        facts[.errorCode] = reason.code
        facts[.errorReason] = reason.message
        logger.write(.warning, "record put aside as dead letter", facts)
    }

    private func moved(_ message: Logger.Message, _ partitions: [TopicPartition]) {
        let list = partitions.sorted().map(\.description).joined(separator: " ")
        logger.write(.info, message, [.kafkaPartitions: list])
    }

    private func place(_ origin: TopicPartition, _ offset: Offset) -> [LogKey: any LogValue] {
        [
            .kafkaTopic: origin.topic.rawValue, .kafkaPartition: Int(origin.partition.rawValue),
            .kafkaOffset: Int(offset.rawValue),
        ]
    }

    private func summarise() {
        let now = clock.now()
        guard now - lastSummary >= interval else { return }
        let done = completed - completedAtLastSummary
        if done > 0 {
            let seconds = Double((now - lastSummary).wholeMilliseconds) / 1000
            logger.write(
                .info, "progress",
                [
                    .documents: completed, .documentsPerSecond: (Double(done) / seconds * 10).rounded() / 10,
                    .topicsFound: topics, .deadLetters: deadLettered,
                ])
        }
        lastSummary = now
        completedAtLastSummary = completed
    }

    /// The last line, with totals.
    func stopped(_ summary: DeliverySummary, _ more: [LogKey: any LogValue] = [:]) {
        let facts: [LogKey: any LogValue] = [
            .documents: summary.completed, .deadLetters: summary.deadLettered, .retries: summary.retries,
            .inFlight: summary.abandoned,
        ]
        logger.write(.info, "stopped", facts.merging(more) { _, new in new })
    }
}

extension Duration {
    /// Rounded down.
    var wholeMilliseconds: Int {
        Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000)
    }
}
