/// Partitions that wait for a retry: the record that failed, when it is due, and what arrived behind it. A pure value.
struct HeldPartitions {
    /// One waiting partition.
    struct Hold {
        let record: ReceivedRecord
        let claim: DeliveryLedger.Claim
        /// Attempts made so far.
        let attempts: Int
        /// When the first attempt failed.
        let failedFirst: Duration
        /// When the next attempt is due.
        let due: Duration
        /// Records that arrived before the pause took effect, in order.
        var backlog: [ReceivedRecord] = []
    }

    private var holds: [TopicPartition: Hold] = [:]

    /// The waiting partitions.
    var partitions: Set<TopicPartition> { Set(holds.keys) }
    /// Whether none waits.
    var isEmpty: Bool { holds.isEmpty }
    /// When the next attempt is due.
    var nextDue: Duration? { holds.values.map(\.due).min() }

    /// Makes a partition wait; what was behind it stays behind it.
    mutating func hold(_ hold: Hold) {
        var hold = hold
        hold.backlog = (holds[hold.claim.origin]?.backlog ?? []) + hold.backlog
        holds[hold.claim.origin] = hold
    }

    /// Puts a record behind the one that waits, if its partition waits. Returns the length of the backlog then.
    mutating func append(_ record: ReceivedRecord) -> Int? {
        holds[record.origin]?.backlog.append(record)
        return holds[record.origin]?.backlog.count
    }

    /// Takes out a partition whose retry is due.
    mutating func takeDue(at now: Duration) -> Hold? {
        guard let origin = holds.filter({ $0.value.due <= now }).keys.min() else { return nil }
        return holds.removeValue(forKey: origin)
    }

    /// Forgets partitions.
    mutating func forget(_ partitions: some Sequence<TopicPartition>) {
        for partition in partitions { holds[partition] = nil }
    }

    /// Forgets all.
    mutating func forgetAll() { holds.removeAll() }
}
