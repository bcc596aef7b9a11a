internal import CRdKafka
public import Delivery
public import Logging
internal import Synchronization

/// Publishes records, idempotently, with delivery reports; in transactions when given a transactional id.
///
/// May be used from several threads, but delivery reports come to whoever polls: let one thread poll. Calls may block
/// for their timeout: not for the cooperative pool.
public final class KafkaProducer: TransactionalPublisher, Sendable {
    /// The consumer group's identity for transactions.
    public typealias GroupMetadata = KafkaGroupMetadata

    private let handle: ClientHandle
    private let isTransactional: Bool
    private let transactionTimeout: Duration
    /// The offsets being sent, while nobody knows what became of them.
    private let sendingOffsets = Mutex<OwnThread.Call<Result<Void, KafkaError>>?>(nil)

    /// Makes a producer; connects in the background.
    ///
    /// - Parameter statistics: kept up to date while the producer is polled.
    /// - Throws: ``KafkaError`` when a property is unknown or refused.
    public init(
        _ cluster: KafkaSettings, _ settings: ProducerSettings = ProducerSettings(), statistics: StatisticsFeed? = nil,
        logger: Logger
    ) throws {
        handle = try ClientHandle(
            .producer, settings.properties(for: cluster), wiring: .init(deliveryReports: true, statistics: statistics),
            logger: logger)
        isTransactional = settings.transactionalID != nil
        transactionTimeout = settings.transactionTimeout
    }

    /// Offers a record; returns at once.
    ///
    /// The record is copied. A `timestampMilliseconds` of 0 means now to librdkafka, as nil does.
    ///
    /// - Throws: ``KafkaError``: too large (`data`), or beyond repair.
    public func enqueue(_ record: OutgoingRecord, token: DeliveryToken) throws -> EnqueueResult {
        let headers = Self.headers(record.headers)
        let error = handle.withClient { client in
            Self.produce(client, record, headers, token)
        }
        guard let error else { return .accepted }
        // On failure the list remains ours, whatever the cause. The other way to give headers, one by one, is freed
        // twice by librdkafka before 2.12 when the partition does not exist (#4627).
        if let headers { rd_kafka_headers_destroy(headers) }
        let failure = KafkaError(consuming: error, "publish a record", topic: record.topic, partition: record.partition)
        if failure.errorCode == .queueFull { return .full }
        if let fatal = handle.withClient({ ClientHandle.fatalError(of: $0) }) { throw fatal }
        // In a transaction the library says nothing more than that it takes no records now: it has failed meanwhile.
        guard isTransactional, failure.errorCode == .state else { throw failure }
        throw KafkaError(
            .state, "publish a record", message: "the open transaction has failed", requiresAbort: true,
            topic: record.topic, partition: record.partition)
    }

    /// Waits for delivery reports, at most the timeout.
    ///
    /// - Throws: ``KafkaError`` when the producer is beyond repair: what it still reports is that it dropped records.
    public func poll(timeout: Duration) throws -> [DeliveryReport] {
        var reports = handle.context.takeReports()
        if reports.isEmpty {
            handle.withClient { _ = rd_kafka_poll($0, timeout.milliseconds) }
            reports = handle.context.takeReports()
        }
        if let fatal = fatalError { throw fatal }
        return reports
    }

    /// Waits until every record is reported on, at most the limit; returns the reports.
    ///
    /// - Throws: ``KafkaError`` when records are still queued at the limit; their reports come with later polls.
    public func flush(within limit: Duration) throws -> [DeliveryReport] {
        let code = handle.withClient { rd_kafka_flush($0, limit.milliseconds) }
        let reports = handle.context.takeReports()
        if reports.isEmpty { try KafkaError.check(code, "flush the producer") }
        return reports
    }

