internal import Delivery
internal import KafkaClient
internal import Speeches
internal import WorkerSupport

/// Which revisions of which documents are published, by hashes of 64 bits; a withdrawal is a revision too, `nil`.
///
/// An import gives each document's revisions in the same order every time; of an interrupted one some arrived, in that
/// order. So a revision is left out if it comes next among those that arrived, after the ones left out before it. From
/// the first one that does not, all of the document's are published again, what arrived or not: otherwise an earlier one
/// would be the last. With that the Kafka topic's last record of each document is what an import that nobody interrupted
/// would have left, whichever records were lost and however often the import was interrupted.
struct PublishedDocuments {
    /// 2 million revisions that arrived and as many documents of this run, in about 200 MB; what comes after is published
    /// without being remembered.
    static let documentsMax = 2_000_000

    /// What arrived of one document and is not matched yet, in order. Most have one revision, which takes no memory apart.
    private struct Arrived {
        var next: Int
        var rest: [Int] = []
        /// Where `rest` goes on; what is before it is matched.
        var place = 0

        var count: Int { 1 + rest.count - place }

        /// What is left after a revision; nil if it is none of these, or the last.
        func after(_ revision: Int) -> (isHere: Bool, left: Arrived?) {
            var left = self
            if next != revision {
                guard let found = rest[place...].firstIndex(of: revision) else { return (false, nil) }
                left.place = found + 1
            }
            guard left.place < rest.count else { return (true, nil) }
            left.next = rest[left.place]
            left.place += 1
            return (true, left)
        }
    }

    private let documentsMax: Int
    private var arrived: [Int: Arrived] = [:]
    /// The last revision of each document of this run.
    private var latest: [Int: Int] = [:]

    /// How many revisions an interrupted run had published and this one has not come to.
    private(set) var arrivedCount = 0

    init(documentsMax: Int = Self.documentsMax) { self.documentsMax = documentsMax }

    /// Whether publishing this next would add nothing: it is the document's last revision in this run, or arrived. To be
    /// asked once for each revision, in the order of the import; what it is not true for has to be published.
    mutating func skips(_ id: SpeechID, _ revision: Revision?) -> Bool {
        let (id, revision) = (id.hashValue, revision.hashValue)
        if latest[id] == revision { return true }
        if latest.count < documentsMax || latest[id] != nil { latest[id] = revision }
        guard let waiting = arrived.removeValue(forKey: id) else { return false }
        let (isHere, left) = waiting.after(revision)
        arrived[id] = left
        arrivedCount += (left?.count ?? 0) - waiting.count
        return isHere
    }

    /// Notes a record that arrived in the documents' Kafka topic, in the order of its partition. What is no document is
    /// passed over.
    mutating func noteArrived(key: [UInt8]?, value: [UInt8]?) {
        guard let key else { return }
        var revision: Revision?
        if let value {
            revision = Self.revision(in: value)
            guard revision != nil else { return }
        }
        let id = SpeechID(String(decoding: key, as: UTF8.self)).hashValue
        var waiting = arrived.removeValue(forKey: id)
        arrivedCount -= waiting?.count ?? 0
        // One that could not be remembered would be missed at the end: of this document only what comes later counts.
        guard arrivedCount + (waiting?.count ?? 0) < documentsMax else { return }
        waiting?.rest.append(revision.hashValue)
        let noted = waiting ?? Arrived(next: revision.hashValue)
        arrivedCount += noted.count
        arrived[id] = noted
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
