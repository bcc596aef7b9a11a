internal import Delivery
internal import EventStore
internal import Logging
internal import Speeches
internal import Tracing
internal import WorkerSupport

/// The event store as the batch loop writes to it. Used from the loop's thread.
final class StoreSink: BatchStore {
    private let store: any EventStore
    private let group: ConsumerGroup
    private let patience: StorePatience
    /// What all batches did.
    private(set) var totals = AppliedBatch()
    private let observe: (AppliedBatch, [StoreEntry]) -> Void
    private let tracing: RecordTracing?
    /// Trace contexts of the records since the last batch that was stored; as many as a batch has records, at most.
    private var traces: [InstrumentationContext] = []
    private static let tracesMax = 1_000

    /// - Parameters:
    ///   - tracing: nil where nobody keeps spans.
    ///   - observe: told what each batch did, and its entries.
    init(
        _ store: any EventStore, group: ConsumerGroup, patience: StorePatience,
        tracing: RecordTracing? = nil, observe: @escaping (AppliedBatch, [StoreEntry]) -> Void = { _, _ in }
    ) {
        self.store = store
        self.group = group
        self.patience = patience
        self.observe = observe
        self.tracing = tracing
    }

    /// An assignment cannot be put off until the store is there again, so the store is waited for.
    func storedOffsets(of partitions: [TopicPartition]) throws -> [TopicPartition: Offset] {
        // What was not stored under the last assignment is read again.
        traces.removeAll()
        do {
            let wanted = Set(partitions)
            let stored = try patience.attempt { () throws(StoreError) in try store.storedOffsets(group: group) }
            guard let stored else {
                throw StoreFailure(
                    StoreError(
                        code: .unreachable, reason: "the sink was stopped while it waited for its store",
                        cure: "start it again when the store is there"))
            }
            return stored.filter { wanted.contains($0.key) }
        } catch let failure as StoreFailure {
            throw failure
        } catch let error as StoreError {
            throw StoreFailure(error)
        }
    }

    func store(_ batch: DecodedBatch<StoreEntry>) throws {
        let span = tracing?.storing(traces, of: batch.nextOffsets.keys.min()?.topic)
        defer { span?.end() }
        do {
            let applied = try store.apply(
                StoreBatch(group: group, entries: batch.items, nextOffsets: batch.nextOffsets))
            totals.inserted += applied.inserted
            totals.renewed += applied.renewed
            totals.unchanged += applied.unchanged
            totals.withdrawnBefore += applied.withdrawnBefore
            totals.withdrawals += applied.withdrawals
            traces.removeAll()
            observe(applied, batch.items)
        } catch {
            span?.attributes["error.type"] = error.code.rawValue
            span?.setStatus(SpanStatus(code: .error))
            // The loop's own line names the code alone.
            patience.logger.write(
                .warning, "the store did not take a batch",
                [.errorCode: error.code.rawValue, .errorReason: error.description])
            throw StoreFailure(error)
        }
    }

    func check() throws {
        do {
            try store.check()
        } catch {
            patience.logger.write(
                .warning, "the store does not answer",
                [.errorCode: error.code.rawValue, .errorReason: error.description])
            throw StoreFailure(error)
        }
    }

    /// The same as `decode`, and the record's trace is remembered for the span of its batch.
    func decodeTraced(_ record: ReceivedRecord) -> DecodingOutcome<StoreEntry> {
        if let tracing, traces.count < Self.tracesMax { traces.append(tracing.context(of: record)) }
        return Self.decode(record)
    }

    /// What one record of the events' Kafka topic is to the store.
    static func decode(_ record: ReceivedRecord) -> DecodingOutcome<StoreEntry> {
        do {
            let entry = try StoreEntry(record)
            try checkTopics(entry)
            return .item(entry)
        } catch {
            return .deadLetter(
                DeadLetterReason(
                    code: error.eventCode, message: error.reason, stage: "VALUE_CONVERTER",
                    className: "Workers.StoreSink", exceptionClassName: "Speeches.DocumentError"))
        }
    }

    /// A topic named twice has no row of its own in any store; told here, where the record can still be put aside.
    private static func checkTopics(_ entry: StoreEntry) throws(DocumentError) {
        guard case .event(let event) = entry.change else { return }
        guard Set(event.topics.map(\.id)).count == event.topics.count else {
            throw DocumentError(code: .invalidDocument, reason: "the event names a topic twice; each may stand once")
        }
    }
}

extension DocumentError {
    /// The stable code where it is an event that was refused, so that nobody looks for a broken document.
    fileprivate var eventCode: String {
        switch code {
        case .invalidJSON: "event.invalid_json"
        case .invalidDocument: "event.invalid"
        case .unsupportedVersion: "event.unsupported_version"
        }
    }
}

/// A store's error as the loops see it.
struct StoreFailure: ClassifiedFailure, CustomStringConvertible {
    let error: StoreError

    init(_ error: StoreError) { self.error = error }

    var code: String { error.code.rawValue }
    var failureClass: FailureClass { error.isRetryable ? .retryable : .infrastructure }
    var description: String { error.description }
}
