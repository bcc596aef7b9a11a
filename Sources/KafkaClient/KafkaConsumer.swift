internal import CRdKafka
public import Delivery
public import Logging

/// Reads records: as a member of a group, or from partitions assigned by hand.
///
/// Rebalances arrive as events in `poll`, never as callbacks, and wait for the answer (`take`, `release`), so that
/// what must happen before a partition goes happens in plain sequence on the caller's thread. Not `Sendable`: one
/// thread uses it. Offsets are committed only by `commit`.
public final class KafkaConsumer: TransactionalSource {
    /// The group's identity for transactions.
    public typealias GroupMetadata = KafkaGroupMetadata

    /// What to read.
    public enum Selection: Equatable, Sendable {
        /// Whatever the group assigns of these Kafka topics.
        case subscribe([KafkaTopic])
        /// These partitions, without joining the group.
        case assign([TopicPartition: StartPosition])
    }

    /// Where to start in a partition assigned by hand.
    public enum StartPosition: Equatable, Sendable {
        /// At this offset.
        case offset(Offset)
        /// At the oldest record.
        case earliest
        /// At the records to come.
        case latest
        /// At the group's committed offset, else where the settings say.
        case committed

        var native: Int64 {
            switch self {
            case .offset(let offset): offset.rawValue
            case .earliest: Int64(RD_KAFKA_OFFSET_BEGINNING)
            case .latest: Int64(RD_KAFKA_OFFSET_END)
            case .committed: Int64(RD_KAFKA_OFFSET_STORED)
            }
        }
    }

    let handle: ClientHandle
    private let group: String
    private let statistics: StatisticsFeed?
    private var queue: EventQueue?
    private var byHand: [TopicPartition: StartPosition]?
    private var waitingEvents: [SourceEvent] = []

    /// Makes a consumer and starts reading; connects in the background.
    ///
    /// - Parameter statistics: kept up to date while the consumer is polled.
    /// - Throws: ``KafkaError`` when a property is unknown or refused.
    public init(
        _ cluster: KafkaSettings, _ settings: ConsumerSettings, reading selection: Selection,
        statistics: StatisticsFeed? = nil, logger: Logger
    ) throws {
        group = settings.group
        self.statistics = statistics
        let events = RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_OFFSET_COMMIT
        handle = try ClientHandle(
            .consumer, settings.properties(for: cluster),
            wiring: .init(events: statistics == nil ? events : events | RD_KAFKA_EVENT_STATS, statistics: statistics),
            logger: logger)
        queue = handle.withClient { client in
            rd_kafka_poll_set_consumer(client)
            return rd_kafka_queue_get_consumer(client).map { EventQueue(owning: $0, of: handle) }
        }
        switch selection {
        case .subscribe(let topics):
            logger.info(
                "joining the consumer group",
                metadata: [
                    "kafka.group": "\(settings.group)", "kafka.instance_id": "\(settings.instanceID ?? "-")",
                    "kafka.assignor":
                        "\(cluster.extra["partition.assignment.strategy"] ?? settings.assignor.rawValue)",
                    "librdkafka.version": "\(Librdkafka.version)",
                ])
            try subscribe(topics)
        case .assign(let partitions):
            byHand = partitions
            waitingEvents = [.assigned(partitions.keys.sorted())]
        }
    }

    deinit { close(within: .seconds(5)) }

    private func subscribe(_ topics: [KafkaTopic]) throws {
        let list = PartitionList(topics.map { TopicPartition($0, Partition(RD_KAFKA_PARTITION_UA)) })
        try handle.withClient { client in
            try list.withList { try KafkaError.check(rd_kafka_subscribe(client, $0), "subscribe") }
        }
    }

    /// Waits for the next event, at most the timeout; nil when there was none.
    ///
    /// - Throws: ``KafkaError`` when reading cannot go on: beyond repair, not authorised, no offset to start from.
    public func poll(timeout: Duration) throws -> SourceEvent? {
        if !waitingEvents.isEmpty { return waitingEvents.removeFirst() }
        guard let queue, let event = queue.poll(timeout: timeout) else { return nil }
        switch event.kind {
        case RD_KAFKA_EVENT_FETCH: return try received(event)
        case RD_KAFKA_EVENT_REBALANCE: return try rebalanced(event)
        case RD_KAFKA_EVENT_ERROR: return try failed(event)
        case RD_KAFKA_EVENT_STATS:
            statistics?.put(event.statistics)
            return nil
        default: return nil
        }
    }

