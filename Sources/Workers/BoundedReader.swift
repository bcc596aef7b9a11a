internal import Delivery
internal import KafkaClient
internal import Logging

/// Reads a Kafka topic from given places up to where it ends now, without a group: nobody's progress changes. Blocks its
/// thread; to be used from one.
struct BoundedReader {
    private static let patience = BrokerSilence.patience

    let cluster: Cluster
    let topic: KafkaTopic

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
        var silence = BrokerSilence(of: topic)
        while !waiting.isEmpty, !stop.isRequested {
            switch try silence.poll(consumer) {
            case .assigned(let partitions): try consumer.take(partitions, startingAt: [:])
            case .record(let record):
                guard let ends = range[record.origin], waiting.contains(record.origin) else { continue }
                if record.offset < ends.high, try !take(record) { return }
                if record.offset.next >= ends.high { waiting.remove(record.origin) }
            case .reachedEnd(let partition, _): waiting.remove(partition)
            case .revoking, .lost, .trouble, nil: break
            }
        }
    }
}

/// Notices that nothing comes from the broker any more, where what is read has an end and must come to it.
struct BrokerSilence {
    /// The longest silence before reading fails.
    static let patience = Duration.seconds(30)

    private let topic: KafkaTopic
    private let clock: MonotonicClock
    private var waited = Duration.zero

    init(of topic: KafkaTopic, clock: MonotonicClock = .system) {
        self.topic = topic
        self.clock = clock
    }

    /// Polls a source. Only time spent in polls counts: what is read may take its time.
    /// - Throws: when the broker has said nothing for too long, and what the source throws.
    mutating func poll(_ source: some RecordSource) throws -> SourceEvent? {
        let began = clock.now()
        let event = try source.poll(timeout: .milliseconds(100))
        switch event {
        case .record, .reachedEnd: waited = .zero
        case .assigned, .revoking, .lost, .trouble, nil: waited += clock.now() - began
        }
        guard waited < Self.patience else { throw NothingHeard(topic: topic) }
        return event
    }
}

/// The broker said nothing for too long.
private struct NothingHeard: ClassifiedFailure, CustomStringConvertible {
    let topic: KafkaTopic
    var code: String { "kafka.unreachable" }
    var failureClass: FailureClass { .retryable }
    var description: String { "no more of \(topic) came from the broker; check that it runs and try again" }
}
