public import Delivery
internal import EventStore
internal import KafkaClient
public import Logging
public import RuleEngine
internal import Speeches
public import WorkerSupport

extension ClassifierWorker {
    /// Runs a classifier on the cluster of the settings until told to stop.
    /// - Parameter observe: told what happens, on this thread.
    /// - Throws: what kept it from starting or going on.
    public static func runLive(
        _ settings: Settings, ruleset: Ruleset, logger: Logger, until stop: StopRequest,
        observe: @escaping (DeliveryEvent) -> Void = { _ in }
    ) throws {
        let cluster = Cluster(settings, program: "rostrum-classifier", logger: logger)
        let topics = settings.kafkaTopics
        guard try cluster.isReady(topics: [topics.documents, topics.classified, topics.deadletter], until: stop) else {
            return
        }
        let identity = ruleset.identity
        WorkerProcess.started(
            logger, settings,
            [
                .kafkaGroup: settings.consumer.classifierGroup, .kafkaTopic: topics.documents,
                .rulesetName: identity.name, .rulesetVersion: identity.version, .rulesetDigest: identity.digest,
            ])
        let classifier = Classifier(ruleset)
        let worker = ClassifierWorker(settings, logger: logger, observe: observe) { classifier.classify($0) }
        try worker.run(
            from: cluster.consumer(of: topics.documents, group: settings.consumer.classifierGroup),
            to: cluster.producer(), until: stop)
    }
}

extension SinkWorker {
    /// Runs a sink on the cluster and the store of the settings until told to stop.
    /// - Parameter observe: told what happens, on this thread.
    /// - Throws: what kept it from starting or going on.
    public static func runLive(
        _ settings: Settings, logger: Logger, until stop: StopRequest,
        observe: @escaping (DeliveryEvent) -> Void = { _ in }
    ) throws {
        let store = try SQLiteEventStore(path: settings.storePath)
        let cluster = Cluster(settings, program: "rostrum-sink", logger: logger)
        let topics = settings.kafkaTopics
        guard try cluster.isReady(topics: [topics.classified, topics.deadletter], until: stop) else { return }
        WorkerProcess.started(
            logger, settings,
            [
                .kafkaGroup: settings.consumer.sinkGroup, .kafkaTopic: topics.classified,
                .storePath: settings.storePath,
            ])
        let worker = SinkWorker(settings, logger: logger, store: store, observe: observe)
        try worker.run(
            from: cluster.consumer(of: topics.classified, group: settings.consumer.sinkGroup),
            deadLettersTo: cluster.producer(), until: stop)
        try store.close()
    }
}
