/// Finds partitions that have work and make no progress. A pure value, fed with what a loop tells of itself.
///
/// A partition has work from the first record taken until the offset behind the last one is stored. Progress is a record
/// completed or an offset stored. An attempt that will be repeated counts as progress of all partitions, since a batch
/// may hold all of them, and waiting for it is no standstill: how long attempts go on is bounded by their own policy.
/// librdkafka's `max.poll.interval.ms` does not see such a standstill: polling any of a client's queues resets it
/// (librdkafka #4176, #4256).
public struct ProgressWatch: Sendable {
    /// A partition at a standstill.
    public struct Stall: Equatable, Sendable {
        /// The partition.
        public let partition: TopicPartition
        /// The last record taken of it.
        public let lastTaken: Offset
        /// The next offset to be stored, as far as known.
        public let stored: Offset?
        /// How long it has stood.
        public let since: Duration
    }

    private struct Account {
        var lastTaken: Offset
        var stored: Offset?
        var lastProgress: Duration

        var hasWork: Bool { stored.map { lastTaken >= $0 } ?? true }
    }

    private var accounts: [TopicPartition: Account] = [:]
    private let limit: Duration

    /// A watch that calls it a stall when nothing moves for the limit.
    public init(limit: Duration) { self.limit = limit }

    /// Takes in what a loop told at a time.
    public mutating func note(_ event: DeliveryEvent, at now: Duration) {
        switch event {
        case .received(let partition, let offset, _, _):
            if accounts[partition]?.hasWork == true {
                // Records read again after a transaction was undone lie before what was taken already.
                accounts[partition]?.lastTaken = offset
            } else {
                let stored = accounts[partition]?.stored
                accounts[partition] = Account(lastTaken: offset, stored: stored, lastProgress: now)
            }
        case .completed(let partition, _): accounts[partition]?.lastProgress = now
        case .retrying(_, _, _, _, let delay):
            for partition in accounts.keys { accounts[partition]?.lastProgress = now + delay }
        case .committed(let offsets), .stored(let offsets, _, _, _):
            for (partition, offset) in offsets {
                accounts[partition]?.stored = offset
                accounts[partition]?.lastProgress = now
            }
        case .assigned(let partitions), .revoked(let partitions), .lost(let partitions):
            for partition in partitions { accounts[partition] = nil }
        case .processed, .deadLettered, .deadLetterCut, .commitFailed, .undone, .paused, .resumed, .trouble, .storeAway,
            .storeBack, .draining:
            break
        }
    }

    /// The partition that has stood longest, if one has for the limit.
    public func stall(at now: Duration) -> Stall? {
        accounts.filter { $0.value.hasWork && now - $0.value.lastProgress >= limit }
            .min { ($0.value.lastProgress, $0.key) < ($1.value.lastProgress, $1.key) }
            .map { partition, account in
                Stall(
                    partition: partition, lastTaken: account.lastTaken, stored: account.stored,
                    since: now - account.lastProgress)
            }
    }
}
