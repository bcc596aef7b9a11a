public import Delivery
internal import KafkaClient
public import Logging
public import WorkerSupport

/// The dead letters of an installation: looked at, counted, sent back to where they came from. Blocks its thread; to be
/// used from one.
public struct DeadLetterJob {
    /// How a redrive goes.
    public struct RedriveOptions: Equatable, Sendable {
        /// Records sent back at most, nil for no limit.
        public var maximum: Int?
        /// Whether to begin at the oldest dead letter instead of where an earlier redrive ended.
        public var fromStart = false
        /// The defaults.
        public init() {}
    }

    let settings: Settings
    let cluster: Cluster
    private let logger: Logger

    /// Makes a job on the cluster of the settings.
    public init(_ settings: Settings, logger: Logger) {
        self.settings = settings
        self.logger = logger
        cluster = Cluster(settings, program: "rostrum", logger: logger)
    }

    private var reader: DeadLetterReader {
        DeadLetterReader(cluster: cluster, topic: KafkaTopic(settings.kafkaTopics.deadletter))
    }

    /// Gives every dead letter of the selection, each partition's in order.
    /// - Parameter progress: told how many were read, those of no interest too, on this thread.
    /// - Throws: `ProgramFailure` or the client's error.
    public func forEach(
        _ selection: DeadLetterSelection, until stop: StopRequest, progress: (Int) -> Void = { _ in },
        _ body: (ReceivedDeadLetter) throws -> Void
    ) throws {
        guard try isReady(until: stop) else { return }
        let reader = reader
        let range = try reader.range()
        let starts = try selection.since.map { try reader.starts(since: $0.milliseconds, in: range) } ?? [:]
        var count = 0
        try reader.read(range, from: starts, until: stop) { letter in
            count += 1
            progress(count)
            if selection.holds(letter) { try body(letter) }
            return true
        }
    }

    /// The dead letter at a place; nil when there is none.
    public func letter(at partition: Partition, _ offset: Offset, until stop: StopRequest) throws -> ReceivedDeadLetter?
    {
        guard try isReady(until: stop) else { return nil }
        let place = TopicPartition(reader.topic, partition)
        guard let ends = try reader.range()[place], ends.low <= offset, offset < ends.high else { return nil }
        var found: ReceivedDeadLetter?
        try reader.read([place: ends], from: [place: offset], until: stop) { letter in
            if letter.record.offset == offset { found = letter }
            return false
        }
        return found
    }

    /// What a redrive would do now. Sends and commits nothing.
    /// - Parameter progress: told how many dead letters were read, on this thread.
    public func plan(
        _ selection: DeadLetterSelection, _ options: RedriveOptions = RedriveOptions(), until stop: StopRequest,
        progress: (Int) -> Void = { _ in }
    ) throws -> RedriveSummary {
        var summary = RedriveSummary()
        guard try isReady(until: stop) else { return summary }
        let rules = RedriveRules(settings)
        let range = try reader.range()
        let group = group(of: selection)
        let starts =
            options.fromStart
            ? [:]
            : try cluster.admin().committedOffsets(of: group, in: range.keys.sorted(), timeout: .seconds(30))
        try reader.read(range, from: starts, until: stop) { letter in
            let verdict = selection.holds(letter) ? rules.verdict(on: letter) : nil
            summary.count(letter, verdict)
            if case .send(let topic) = verdict { summary.countSent(to: topic) }
            progress(summary.read)
            summary.isAtMaximum = options.maximum.map { summary.sent >= $0 } ?? false
            return !summary.isAtMaximum
        }
        summary.isInterrupted = stop.isRequested
        return summary
    }

    /// The consumer group that remembers how far the redrive of a selection came. Each selection has its own: what one
    /// has passed over is not lost to the next.
    public func group(of selection: DeadLetterSelection) -> String {
        let name = selection.description
        return settings.consumer.redriveGroup + (name.isEmpty ? "" : ":" + name)
    }

    /// Sends the records of the chosen dead letters back to where they came from, byte for byte, and commits a dead
    /// letter once its record is durable there: after a crash, the same call goes on where that ended, and sends again
    /// what was not committed.
    /// - Parameters:
    ///   - stop: requested by the job itself when the maximum is reached.
    ///   - progress: told how many dead letters are done with, on this thread.
    /// - Throws: what stopped it; nothing is lost then.
    public func redrive(
        _ selection: DeadLetterSelection, _ options: RedriveOptions = RedriveOptions(), until stop: StopRequest,
        progress: @escaping (Int) -> Void = { _ in }
    ) throws -> RedriveSummary {
        guard try isReady(until: stop) else { return RedriveSummary() }
        let range = try reader.range()
        let source = PositionedSource(
            try cluster.soleConsumer(of: reader.topic, group: group(of: selection), as: Self.instanceID),
            startingAt: options.fromStart ? range.mapValues(\.low) : [:])
        let producer = try cluster.producer()
        defer { producer.close(within: .seconds(5)) }
        let run = RedriveRun(RedriveRules(settings), selection, options)
        let loop = DeliveryLoop(
            source: source, publisher: producer,
            strategy: CommitAfterDelivery<PositionedSource<KafkaConsumer>, KafkaProducer>(),
            deadLetter: DeadLetter(topic: reader.topic, connectorName: "rostrum"), settings: deliverySettings,
            bounds: range.mapValues(\.high), observe: { run.observe($0, progress) },
            process: { record in
                let outcome = run.outcome(of: ReceivedDeadLetter(record))
                if run.summary.isAtMaximum { stop.request() }
                return outcome
            })
        let ended = try loop.run(until: stop)
        let wasStopped = stop.isRequested && !run.summary.isAtMaximum
        run.summary.isInterrupted = wasStopped || ended.abandoned > 0 || ended.unsettledPartitions > 0
        return run.summary
    }
}

extension DeadLetterJob {
    /// The redrive's name in its group: another redrive of the same selection takes over from a crashed one at once, and
    /// ends one that still runs.
    private static var instanceID: String { "rostrum-redrive" }

    private func isReady(until stop: StopRequest) throws -> Bool {
        try cluster.isReady(topics: [settings.kafkaTopics.deadletter], until: stop)
    }

    /// Nothing is put aside from the dead letters: what cannot be sent back stops the job. Commits are close together,
    /// since what was sent and not committed is sent again after a crash.
    private var deliverySettings: DeliverySettings {
        var delivery = DeliverySettings(settings)
        delivery.tolerance = .none
        delivery.limits.records = min(delivery.limits.records, 500)
        delivery.settleRecords = 100
        delivery.settleInterval = .seconds(1)
        return delivery
    }
}
