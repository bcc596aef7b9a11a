internal import Delivery
public import KafkaClient
public import WorkerSupport

/// The Kafka topics that an installation needs, as the settings want them.
public enum KafkaTopicPlan {
    /// Kafka's default for the largest record, `message.max.bytes` of a broker.
    private static let kafkaDefaultBytes = 1_048_588
    /// Room for a record's key, headers and framing, and what dead letters add.
    private static let allowance = 65_536

    /// All of them: documents and events have the same partitions, so that a document's place is one.
    public static func topics(_ settings: Settings) -> [KafkaAdmin.NewTopic] {
        let names = settings.kafkaTopics
        let bytes = documentBytes(settings)
        return [
            topic(names.documents, settings, bytes: bytes, keepDays: nil),
            topic(names.classified, settings, bytes: bytes, keepDays: 30),
            topic(names.candidate, settings, bytes: bytes, keepDays: 30),
            // A dead letter keeps its record's time, by which Kafka deletes: what came of an old document would be gone
            // at once if it were not kept as long as the documents.
            topic(names.deadletter, settings, bytes: deadLetterBytes(settings), keepDays: nil),
        ]
    }

    /// Bytes of the largest record of documents.
    static func documentBytes(_ settings: Settings) -> Int {
        max(kafkaDefaultBytes, settings.documentMaxBytes + allowance)
    }

    /// Bytes of the largest dead letter: a document's record and the headers that say why, so that an oversized record
    /// cannot crash a worker again and again.
    static func deadLetterBytes(_ settings: Settings) -> Int { documentBytes(settings) + allowance }

    /// Documents are kept for ever (no `keepDays`): they are what a replay reads.
    private static func topic(_ name: String, _ settings: Settings, bytes: Int, keepDays: Int?) -> KafkaAdmin.NewTopic {
        KafkaAdmin.NewTopic(
            KafkaTopic(name), partitions: settings.kafkaTopics.partitions,
            replication: settings.kafkaTopics.replicationFactor,
            config: [
                "cleanup.policy": "delete", "max.message.bytes": String(bytes),
                "retention.ms": keepDays.map { String($0 * 86_400_000) } ?? "-1",
            ])
    }
}
