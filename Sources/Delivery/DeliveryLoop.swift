/// Source to process to publisher: takes records, has them processed, publishes what came of them, and settles their
/// offsets once that is durable.
///
/// Runs on the one thread that calls `run` and blocks it (see ``OwnThread``). Partitions are processed in order;
/// a record that must be tried again holds up its own partition only. ``DeliveryLedger`` alone decides which offset
/// is committable; the strategy only stores it.
public final class DeliveryLoop<Strategy: AcknowledgementStrategy> {
    /// Makes outputs of a record. Throws a ``ClassifiedFailure``, or any other error to stop the loop.
    public typealias Process = (ReceivedRecord) throws -> ProcessingOutcome

    let source: Strategy.Source
    let publisher: Strategy.Publisher
    let strategy: Strategy
    let deadLetter: DeadLetter
    let settings: DeliverySettings
    let clock: MonotonicClock
    let observe: (DeliveryEvent) -> Void
    private let process: Process
    private let crashes: (any CrashMemory)?
    var generator: any RandomNumberGenerator
    private var bounds: RunBounds?

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
    var held = HeldPartitions()
    private var gate: IntakeGate
    private var paused: Set<TopicPartition> = []
    var lastSettled: Duration
    var takenSinceSettled = (records: 0, bytes: 0)

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
    ///   - crashes: Remembers the record in hand over a crash of the process; nil for no such memory.
    ///   - observe: Told what happens, on the loop's thread.
    ///   - process: Makes outputs of a record, on the loop's thread.
    public init(
        source: Strategy.Source, publisher: Strategy.Publisher, strategy: Strategy, deadLetter: DeadLetter,
        settings: DeliverySettings = DeliverySettings(), bounds: [TopicPartition: Offset]? = nil,
        clock: MonotonicClock = .system, generator: any RandomNumberGenerator = SystemRandomNumberGenerator(),
        crashes: (any CrashMemory)? = nil, observe: @escaping (DeliveryEvent) -> Void = { _ in },
        process: @escaping Process
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
        self.process = process
        self.gate = IntakeGate(settings.limits)
        self.lastSettled = clock.now()
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
            source.close(within: closingTime())
            throw error
        }
        source.close(within: closingTime())
        return summary
    }

    /// Whether a bounded run has read all of its range and none of it waits for a retry.
    private var isFinished: Bool { bounds?.areReached == true && held.isEmpty }

    /// One turn: reports, retries, settlement, then the source.
    private func step() throws {
        try takeReports(timeout: .zero)
        try undoIfDoomed(remaining: remaining(of: settings.settleTimeout))
        try retryDue()
        try adjustIntake()
        let now = clock.now()
        let isFull =
            takenSinceSettled.records >= settings.settleRecords || takenSinceSettled.bytes >= settings.settleBytes
        let isResting = now < restUntil
        if !isResting, isFull || now - lastSettled >= settings.settleInterval { try settle() }
        if !gate.isOpen || isFull && isResting {
            // Nothing can arrive but rebalances; the work in flight is what to wait for.
            try takeReports(timeout: min(settings.pollTimeout, .milliseconds(20)))
        }
        if isFull, isResting { return }
        var patience = gate.isOpen ? settings.pollTimeout : .zero
        if outputs.outstanding > 0 { patience = min(patience, .milliseconds(20)) }
        if let due = held.nextDue { patience = min(patience, max(due - now, .zero)) }
        if let event = try source.poll(timeout: patience) { try handle(event) }
    }

    private func handle(_ event: SourceEvent) throws {
        switch event {
        case .record(let record): try receive(record)
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
        held.forget(partitions)
        let budget = remaining(of: settings.revokeBudget)
        let revoked = Set(partitions)
        while budget() > .zero, strategy.isTransactional ? outputs.outstanding > 0 : outputs.hasOutstanding(of: revoked)
        {
            try takeReports(timeout: .milliseconds(20))
        }
        // The end of a transaction must be known before anything else can be done; the group waits for that.
        let time = strategy.isTransactional ? remaining(of: settings.settleTimeout) : { max(budget(), .seconds(1)) }
        try settleOrAbandon(remaining: time)
        forget(partitions)
        try release(partitions)
        observe(.revoked(partitions))
    }

    private func forget(_ partitions: [TopicPartition]) {
        held.forget(partitions)
        outputs.forget(Set(partitions))
        for partition in partitions { refusedBefore[partition] = nil }
    }

    private func release(_ partitions: [TopicPartition]) throws {
        ledger.release(partitions)
        paused.subtract(partitions)
        try source.release(partitions)
    }
}