    private func received(_ event: borrowing Event) throws -> SourceEvent? {
        try event.withMessage { message in
            let record = message.pointee
            guard let topicHandle = record.rkt else { return nil }
            let topic = KafkaTopic(String(cString: rd_kafka_topic_name(topicHandle)))
            let partition = Partition(record.partition)
            guard record.err == RD_KAFKA_RESP_ERR_NO_ERROR else {
                return try disturbed(
                    KafkaError(
                        KafkaErrorCode(record.err), "read a record", topic: topic, partition: partition,
                        offset: Offset(record.offset)))
            }
            return .record(ReceivedRecord(message, from: TopicPartition(topic, partition)))
        }
    }

    private func rebalanced(_ event: borrowing Event) throws -> SourceEvent? {
        let partitions = event.partitions.map(\.partition).sorted()
        switch event.error {
        case RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS: return .assigned(partitions)
        case RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS:
            let isLost = handle.withClient { rd_kafka_assignment_lost($0) } != 0
            return isLost ? .lost(partitions) : .revoking(partitions)
        default:
            // The group could not be joined; the library demands an answer all the same.
            try handle.withClient { try KafkaError.check(rd_kafka_assign($0, nil), "release partitions") }
            return try disturbed(KafkaError(KafkaErrorCode(event.error), "rebalance the group \(group)"))
        }
    }

    private func failed(_ event: borrowing Event) throws -> SourceEvent? {
        let place = event.partition
        if event.error == RD_KAFKA_RESP_ERR__PARTITION_EOF, let place {
            return .reachedEnd(place.partition, Offset(place.offset))
        }
        if let fatal = handle.withClient({ ClientHandle.fatalError(of: $0) }) { throw fatal }
        return try disturbed(
            KafkaError(
                KafkaErrorCode(event.error), "read from Kafka", message: event.errorText,
                topic: place?.partition.topic, partition: place?.partition.partition))
    }

    /// Tells what passes from what does not.
    private func disturbed(_ error: KafkaError) throws -> SourceEvent {
        switch error.errorCode {
        case .autoOffsetReset, .topicAuthorizationFailed, .groupAuthorizationFailed, .fencedInstance, .fatal:
            throw error
        default: return .trouble(SourceTrouble(code: error.code, message: error.description))
        }
    }

    /// Leaves the group and frees the client, within the limit even when the broker is away. Does nothing the second
    /// time; nothing else may follow.
    public func close(within limit: Duration) {
        guard queue != nil else { return }
        let clock = ContinuousClock()
        let deadline = clock.now + limit
        leaveGroup(until: deadline, clock)
        // The client must be destroyed after its queue.
        queue = nil
        handle.end(within: max(deadline - clock.now, .seconds(1)))
    }

    private func leaveGroup(until deadline: ContinuousClock.Instant, _ clock: ContinuousClock) {
        handle.withClient { client in
            // Closing by a queue is asynchronous, so that the deadline is ours; rd_kafka_consumer_close can block for
            // ever (librdkafka #4187, #4528).
            if let error = queue?.withQueue({ rd_kafka_consumer_close_queue(client, $0) }) {
                return handle.context.note(KafkaError(consuming: error, "close the consumer"))
            }
            while rd_kafka_consumer_closed(client) == 0, clock.now < deadline {
                guard let event = queue?.poll(timeout: .milliseconds(50)) else { continue }
                // The library waits for the answer; one that it refuses now leaves the deadline to end the wait.
                if event.kind == RD_KAFKA_EVENT_REBALANCE { try? release(event.partitions.map(\.partition)) }
            }
        }
    }
}

// MARK: - Answers to rebalances

extension KafkaConsumer {
    /// Answers `assigned`: starts reading, where the dictionary says or else at the committed offsets.
    public func take(_ partitions: [TopicPartition], startingAt starts: [TopicPartition: Offset]) throws {
        let places = partitions.map { partition in
            (partition, starts[partition]?.rawValue ?? byHand?[partition]?.native ?? Int64(RD_KAFKA_OFFSET_INVALID))
        }
        let list = PartitionList(places)
        try handle.withClient { client in
            try list.withList { list in
                if isCooperative(client) {
                    try KafkaError.check(rd_kafka_incremental_assign(client, list), "take partitions")
                } else {
                    try KafkaError.check(rd_kafka_assign(client, list), "take partitions")
                }
            }
        }
    }

    /// Answers `revoking` and `lost`: gives the partitions up.
    public func release(_ partitions: [TopicPartition]) throws {
        let list = PartitionList(partitions)
        try handle.withClient { client in
            if isCooperative(client) {
                try list.withList {
                    try KafkaError.check(rd_kafka_incremental_unassign(client, $0), "release partitions")
                }
            } else {
                try KafkaError.check(rd_kafka_assign(client, nil), "release partitions")
            }
        }
    }

    private func isCooperative(_ client: OpaquePointer) -> Bool {
        rd_kafka_rebalance_protocol(client).map { String(cString: $0) } == "COOPERATIVE"
    }
}
