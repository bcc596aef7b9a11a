/// What a store must do for a ``BatchLoop``. Used from the loop's thread.
public protocol BatchStore<Item>: AnyObject {
    /// What one record becomes.
    associatedtype Item
    /// The next offsets to read that the store holds, of those partitions it knows. Reading starts there, and at the
    /// beginning of a partition that it does not know, whatever the group's committed offsets say: a store that was made
    /// anew gets everything.
    func storedOffsets(of partitions: [TopicPartition]) throws -> [TopicPartition: Offset]
    /// Stores the items and the offsets in one transaction; all of it or nothing.
    func store(_ batch: DecodedBatch<Item>) throws
    /// Asks whether the store is there, and changes nothing. An idle loop does so every
    /// ``DeliverySettings/storeCheckInterval``.
    /// - Throws: a ``ClassifiedFailure``; a retryable one is reported until the store answers, any other ends the loop.
    func check() throws
}

/// Records of one transaction, decoded.
public struct DecodedBatch<Item> {
    /// What the records became, in order within each partition.
    public var items: [Item] = []
    /// The next offset to read in each partition the batch touches, refused records included.
    public var nextOffsets: [TopicPartition: Offset] = [:]

    /// An empty batch.
    public init() {}
}

/// What decoding made of one record.
public enum DecodingOutcome<Item> {
    /// An item to store.
    case item(Item)
    /// Nothing to store.
    case skip
    /// The record itself is at fault and goes to the dead letters.
    case deadLetter(DeadLetterReason)
}

/// When a batch is full.
public struct BatchLimits: Equatable, Sendable {
    /// Records at most.
    public var records = 500
    /// Bytes at most, which one record may exceed alone.
    public var bytes = 8 * 1024 * 1024
    /// The longest time from a batch's first record to its storage.
    public var delay: Duration = .milliseconds(500)

    /// The defaults.
    public init() {}
}

/// Source to store, a transaction per batch: exactly one effect per record, since rows and offsets are stored together
/// and an assignment starts at the stored offsets. The group's committed offsets only show progress.
///
/// Runs on the one thread that calls `run` and blocks it.
public final class BatchLoop<Source: RecordSource, Publisher: RecordPublisher, Store: BatchStore> {
    private let source: Source
    private let deadLetters: Publisher
    private let deadLetter: DeadLetter
    private let store: Store
    private let settings: DeliverySettings
    private let limits: BatchLimits
    private let clock: MonotonicClock
    private let observe: (DeliveryEvent) -> Void
    private let decode: (ReceivedRecord) throws -> DecodingOutcome<Store.Item>
    private let crashes: (any CrashMemory)?
    private let hand: (any CrashHand)?
    private var generator: any RandomNumberGenerator
    private var bounds: RunBounds?

    private struct Pending {
        var batch = DecodedBatch<Store.Item>()
        var records = 0
        var bytes = 0
        var began: Duration = .zero
        var refused: [(ReceivedRecord, DeadLetterReason)] = []
        var firstOffsets: [TopicPartition: Offset] = [:]
    }

    private var pending = Pending()
    private var attempts = 0
    private var failedFirst: Duration?
    private var retryDue: Duration?
    /// When the store answered last, or was asked in vain.
    private var storeAsked: Duration = .zero
    private var storeIsAway = false
    private var assigned: Set<TopicPartition> = []
    private var summary = DeliverySummary()
    private var stop = StopRequest()
    /// When the loop began to end, however that came.
    private var endBegan: Duration?

