internal import CoreMetrics
internal import Delivery
internal import EventStore
internal import KafkaClient
internal import Speeches
internal import WorkerSupport

/// The numbers of one worker: counted as things happen, and, where a number is a state, taken from the worker's state
/// when somebody asks. Any thread may use it.
final class WorkerMetrics: Sendable {
    private let registry: MetricsRegistry
    private let state: WorkerState
    private let received: Counter
    private let receivedBytes: Counter
    private let events: Counter
    private let commits: Counter
    private let processing: CoreMetrics.Timer
    private let endToEnd: Recorder
    private let withdrawals: Counter

    init(_ program: MetricFamily.Program, state: WorkerState) {
        registry = MetricsRegistry(of: program)
        self.state = state
        received = registry.counter(MetricsCatalogue.received)
        receivedBytes = registry.counter(MetricsCatalogue.receivedBytes)
        events = registry.counter(MetricsCatalogue.events)
        commits = registry.counter(MetricsCatalogue.commits)
        withdrawals = registry.counter(MetricsCatalogue.withdrawals)
        processing = registry.timer(MetricsCatalogue.processing)
        endToEnd = registry.recorder(MetricsCatalogue.endToEnd)
        registry.gauge(MetricsCatalogue.started).set(state.startTime)
        registry.gauge(MetricsCatalogue.buildInfo, program.rawValue, Version.rostrum, Librdkafka.version).set(1)
        // Counters that an alert divides by or waits for exist from the start, at 0.
        _ = registry.counter(MetricsCatalogue.truncatedEvents)
        _ = registry.counter(MetricsCatalogue.transactionsUndone)
        _ = registry.counter(MetricsCatalogue.deadLettersCut)
        _ = registry.counter(MetricsCatalogue.published)
        for result in ["success", "failure"] { _ = registry.counter(MetricsCatalogue.rulesetReloads, result) }
    }

    func text() -> String {
        collect()
        return registry.text()
    }

    func count(_ event: DeliveryEvent, _ finished: [PartitionProgress.Finished]) {
        countFinished(finished)
        switch event {
        case .received(_, _, let bytes, _):
            received.increment()
            receivedBytes.increment(by: bytes)
        case .processed(_, _, let took): processing.recordNanoseconds(took.wholeNanoseconds)
        case .deadLettered(_, _, let reason): registry.counter(MetricsCatalogue.deadLetters, reason.code).increment()
        case .deadLetterCut: registry.counter(MetricsCatalogue.deadLettersCut).increment()
        case .retrying(_, _, let code, _, _): registry.counter(MetricsCatalogue.retries, code).increment()
        case .committed: commits.increment()
        case .commitFailed(let code, _): registry.counter(MetricsCatalogue.commitFailures, code).increment()
        case .undone: registry.counter(MetricsCatalogue.transactionsUndone).increment()
        case .assigned: registry.counter(MetricsCatalogue.rebalances, "assigned").increment()
        case .revoked: registry.counter(MetricsCatalogue.rebalances, "revoked").increment()
        case .lost: registry.counter(MetricsCatalogue.rebalances, "lost").increment()
        case .trouble(let trouble): registry.counter(MetricsCatalogue.troubles, trouble.code).increment()
        case .stored(_, let records, _, let took):
            registry.counter(MetricsCatalogue.storeBatches).increment()
            registry.recorder(MetricsCatalogue.storeRecords).record(records)
            registry.timer(MetricsCatalogue.storeSeconds).recordNanoseconds(took.wholeNanoseconds)
        case .storeAway(let code): registry.counter(MetricsCatalogue.storeChecksFailed, code).increment()
        case .completed, .paused, .resumed, .storeBack, .draining: break
        }
    }

    private func countFinished(_ finished: [PartitionProgress.Finished]) {
        guard !finished.isEmpty else { return }
        events.increment(by: finished.count(where: { !$0.isDeadLetter }))
        let now = state.now
        for record in finished {
            // A producer whose clock is ahead of this one made its record in the future.
            if let made = record.made { endToEnd.record(max(Double(now - made) / 1000, 0)) }
        }
    }

    func classified(_ event: ClassifiedSpeech) {
        registry.counter(MetricsCatalogue.documents, event.assessment.rawValue).increment()
        if event.truncated { registry.counter(MetricsCatalogue.truncatedEvents).increment() }
        for topic in event.topics {
            registry.counter(MetricsCatalogue.topics, topic.id.rawValue).increment()
            for rule in Set(topic.evidence.map(\.rule)) {
                registry.counter(MetricsCatalogue.rules, rule.rawValue).increment()
            }
        }
    }

