/// What a source has to say.
public enum SourceEvent: Equatable, Sendable {
    /// A record of a partition that was taken.
    case record(ReceivedRecord)
    /// These partitions are ours now; answer with `take`.
    case assigned([TopicPartition])
    /// These partitions are to be given up but are still ours; commit what may be, then answer with `release`.
    case revoking([TopicPartition])
    /// These partitions are somebody else's already; commit nothing for them and answer with `release`.
    case lost([TopicPartition])
    /// The partition was read up to this offset, the next one to come.
    case reachedEnd(TopicPartition, Offset)
    /// Something that is likely to pass (a broker away, a Kafka topic not there yet): say so and go on.
    case trouble(SourceTrouble)
}

/// A passing difficulty of a source.
public struct SourceTrouble: Equatable, Sendable {
    /// A short, stable, bounded name.
    public let code: String
    /// What is the matter.
    public let message: String
    /// Describes the difficulty.
    public init(code: String, message: String) {
        self.code = code
        self.message = message
    }
}

/// Where records come from: a consumer of Kafka, or a fake of one. Used from one thread.
///
/// A method that throws ends the loop, except `commit`, whose error may be classified `retryable`.
public protocol RecordSource: AnyObject {
    /// Waits for the next event, at most the timeout; nil when there was none.
    func poll(timeout: Duration) throws -> SourceEvent?
    /// Answers `assigned`: starts reading, where the dictionary says or else at the group's committed offsets.
    func take(_ partitions: [TopicPartition], startingAt starts: [TopicPartition: Offset]) throws
    /// Answers `revoking` and `lost`: gives the partitions up.
    func release(_ partitions: [TopicPartition]) throws
    /// Delivers no more records of these partitions until they are resumed. What arrived already may still come.
    func pause(_ partitions: [TopicPartition]) throws
    /// Delivers records of these partitions again.
    func resume(_ partitions: [TopicPartition]) throws
    /// Reads these partitions again from these offsets.
    func seek(to offsets: [TopicPartition: Offset]) throws
    /// Stores the next offsets to read, waiting for the broker's answer at most the timeout.
    func commit(_ offsets: [TopicPartition: Offset], timeout: Duration) throws
    /// Leaves the group and frees what is held, within the limit even when the broker is away. Nothing may follow.
    func close(within limit: Duration)
}
