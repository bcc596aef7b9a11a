/// Remembers, over the death of the process, which record it had in hand: a record that takes the process down would
/// otherwise be read again after every restart, for ever.
///
/// Used from the loop's thread. It must not throw: a memory that fails forgets, and delivery goes on.
public protocol CrashMemory: AnyObject {
    /// Takes in what processes that have died since left behind; called when partitions come.
    func recall()
    /// Why the record must not be processed again, nil when it may be.
    func refusal(of origin: TopicPartition, _ offset: Offset) -> DeadLetterReason?
    /// The record is in hand from now on.
    func begin(_ origin: TopicPartition, _ offset: Offset)
    /// The record in hand did no harm.
    func end()
}

extension Optional where Wrapped == any CrashMemory {
    /// Runs the work with the record in hand. A thrown error is no crash.
    func guarding<Result>(_ record: ReceivedRecord, _ work: (ReceivedRecord) throws -> Result) rethrows -> Result {
        self?.begin(record.origin, record.offset)
        defer { self?.end() }
        return try work(record)
    }
}
