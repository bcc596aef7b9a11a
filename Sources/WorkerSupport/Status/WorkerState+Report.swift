package import Delivery
internal import Foundation

/// The figures of one moment, for metrics and summaries.
package struct WorkerFigures: Sendable {
    /// What was done since the start.
    package var totals: WorkerStatus.Totals
    /// Records taken and not finished.
    package var inFlightRecords = 0
    /// Their bytes.
    package var inFlightBytes = 0
    /// Partitions not read at the moment.
    package var pausedPartitions = 0
    /// By partition: lag and its age, where known.
    package var lags: [TopicPartition: (records: Int, seconds: Double)] = [:]
    /// Partitions assigned.
    package var partitions = 0
    /// How long its group has been dividing the partitions without an end, where that is longer than a rebalance takes.
    package var waitsForGroup: Duration?
    /// The clients' connections.
    package var connections: [BrokerConnection] = []
    /// Lag of all partitions together, as far as known.
    package var lag: Int { lags.values.reduce(0) { $0 + $1.records } }
}

extension WorkerState {
    /// How old what the client said may be before it counts as silence: several of its intervals.
    fileprivate static let silence = Duration.seconds(30)
    /// How long a rebalance may take before it counts as one that does not end: far more than members need to finish what
    /// they have in hand and come back.
    fileprivate static let rebalance = Duration.seconds(120)

    /// Whether every partition with work makes progress.
    ///
    /// Kafka being away is no reason: a restart would not bring it back. Nor is an idle Kafka topic, nor a rebalance.
    public func live() -> HealthReport {
        let problems = read { $0.stalls($1, identity) }
        return HealthReport(status: problems.isEmpty ? "live" : "not live", problems: problems)
    }

    /// Whether the worker can work: started, connected to a broker, told by its group which partitions are its own, its
    /// store taking what it is given, its partitions making progress. A worker to which the group gave no partition is
    /// ready.
    public func ready() -> HealthReport {
        let connections = connections()
        let problems = read { $0.hindrances(connections, $1, identity) + $0.stalls($1, identity) }
        return HealthReport(status: problems.isEmpty ? "ready" : "not ready", problems: problems)
    }

    /// The facts for the last line of the log.
    package var endingFacts: [LogKey: any LogValue] { read { content, _ in content.ending?.facts ?? [:] } }

    /// The figures of now.
    package func figures() -> WorkerFigures {
        let connections = connections()
        return read { content, now in
            content.learn(connections)
            var figures = WorkerFigures(totals: content.totals)
            figures.connections = connections
            figures.partitions = content.partitions.count
            figures.waitsForGroup = content.waitForGroup(now)
            figures.pausedPartitions = content.paused.count
            for (origin, progress) in content.partitions {
                figures.inFlightRecords += progress.inFlightRecords
                figures.inFlightBytes += progress.inFlightBytes
                guard let lag = progress.lag else { continue }
                let seconds = content.partitions[origin]?.lagSeconds(at: now.milliseconds) ?? 0
                figures.lags[origin] = (lag, seconds)
            }
            return figures
        }
    }

    /// Everything that `/status` answers.
    public func status() -> WorkerStatus {
        let connections = connections()
        return read { content, now in
            content.learn(connections)
            let stalls = content.stalls(now, identity)
            let problems = content.hindrances(connections, now, identity) + stalls
            let partitions = content.partitions.keys.sorted()
            return WorkerStatus(
                program: identity.program.rawValue, version: Version.rostrum,
                librdkafkaVersion: identity.librdkafkaVersion, instanceID: identity.instanceID, group: content.group,
                startedAt: Moment.text(Date(timeIntervalSince1970: startTime)), phase: content.phase.rawValue,
                isLive: stalls.isEmpty, isReady: problems.isEmpty, problems: problems, totals: content.totals,
                documentsPerSecond: content.documentsPerSecond,
                assignment: partitions.map { content.status(of: $0, now) }, ruleset: content.ruleset,
                lastReloadError: content.lastReloadError, store: content.store, lastFailure: content.lastFailure)
        }
    }

