/// Source to process to publisher: takes records, has them processed, publishes what came of them, and settles their
/// offsets once that is durable.
///
/// Runs on the one thread that calls `run` and blocks it (see ``OwnThread``). Records may be processed by others, several
/// at a time (``ProcessingPool``); what came of them is published in the order of their partition all the same, and a
/// record that must be tried again holds up its own partition only. ``DeliveryLedger`` alone decides which offset is
/// committable; the strategy only stores it.
public final class DeliveryLoop<Strategy: AcknowledgementStrategy> {
    let source: Strategy.Source
    let publisher: Strategy.Publisher
    let strategy: Strategy
    let deadLetter: DeadLetter
    let settings: DeliverySettings
    let clock: MonotonicClock
    let observe: (DeliveryEvent) -> Void
    let processing: any RecordProcessing
    let crashes: (any CrashMemory)?
    var generator: any RandomNumberGenerator
    var bounds: RunBounds?

    var ledger = DeliveryLedger()
    var outputs = OutputTracker()
    var summary = DeliverySummary()
    /// Outputs of uncommitted records that the broker refused with the transaction they were in: when the record is
    /// read again, its dead letter goes out in their stead.
    var refusedBefore: [TopicPartition: [Offset: OutputTracker.Letter]] = [:]
    var undoneInARow = 0
    var restUntil: Duration = .zero
    /// Why the open transaction can only be undone, if so.
    var doom: String?
    var stop = StopRequest()
    /// When the loop began to end, however that came.
    var endBegan: Duration?
    var lanes = PartitionLanes()
    var nextProcessing = ProcessingID.first
    private var gate: IntakeGate
    private var paused: Set<TopicPartition> = []
    var lastSettled: Duration
    /// What was published since offsets were settled; with transactions what the open one holds.
    var publishedSinceSettled = (records: 0, bytes: 0)

    /// Wires a loop.
    ///
    /// - Parameters:
    ///   - source: Read and, at the end, closed by the loop.
    ///   - publisher: Used by the loop, closed by its owner afterwards.
    ///   - strategy: The delivery mode.
    ///   - deadLetter: Makes the dead letters.
    ///   - settings: Bounds and intervals.
    ///   - bounds: Exclusive end offsets of a bounded run (the source must report `reachedEnd`); nil runs until asked.
    ///   - clock: The loop's clock.
    ///   - generator: The source of the retries' jitter.
    ///   - crashes: Remembers the records in hand over a crash of the process; nil for no such memory.
    ///   - processing: Makes outputs of records; closed by the loop.
    ///   - observe: Told what happens, on the loop's thread.
    public init(
        source: Strategy.Source, publisher: Strategy.Publisher, strategy: Strategy, deadLetter: DeadLetter,
        settings: DeliverySettings = DeliverySettings(), bounds: [TopicPartition: Offset]? = nil,
        clock: MonotonicClock = .system, generator: any RandomNumberGenerator = SystemRandomNumberGenerator(),
        crashes: (any CrashMemory)? = nil, processing: any RecordProcessing,
        observe: @escaping (DeliveryEvent) -> Void = { _ in }
    ) {
        self.source = source
        self.publisher = publisher
        self.strategy = strategy
        self.deadLetter = deadLetter
        self.settings = settings
        self.bounds = bounds.map { RunBounds($0) }
        self.clock = clock
        self.generator = generator
        self.crashes = crashes
        self.observe = observe
        self.processing = processing
        self.gate = IntakeGate(settings.limits)
        self.lastSettled = clock.now()
    }

    /// Wires a loop that processes each record on its own thread.
    public convenience init(
        source: Strategy.Source, publisher: Strategy.Publisher, strategy: Strategy, deadLetter: DeadLetter,
        settings: DeliverySettings = DeliverySettings(), bounds: [TopicPartition: Offset]? = nil,
        clock: MonotonicClock = .system, generator: any RandomNumberGenerator = SystemRandomNumberGenerator(),
        crashes: (any CrashMemory)? = nil, observe: @escaping (DeliveryEvent) -> Void = { _ in },
        process: @escaping RecordProcess
    ) {
        self.init(
            source: source, publisher: publisher, strategy: strategy, deadLetter: deadLetter, settings: settings,
            bounds: bounds, clock: clock, generator: generator, crashes: crashes,
            processing: InlineProcessing(crashes: crashes, clock: clock, process: process), observe: observe)
    }

    /// Runs until asked to stop, until the bounds are reached, or until something stops it.
    ///
    /// However it ends, what is durable is settled, the rest is given up uncommitted, and the source is closed.
    ///
    /// - Throws: ``DeliveryStopped`` or the publisher's, source's or process's own error.
    public func run(until stop: StopRequest) throws -> DeliverySummary {
        self.stop = stop
        do {
            while !stop.isRequested, !isFinished { try step() }
            try drain()
        } catch let stopped as DeliveryStopped
            where stopped.code == DeliveryStopped.transactionTimedOut && stop.isRequested
        {
            // The broker is away and the time is up. The transaction ends undone, and its records are read again.
            endBegan = endBegan ?? clock.now()
            observe(.commitFailed(code: stopped.code, message: "\(stopped)"))
        } catch {
            // The first error is the one to report; what cannot be settled now is read again after the restart.
            endBegan = endBegan ?? clock.now()
            try? settleOrAbandon(remaining: remaining(of: settings.settleTimeout))
            summary.abandoned = ledger.inFlightRecords
            close()
            throw error
        }
        close()
        return summary
    }

