internal import Delivery
internal import Foundation
internal import KafkaClient
internal import Speeches
internal import WorkerSupport

/// What a person asks of a replay.
public struct ReplayRequest: Sendable {
    /// Where it begins.
    public var from: ReplayBound
    /// Where it ends, exclusive.
    public var to: ReplayBound
    /// The partitions replayed; nil for all.
    public var partitions: Set<Int32>?
    /// The Kafka topic that events go to.
    public var eventsTopic: String

    /// Makes a request.
    public init(from: ReplayBound, to: ReplayBound, partitions: Set<Int32>? = nil, eventsTopic: String) {
        self.from = from
        self.to = to
        self.partitions = partitions
        self.eventsTopic = eventsTopic
    }
}

/// Turns bounds into offsets: asks the broker once, so that what arrives later is not part of the replay.
struct ReplayPlanner {
    /// Times of records are looked up by the broker's index; a big partition may take a while.
    private static let patience = Duration.seconds(60)

    let cluster: Cluster
    let settings: Settings

    /// Makes a plan of what is there now.
    /// - Throws: `ProgramFailure` with 78 for a partition that does not exist.
    func plan(_ request: ReplayRequest, ruleset: RulesetIdentity, now: Date = Date()) throws -> ReplayPlan {
        let topic = KafkaTopic(settings.kafkaTopics.documents)
        let consumer = try cluster.reader(of: [:])
        defer { consumer.close(within: .seconds(2)) }
        let partitions = try consumer.metadata(of: topic, timeout: Self.patience).partitions(of: topic)
            .chosen(request.partitions, of: topic, code: "replay.no_such_partition")
        let ends = try partitions.map { ($0, try consumer.watermarks(of: $0, timeout: Self.patience)) }
        let from = try offsets(request.from, ends, consumer)
        let to = try offsets(request.to, ends, consumer)
        var ranges: [ReplayPlan.Range] = []
        for (partition, watermarks) in ends {
            let (low, high) = (watermarks.low.rawValue, watermarks.high.rawValue)
            let start = min(max(from[partition] ?? high, low), high)
            let end = min(to[partition] ?? high, high)
            guard start < end else { continue }
            ranges.append(.init(partition: partition.partition.rawValue, start: start, end: end, next: start))
        }
        return ReplayPlan(
            run: Self.runID(now), createdAt: now.formatted(.iso8601), documentsTopic: topic.rawValue,
            eventsTopic: request.eventsTopic, ruleset: .init(ruleset), ranges: ranges)
    }

    /// The bound's offset in each partition; none where it lies beyond the last record.
    private func offsets(
        _ bound: ReplayBound, _ ends: [(TopicPartition, Watermarks)], _ consumer: KafkaConsumer
    ) throws -> [TopicPartition: Int64] {
        switch bound {
        case .earliest: Dictionary(uniqueKeysWithValues: ends.map { ($0.0, $0.1.low.rawValue) })
        case .latest: Dictionary(uniqueKeysWithValues: ends.map { ($0.0, $0.1.high.rawValue) })
        case .offset(let offset): Dictionary(uniqueKeysWithValues: ends.map { ($0.0, offset) })
        case .time(let time):
            try consumer.offsets(
                at: Dictionary(uniqueKeysWithValues: ends.map { ($0.0, time) }), timeout: Self.patience
            ).mapValues(\.rawValue)
        }
    }

    /// Sorts by time, and is nobody else's.
    private static func runID(_ now: Date) -> String {
        let stamp = now.formatted(
            Date.ISO8601FormatStyle(dateSeparator: .omitted, timeSeparator: .omitted, timeZone: .gmt))
        return "replay-\(stamp)-\(UUID().uuidString.prefix(8).lowercased())"
    }
}