    /// Asked outside the lock, since the client has a lock of its own.
    private func connections() -> [BrokerConnection] {
        let brokers = read { content, _ in content.brokers }
        return brokers?() ?? []
    }
}

extension WorkerState.Content {
    fileprivate mutating func learn(_ connections: [BrokerConnection]) {
        for connection in connections {
            for (origin, ends) in connection.partitions {
                partitions[origin]?.note(
                    low: ends.low, end: ends.end, next: ends.next, nothingIsAhead: connection.fetchedAhead == 0)
            }
        }
    }

    fileprivate func stalls(_ now: WorkerState.Moment, _ identity: WorkerState.Identity) -> [String] {
        guard let stall = watch.stall(at: now.monotonic) else { return [] }
        return [
            "\(stall.partition) has had work in hand for \(stall.since.components.seconds) seconds and made no progress; at "
                + "\(identity.stallSeconds) seconds (delivery.stallSeconds) the worker ends itself; its log says what the "
                + "broker or the store answered"
        ]
    }

    /// How long the group has kept it waiting, where that is too long.
    fileprivate func waitForGroup(_ now: WorkerState.Moment) -> Duration? {
        guard phase == .running, let since = waitsForGroupSince else { return nil }
        let wait = now.monotonic - since
        return wait > WorkerState.rebalance ? wait : nil
    }

    fileprivate func hindrances(
        _ connections: [BrokerConnection], _ now: WorkerState.Moment, _ identity: WorkerState.Identity
    ) -> [String] {
        var problems: [String] = []
        switch phase {
        case .starting: problems.append("starting: waiting for \(waitingFor)")
        case .stopping: problems.append("stopping: finishing what is in hand")
        case .running: break
        }
        if let consumer = connections.first(where: { $0.client == .consumer }) {
            if consumer.age > WorkerState.silence {
                problems.append(
                    "the worker has not asked its Kafka client for \(consumer.age.components.seconds) seconds: it is busy "
                        + "with one thing for long, or stuck; see its log")
            } else if consumer.connected == 0 {
                problems.append(
                    "connected to no broker of \(identity.bootstrapServers) (kafka.bootstrapServers); check that they "
                        + "run and can be reached from here")
            }
        }
        if let wait = waitForGroup(now), let group {
            problems.append(
                "the consumer group '\(group)' has not said for \(wait.components.seconds) seconds which partitions are this "
                    + "worker's, so it reads nothing: a rebalance does not end, mostly because a member hangs or was killed "
                    + "and its session is not over; 'rostrum status' names the members")
        }
        // A producer connects when it has something to publish; one that waits without a connection does not get on.
        if let producer = connections.first(where: { $0.client == .producer }), producer.connected == 0,
            producer.queuedRecords > 0
        {
            problems.append(
                "\(producer.queuedRecords) records wait, and the worker is connected to no broker of "
                    + "\(identity.bootstrapServers) (kafka.bootstrapServers); check that they run and can be reached "
                    + "from here")
        }
        if let storeFailure, let store {
            problems.append(
                "the store \(store) does not take what it is given (\(storeFailure.code)); the batch is tried again until "
                    + "delivery.retryBudgetSeconds are over; check that the database runs and has room")
        } else if let storeSilence, let store {
            problems.append(
                "the store \(store) does not answer (\(storeSilence.code)); there is no work for it, and it is asked again "
                    + "every few seconds; check that the database runs and can be reached from here")
        }
        return problems
    }

    fileprivate mutating func status(
        of origin: TopicPartition, _ now: WorkerState.Moment
    ) -> WorkerStatus.PartitionStatus {
        let seconds = partitions[origin]?.lagSeconds(at: now.milliseconds)
        let progress = partitions[origin]
        return WorkerStatus.PartitionStatus(
            kafkaTopic: origin.topic.rawValue, partition: Int(origin.partition.rawValue),
            committedOffset: progress?.committed?.rawValue, endOffset: progress?.readableEnd?.rawValue,
            lagRecords: progress?.lag, lagSeconds: seconds ?? nil, inFlightRecords: progress?.inFlightRecords ?? 0)
    }
}
