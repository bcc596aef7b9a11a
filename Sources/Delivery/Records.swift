/// A Kafka topic's name. Never a policy topic: that is `TopicID`.
public struct KafkaTopic: Hashable, Comparable, Sendable, RawRepresentable, CustomStringConvertible {
    /// The name as the broker knows it.
    public let rawValue: String
    /// Wraps a name.
    public init(rawValue: String) { self.rawValue = rawValue }
    /// Wraps a name.
    public init(_ name: String) { self.rawValue = name }
    /// The name.
    public var description: String { rawValue }
    /// Byte order.
    public static func < (left: KafkaTopic, right: KafkaTopic) -> Bool {
        left.rawValue.utf8.lexicographicallyPrecedes(right.rawValue.utf8)
    }
}

/// A partition's number within its Kafka topic, from 0.
public struct Partition: Hashable, Comparable, Sendable, RawRepresentable, CustomStringConvertible {
    /// The number on the wire.
    public let rawValue: Int32
    /// Wraps a number.
    public init(rawValue: Int32) { self.rawValue = rawValue }
    /// Wraps a number.
    public init(_ number: Int32) { self.rawValue = number }
    /// The number.
    public var description: String { String(rawValue) }
    /// Numeric order.
    public static func < (left: Partition, right: Partition) -> Bool { left.rawValue < right.rawValue }
}

/// A record's place in its partition, from 0. A committed offset is the next one to read.
public struct Offset: Hashable, Comparable, Sendable, RawRepresentable, CustomStringConvertible {
    /// The number on the wire.
    public let rawValue: Int64
    /// Wraps a number.
    public init(rawValue: Int64) { self.rawValue = rawValue }
    /// Wraps a number.
    public init(_ number: Int64) { self.rawValue = number }
    /// The offset after this one.
    public var next: Offset { Offset(rawValue + 1) }
    /// The number.
    public var description: String { String(rawValue) }
    /// Numeric order.
    public static func < (left: Offset, right: Offset) -> Bool { left.rawValue < right.rawValue }
}

/// One partition of one Kafka topic.
public struct TopicPartition: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The Kafka topic.
    public let topic: KafkaTopic
    /// The partition.
    public let partition: Partition
    /// Names a partition.
    public init(_ topic: KafkaTopic, _ partition: Partition) {
        self.topic = topic
        self.partition = partition
    }
    /// `topic-partition`, as Kafka's own tools write it.
    public var description: String { "\(topic)-\(partition)" }
    /// By topic, then partition.
    public static func < (left: TopicPartition, right: TopicPartition) -> Bool {
        (left.topic, left.partition) < (right.topic, right.partition)
    }
}

/// A record header. Names may repeat; a value may be null.
public struct RecordHeader: Hashable, Sendable {
    /// The name.
    public let name: String
    /// The bytes, or nil for a null value.
    public let value: [UInt8]?
    /// Makes a header of bytes.
    public init(_ name: String, bytes value: [UInt8]?) {
        self.name = name
        self.value = value
    }
    /// Makes a header of text (UTF-8).
    public init(_ name: String, _ text: String) {
        self.init(name, bytes: Array(text.utf8))
    }
    /// The value as text, nil when null or not UTF-8.
    public var text: String? {
        value.flatMap { String(validating: $0, as: UTF8.self) }
    }
}

/// When a record was made, in milliseconds since 1970, and who says so.
public struct RecordTimestamp: Hashable, Sendable {
    /// Whose clock it is.
    public enum Kind: Hashable, Sendable {
        /// The producer's.
        case created
        /// The broker's.
        case appended
    }
    /// Milliseconds since 1970-01-01T00:00:00Z.
    public let milliseconds: Int64
    /// Whose clock it is.
    public let kind: Kind
    /// Makes a timestamp.
    public init(milliseconds: Int64, kind: Kind = .created) {
        self.milliseconds = milliseconds
        self.kind = kind
    }
}

/// A record as it came from a partition, bytes untouched.
public struct ReceivedRecord: Equatable, Sendable {
    /// Where it came from.
    public let origin: TopicPartition
    /// Its place there.
    public let offset: Offset
    /// When it was made, if the broker says.
    public let timestamp: RecordTimestamp?
    /// Key bytes, or nil for a null key.
    public let key: [UInt8]?
    /// Value bytes, or nil for a tombstone.
    public let value: [UInt8]?
    /// Headers in order, repeats and nulls kept.
    public let headers: [RecordHeader]

    /// Makes a record.
    public init(
        origin: TopicPartition, offset: Offset, timestamp: RecordTimestamp?, key: [UInt8]?, value: [UInt8]?,
        headers: [RecordHeader]
    ) {
        self.origin = origin
        self.offset = offset
        self.timestamp = timestamp
        self.key = key
        self.value = value
        self.headers = headers
    }

    /// Bytes of key and value, what bounds in flight count.
    public var size: Int { (key?.count ?? 0) + (value?.count ?? 0) }
}

/// A record to be published.
public struct OutgoingRecord: Equatable, Sendable {
    /// Where it goes.
    public let topic: KafkaTopic
    /// The partition, or nil to let the key decide (murmur2, as Java clients do).
    public let partition: Partition?
    /// Key bytes, or nil.
    public let key: [UInt8]?
    /// Value bytes, or nil for a tombstone.
    public let value: [UInt8]?
    /// Headers in order.
    public let headers: [RecordHeader]
    /// Milliseconds since 1970, or nil for now.
    public let timestampMilliseconds: Int64?

    /// Makes a record.
    public init(
        topic: KafkaTopic, partition: Partition? = nil, key: [UInt8]?, value: [UInt8]?, headers: [RecordHeader] = [],
        timestampMilliseconds: Int64? = nil
    ) {
        self.topic = topic
        self.partition = partition
        self.key = key
        self.value = value
        self.headers = headers
        self.timestampMilliseconds = timestampMilliseconds
    }
}
