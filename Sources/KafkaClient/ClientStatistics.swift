public import Delivery
internal import Foundation
internal import Synchronization

/// What a client of librdkafka says about itself from time to time: which brokers it is connected to, how far its
/// partitions reach, what waits in its queues.
///
/// Source: https://github.com/confluentinc/librdkafka/blob/master/STATISTICS.md, of which only these members are read.
public struct ClientStatistics: Equatable, Sendable {
    /// One partition as the client knows it.
    public struct PartitionEnds: Equatable, Sendable {
        /// The oldest offset, nil before the first answer of the broker.
        public let low: Offset?
        /// The next offset that will be readable: the last stable one, where the broker tells it. Nil before the first
        /// answer.
        public let end: Offset?
        /// The next offset that the client will ask for; beyond the control records of transactions that it has skipped.
        public let next: Offset?
    }

    /// Brokers that the client is connected to and may ask.
    public let brokersConnected: Int
    /// Records in the producer's queue, not acknowledged yet.
    public let queuedRecords: Int
    /// Their bytes.
    public let queuedBytes: Int
    /// Records fetched ahead and not taken yet.
    public let fetchedAhead: Int
    /// The partitions that the client reads.
    public let partitions: [TopicPartition: PartitionEnds]

    /// Reads librdkafka's JSON.
    init(json: [UInt8]) throws {
        let raw = try JSONDecoder().decode(Raw.self, from: Data(json))
        // A broker may be listed more than once: by its address, its number, and as the group's coordinator.
        brokersConnected = Set(raw.brokers.values.filter { $0.state == "UP" }.map(\.nodename)).count
        queuedRecords = raw.msg_cnt ?? 0
        queuedBytes = raw.msg_size ?? 0
        var ahead = 0
        var partitions: [TopicPartition: PartitionEnds] = [:]
        for (name, topic) in raw.topics {
            // -1 is where a producer keeps records that have no partition yet.
            for (number, partition) in topic.partitions {
                guard let number = Int32(number), number >= 0 else { continue }
                // Partitions share the consumer's one queue, and each tells its length.
                ahead = max(ahead, partition.fetchq_cnt ?? 0)
                let stable = partition.ls_offset ?? -1
                partitions[TopicPartition(KafkaTopic(name), Partition(number))] = PartitionEnds(
                    low: Self.offset(partition.lo_offset),
                    end: Self.offset(stable >= 0 ? stable : partition.hi_offset),
                    next: Self.offset(partition.next_offset))
            }
        }
        fetchedAhead = ahead
        self.partitions = partitions
    }

    private static func offset(_ number: Int64?) -> Offset? { number.flatMap { $0 >= 0 ? Offset($0) : nil } }

    // Members by librdkafka's names.
    private struct Raw: Decodable {
        let msg_cnt: Int?
        let msg_size: Int?
        let brokers: [String: Broker]
        let topics: [String: Topic]

        struct Broker: Decodable {
            let state: String
            let nodename: String
        }
        struct Topic: Decodable {
            let partitions: [String: Partition]
        }
        struct Partition: Decodable {
            let fetchq_cnt: Int?
            let lo_offset: Int64?
            let hi_offset: Int64?
            let ls_offset: Int64?
            let next_offset: Int64?
        }
    }
}

/// The latest statistics of one client: put there by the client while it is polled, read by anybody. Read into values only
/// when somebody asks, since a client of many partitions has much to say.
public final class StatisticsFeed: Sendable {
    private struct State {
        var json: [UInt8] = []
        var cameAt: ContinuousClock.Instant?
        var latest: ClientStatistics?
    }

    private let state = Mutex(State())

    /// How often a client says them.
    static let interval = Duration.seconds(2)

    /// An empty feed.
    public init() {}

    /// The latest statistics and how old they are; nil before the first.
    public var latest: (statistics: ClientStatistics, age: Duration)? {
        state.withLock { state in
            guard let cameAt = state.cameAt else { return nil }
            if state.latest == nil { state.latest = try? ClientStatistics(json: state.json) }
            return state.latest.map { ($0, ContinuousClock.now - cameAt) }
        }
    }

    func put(_ json: [UInt8]) {
        state.withLock { $0 = State(json: json, cameAt: .now, latest: nil) }
    }
}
