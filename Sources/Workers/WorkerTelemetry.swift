public import Delivery
internal import KafkaClient
public import Logging
internal import RuleEngine
internal import Speeches
public import WorkerSupport

/// Everything that a worker tells while it runs: each event becomes log lines, metrics and the worker's state in one place,
/// so that the three cannot disagree. Any thread may use it.
public final class WorkerTelemetry: Sendable {
    /// The worker's logger.
    public let logger: Logger
    /// What the worker is and does.
    public let state: WorkerState
    let metrics: WorkerMetrics

    /// Makes the telemetry of a worker that starts now.
    public init(_ program: MetricFamily.Program, _ settings: Settings, logger: Logger) {
        self.logger = logger
        state = WorkerState(
            WorkerState.Identity(
                program: program, librdkafkaVersion: Librdkafka.version, instanceID: settings.consumer.instanceID,
                bootstrapServers: settings.kafka.bootstrapServers, stallSeconds: settings.delivery.stallSeconds))
        metrics = WorkerMetrics(program, state: state)
    }

    /// The Prometheus text of now.
    public func metricsText() -> String { metrics.text() }

    /// The first line of a worker, with versions and whatever it works with. It works from now on.
    public func started(_ settings: Settings, group: String? = nil, _ more: [LogKey: any LogValue] = [:]) {
        var facts: [LogKey: any LogValue] = [
            .version: Version.rostrum, .librdkafkaVersion: Librdkafka.version,
            .kafkaBootstrapServers: settings.kafka.bootstrapServers,
        ]
        if let group { facts[.kafkaGroup] = group }
        state.runs(group: group)
        logger.write(.info, "started", facts.merging(more) { _, new in new })
    }

    /// The ruleset in use from now on.
    public func uses(rulesetNamed name: String, version: String, digest: String) {
        state.uses(rulesetNamed: name, version: version, digest: digest)
        metrics.uses(rulesetNamed: name, version: version, digest: digest)
    }

    /// The rules were loaded anew.
    public func reloaded(rulesetNamed name: String, version: String, digest: String) {
        uses(rulesetNamed: name, version: version, digest: digest)
        metrics.reloaded(isSuccess: true)
        logger.write(
            .info, "rules loaded anew", [.rulesetName: name, .rulesetVersion: version, .rulesetDigest: digest])
    }

    /// The rules could not be loaded anew; those in use stay.
    public func couldNotReload(_ failure: ProgramFailure) {
        state.couldNotReload(code: failure.code, reason: failure.reason)
        metrics.reloaded(isSuccess: false)
        logger.write(
            .error, "the rules could not be loaded anew; those in use stay",
            [.errorCode: failure.code, .errorReason: failure.reason])
    }

    /// What the clients of this worker say of themselves is what endpoints and metrics show.
    func watches(_ statistics: ClusterStatistics) { state.connect { statistics.connections } }

    /// Counts what the rules in the shadow would change of a document.
    func shadowed(_ before: ClassifiedSpeech, _ after: ClassifiedSpeech) { metrics.shadowed(before, after) }

    /// Takes what came of reading the rules again.
    public func observe(_ reload: RulesetReload) {
        switch reload {
        case .exchanged(let ruleset), .unchanged(let ruleset):
            let identity = ruleset.identity
            reloaded(rulesetNamed: identity.name, version: identity.version, digest: identity.digest)
        case .refused(let failure): couldNotReload(failure)
        }
    }

    /// Counts what a document gave.
    func classified(_ event: ClassifiedSpeech) {
        metrics.classified(event)
        state.count { $0.topicsFound += event.topics.count }
    }

    /// Counts a withdrawal that was passed on.
    func withdrew() { metrics.withdrew() }

    /// Takes what a loop says.
    public func observe(_ event: DeliveryEvent) {
        let finished = state.observe(event)
        metrics.count(event, finished)
        tell(event)
    }

    private func tell(_ event: DeliveryEvent) {
        switch event {
        case .received(let origin, let offset, _, _): logger.write(.trace, "record taken", place(origin, offset))
        case .deadLettered(let origin, let offset, let reason):
            var facts = place(origin, offset)
            facts[.errorCode] = reason.code
            facts[.errorReason] = reason.message
            logger.write(.warning, "record put aside as dead letter", facts)
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
        case .storeBack: logger.write(.info, "the store answers again", [:])
        case .draining(let inFlight): logger.write(.info, "stopping: finishing what is in hand", [.inFlight: inFlight])
        // What a store answers is said where it is asked, with the reason.
        case .storeAway, .processed, .completed, .committed, .stored, .paused, .resumed: break
        }
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
}

extension Duration {
    /// Rounded down.
    var wholeMilliseconds: Int {
        Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000)
    }
}
