internal import Delivery
internal import KafkaClient

/// Reads the dead letters of a cluster from given places up to where they end now. Blocks its thread; to be used from one.
struct DeadLetterReader {
    private let records: BoundedReader
    let topic: KafkaTopic

    init(cluster: Cluster, topic: KafkaTopic) {
        records = BoundedReader(cluster: cluster, topic: topic)
        self.topic = topic
    }

    /// Where the partitions of the dead letters begin and end now.
    func range() throws -> [TopicPartition: Watermarks] { try records.range() }

    /// Where to start so that no dead letter of the time or later is left out.
    func starts(since milliseconds: Int64, in range: [TopicPartition: Watermarks]) throws -> [TopicPartition: Offset] {
        try records.starts(since: milliseconds, in: range)
    }

    /// Reads from the starts, or else from the oldest, to the ends; or until `take` has enough, which it says by
    /// returning false.
    func read(
        _ range: [TopicPartition: Watermarks], from starts: [TopicPartition: Offset] = [:], until stop: StopRequest,
        _ take: (ReceivedDeadLetter) throws -> Bool
    ) throws {
        try records.read(range, from: starts, until: stop) { try take(ReceivedDeadLetter($0)) }
    }
}
