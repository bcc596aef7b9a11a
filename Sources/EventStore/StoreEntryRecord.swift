public import Delivery
internal import Foundation
public import Speeches

extension StoreEntry {
    /// Reads a record of the events' Kafka topic: an event, or a tombstone whose key is the document's id.
    /// - Throws: `DocumentError` where value, key or `rostrum_origin_…` headers cannot be read: data for the dead
    ///   letters, which no retry mends.
    public init(_ record: ReceivedRecord) throws(DocumentError) {
        let key = try Self.key(of: record)
        let change: Change
        if let value = record.value {
            let event = try ClassifiedSpeech(json: Data(value))
            guard key == nil || key == event.document.id else {
                throw DocumentError(
                    code: .invalidDocument,
                    reason: "the record's key is not the id of the event's document; they must be equal, or else a "
                        + "withdrawal would not find the document")
            }
            guard event.eventID == event.derivedID else {
                throw DocumentError(
                    code: .invalidDocument,
                    reason: "event_id does not follow from document id, revision and ruleset digest; two events could "
                        + "claim one row")
            }
            change = .event(event)
        } else if let key {
            change = .withdrawal(key)
        } else {
            throw DocumentError(
                code: .invalidDocument,
                reason: "a record without a value withdraws the document that its key names, but this one has no key")
        }
        self.init(
            position: RecordPosition(record.origin, record.offset),
            provenance: try EventProvenance(headers: record.headers), change: change)
        try checkNames()
    }

    /// The most bytes of a name that rows are found by: as of a document's id.
    public static let nameBytesMax = SpeechID.bytesMax

    private func checkNames() throws(DocumentError) {
        var names = [("the document's id", documentID.rawValue)]
        if let run = provenance.run { names.append(("the header rostrum_run", run)) }
        if case .event(let event) = change {
            names += [
                ("the document's revision", event.document.revision.rawValue),
                ("the ruleset's digest", event.ruleset.digest), ("the ruleset's name", event.ruleset.name),
                ("the ruleset's version", event.ruleset.version),
            ]
            for topic in event.topics {
                names.append(("a topic's id", topic.id.rawValue))
                for scheme in topic.codes.keys { names.append(("a scheme of codes", scheme)) }
            }
        }
        for (what, name) in names where name.utf8.count > Self.nameBytesMax {
            throw DocumentError(
                code: .invalidDocument,
                reason: "\(what) has \(name.utf8.count) bytes; at most \(Self.nameBytesMax) are allowed in a store")
        }
    }

    private static func key(of record: ReceivedRecord) throws(DocumentError) -> SpeechID? {
        guard let bytes = record.key else { return nil }
        guard let text = String(validating: bytes, as: UTF8.self), !text.isEmpty else {
            throw DocumentError(
                code: .invalidDocument, reason: "the record's key must be a document id in UTF-8, at least one byte")
        }
        return SpeechID(text)
    }
}

extension ClassifiedSpeech {
    fileprivate var derivedID: EventID {
        Self.eventID(document: document.id, revision: document.revision, rulesetDigest: ruleset.digest)
    }
}

extension EventProvenance {
    /// Reads the headers of a record; of a repeated header the last counts. Topic, partition and offset of the origin must
    /// all be there, or none. A timestamp that is no number is as none: nothing but a figure comes of it.
    /// - Throws: `DocumentError` where the origin is incomplete or not a place on a broker.
    public init(headers: [RecordHeader]) throws(DocumentError) {
        func text(_ name: String) -> String? { headers.last { $0.name == name }?.text }
        self.init(
            origin: try Self.origin(
                topic: text("rostrum_origin_topic"), partition: text("rostrum_origin_partition"),
                offset: text("rostrum_origin_offset")),
            run: text("rostrum_run"), recordedAt: text("ce_recordedtime"),
            originMade: text("rostrum_origin_timestamp").flatMap { Int64($0) })
    }

    private static func origin(
        topic: String?, partition: String?, offset: String?
    ) throws(DocumentError) -> RecordPosition? {
        if topic == nil, partition == nil, offset == nil { return nil }
        guard let topic, !topic.isEmpty, let partition = partition.flatMap({ Int32($0) }), partition >= 0,
            let offset = offset.flatMap({ Int64($0) }), offset >= 0
        else {
            throw DocumentError(
                code: .invalidDocument,
                reason: "the headers rostrum_origin_topic, rostrum_origin_partition and rostrum_origin_offset must be "
                    + "a name and two whole numbers from 0, or all be absent")
        }
        return RecordPosition(TopicPartition(KafkaTopic(topic), Partition(partition)), Offset(offset))
    }
}
