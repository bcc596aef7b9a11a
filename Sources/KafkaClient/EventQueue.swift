internal import CRdKafka
internal import Delivery

/// The owner of a librdkafka queue. Keeps the client alive, which must be destroyed after its queues.
final class EventQueue {
    private let queue: OpaquePointer
    private let handle: ClientHandle

    init(owning queue: OpaquePointer, of handle: ClientHandle) {
        self.queue = queue
        self.handle = handle
    }

    deinit { rd_kafka_queue_destroy(queue) }

    func withQueue<Result>(_ body: (OpaquePointer) throws -> Result) rethrows -> Result { try body(queue) }

    /// Waits for an event, at most the timeout.
    func poll(timeout: Duration) -> Event? {
        rd_kafka_queue_poll(queue, timeout.milliseconds).map { Event(owning: $0) }
    }
}

/// The owner of a librdkafka event; what it lends lives no longer than itself.
struct Event: ~Copyable {
    private let event: OpaquePointer

    init(owning event: OpaquePointer) { self.event = event }

    deinit { rd_kafka_event_destroy(event) }

    var kind: Int32 { rd_kafka_event_type(event) }
    var error: rd_kafka_resp_err_t { rd_kafka_event_error(event) }
    var errorText: String? { rd_kafka_event_error_string(event).map { String(cString: $0) } }

    /// The JSON of statistics.
    var statistics: [UInt8] { rd_kafka_event_stats(event).map { Array(String(cString: $0).utf8) } ?? [] }

    /// The partitions of a rebalance or a commit.
    var partitions: [PartitionList.Entry] {
        PartitionList.entries(rd_kafka_event_topic_partition_list(event).map { UnsafePointer($0) })
    }

    /// The partition an error is about.
    var partition: PartitionList.Entry? {
        guard let element = rd_kafka_event_topic_partition(event) else { return nil }
        defer { rd_kafka_topic_partition_destroy(element) }
        return PartitionList.Entry(
            partition: TopicPartition(
                KafkaTopic(String(cString: element.pointee.topic)), Partition(element.pointee.partition)),
            offset: element.pointee.offset, code: KafkaErrorCode(element.pointee.err))
    }

    /// Lends the message of a fetch; a fetch event of a consumer queue holds exactly one.
    func withMessage<Result>(
        _ body: (UnsafePointer<rd_kafka_message_t>) throws -> Result?
    ) rethrows -> Result? {
        guard let message = rd_kafka_event_message_next(event) else { return nil }
        return try body(message)
    }

    func withEvent<Result>(_ body: (OpaquePointer) throws -> Result) rethrows -> Result { try body(event) }
}

extension ReceivedRecord {
    /// Copies a message out of librdkafka's memory.
    init(_ message: UnsafePointer<rd_kafka_message_t>, from origin: TopicPartition) {
        var kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
        let milliseconds = rd_kafka_message_timestamp(message, &kind)
        let timestamp: RecordTimestamp? =
            switch kind {
            case RD_KAFKA_TIMESTAMP_CREATE_TIME: RecordTimestamp(milliseconds: milliseconds, kind: .created)
            case RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME: RecordTimestamp(milliseconds: milliseconds, kind: .appended)
            default: nil
            }
        self.init(
            origin: origin, offset: Offset(message.pointee.offset), timestamp: timestamp,
            key: Self.bytes(message.pointee.key, message.pointee.key_len),
            value: Self.bytes(message.pointee.payload, message.pointee.len), headers: Self.headers(message))
    }

    private static func headers(_ message: UnsafePointer<rd_kafka_message_t>) -> [RecordHeader] {
        var list: OpaquePointer?
        guard rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR, let list else { return [] }
        var headers: [RecordHeader] = []
        headers.reserveCapacity(rd_kafka_header_cnt(list))
        var name: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var size = 0
        // The list is the message's own and goes with it.
        while rd_kafka_header_get_all(list, headers.count, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR {
            guard let name else { break }
            headers.append(RecordHeader(String(cString: name), bytes: bytes(value, size)))
        }
        return headers
    }

    private static func bytes(_ pointer: UnsafeRawPointer?, _ count: Int) -> [UInt8]? {
        pointer.map { Array(UnsafeRawBufferPointer(start: $0, count: count)) }
    }

    private static func bytes(_ pointer: UnsafeMutableRawPointer?, _ count: Int) -> [UInt8]? {
        bytes(UnsafeRawPointer(pointer), count)
    }
}
