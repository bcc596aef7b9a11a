import Delivery
import KafkaClient
import Logging
import Testing

/// A cluster of librdkafka's own in this process and what tests do with it. Limits of time only end a test that hangs.
struct Bench {
    let broker: InProcessBroker
    let cluster: KafkaSettings
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let limit: Duration = .seconds(60)

    init() throws {
        broker = try InProcessBroker(logger: logger)
        cluster = KafkaSettings(bootstrapServers: broker.bootstrapServers, clientID: "test")
    }

    func topic(_ name: String, partitions: Int = 1) throws -> KafkaTopic {
        let topic = KafkaTopic(name)
        try broker.createTopic(topic, partitions: partitions)
        return topic
    }

    func producer(_ change: (inout ProducerSettings) -> Void = { _ in }) throws -> KafkaProducer {
        var settings = ProducerSettings()
        settings.linger = .milliseconds(1)
        change(&settings)
        return try KafkaProducer(cluster, settings, logger: logger)
    }

    func reader(of partitions: [TopicPartition: KafkaConsumer.StartPosition]) throws -> KafkaConsumer {
        var settings = ConsumerSettings(group: "readers")
        settings.reportsPartitionEnd = true
        return try KafkaConsumer(cluster, settings, reading: .assign(partitions), logger: logger)
    }

    func member(of group: String, _ topics: [KafkaTopic]) throws -> KafkaConsumer {
        var settings = ConsumerSettings(group: group)
        settings.sessionTimeout = .seconds(6)
        settings.reportsPartitionEnd = true
        return try KafkaConsumer(cluster, settings, reading: .subscribe(topics), logger: logger)
    }
}

extension KafkaConsumer {
    /// Polls until the closure has what it wants, answering rebalances.
    func poll<Value>(within limit: Duration = .seconds(60), until found: (SourceEvent) throws -> Value?) throws -> Value
    {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            guard let event = try poll(timeout: .milliseconds(100)) else { continue }
            switch event {
            case .assigned(let partitions): try take(partitions, startingAt: [:])
            case .revoking(let partitions), .lost(let partitions): try release(partitions)
            default: break
            }
            if let value = try found(event) { return value }
        }
        throw NothingCame()
    }

    /// The next records.
    func records(_ count: Int) throws -> [ReceivedRecord] {
        var records: [ReceivedRecord] = []
        if count == 0 { return [] }
        return try poll { event in
            if case .record(let record) = event { records.append(record) }
            return records.count == count ? records : nil
        }
    }
}

struct NothingCame: Error {}
