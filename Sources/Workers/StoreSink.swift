internal import Delivery
internal import EventStore
internal import Speeches

/// The event store as the batch loop writes to it. Used from the loop's thread.
final class StoreSink: BatchStore {
    private let store: any EventStore
    private let group: ConsumerGroup
    /// What all batches did.
    private(set) var totals = AppliedBatch()

    init(_ store: any EventStore, group: ConsumerGroup) {
        self.store = store
        self.group = group
    }

    func storedOffsets(of partitions: [TopicPartition]) throws -> [TopicPartition: Offset] {
        do {
            let wanted = Set(partitions)
            return try store.storedOffsets(group: group).filter { wanted.contains($0.key) }
        } catch {
            throw StoreFailure(error)
        }
    }

    func store(_ batch: DecodedBatch<StoreEntry>) throws {
        do {
            let applied = try store.apply(
                StoreBatch(group: group, entries: batch.items, nextOffsets: batch.nextOffsets))
            totals.inserted += applied.inserted
            totals.renewed += applied.renewed
            totals.unchanged += applied.unchanged
            totals.withdrawnBefore += applied.withdrawnBefore
            totals.withdrawals += applied.withdrawals
        } catch {
            throw StoreFailure(error)
        }
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
                    code: error.code.rawValue, message: error.reason, stage: "VALUE_CONVERTER",
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

/// A store's error as the loops see it.
struct StoreFailure: ClassifiedFailure, CustomStringConvertible {
    let error: StoreError

    init(_ error: StoreError) { self.error = error }

    var code: String { error.code.rawValue }
    var failureClass: FailureClass { error.isRetryable ? .retryable : .infrastructure }
    var description: String { error.description }
}
