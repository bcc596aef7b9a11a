public import Delivery

/// What a store holds, for people.
public struct StoreStatus: Equatable, Sendable {
    /// `sqlite`, `postgresql` or `ndjson`.
    public var kind: String
    /// File, folder, or host and database; never a password.
    public var place: String
    /// The version of its tables or files.
    public var schemaVersion: Int
    /// Documents with a current revision.
    public var documents = 0
    /// Events, earlier revisions and all rulesets included.
    public var events = 0
    /// Documents that were withdrawn.
    public var withdrawals = 0
    /// Bytes that it takes up, where the store can say.
    public var bytes: Int?
    /// When the newest event was classified, RFC 3339.
    public var lastRecordedAt: String?
    /// Where each consumer group goes on.
    public var offsets: [ConsumerGroup: [TopicPartition: Offset]] = [:]

    /// Makes the status of an empty store.
    public init(kind: String, place: String, schemaVersion: Int) {
        self.kind = kind
        self.place = place
        self.schemaVersion = schemaVersion
    }
}
