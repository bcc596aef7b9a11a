internal import KafkaClient
internal import WorkerSupport

/// What the two clients of a worker say of themselves.
final class ClusterStatistics: Sendable {
    let consuming = StatisticsFeed()
    let producing = StatisticsFeed()

    /// The clients that have said something.
    var connections: [BrokerConnection] {
        [(BrokerConnection.Client.consumer, consuming), (.producer, producing)].compactMap { client, feed in
            feed.latest.map { latest, age in
                BrokerConnection(
                    client: client, connected: latest.brokersConnected, age: age, fetchedAhead: latest.fetchedAhead,
                    queuedRecords: latest.queuedRecords, queuedBytes: latest.queuedBytes,
                    partitions: latest.partitions.mapValues { (low: $0.low, end: $0.end, next: $0.next) })
            }
        }
    }
}
