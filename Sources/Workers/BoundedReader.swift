internal import Delivery
internal import KafkaClient
internal import Logging

/// Reads a Kafka topic from given places up to where it ends now, without a group: nobody's progress changes. Blocks its
/// thread; to be used from one.
struct BoundedReader {
    /// The longest silence of the broker before reading fails.
    private static let patience = Duration.seconds(30)

    let cluster: Cluster
    let topic: KafkaTopic
    let clock = MonotonicClock.system

    /// Where the partitions begin and end now.
    func range() throws -> [TopicPartition: Watermarks] {
        let partitions = try cluster.admin().metadata(of: topic, timeout: Self.patience).partitions(of: topic)
        let asking = try cluster.reader(of: [:])
        defer { asking.close(within: .seconds(5)) }
        var range: [TopicPartition: Watermarks] = [:]
        for partition in partitions {
            range[partition] = try asking.watermarks(of: partition, timeout: Self.patience)
        }
        return range
    }

    /// Where to start so that no record of the time or later is left out: what lies before is all older.
    func starts(since milliseconds: Int64, in range: [TopicPartition: Watermarks]) throws -> [TopicPartition: Offset] {
        let asking = try cluster.reader(of: [:])
        defer { asking.close(within: .seconds(5)) }
        let found = try asking.offsets(at: range.mapValues { _ in milliseconds }, timeout: Self.patience)
        // A partition that has none of them needs no reading.
        return range.mapValues(\.high).merging(found) { $1 }
    }

    /// Reads from the starts, or else from the oldest, to the ends; or until `take` has enough, which it says by
    /// returning false.
    func read(
        _ range: [TopicPartition: Watermarks], from starts: [TopicPartition: Offset] = [:], until stop: StopRequest,
        _ take: (ReceivedRecord) throws -> Bool
    ) throws {
        var open: [TopicPartition: KafkaConsumer.StartPosition] = [:]
        for (partition, ends) in range {
            let start = max(starts[partition] ?? ends.low, ends.low)
            if start < ends.high { open[partition] = .offset(start) }
        }
        guard !open.isEmpty else { return }
        let consumer = try cluster.reader(of: open)
        defer { consumer.close(within: .seconds(5)) }
        var waiting = Set(open.keys)
        var lastHeard = clock.now()
        while !waiting.isEmpty, !stop.isRequested {
            guard clock.now() - lastHeard < Self.patience else { throw NothingHeard(topic: topic) }
            guard let event = try consumer.poll(timeout: .milliseconds(100)) else { continue }
            switch event {
            case .assigned(let partitions): try consumer.take(partitions, startingAt: [:])
            case .record(let record):
                lastHeard = clock.now()
                guard let ends = range[record.origin], waiting.contains(record.origin) else { continue }
                if record.offset < ends.high, try !take(record) { return }
                if record.offset.next >= ends.high { waiting.remove(record.origin) }
            case .reachedEnd(let partition, _):
                lastHeard = clock.now()
                waiting.remove(partition)
            case .revoking, .lost, .trouble: break
            }
        }
    }
}

/// The broker said nothing for too long.
private struct NothingHeard: ClassifiedFailure, CustomStringConvertible {
    let topic: KafkaTopic
    var code: String { "kafka.unreachable" }
    var failureClass: FailureClass { .retryable }
    var description: String { "no more of \(topic) came from the broker; check that it runs and try again" }
}
