internal import Delivery
internal import KafkaClient
internal import Speeches
internal import WorkerSupport

/// Which revisions of which documents are published, by hashes of 64 bits.
struct PublishedDocuments {
    /// 2 million documents in about 100 MB; what comes after is published without being remembered.
    static let documentsMax = 2_000_000

    /// Revisions that an interrupted run had published.
    private var arrived: Set<Int> = []
    /// The last revision of each document of this run.
    private var latest: [Int: Int] = [:]

    /// How many revisions an interrupted run had published.
    var arrivedCount: Int { arrived.count }

    /// Whether publishing this would add nothing.
    func contains(_ id: SpeechID, _ revision: Revision) -> Bool {
        latest[id.hashValue] == revision.hashValue || arrived.contains(Self.hash(id, revision))
    }

    /// Notes a document of this run.
    mutating func note(_ id: SpeechID, _ revision: Revision) {
        guard latest.count < Self.documentsMax || latest[id.hashValue] != nil else { return }
        latest[id.hashValue] = revision.hashValue
    }

    private static func hash(_ id: SpeechID, _ revision: Revision) -> Int {
        var hasher = Hasher()
        hasher.combine(id)
        hasher.combine(revision)
        return hasher.finalize()
    }

    /// Notes a record that arrived in the documents' Kafka topic. Others' records and withdrawals are passed over.
    mutating func noteArrived(key: [UInt8]?, value: [UInt8]?) {
        guard let key, let value, let revision = Self.revision(in: value), arrived.count < Self.documentsMax else {
            return
        }
        arrived.insert(Self.hash(SpeechID(String(decoding: key, as: UTF8.self)), revision))
    }

    /// The member `revision` as our own writer puts it, near the beginning. Quotes inside strings are escaped, so no text
    /// can look like it.
    private static func revision(in value: [UInt8]) -> Revision? {
        let head = value.prefix(8_192)
        guard let range = head.firstRange(of: Array("\"revision\":\"".utf8)) else { return nil }
        let text = head[range.upperBound...].prefix { $0 != UInt8(ascii: "\"") }
        return Revision(String(decoding: text, as: UTF8.self))
    }
}

/// Reads what arrived in the documents' Kafka topic since given offsets.
struct PublishedReader {
    let cluster: Cluster
    let topic: KafkaTopic
    private static let patience = Duration.seconds(30)

    /// Where each partition ends now.
    func ends() throws -> [Int32: Int64] {
        let partitions = try cluster.admin().metadata(of: topic, timeout: Self.patience).partitions(of: topic)
        let asking = try cluster.reader(of: [:])
        defer { asking.close(within: .seconds(5)) }
        var ends: [Int32: Int64] = [:]
        for partition in partitions {
            let high = try asking.watermarks(of: partition, timeout: Self.patience).high
            ends[partition.partition.rawValue] = high.rawValue
        }
        return ends
    }

    /// The documents that were published at or after the offsets. Records of transactions that were undone do not count.
    func documents(since starts: [Int32: Int64], until stop: StopRequest) throws -> PublishedDocuments {
        var found = PublishedDocuments()
        var open: [TopicPartition: KafkaConsumer.StartPosition] = [:]
        for (number, end) in try ends() {
            let start = starts[number] ?? 0
            if start < end { open[TopicPartition(topic, Partition(number))] = .offset(Offset(start)) }
        }
        guard !open.isEmpty else { return found }
        let consumer = try cluster.reader(of: open)
        defer { consumer.close(within: .seconds(5)) }
        var waiting = Set(open.keys)
        let clock = MonotonicClock.system
        var lastHeard = clock.now()
        while !waiting.isEmpty, !stop.isRequested {
            guard clock.now() - lastHeard < Self.patience else {
                throw ProgramFailure(
                    .unreachable, code: "kafka.unreachable",
                    "no more of \(topic) came from the broker while looking for what was published already")
            }
            guard let event = try consumer.poll(timeout: .milliseconds(100)) else { continue }
            switch event {
            case .assigned(let partitions): try consumer.take(partitions, startingAt: [:])
            case .record(let record):
                lastHeard = clock.now()
                found.noteArrived(key: record.key, value: record.value)
            case .reachedEnd(let partition, _):
                lastHeard = clock.now()
                waiting.remove(partition)
            case .revoking, .lost, .trouble: break
            }
        }
        return found
    }
}
