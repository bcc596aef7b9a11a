internal import Delivery

/// Values that are each allowed and do not go together.
enum Contradictions {
    /// All of them, each with both names and both values.
    static func find(_ settings: Settings) -> [SettingsProblem] {
        (inHand(settings) + inTime(settings) + exactlyOnce(settings) + names(settings.kafkaTopics)
            + store(settings.store))
            .map { SettingsProblem(code: .contradiction, text: $0) }
    }

    private static func inHand(_ settings: Settings) -> [String] {
        guard settings.documentMaxBytes > settings.delivery.maxInFlightBytes else { return [] }
        return [
            "producer.documentMaxBytes (\(settings.documentMaxBytes)) exceeds delivery.maxInFlightBytes "
                + "(\(settings.delivery.maxInFlightBytes)): the largest document could never be taken in hand; "
                + "raise the second or lower the first"
        ]
    }

    private static func inTime(_ settings: Settings) -> [String] {
        let (delivery, session) = (settings.delivery, settings.consumer.sessionSeconds)
        var texts: [String] = []
        if delivery.drainSeconds >= session {
            texts.append(
                "delivery.drainSeconds (\(delivery.drainSeconds)) must be below consumer.sessionSeconds "
                    + "(\(session)), or a stopping worker loses its partitions before it is done")
        }
        if delivery.stallSeconds * 1000 <= delivery.commitIntervalMilliseconds {
            texts.append(
                "delivery.stallSeconds (\(delivery.stallSeconds)) must be above delivery.commitIntervalMilliseconds "
                    + "(\(delivery.commitIntervalMilliseconds)), or a worker that waits for its next commit counts as "
                    + "standing still")
        }
        if delivery.retry.initialDelay > delivery.retry.maximumDelay {
            texts.append(
                "delivery.retryBackoffMilliseconds (\(Int(delivery.retry.initialDelay / .milliseconds(1)))) must not exceed "
                    + "delivery.retryBackoffMaxMilliseconds (\(Int(delivery.retry.maximumDelay / .milliseconds(1)))); lower "
                    + "the first or raise the second")
        }
        return texts
    }

    private static func exactlyOnce(_ settings: Settings) -> [String] {
        let delivery = settings.delivery
        guard delivery.mode == .exactlyOnce else { return [] }
        var texts: [String] = []
        if settings.consumer.instanceID == nil {
            texts.append(
                "delivery.mode is exactly-once and consumer.instanceId is absent: without a name that lasts over a restart "
                    + "the brokers cannot tell a classifier from its crashed predecessor; give each classifier a name of "
                    + "its own")
        }
        if delivery.commitIntervalMilliseconds * 2 > delivery.transactionTimeoutSeconds * 1000 {
            texts.append(
                "delivery.commitIntervalMilliseconds (\(delivery.commitIntervalMilliseconds)) must be at most half of "
                    + "delivery.transactionTimeoutSeconds (\(delivery.transactionTimeoutSeconds)), or transactions are "
                    + "undone before they are committed")
        }
        if delivery.stallSeconds <= delivery.transactionTimeoutSeconds + Settings.Delivery.transactionEndSeconds {
            texts.append(
                "delivery.stallSeconds (\(delivery.stallSeconds)) must exceed delivery.transactionTimeoutSeconds "
                    + "(\(delivery.transactionTimeoutSeconds)) by more than "
                    + "\(Settings.Delivery.transactionEndSeconds), or a classifier that waits for a broker to come back "
                    + "counts as standing still")
        }
        for name in ["message.timeout.ms", "delivery.timeout.ms"] {
            guard let text = settings.kafka.extra[name] else { continue }
            // 0 means for ever.
            guard let limit = Int(text), limit == 0 || limit > delivery.transactionTimeoutSeconds * 1000 else {
                continue
            }
            texts.append(
                "kafka.extra.\(name) (\(text)) must not exceed delivery.transactionTimeoutSeconds "
                    + "(\(delivery.transactionTimeoutSeconds)), or events outlive their transaction")
        }
        return texts
    }

    private static func store(_ store: Settings.Store) -> [String] {
        switch (store.kind, store.connection) {
        case (.postgresql, nil):
            [
                "store.kind is postgresql and store.connection is absent: say which database, best in a file that "
                    + "ROSTRUM_STORE_CONNECTION_FILE names"
            ]
        case (.sqlite, .some), (.ndjson, .some):
            [
                "store.connection is set and store.kind is \(store.kind.rawValue): set store.kind to postgresql, or remove "
                    + "store.connection"
            ]
        default: []
        }
    }

    private static func names(_ topics: Settings.KafkaTopics) -> [String] {
        let names = [
            ("documents", topics.documents), ("classified", topics.classified), ("candidate", topics.candidate),
            ("deadletter", topics.deadletter),
        ]
        var texts: [String] = []
        for (index, (left, name)) in names.enumerated() {
            for (right, other) in names[(index + 1)...] where name == other {
                texts.append("kafkaTopics.\(left) and kafkaTopics.\(right) are both '\(name)'; give each its own name")
            }
        }
        return texts
    }
}

extension Settings.Delivery {
    /// How much longer than its timeout a worker waits for the end of a transaction, in seconds: brokers look for
    /// transactions that are overdue every ten seconds.
    public static let transactionEndSeconds = 30
}
