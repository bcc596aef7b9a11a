public import Delivery
internal import EventStore
internal import Foundation
internal import KafkaClient
public import Logging
public import RuleEngine
internal import Speeches
public import WorkerSupport

/// Reprocesses a bounded range of documents with other rules: reads partitions assigned by hand, never joins the live
/// group, and writes events under a run id of its own. Blocks its thread; to be used from one.
public struct ReplayJob {
    /// How far a replay has come.
    public struct Progress: Equatable, Sendable {
        /// Records done in this process.
        public var done: Int64 = 0
        /// Offsets that were left when it began.
        public let total: Int64
        /// Seconds since it began.
        public var seconds: Double = 0

        /// Records a second.
        public var rate: Double { seconds > 0 ? Double(done) / seconds : 0 }
        /// Seconds left at this rate; nil before there is one.
        public var secondsLeft: Double? { rate > 0 ? Double(max(total - done, 0)) / rate : nil }
    }

    /// What a dry run found.
    public struct Estimate: Equatable, Sendable {
        /// Documents a second of this program on a sample of the range; nil without a sample.
        public let rate: Double?
        /// Documents in the sample.
        public let sample: Int
    }

    private let settings: Settings
    private let ruleset: Ruleset
    private let cluster: Cluster

    /// Makes a job.
    /// - Parameters:
    ///   - settings: the cluster, the Kafka topics' names, the bounds of work in flight.
    ///   - ruleset: the rules to apply.
    public init(_ settings: Settings, ruleset: Ruleset, logger: Logger) {
        self.settings = settings
        self.ruleset = ruleset
        cluster = Cluster(settings, program: "rostrum-replay", logger: logger)
    }

    /// Takes the ends of the range now.
    /// - Parameter publishes: whether events are to follow, so that their Kafka topic must be there.
    /// - Throws: `ProgramFailure`: 69 without a broker, 78 when a Kafka topic or partition is missing.
    /// - Returns: nil when the stop was requested first.
    public func plan(
        _ request: ReplayRequest, publishes: Bool = true, until stop: StopRequest
    ) throws -> ReplayPlan? {
        let topics = [settings.kafkaTopics.documents] + (publishes ? [request.eventsTopic] : [])
        guard try cluster.isReady(topics: topics, until: stop) else { return nil }
        return try ReplayPlanner(cluster: cluster, settings: settings).plan(request, ruleset: ruleset.identity)
    }

    /// Checks that a plan read from a file can go on here.
    /// - Throws: `ProgramFailure` with 78 where the plan is of other rules or Kafka topics.
    public func check(_ plan: ReplayPlan) throws(ProgramFailure) {
        guard plan.ruleset.digest == ruleset.identity.digest else {
            throw ProgramFailure(
                .badConfiguration, code: "replay.other_rules",
                "the plan was begun with \(plan.ruleset.name) \(plan.ruleset.version) (\(plan.ruleset.digest)), the rules "
                    + "now are \(ruleset.identity.name) \(ruleset.identity.version) (\(ruleset.identity.digest)); give "
                    + "the same rules, or begin a new plan")
        }
        guard plan.documentsTopic == settings.kafkaTopics.documents else {
            throw ProgramFailure(
                .badConfiguration, code: "replay.other_topic",
                "the plan reads the Kafka topic '\(plan.documentsTopic)', the settings name "
                    + "'\(settings.kafkaTopics.documents)' (kafkaTopics.documents)")
        }
    }

    /// Classifies the first documents of the range, to tell how long it will take.
    /// - Throws: when the broker says nothing for half a minute.
    public func estimate(
        _ plan: ReplayPlan, documents: Int = 200, until stop: StopRequest
    ) throws -> Estimate {
        let classifier = Classifier(ruleset)
        let clock = ContinuousClock()
        var sample = 0
        var spent = Duration.zero
        try forEachDocument(of: plan, until: stop, limit: documents) { speech in
            spent += clock.measure { _ = classifier.classify(speech) }
            sample += 1
        }
        return Estimate(rate: sample > 0 ? Double(sample) / (spent / .seconds(1)) : nil, sample: sample)
    }

    /// Carries a plan out, keeping the file up to date, until it is done or the stop is requested. Events of records
    /// after the last note in the file are published again by the next run, under the same event ids.
    /// - Parameters:
    ///   - file: where the plan is kept; written before anything is published.
    ///   - maxRate: documents a second at most; nil for as fast as it goes.
    ///   - report: told of the progress, on this thread, often.
    /// - Returns: the plan as it stands then.
    /// - Throws: `ProgramFailure` with 1 where another replay carries the same plan out.
    public func run(
        _ plan: ReplayPlan, keptIn file: String, maxRate: Double?, until stop: StopRequest,
        report: @escaping (Progress) -> Void = { _ in }
    ) throws -> ReplayPlan {
        let lock = try PlanLock(file)
        defer { lock.release() }
        let keeper = PlanKeeper(plan, file: file)
        try keeper.save()
        guard !plan.isComplete else { return plan }
        guard try cluster.isReady(topics: [plan.documentsTopic, plan.eventsTopic], until: stop) else { return plan }
        let producer = try cluster.producer()
        defer { producer.close(within: .zero) }
        let progress = ProgressCount(total: plan.remaining, report)
        let loop = DeliveryLoop(
            source: try cluster.reader(of: plan.starts.mapValues { .offset($0) }), publisher: producer,
            strategy: KeepInPlan<KafkaConsumer, KafkaProducer>(keeper),
            deadLetter: DeadLetter(
                topic: KafkaTopic(settings.kafkaTopics.deadletter), connectorName: "rostrum-replay", taskID: plan.run),
            settings: DeliverySettings(settings), bounds: plan.ends,
            observe: { if case .completed = $0 { progress.count() } },
            process: process(plan, keeper, maxRate: maxRate, until: stop))
        let summary = try loop.run(until: stop)
        if !stop.isRequested, summary.abandoned == 0 { try keeper.complete() }
        return keeper.plan
    }