    /// Flushes and frees the producer, within the limit even when the broker is away. Returns the last reports; what is
    /// still queued at the limit is dropped. Nothing else may follow.
    @discardableResult
    public func close(within limit: Duration) -> [DeliveryReport] {
        if sendingOffsets.withLock({ $0?.result(within: limit) == nil && $0 != nil }) {
            // The library is in the middle of a call and must not be destroyed under it. Its thread keeps the client.
            handle.context.logger.warning("a kafka client is left behind: its broker does not answer")
            return handle.context.takeReports()
        }
        handle.withClient { _ = rd_kafka_flush($0, limit.milliseconds) }
        let reports = handle.context.takeReports()
        handle.end(within: .seconds(5))
        return reports
    }

    /// Records accepted and not yet reported on.
    public var outstanding: Int { handle.withClient { Int(rd_kafka_outq_len($0)) } }

    /// The error that put the producer beyond repair, if one did.
    public var fatalError: KafkaError? {
        handle.context.state.withLock { $0.fatal } ?? handle.withClient { ClientHandle.fatalError(of: $0) }
    }

    /// The cluster as it looks now.
    public func metadata(of topic: KafkaTopic? = nil, timeout: Duration) throws -> ClusterMetadata {
        try handle.withClient { try ClusterMetadata(of: $0, topic: topic, timeout: timeout) }
    }

    /// The list for librdkafka, nil without headers. Taken over by it when the record is accepted.
    private static func headers(_ headers: [RecordHeader]) -> OpaquePointer? {
        guard !headers.isEmpty, let list = rd_kafka_headers_new(headers.count) else { return nil }
        for header in headers {
            // Fails only for a list that is read-only, which this one is not.
            if let value = header.value {
                withBytes(value) { _ = rd_kafka_header_add(list, header.name, -1, $0, $1) }
            } else {
                _ = rd_kafka_header_add(list, header.name, -1, nil, 0)
            }
        }
        return list
    }

    private static func produce(
        _ client: OpaquePointer, _ record: OutgoingRecord, _ headers: OpaquePointer?, _ token: DeliveryToken
    ) -> OpaquePointer? {
        record.topic.rawValue.withCString { topic in
            withOptionalBytes(record.key) { key, keyCount in
                withOptionalBytes(record.value) { value, valueCount in
                    var arguments: [rd_kafka_vu_t] = []
                    arguments.reserveCapacity(8)
                    func add(_ type: rd_kafka_vtype_t, _ set: (inout rd_kafka_vu_t) -> Void) {
                        var argument = rd_kafka_vu_t()
                        argument.vtype = type
                        set(&argument)
                        arguments.append(argument)
                    }
                    add(RD_KAFKA_VTYPE_TOPIC) { $0.u.cstr = topic }
                    add(RD_KAFKA_VTYPE_MSGFLAGS) { $0.u.i = RD_KAFKA_MSG_F_COPY }
                    add(RD_KAFKA_VTYPE_KEY) { $0.u.mem = .init(ptr: key, size: keyCount) }
                    add(RD_KAFKA_VTYPE_VALUE) { $0.u.mem = .init(ptr: value, size: valueCount) }
                    add(RD_KAFKA_VTYPE_OPAQUE) { $0.u.ptr = UnsafeMutableRawPointer(bitPattern: UInt(token.rawValue)) }
                    if let partition = record.partition {
                        add(RD_KAFKA_VTYPE_PARTITION) { $0.u.i32 = partition.rawValue }
                    }
                    if let milliseconds = record.timestampMilliseconds {
                        add(RD_KAFKA_VTYPE_TIMESTAMP) { $0.u.i64 = milliseconds }
                    }
                    if let headers { add(RD_KAFKA_VTYPE_HEADERS) { $0.u.headers = headers } }
                    return rd_kafka_produceva(client, arguments, arguments.count)
                }
            }
        }
    }

