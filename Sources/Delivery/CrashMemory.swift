/// Remembers, over the death of the process, which records it had in hand: a record that takes the process down would
/// otherwise be read again after every restart, for ever.
///
/// Used from the loop's thread. It must not throw: a memory that fails forgets, and delivery goes on.
public protocol CrashMemory: AnyObject {
    /// Takes in what processes that have died since left behind; called when partitions come.
    func recall()
    /// Why the record must not be processed again, nil when it may be.
    func refusal(of origin: TopicPartition, _ offset: Offset) -> DeadLetterReason?
    /// Whether a process has died with the record in hand. Such a record is processed alone, so that the next death is
    /// not put down to others that were in hand beside it.
    func isSuspected(_ origin: TopicPartition, _ offset: Offset) -> Bool
    /// The suspected record did no harm.
    func absolve(_ origin: TopicPartition, _ offset: Offset)
    /// Makes a place for the record that one thread has in hand.
    func hand() -> any CrashHand
}

/// The place of the record that one thread has in hand. After `adopt` it belongs to that thread.
public protocol CrashHand: AnyObject, Sendable {
    /// The calling thread is the one whose records these are.
    func adopt()
    /// The record is in hand from now on.
    func begin(_ origin: TopicPartition, _ offset: Offset)
    /// No record is in hand.
    func end()
}

extension Optional where Wrapped == any CrashHand {
    /// Runs the work with the record in hand. A thrown error is no crash.
    func guarding<Result>(_ record: ReceivedRecord, _ work: (ReceivedRecord) throws -> Result) rethrows -> Result {
        self?.begin(record.origin, record.offset)
        defer { self?.end() }
        return try work(record)
    }
}