    private func process(
        _ plan: ReplayPlan, _ keeper: PlanKeeper, maxRate: Double?, until stop: StopRequest
    ) -> (ReceivedRecord) throws -> ProcessingOutcome {
        let classifier = Classifier(ruleset)
        let step = ClassificationStep(
            classified: KafkaTopic(plan.eventsTopic),
            headers: EventHeaders(source: settings.classifier.source, run: plan.run)
        ) { classifier.classify($0) }
        var limit = maxRate.map { RateLimit(perSecond: $0) }
        let clock = MonotonicClock.system
        return { record in
            if let wait = limit?.take(at: clock.now()) { stop.sleep(for: wait) }
            switch step.outcome(of: record).outcome {
            case .publish(let records):
                keeper.published += 1
                return .publish(records)
            case .deadLetter:
                // The live classifier has put it aside already; a second dead letter would say nothing new.
                keeper.skipped += 1
                return .publish([])
            }
        }
    }

    /// Classifies the range with these rules and with others, and tells what differs. Publishes nothing.
    /// - Parameters:
    ///   - old: the rules so far; the job's own are the rules to come.
    ///   - report: told of the progress, on this thread, often.
    /// - Throws: when the broker says nothing for half a minute.
    public func compare(
        _ plan: ReplayPlan, with old: Ruleset, until stop: StopRequest,
        report: @escaping (Progress) -> Void = { _ in }
    ) throws -> ComparisonReport {
        var comparison = RulesetComparison(old: old, new: ruleset)
        let progress = ProgressCount(total: plan.remaining, report)
        try forEachDocument(of: plan, until: stop, limit: .max) { speech in
            comparison.add(speech)
            progress.count()
        }
        return comparison.report()
    }

    /// Reads the documents of a range in the order of each partition. Withdrawals and what cannot be read are passed over.
    private func forEachDocument(
        of plan: ReplayPlan, until stop: StopRequest, limit: Int, _ body: (Speech) -> Void
    ) throws {
        guard plan.remaining > 0 else { return }
        let reader = try cluster.reader(of: plan.starts.mapValues { .offset($0) })
        defer { reader.close(within: .seconds(5)) }
        var bounds = RunBounds(plan.ends)
        var read = 0
        var silence = BrokerSilence(of: KafkaTopic(plan.documentsTopic))
        while !bounds.areReached, read < limit, !stop.isRequested {
            switch try silence.poll(reader) {
            case .assigned(let partitions): try reader.take(partitions, startingAt: [:])
            case .revoking(let partitions), .lost(let partitions): try reader.release(partitions)
            case .reachedEnd(let partition, let offset): bounds.reached(partition, offset)
            case .record(let record) where bounds.admits(record.origin, record.offset):
                guard let value = record.value, let speech = try? Speech(json: Data(value)) else { continue }
                body(speech)
                read += 1
            case .record, .trouble, nil: continue
            }
        }
    }
}

/// Counts what is done and tells, with the time it took.
private final class ProgressCount {
    private var progress: ReplayJob.Progress
    private let started = ContinuousClock.now
    private let report: (ReplayJob.Progress) -> Void

    init(total: Int64, _ report: @escaping (ReplayJob.Progress) -> Void) {
        progress = ReplayJob.Progress(total: total)
        self.report = report
    }

    func count() {
        progress.done += 1
        progress.seconds = (ContinuousClock.now - started) / .seconds(1)
        report(progress)
    }
}

/// The one owner of a plan while it is carried out.
final class PlanKeeper {
    private(set) var plan: ReplayPlan
    private let file: String
    /// Events published in all runs of the plan.
    var published: Int
    /// Records passed over in all runs of the plan.
    var skipped: Int

    init(_ plan: ReplayPlan, file: String) {
        self.plan = plan
        self.file = file
        published = plan.published
        skipped = plan.skipped
    }

    func advance(to offsets: [TopicPartition: Offset]) throws(ProgramFailure) {
        plan.advance(to: offsets)
        try save()
    }

    func complete() throws(ProgramFailure) {
        plan.complete()
        try save()
    }

    func save() throws(ProgramFailure) {
        plan.published = published
        plan.skipped = skipped
        try plan.write(to: file)
    }
}

/// At-least-once with the plan's file in the place of a group's offsets: the file moves on after the delivery reports.
final class KeepInPlan<Source: RecordSource, Publisher: RecordPublisher>: AcknowledgementStrategy {
    private let keeper: PlanKeeper

    init(_ keeper: PlanKeeper) { self.keeper = keeper }

    var isTransactional: Bool { false }
    func open(_ publisher: Publisher) {}
    func settle(
        _ offsets: [TopicPartition: Offset], source: Source, publisher: Publisher, remaining: () -> Duration
    ) throws -> Settlement {
        try keeper.advance(to: offsets)
        return .committed
    }
    func abandon(_ publisher: Publisher, remaining: () -> Duration) -> Bool { false }
}
