/// The offset ledgers of every partition assigned to this member: the one place that decides what is committable.
///
/// Each assignment of a partition has an epoch. A claim of an earlier epoch (a delivery report that arrives after the
/// partition went away and came back) completes nothing.
public struct DeliveryLedger: Sendable {
    /// A record in flight: what a delivery report leads back to.
    public struct Claim: Hashable, Sendable {
        /// The record's partition.
        public let origin: TopicPartition
        /// The record's offset.
        public let offset: Offset
        fileprivate let epoch: UInt64
    }

    private struct Account {
        var epoch: UInt64
        var ledger: OffsetLedger
    }

    private var accounts: [TopicPartition: Account] = [:]
    private var nextEpoch: UInt64 = 1
    /// Records in flight over all partitions.
    public private(set) var inFlightRecords = 0
    /// Their bytes.
    public private(set) var inFlightBytes = 0

    /// A ledger without partitions.
    public init() {}

    /// The partitions held, in order.
    public var partitions: [TopicPartition] { accounts.keys.sorted() }

    /// Starts a fresh ledger for each partition.
    public mutating func assign(_ partitions: some Sequence<TopicPartition>) {
        for partition in partitions {
            close(partition)
            accounts[partition] = Account(epoch: nextEpoch, ledger: OffsetLedger())
            nextEpoch += 1
        }
    }

    /// Takes a record for processing; nil when it must be ignored (a refetch, or a partition not ours).
    public mutating func begin(_ origin: TopicPartition, _ offset: Offset, bytes: Int) -> Claim? {
        guard let epoch = accounts[origin]?.epoch,
            accounts[origin]?.ledger.begin(offset, bytes: bytes) == .tracked
        else { return nil }
        inFlightRecords += 1
        inFlightBytes += bytes
        return Claim(origin: origin, offset: offset, epoch: epoch)
    }

    /// Whether the claim's record is still this member's to finish.
    public func isCurrent(_ claim: Claim) -> Bool {
        guard let account = accounts[claim.origin] else { return false }
        return account.epoch == claim.epoch && account.ledger.ownership != .lost
    }

    /// Every output of the record is durable. A claim of an earlier epoch changes nothing.
    @discardableResult
    public mutating func complete(_ claim: Claim) -> Bool {
        guard accounts[claim.origin]?.epoch == claim.epoch else { return false }
        let bytes = accounts[claim.origin]?.ledger.inFlightBytes ?? 0
        guard accounts[claim.origin]?.ledger.complete(claim.offset) == true else { return false }
        inFlightRecords -= 1
        inFlightBytes -= bytes - (accounts[claim.origin]?.ledger.inFlightBytes ?? 0)
        return true
    }

    /// The offsets that may be committed now, of the given partitions or of all.
    public func committable(_ partitions: [TopicPartition]? = nil) -> [TopicPartition: Offset] {
        var offsets: [TopicPartition: Offset] = [:]
        for partition in partitions ?? Array(accounts.keys) {
            if let offset = accounts[partition]?.ledger.committable { offsets[partition] = offset }
        }
        return offsets
    }

    /// The broker has stored these offsets.
    public mutating func recordCommit(_ offsets: [TopicPartition: Offset]) {
        for (partition, offset) in offsets { accounts[partition]?.ledger.recordCommit(offset) }
    }

    /// Records in flight of the given partitions.
    public func inFlightRecords(of partitions: [TopicPartition]) -> Int {
        partitions.reduce(0) { $0 + (accounts[$1]?.ledger.inFlightRecords ?? 0) }
    }

    /// The partitions are being taken away in order: nothing new begins, what completes may still be committed.
    public mutating func revoke(_ partitions: [TopicPartition]) {
        for partition in partitions { accounts[partition]?.ledger.revoke() }
    }

    /// The partitions are gone already: nothing of theirs is committable any more.
    public mutating func lose(_ partitions: [TopicPartition]) {
        for partition in partitions { accounts[partition]?.ledger.lose() }
    }

    /// Forgets the partitions.
    public mutating func release(_ partitions: [TopicPartition]) {
        for partition in partitions { close(partition) }
    }

    /// Forgets all uncommitted work, under fresh epochs; the result says where each partition that stays ours must be
    /// read again.
    public mutating func rewind() -> [TopicPartition: Offset] {
        var starts: [TopicPartition: Offset] = [:]
        for partition in accounts.keys.sorted() {
            accounts[partition]?.epoch = nextEpoch
            nextEpoch += 1
            let start = accounts[partition]?.ledger.rewind()
            if let start, accounts[partition]?.ledger.ownership == .owned { starts[partition] = start }
        }
        inFlightRecords = 0
        inFlightBytes = 0
        return starts
    }

    private mutating func close(_ partition: TopicPartition) {
        guard let account = accounts.removeValue(forKey: partition) else { return }
        inFlightRecords -= account.ledger.inFlightRecords
        inFlightBytes -= account.ledger.inFlightBytes
    }
}