    /// Wires a loop.
    ///
    /// - Parameters:
    ///   - source: Read and, at the end, closed by the loop.
    ///   - deadLetters: Where refused records go, before the offsets behind them are stored.
    ///   - deadLetter: Makes the dead letters.
    ///   - store: Keeps items and offsets.
    ///   - settings: Retry, tolerance, limits of time.
    ///   - limits: When a batch is full.
    ///   - bounds: Exclusive end offsets of a bounded run; nil runs until asked.
    ///   - clock: The loop's clock.
    ///   - generator: The source of the retries' jitter.
    ///   - crashes: Remembers the record being decoded over a crash of the process; nil for no such memory.
    ///   - observe: Told what happens, on the loop's thread.
    ///   - decode: Makes an item of a record. A thrown ``ClassifiedFailure`` of class `data` refuses the record.
    public init(
        source: Source, deadLetters: Publisher, deadLetter: DeadLetter, store: Store,
        settings: DeliverySettings = DeliverySettings(), limits: BatchLimits = BatchLimits(),
        bounds: [TopicPartition: Offset]? = nil, clock: MonotonicClock = .system,
        generator: any RandomNumberGenerator = SystemRandomNumberGenerator(), crashes: (any CrashMemory)? = nil,
        observe: @escaping (DeliveryEvent) -> Void = { _ in },
        decode: @escaping (ReceivedRecord) throws -> DecodingOutcome<Store.Item>
    ) {
        self.source = source
        self.deadLetters = deadLetters
        self.deadLetter = deadLetter
        self.store = store
        self.settings = settings
        self.limits = limits
        self.bounds = bounds.map { RunBounds($0) }
        self.clock = clock
        self.generator = generator
        self.crashes = crashes
        hand = crashes?.hand()
        self.observe = observe
        self.decode = decode
    }

    /// Runs until asked to stop, until the bounds are reached, or until something stops it. A batch begun is stored
    /// before the end unless the store fails; the source is closed in any case.
    ///
    /// - Throws: ``DeliveryStopped`` or the store's, source's or publisher's own error.
    public func run(until stop: StopRequest) throws -> DeliverySummary {
        self.stop = stop
        storeAsked = clock.now()
        hand?.adopt()
        var failure: (any Error)?
        do {
            while !stop.isRequested, bounds?.areReached != true || retryDue != nil { try step() }
            endBegan = stop.requestedAt ?? clock.now()
            observe(.draining(inFlight: pending.records))
            try flush(lastAttempt: true)
        } catch {
            failure = error
        }
        summary.abandoned = pending.records
        source.close(within: max(remaining(of: settings.drainLimit, reserve: .zero), .seconds(1)))
        if let failure { throw failure }
        return summary
    }

    /// A wait's limit, cut to what is left of the drain limit once the loop ends; the reserve is for leaving the group.
    private func remaining(of limit: Duration, reserve: Duration = .seconds(2)) -> Duration {
        guard let began = endBegan ?? stop.requestedAt else { return limit }
        let reserve = min(reserve, settings.drainLimit / 4)
        return max(min(limit, began + settings.drainLimit - reserve - clock.now()), .milliseconds(1))
    }

    private func step() throws {
        let now = clock.now()
        if let due = retryDue {
            if now >= due { try flush(lastAttempt: false) }
        } else if pending.records > 0, isFull || now - pending.began >= limits.delay {
            try flush(lastAttempt: false)
        } else if pending.records == 0, now - storeAsked >= settings.storeCheckInterval {
            try checkStore()
            // What the publisher of dead letters has to say piles up in its client unless somebody listens.
            _ = try deadLetters.poll(timeout: .zero)
        }
        var patience = settings.pollTimeout
        if pending.records > 0 { patience = min(patience, max(pending.began + limits.delay - now, .zero)) }
        if let retryDue { patience = min(settings.pollTimeout, max(retryDue - now, .zero)) }
        if let event = try source.poll(timeout: patience) { try handle(event) }
    }

    /// Offsets of a partition begin at 0; where the oldest are deleted, a reader goes on at the oldest there is.
    private func starts(of partitions: [TopicPartition]) throws -> [TopicPartition: Offset] {
        let stored = try store.storedOffsets(of: partitions)
        return Dictionary(uniqueKeysWithValues: partitions.map { ($0, stored[$0] ?? Offset(0)) })
    }

    private var isFull: Bool { pending.records >= limits.records || pending.bytes >= limits.bytes }