    /// A replay's documents may be years old, and say nothing of how fast the pipeline is.
    func applied(_ batch: AppliedBatch, _ entries: [StoreEntry]) {
        let now = state.now
        for entry in entries where entry.provenance.run == EventHeaders.liveRun {
            guard let made = entry.provenance.originMade else { continue }
            registry.recorder(MetricsCatalogue.documentToStore).record(max(Double(now - made) / 1000, 0))
        }
        let results = [
            ("inserted", batch.inserted), ("renewed", batch.renewed), ("unchanged", batch.unchanged),
            ("withdrawn_before", batch.withdrawnBefore),
        ]
        for (result, count) in results {
            registry.counter(MetricsCatalogue.storedEvents, result).increment(by: count)
        }
        withdrawals.increment(by: batch.withdrawals)
    }

    func withdrew() { withdrawals.increment() }

    func uses(rulesetNamed name: String, version: String, digest: String) {
        registry.keep([], of: MetricsCatalogue.rulesetInfo)
        registry.gauge(MetricsCatalogue.rulesetInfo, name, version, digest).set(1)
        registry.gauge(MetricsCatalogue.rulesetLoaded).set(Double(state.now) / 1000)
    }

    func reloaded(isSuccess: Bool) {
        registry.counter(MetricsCatalogue.rulesetReloads, isSuccess ? "success" : "failure").increment()
    }

    func shadowed(_ before: ClassifiedSpeech, _ after: ClassifiedSpeech) {
        let (old, new) = (Set(before.topics.map(\.id)), Set(after.topics.map(\.id)))
        let isSame = old == new && before.crimePolicy?.value == after.crimePolicy?.value
        registry.counter(MetricsCatalogue.shadowDocuments, isSame ? "same" : "changed").increment()
        for topic in new.subtracting(old) {
            registry.counter(MetricsCatalogue.shadowTopics, topic.rawValue, "gained").increment()
        }
        for topic in old.subtracting(new) {
            registry.counter(MetricsCatalogue.shadowTopics, topic.rawValue, "lost").increment()
        }
    }

    func published() { registry.counter(MetricsCatalogue.published).increment() }
    func rejected(_ code: String) { registry.counter(MetricsCatalogue.rejected, code).increment() }
    func failed(_ code: String) { registry.counter(MetricsCatalogue.unpublished, code).increment() }

    func answered(_ status: Int, bytes: Int, seconds: Double) {
        registry.counter(MetricsCatalogue.ingestRequests, String(status)).increment()
        registry.counter(MetricsCatalogue.ingestBytes).increment(by: bytes)
        registry.timer(MetricsCatalogue.ingestSeconds).recordNanoseconds(Int64(seconds * 1e9))
    }

    func ingests(requests: Int, bytes: Int) {
        registry.gauge(MetricsCatalogue.ingestInWork).set(requests)
        registry.gauge(MetricsCatalogue.ingestHeldBytes).set(bytes)
    }
}

// Numbers that are states.
extension WorkerMetrics {
    private func collect() {
        let figures = state.figures()
        registry.gauge(MetricsCatalogue.live).set(state.live().isGood ? 1 : 0)
        registry.gauge(MetricsCatalogue.ready).set(state.ready().isGood ? 1 : 0)
        registry.gauge(MetricsCatalogue.partitions).set(figures.partitions)
        registry.gauge(MetricsCatalogue.inFlightRecords).set(figures.inFlightRecords)
        registry.gauge(MetricsCatalogue.inFlightBytes).set(figures.inFlightBytes)
        registry.gauge(MetricsCatalogue.pausedPartitions).set(figures.pausedPartitions)
        registry.gauge(MetricsCatalogue.lagTotal).set(figures.lag)
        collectLags(figures)
        collectConnections(figures.connections)
    }

    /// The partitions shown are those that are assigned now, of too many those with the most lag.
    private func collectLags(_ figures: WorkerFigures) {
        let shown = figures.lags.sorted { ($1.value.records, $0.key) < ($0.value.records, $1.key) }
            .prefix(MetricsCatalogue.partitionsMax)
        let labels = shown.map { [$0.key.topic.rawValue, $0.key.partition.description] }
        registry.keep(Set(labels), of: MetricsCatalogue.lag)
        registry.keep(Set(labels), of: MetricsCatalogue.lagSeconds)
        for (partition, label) in zip(shown, labels) {
            registry.gauge(MetricsCatalogue.lag, label[0], label[1]).set(partition.value.records)
            registry.gauge(MetricsCatalogue.lagSeconds, label[0], label[1]).set(partition.value.seconds)
        }
    }

    private func collectConnections(_ connections: [BrokerConnection]) {
        for connection in connections {
            registry.gauge(MetricsCatalogue.brokersConnected, connection.client.rawValue).set(connection.connected)
            switch connection.client {
            case .consumer: registry.gauge(MetricsCatalogue.consumerQueueRecords).set(connection.fetchedAhead)
            case .producer:
                registry.gauge(MetricsCatalogue.producerQueueRecords).set(connection.queuedRecords)
                registry.gauge(MetricsCatalogue.producerQueueBytes).set(connection.queuedBytes)
            }
        }
    }
}

extension Duration {
    fileprivate var wholeNanoseconds: Int64 {
        components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
    }
}
