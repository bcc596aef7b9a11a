internal import Delivery
internal import WorkerSupport

extension [TopicPartition] {
    /// Those partitions of a Kafka topic that a person named, all where nobody did; in order.
    /// - Parameter code: of the failure where a partition is named that is not there.
    func chosen(_ wanted: Set<Int32>?, of topic: KafkaTopic, code: String) throws(ProgramFailure) -> [TopicPartition] {
        guard let wanted else { return sorted() }
        let missing = wanted.subtracting(map(\.partition.rawValue)).sorted()
        guard missing.isEmpty else {
            throw ProgramFailure(
                .badConfiguration, code: code,
                "'\(topic)' has partitions 0 to \(count - 1), not " + missing.map { "\($0)" }.joined(separator: ", "))
        }
        return filter { wanted.contains($0.partition.rawValue) }.sorted()
    }
}