    private func close() {
        // A record in hand when the process ends would look as if the process had died of it.
        processing.close(within: closingTime())
        source.close(within: closingTime())
    }

    /// Whether a bounded run has read all of its range and nothing of it is being processed or waits for a retry.
    private var isFinished: Bool { bounds?.areReached == true && lanes.isEmpty }

    /// One turn: reports, retries, settlement, then the source.
    private func step() throws {
        try takeReports(timeout: .zero)
        try takeProcessed(timeout: .zero)
        try undoIfDoomed(remaining: remaining(of: settings.settleTimeout))
        try retryDue()
        try adjustIntake()
        let now = clock.now()
        let isResting = now < restUntil
        if !isResting, isFull || now - lastSettled >= settings.settleInterval { try settle() }
        if !gate.isOpen || isFull && isResting {
            // Nothing can arrive but rebalances; the work in flight is what to wait for.
            try takeReports(timeout: min(settings.pollTimeout, .milliseconds(20)))
        }
        if isFull && isResting || lanes.hasReady { return }
        guard processing.hasRoom else { return try takeProcessed(timeout: .milliseconds(20)) }
        var patience = gate.isOpen ? settings.pollTimeout : .zero
        if outputs.outstanding > 0 { patience = min(patience, .milliseconds(20)) }
        if let due = lanes.nextDue { patience = min(patience, max(due - now, .zero)) }
        if processing.count == 0 {
            if let event = try source.poll(timeout: patience) { try handle(event) }
        } else if let event = try source.poll(timeout: .zero) {
            try handle(event)
        } else {
            // What is being processed comes sooner than anything else.
            try takeProcessed(timeout: min(patience, .milliseconds(20)))
        }
    }

    /// Whether offsets are to be settled before anything more is published.
    var isFull: Bool {
        publishedSinceSettled.records >= settings.settleRecords || publishedSinceSettled.bytes >= settings.settleBytes
    }

    private func handle(_ event: SourceEvent) throws {
        switch event {
        case .record(let record):
            try receive(record)
            try takeProcessed(timeout: .zero)
        case .assigned(let partitions):
            crashes?.recall()
            ledger.assign(partitions)
            try source.take(partitions, startingAt: [:])
            observe(.assigned(partitions))
        case .revoking(let partitions): try giveUp(partitions)
        case .lost(let partitions):
            ledger.lose(partitions)
            forget(partitions)
            if try strategy.abandon(publisher, remaining: remaining(of: settings.settleTimeout)) {
                try readAgain(reason: "assignment-lost")
            }
            try release(partitions)
            observe(.lost(partitions))
        case .reachedEnd(let partition, let offset): bounds?.reached(partition, offset)
        case .trouble(let trouble): observe(.trouble(trouble))
        }
    }

    private func giveUp(_ partitions: [TopicPartition]) throws {
        ledger.revoke(partitions)
        lanes.forgetWaiting(of: partitions)
        let budget = remaining(of: settings.revokeBudget)
        let revoked = Set(partitions)
        while budget() > .zero,
            lanes.isMoving(revoked)
                || (strategy.isTransactional ? outputs.outstanding > 0 : outputs.hasOutstanding(of: revoked))
        {
            try takeProgress()
        }
        // The end of a transaction must be known before anything else can be done; the group waits for that.
        let time = strategy.isTransactional ? remaining(of: settings.settleTimeout) : { max(budget(), .seconds(1)) }
        try settleOrAbandon(remaining: time)
        forget(partitions)
        try release(partitions)
        observe(.revoked(partitions))
    }

    private func forget(_ partitions: [TopicPartition]) {
        lanes.forget(partitions)
        outputs.forget(Set(partitions))
        for partition in partitions { refusedBefore[partition] = nil }
    }

    private func release(_ partitions: [TopicPartition]) throws {
        ledger.release(partitions)
        paused.subtract(partitions)
        try source.release(partitions)
    }
}

// MARK: - Intake

extension DeliveryLoop {
    /// Pauses and resumes so that what is paused is what should be: all at the in-flight limit, else what waits for a
    /// retry.
    private func adjustIntake() throws {
        _ = gate.update(records: ledger.inFlightRecords, bytes: ledger.inFlightBytes)
        if gate.isOpen, lanes.noneWaits, paused.isEmpty { return }
        let wanted = gate.isOpen ? lanes.waiting : Set(ledger.partitions)
        let toPause = wanted.subtracting(paused).sorted()
        let toResume = paused.subtracting(wanted).sorted()
        if !toPause.isEmpty {
            try source.pause(toPause)
            observe(.paused(toPause))
        }
        if !toResume.isEmpty {
            try source.resume(toResume)
            observe(.resumed(toResume))
        }
        paused = wanted
    }
}