// MARK: - One record

extension DeliveryLoop {
    private func receive(_ record: ReceivedRecord) throws {
        if bounds?.admits(record.origin, record.offset) == false { return }
        if let waiting = held.append(record) {
            guard waiting <= settings.limits.records else {
                throw DeliveryStopped(
                    code: "source-ignores-pause", message: "the source delivered \(waiting) records while paused",
                    record: record)
            }
            return
        }
        try begin(record)
    }

    private func begin(_ record: ReceivedRecord) throws {
        guard let claim = ledger.begin(record.origin, record.offset, bytes: record.size) else { return }
        summary.received += 1
        takenSinceSettled.records += 1
        takenSinceSettled.bytes += record.size
        observe(.received(record.origin, record.offset, bytes: record.size, made: record.timestamp))
        if let reason = crashes?.refusal(of: record.origin, record.offset) {
            return try refuse(OutputTracker.Work(record: record, claim: claim), reason)
        }
        try attempt(record, claim, number: 1, failedFirst: nil)
    }

    private func attempt(
        _ record: ReceivedRecord, _ claim: DeliveryLedger.Claim, number: Int, failedFirst: Duration?
    ) throws {
        if let letter = refusedBefore[record.origin]?[record.offset] {
            return try refuse(OutputTracker.Work(record: record, claim: claim), letter)
        }
        let started = clock.now()
        let outcome: ProcessingOutcome
        do {
            outcome = try crashes.guarding(record, process)
        } catch let failure as any ClassifiedFailure {
            return try handle(failure, of: record, claim, attempts: number, failedFirst: failedFirst ?? clock.now())
        }
        observe(.processed(record.origin, record.offset, took: clock.now() - started))
        switch outcome {
        case .publish(let records): try publish(records, of: record, claim)
        case .deadLetter(let reason): try refuse(OutputTracker.Work(record: record, claim: claim), reason)
        }
    }

    private func handle(
        _ failure: any ClassifiedFailure, of record: ReceivedRecord, _ claim: DeliveryLedger.Claim, attempts: Int,
        failedFirst: Duration
    ) throws {
        let reason = DeadLetterReason(
            code: failure.code, message: "\(failure)", exceptionClassName: "\(type(of: failure))")
        let work = OutputTracker.Work(record: record, claim: claim)
        switch failure.failureClass {
        case .infrastructure:
            throw DeliveryStopped(
                code: failure.code, message: "the record could not be processed", record: record, cause: failure)
        case .data: try refuse(work, reason)
        case .retryable:
            let now = clock.now()
            let spent = now - failedFirst
            if let delay = settings.retry.delay(afterAttempts: attempts, spent: spent, using: &generator) {
                summary.retries += 1
                observe(
                    .retrying(record.origin, record.offset, code: failure.code, attempt: attempts, delay: delay))
                held.hold(
                    .init(record: record, claim: claim, attempts: attempts, failedFirst: failedFirst, due: now + delay))
                return
            }
            guard settings.tolerance == .all else {
                throw DeliveryStopped(
                    code: failure.code, message: "the record failed \(attempts) times", record: record, cause: failure)
            }
            try refuse(work, reason)
        }
    }

    private func retryDue() throws {
        while let hold = held.takeDue(at: clock.now()) {
            try attempt(hold.record, hold.claim, number: hold.attempts + 1, failedFirst: hold.failedFirst)
            // What arrived behind it follows in order; a record that must wait again takes the rest behind itself.
            for record in hold.backlog {
                if held.append(record) == nil { try begin(record) }
            }
        }
    }

    /// Pauses and resumes so that what is paused is what should be: all at the in-flight limit, else what waits for a
    /// retry.
    private func adjustIntake() throws {
        _ = gate.update(records: ledger.inFlightRecords, bytes: ledger.inFlightBytes)
        if gate.isOpen, held.isEmpty, paused.isEmpty { return }
        let wanted = gate.isOpen ? held.partitions : Set(ledger.partitions)
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
