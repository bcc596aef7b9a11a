/// A dead letter as it is read back: where its record came from, why it was refused, and the record itself.
public struct ReceivedDeadLetter: Equatable, Sendable {
    /// The dead letter as it stands in its Kafka topic.
    public let record: ReceivedRecord
    /// The partition the record came from; nil when the headers do not say.
    public let origin: TopicPartition?
    /// Its offset there; nil when the headers do not say.
    public let offset: Offset?
    /// The code of the error, such as `document.invalid_json`; nil in dead letters that others wrote.
    public let code: String?
    /// What was wrong.
    public let message: String?
    /// The step that refused it, in Kafka Connect's words.
    public let stage: String?
    /// The worker that refused it.
    public let worker: String?
    /// How often the record was sent back to its origin already. A count that is no number counts as beyond any limit.
    public let redriveCount: Int
    /// Bytes of the record that the dead letter does not hold, nil when it holds all of them.
    public let omittedBytes: Int?

    /// Reads the headers. Of several with one name the last is the dead letter's; those before are the record's own.
    public init(_ record: ReceivedRecord) {
        func text(_ name: String) -> String? { record.headers.last { $0.name == name }?.text }
        self.record = record
        if let topic = text(DeadLetter.HeaderName.topic), !topic.isEmpty,
            let partition = text(DeadLetter.HeaderName.partition).flatMap({ Int32($0) }), partition >= 0
        {
            origin = TopicPartition(KafkaTopic(topic), Partition(partition))
        } else {
            origin = nil
        }
        offset = text(DeadLetter.HeaderName.offset).flatMap { Int64($0) }.flatMap { $0 >= 0 ? Offset($0) : nil }
        code = text(DeadLetter.HeaderName.errorCode)
        message = text(DeadLetter.HeaderName.exceptionMessage)
        stage = text(DeadLetter.HeaderName.stage)
        worker = text(DeadLetter.HeaderName.connectorName)
        let counts = record.headers.filter { $0.name == DeadLetter.HeaderName.redriveCount }
        redriveCount =
            counts.map { header in
                guard let count = header.text.flatMap({ Int($0) }), count >= 0 else { return Int.max }
                return count
            }.max() ?? 0
        omittedBytes = text(DeadLetter.HeaderName.omittedBytes).map { Int($0) ?? 0 }
    }

    /// The record's own headers: those of the dead letter without what `DeadLetter` added and without redrive counts.
    public var ownHeaders: [RecordHeader] {
        var headers = record.headers
        for name in DeadLetter.HeaderName.added {
            if let index = headers.lastIndex(where: { $0.name == name }) { headers.remove(at: index) }
        }
        return headers.filter { $0.name != DeadLetter.HeaderName.redriveCount }
    }

    /// The record as it goes back to a Kafka topic: key, value, headers and timestamp byte for byte as they first came,
    /// and at the end of the headers one more in `rostrum.redrive.count`. The key decides the partition, as it does for
    /// any producer; a record without a key goes to the partition it came from.
    ///
    /// Must not be asked of a stub, which does not hold the record.
    public func restored(to topic: KafkaTopic) -> OutgoingRecord {
        precondition(omittedBytes == nil, "the record of a stub cannot be restored")
        let count = String(redriveCount == Int.max ? redriveCount : redriveCount + 1)
        return OutgoingRecord(
            topic: topic, partition: record.key == nil ? origin?.partition : nil, key: record.key,
            value: record.value, headers: ownHeaders + [RecordHeader(DeadLetter.HeaderName.redriveCount, count)],
            timestampMilliseconds: record.timestamp?.milliseconds)
    }
}