    private func handle(_ event: SourceEvent) throws {
        switch event {
        case .record(let record): try receive(record)
        case .assigned(let partitions):
            crashes?.recall()
            try source.take(partitions, startingAt: starts(of: partitions))
            assigned.formUnion(partitions)
            if retryDue != nil { try source.pause(partitions) }
            observe(.assigned(partitions))
        case .revoking(let partitions):
            do {
                try storePending()
            } catch let failure as any ClassifiedFailure where failure.failureClass == .retryable {
                // The next owner reads it again from the store's offsets.
                try discard(leaving: partitions)
            }
            try release(partitions)
            observe(.revoked(partitions))
        case .lost(let partitions):
            // Another member may have stored beyond what is pending.
            try discard(leaving: partitions)
            try release(partitions)
            observe(.lost(partitions))
        case .reachedEnd(let partition, let offset): bounds?.reached(partition, offset)
        case .trouble(let trouble): observe(.trouble(trouble))
        }
    }

    private func release(_ partitions: [TopicPartition]) throws {
        assigned.subtract(partitions)
        try source.release(partitions)
    }

    /// Drops what is pending and reads it again from the partitions that stay.
    private func discard(leaving partitions: [TopicPartition]) throws {
        guard pending.records > 0 else { return }
        let starts = pending.firstOffsets.filter { assigned.contains($0.key) && !partitions.contains($0.key) }
        summary.received -= pending.records
        pending = Pending()
        if !starts.isEmpty { try source.seek(to: starts) }
        try endRetry()
    }

    private func decodeInHand(_ record: ReceivedRecord) throws -> DecodingOutcome<Store.Item> {
        defer {
            if let crashes, crashes.isSuspected(record.origin, record.offset) {
                crashes.absolve(record.origin, record.offset)
            }
        }
        return try hand.guarding(record, decode)
    }

    private func receive(_ record: ReceivedRecord) throws {
        if bounds?.admits(record.origin, record.offset) == false { return }
        // A refetch of what the batch holds already.
        if let next = pending.batch.nextOffsets[record.origin], record.offset < next { return }
        if pending.records == 0 { pending.began = clock.now() }
        pending.records += 1
        pending.bytes += record.size
        if pending.firstOffsets[record.origin] == nil { pending.firstOffsets[record.origin] = record.offset }
        pending.batch.nextOffsets[record.origin] = record.offset.next
        summary.received += 1
        observe(.received(record.origin, record.offset, bytes: record.size, made: record.timestamp))
        if let reason = crashes?.refusal(of: record.origin, record.offset) {
            pending.refused.append((record, reason))
            return
        }
        do {
            switch try decodeInHand(record) {
            case .item(let item): pending.batch.items.append(item)
            case .skip: break
            case .deadLetter(let reason): pending.refused.append((record, reason))
            }
        } catch let failure as any ClassifiedFailure where failure.failureClass == .data {
            pending.refused.append(
                (
                    record,
                    DeadLetterReason(
                        code: failure.code, message: "\(failure)", stage: "VALUE_CONVERTER",
                        exceptionClassName: "\(type(of: failure))")
                ))
        }
    }
}

// MARK: - Storing

extension BatchLoop {
    /// Stores what is pending. A retryable failure keeps it and pauses the source until the next attempt, except at the
    /// last chance, where it ends the loop.
    private func flush(lastAttempt: Bool) throws {
        do {
            try storePending()
        } catch let failure as any ClassifiedFailure where failure.failureClass == .retryable {
            attempts += 1
            let now = clock.now()
            let failedFirst = failedFirst ?? now
            self.failedFirst = failedFirst
            let delay = settings.retry.delay(afterAttempts: attempts, spent: now - failedFirst, using: &generator)
            guard !lastAttempt, let delay else {
                throw DeliveryStopped(
                    code: failure.code,
                    message: "a batch of \(pending.records) records could not be stored in \(attempts) attempts",
                    cause: failure)
            }
            try wait(delay, for: failure)
        }
    }

    /// Writes the dead letters, stores the batch, then shows the progress to the group.
    private func storePending() throws {
        guard pending.records > 0 else { return }
        let started = clock.now()
        try writeDeadLetters()
        try store.store(pending.batch)
        storeAnswered()
        let (offsets, records) = (pending.batch.nextOffsets, pending.records)
        observe(.stored(offsets, records: records, bytes: pending.bytes, took: clock.now() - started))
        summary.completed += records
        pending = Pending()
        try endRetry()
        try showProgress(offsets)
    }

