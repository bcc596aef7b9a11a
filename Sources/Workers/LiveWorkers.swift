public import Delivery
internal import EventStore
internal import Foundation
internal import KafkaClient
internal import Logging
public import RuleEngine
internal import Speeches
public import WorkerSupport

extension ClassifierWorker {
    /// Runs a classifier on the cluster of the settings until told to stop.
    /// - Parameters:
    ///   - rules: the rules in use; they may be exchanged while it runs.
    ///   - shadow: rules that make no events but are compared with those in use.
    ///   - telemetry: what the worker tells of itself.
    ///   - observe: told what happens too, on this thread.
    /// - Throws: what kept it from starting or going on.
    public static func runLive(
        _ settings: Settings, rules: LiveRuleset, shadow: Ruleset? = nil, telemetry: WorkerTelemetry,
        until stop: StopRequest,
        observe: @escaping (DeliveryEvent) -> Void = { _ in }
    ) throws {
        let topics = settings.kafkaTopics
        let cluster = Cluster(settings, program: "rostrum-classifier", telemetry: telemetry)
        guard try cluster.isReady(topics: [topics.documents, topics.classified, topics.deadletter], until: stop) else {
            return
        }
        let identity = rules.current.ruleset.identity
        telemetry.uses(rulesetNamed: identity.name, version: identity.version, digest: identity.digest)
        telemetry.started(
            settings, group: settings.consumer.classifierGroup,
            [
                .kafkaTopic: topics.documents, .rulesetName: identity.name, .rulesetVersion: identity.version,
                .rulesetDigest: identity.digest, .deliveryMode: settings.delivery.mode.rawValue,
            ])
        let shadow = shadow.map {
            ShadowRules($0, reportFile: settings.rulesShadowReport, differ: telemetry.shadowed)
        }
        defer { shadow?.writeReport() }
        let worker = ClassifierWorker(settings, telemetry: telemetry, observe: observe) {
            let classification = LiveClassification(rules, shadow: shadow)
            return { classification.classify($0) }
        }
        switch settings.delivery.mode {
        case .atLeastOnce: try worker.runAtLeastOnce(on: cluster, until: stop)
        case .exactlyOnce: try worker.runExactlyOnce(on: cluster, until: stop)
        }
    }

    private func runAtLeastOnce(on cluster: Cluster, until stop: StopRequest) throws {
        let producer = try cluster.producer()
        // What is still queued then belongs to documents that are not committed.
        defer { producer.close(within: .zero) }
        try run(
            from: cluster.consumer(of: [settings.kafkaTopics.documents], group: settings.consumer.classifierGroup),
            to: producer, acknowledging: CommitAfterDelivery(), until: stop)
    }

    /// The producer comes first: before this worker asks where to read, what its predecessor left open is ended.
    private func runExactlyOnce(on cluster: Cluster, until stop: StopRequest) throws {
        guard let producer = try cluster.transactionalProducer(named: transactionalID, until: stop) else { return }
        defer { producer.close(within: .zero) }
        try run(
            from: cluster.consumer(of: [settings.kafkaTopics.documents], group: settings.consumer.classifierGroup),
            to: producer, acknowledging: CommitInTransaction(), until: stop)
    }

    /// The same after a restart, and no other classifier's.
    private var transactionalID: String {
        "\(settings.consumer.classifierGroup).\(settings.consumer.instanceID ?? "")"
    }
}

extension SinkWorker {
    /// Runs a sink on the cluster and the store of the settings until told to stop.
    /// - Parameters:
    ///   - telemetry: what the worker tells of itself.
    ///   - observe: told what happens too, on this thread.
    /// - Throws: what kept it from starting or going on.
    public static func runLive(
        _ settings: Settings, telemetry: WorkerTelemetry, until stop: StopRequest,
        observe: @escaping (DeliveryEvent) -> Void = { _ in }
    ) throws {
        telemetry.state.waiting(for: "the store \(Stores.place(of: settings.store))")
        guard let store = try Stores.openForSink(settings.store, logger: telemetry.logger, until: stop) else { return }
        telemetry.state.stores(in: Stores.place(of: settings.store))
        let cluster = Cluster(settings, program: "rostrum-sink", telemetry: telemetry)
        let topics = settings.kafkaTopics
        // Candidates are stored beside the live events, each under its own ruleset, until a person promotes theirs.
        let events = [topics.classified, topics.candidate]
        guard try cluster.isReady(topics: events + [topics.deadletter], until: stop) else { return }
        telemetry.started(
            settings, group: settings.consumer.sinkGroup,
            [
                .kafkaTopic: events.joined(separator: " "), .storeKind: settings.store.kind.rawValue,
                .storePath: Stores.place(of: settings.store),
            ])
        if settings.store.kind != .postgresql, !settings.store.isPathNamed {
            telemetry.logger.write(
                .warning,
                "no setting names the store; it is in the current folder, and a start from another does not find it",
                [.storePath: URL(filePath: settings.store.path).standardizedFileURL.path])
        }
        let worker = SinkWorker(settings, telemetry: telemetry, store: store, observe: observe)
        // The sink polls its producer only when it has dead letters; what that says of itself would be old.
        let producer = try Cluster(settings, program: "rostrum-sink", logger: telemetry.logger).producer()
        defer { producer.close(within: .zero) }
        try worker.run(
            from: cluster.consumer(of: events, group: settings.consumer.sinkGroup),
            deadLettersTo: producer, until: stop)
        try store.close()
    }
}
