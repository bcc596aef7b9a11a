/// How to reach a cluster, for producers, consumers and administration alike.
public struct KafkaSettings: Equatable, Sendable, CustomStringConvertible {
    /// `host:port`, several separated by commas.
    public var bootstrapServers: String
    /// The client's name in the broker's logs and quotas; short.
    public var clientID: String
    /// The largest record sent or fetched at once, in bytes; 1,000 to 1,000,000,000.
    public var messageMaximumBytes = 2_000_000
    /// Any other property of librdkafka by its own name, such as those of TLS and SASL. Wins over the defaults, not over what delivery rests on.
    public var extra: [String: String] = [:]

    /// Settings for a cluster.
    public init(bootstrapServers: String, clientID: String = "rostrum") {
        self.bootstrapServers = bootstrapServers
        self.clientID = clientID
    }

    /// Every property, secrets replaced.
    public var description: String { Self.redacted(commonProperties.merging(extra) { $1 }) }

    /// The properties with secrets replaced, in order.
    static func redacted(_ properties: [String: String]) -> String {
        properties.sorted { $0.key < $1.key }
            .map { "\($0.key)=\(isSecret($0.key) ? "(redacted)" : $0.value)" }
            .joined(separator: " ")
    }

    /// Whether a property's value must never be shown.
    public static func isSecret(_ property: String) -> Bool {
        let name = property.lowercased()
        return ["password", "secret", "pem", "oauthbearer.config", "jaas"].contains { name.contains($0) }
    }

    var commonProperties: [String: String] {
        [
            "bootstrap.servers": bootstrapServers,
            "client.id": clientID,
            "message.max.bytes": String(messageMaximumBytes),
            "receive.message.max.bytes": String(max(100_000_000, messageMaximumBytes + 1_000_000)),
            "socket.keepalive.enable": "true",
            // On by default before librdkafka 2.10, at the price of 40 ms stalls.
            "socket.nagle.disable": "true",
            "allow.auto.create.topics": "false",
        ]
    }

    /// Defaults, then the pass-through map, then what must not be changed.
    ///
    /// - Throws: ``KafkaError`` when the map contradicts a property that delivery rests on.
    func properties(defaults: [String: String], fixed: [String: String]) throws -> [String: String] {
        for (name, value) in fixed {
            if let given = extra[name], given != value {
                throw KafkaError(
                    .invalidArgument, "configure",
                    message: "\(name) is set to \(Self.isSecret(name) ? "(redacted)" : given) by the pass-through"
                        + " map, but this client needs \(value); remove it from the map")
            }
        }
        return commonProperties.merging(defaults) { $1 }.merging(extra) { $1 }.merging(fixed) { $1 }
    }
}

/// What a producer needs beyond the cluster.
public struct ProducerSettings: Equatable, Sendable {
    /// How long a batch waits for more records.
    public var linger: Duration = .milliseconds(20)
    /// The codec. zstd is the only one that compresses with every broker (librdkafka #4956).
    public var compression = "zstd"
    /// Records that may be queued before `enqueue` says `full`.
    public var queueRecords = 100_000
    /// Kilobytes that may be queued before `enqueue` says `full`.
    public var queueKilobytes = 131_072
    /// The longest time from `enqueue` to the delivery report, retries included.
    public var deliveryTimeout: Duration = .seconds(120)
    /// Makes the producer transactional; stable over restarts and unique per instance.
    public var transactionalID: String?
    /// The longest time a transaction may be open.
    public var transactionTimeout: Duration = .seconds(60)

    /// The defaults.
    public init() {}

    func properties(for cluster: KafkaSettings) throws -> [String: String] {
        var defaults = [
            "linger.ms": String(linger.milliseconds),
            "compression.type": compression,
            "queue.buffering.max.messages": String(queueRecords),
            "queue.buffering.max.kbytes": String(queueKilobytes),
            "message.timeout.ms": String(deliveryTimeout.milliseconds),
            // Java's partitioner, so that all producers of a Kafka topic agree on a key's partition.
            "partitioner": "murmur2_random",
        ]
        var fixed = ["enable.idempotence": "true"]
        if let transactionalID {
            fixed["transactional.id"] = transactionalID
            defaults["transaction.timeout.ms"] = String(transactionTimeout.milliseconds)
            defaults["message.timeout.ms"] = String(min(deliveryTimeout, transactionTimeout).milliseconds)
        }
        return try cluster.properties(defaults: defaults, fixed: fixed)
    }
}

/// What a consumer needs beyond the cluster.
public struct ConsumerSettings: Equatable, Sendable {
    /// Where to start without a committed offset.
    public enum Start: String, CaseIterable, Equatable, Sendable {
        /// At the oldest record.
        case earliest
        /// At the records to come.
        case latest
        /// Nowhere: fail.
        case fail = "error"
    }

    /// Which records of transactions are seen.
    public enum Isolation: String, CaseIterable, Equatable, Sendable {
        /// Those of committed transactions only.
        case readCommitted = "read_committed"
        /// All.
        case readUncommitted = "read_uncommitted"
    }

    /// The consumer group; also the owner of committed offsets when partitions are assigned by hand.
    public var group: String
    /// The member's stable name (`group.instance.id`): it keeps its partitions over a restart.
    public var instanceID: String?
    /// Where to start without a committed offset.
    public var start: Start = .earliest
    /// Which records of transactions are seen.
    public var isolation: Isolation = .readCommitted
    /// How partitions are shared out.
    public var assignor: PartitionAssignor = .recommended
    /// How long the group waits for a silent member.
    public var sessionTimeout: Duration = .seconds(45)
    /// How long the group waits for a member that does not poll.
    public var maximumPollInterval: Duration = .seconds(300)
    /// Whether `reachedEnd` events are delivered.
    public var reportsPartitionEnd = false
    /// Kilobytes fetched ahead.
    public var queuedKilobytes = 65_536

    /// Settings for a group.
    public init(group: String) { self.group = group }

    func properties(for cluster: KafkaSettings) throws -> [String: String] {
        var defaults = [
            "auto.offset.reset": start.rawValue,
            "isolation.level": isolation.rawValue,
            "partition.assignment.strategy": assignor.rawValue,
            "session.timeout.ms": String(sessionTimeout.milliseconds),
            "heartbeat.interval.ms": String(min(sessionTimeout / 3, .seconds(3)).milliseconds),
            "max.poll.interval.ms": String(maximumPollInterval.milliseconds),
            "queued.max.messages.kbytes": String(queuedKilobytes),
            "fetch.message.max.bytes": String(max(1_048_576, cluster.messageMaximumBytes)),
            // How long a fetch may wait for a first record; bounds the latency of a pause or a stop as well.
            "fetch.wait.max.ms": "200",
        ]
        if let instanceID { defaults["group.instance.id"] = instanceID }
        // Offsets are committed by the ledger's word alone.
        let fixed = [
            "group.id": group,
            "enable.auto.commit": "false",
            "enable.auto.offset.store": "false",
            "enable.partition.eof": reportsPartitionEnd ? "true" : "false",
        ]
        return try cluster.properties(defaults: defaults, fixed: fixed)
    }
}