    /// A store that is lost while there is no work for it is known before there is.
    private func checkStore() throws {
        do {
            try store.check()
            storeAnswered()
        } catch let failure as any ClassifiedFailure where failure.failureClass == .retryable {
            storeIsAway = true
            storeAsked = clock.now()
            observe(.storeAway(code: failure.code))
        }
    }

    private func storeAnswered() {
        storeAsked = clock.now()
        guard storeIsAway else { return }
        storeIsAway = false
        observe(.storeBack)
    }

    private func endRetry() throws {
        attempts = 0
        failedFirst = nil
        guard retryDue != nil else { return }
        retryDue = nil
        if !assigned.isEmpty { try source.resume(assigned.sorted()) }
    }

    private func wait(_ delay: Duration, for failure: any ClassifiedFailure) throws {
        if let (origin, offset) = pending.batch.nextOffsets.min(by: { $0.key < $1.key }) {
            observe(.retrying(origin, offset, code: failure.code, attempt: attempts, delay: delay))
        }
        summary.retries += 1
        if retryDue == nil, !assigned.isEmpty { try source.pause(assigned.sorted()) }
        retryDue = clock.now() + delay
    }

    /// The store's offsets are the truth; a group commit that fails costs nothing but a stale lag figure.
    private func showProgress(_ offsets: [TopicPartition: Offset]) throws {
        do {
            try source.commit(offsets, timeout: remaining(of: settings.settleTimeout))
            summary.commits += 1
            observe(.committed(offsets))
        } catch let failure as any ClassifiedFailure where failure.failureClass == .retryable {
            observe(.commitFailed(code: failure.code, message: "\(failure)"))
        }
    }

    /// Publishes the refused records and waits until they are durable. A failure ends the loop, the batch unstored.
    private func writeDeadLetters() throws {
        guard let first = pending.refused.first else { return }
        guard settings.tolerance != .none else {
            throw DeliveryStopped(
                code: first.1.code, message: "the record is at fault and no error is tolerated: \(first.1.message)",
                record: first.0)
        }
        do {
            let letters = pending.refused.map { deadLetter.record(for: $0.0, reason: $0.1) }
            try deadLetters.publish(letters, within: remaining(of: settings.queueFullLimit), clock: clock)
        } catch let failure as PublishFailure where failure.failureClass == .data {
            // One of them is larger than the dead-letter topic takes. Which of the others are stored is not known: all
            // are written, one by one.
            for (record, reason) in pending.refused { try writeOrCut(record, reason) }
        } catch let failure as PublishFailure {
            throw deadLetterFailure(pending.refused[failure.index].0, failure)
        }
        for (record, reason) in pending.refused {
            summary.deadLettered += 1
            observe(.deadLettered(record.origin, record.offset, reason))
        }
        pending.refused.removeAll()
    }
    /// Writes one dead letter, without the record's bytes when it is too large with them.
    private func writeOrCut(_ record: ReceivedRecord, _ reason: DeadLetterReason) throws {
        do {
            do {
                let letter = deadLetter.record(for: record, reason: reason)
                try deadLetters.publish([letter], within: remaining(of: settings.queueFullLimit), clock: clock)
            } catch let failure as PublishFailure where failure.failureClass == .data {
                observe(.deadLetterCut(record.origin, record.offset, bytes: record.size))
                let stub = deadLetter.stub(for: record, reason: reason)
                try deadLetters.publish([stub], within: remaining(of: settings.queueFullLimit), clock: clock)
            }
        } catch let failure as PublishFailure {
            throw deadLetterFailure(record, failure)
        }
    }

    private func deadLetterFailure(_ record: ReceivedRecord, _ failure: PublishFailure) -> DeliveryStopped {
        DeliveryStopped(
            code: "dead-letter-failed", message: "the dead letter could not be written to \(deadLetter.topic)",
            record: record, cause: failure.cause)
    }
}