    /// Lends bytes to C: a pointer that is never nil, since nil means null to librdkafka and empty is not null.
    private static func withBytes<Result>(
        _ bytes: [UInt8], _ body: (UnsafeMutableRawPointer, Int) throws -> Result
    ) rethrows -> Result {
        try bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress, !buffer.isEmpty else {
                // The address of a variable is never nil.
                var nothing: UInt8 = 0
                return try withUnsafeMutableBytes(of: &nothing) { try body($0.baseAddress!, 0) }
            }
            // librdkafka copies and never writes through it; its argument is not const for the modes we do not use.
            return try body(UnsafeMutableRawPointer(mutating: base), buffer.count)
        }
    }

    private static func withOptionalBytes<Result>(
        _ bytes: [UInt8]?, _ body: (UnsafeMutableRawPointer?, Int) throws -> Result
    ) rethrows -> Result {
        guard let bytes else { return try body(nil, 0) }
        return try withBytes(bytes) { try body($0, $1) }
    }
}

// MARK: - Transactions

extension KafkaProducer {
    /// Fences older producers of the same transactional id and ends their transactions; once, before the first
    /// transaction. May be repeated after a retryable error.
    public func initTransactions(timeout: Duration) throws {
        try handle.withClient {
            try KafkaError.check(rd_kafka_init_transactions($0, timeout.milliseconds), "initialise transactions")
        }
    }

    /// Opens a transaction.
    public func beginTransaction() throws {
        try handle.withClient { try KafkaError.check(rd_kafka_begin_transaction($0), "begin a transaction") }
    }

    /// Makes consumed offsets (the next to read) part of the open transaction. A retryable error (a timeout) means: call
    /// again with the same arguments, and the wait goes on.
    ///
    /// The library's own timeout is not kept when a broker takes the request and never answers, and when it is over the
    /// transaction has failed. So the call has all of the transaction's time, on a thread of its own, and the waits are
    /// ours.
    public func sendOffsets(
        _ offsets: [TopicPartition: Offset], group: KafkaGroupMetadata, timeout: Duration
    ) throws {
        let call = sendingOffsets.withLock { sending in
            if let sending { return sending }
            let (handle, limit) = (handle, transactionTimeout)
            let call = OwnThread.begin("rdkafka-offsets") {
                Result { () throws(KafkaError) in
                    let list = PartitionList(offsets)
                    let error = handle.withClient { client in
                        list.withList {
                            rd_kafka_send_offsets_to_transaction(client, $0, group.metadata, limit.milliseconds)
                        }
                    }
                    if let error { throw KafkaError(consuming: error, "send offsets to the transaction") }
                }
            }
            sending = call
            return call
        }
        try finish(call, within: timeout)
    }

    private func finish(_ call: OwnThread.Call<Result<Void, KafkaError>>, within limit: Duration) throws {
        guard let result = call.result(within: limit) else {
            throw KafkaError(.timedOut, "send offsets to the transaction")
        }
        sendingOffsets.withLock { $0 = nil }
        try result.get()
    }

    /// Offsets that are still being sent come first: no other call is allowed meanwhile.
    private func finishOffsets(within limit: Duration) throws {
        if let call = sendingOffsets.withLock({ $0 }) { try? finish(call, within: limit) }
        guard sendingOffsets.withLock({ $0 == nil }) else { throw KafkaError(.timedOut, "end the transaction") }
    }

    /// Flushes and makes the transaction visible. A retryable error (a timeout) means: call again, nothing else.
    public func commitTransaction(timeout: Duration) throws {
        try handle.withClient {
            try KafkaError.check(rd_kafka_commit_transaction($0, timeout.milliseconds), "commit the transaction")
        }
    }

    /// Undoes the transaction; what is queued is dropped and reported as failed.
    public func abortTransaction(timeout: Duration) throws {
        try finishOffsets(within: timeout)
        try handle.withClient {
            try KafkaError.check(rd_kafka_abort_transaction($0, timeout.milliseconds), "abort the transaction")
        }
    }
}

/// The identity of a consumer group's member at one moment.
///
/// Unchecked, because the pointer is immutable and the library only reads what it points to.
public final class KafkaGroupMetadata: @unchecked Sendable {
    let metadata: OpaquePointer

    init(owning metadata: OpaquePointer) { self.metadata = metadata }

    deinit { rd_kafka_consumer_group_metadata_destroy(metadata) }
}
