internal import Delivery
internal import Foundation
internal import Speeches
public import WorkerSupport

/// What a replay is to do and how far it has come: a file that people can read, and from which a replay that was ended at
/// any moment goes on.
public struct ReplayPlan: Codable, Equatable, Sendable {
    /// The version of the file's form.
    public static let formatVersion = 1

    /// One partition's range.
    public struct Range: Codable, Equatable, Sendable {
        /// The partition.
        public var partition: Int32
        /// The first offset.
        public var start: Int64
        /// The offset after the last one, taken when the plan was made.
        public var end: Int64
        /// Where to go on: every record before it is published and acknowledged.
        public var next: Int64

        /// Offsets left, hence records at most: compaction and transactions leave holes.
        public var remaining: Int64 { max(end - next, 0) }
    }

    /// The rules that the replay applies.
    public struct Rules: Codable, Equatable, Sendable {
        /// The ruleset's name.
        public var name: String
        /// Its version.
        public var version: String
        /// Its digest: a plan goes on with the same rules only.
        public var digest: String

        init(_ identity: RulesetIdentity) {
            name = identity.name
            version = identity.version
            digest = identity.digest
        }
    }

    /// The version of the form.
    public var format = Self.formatVersion
    /// The run's id, in the header `rostrum_run` of every event.
    public var run: String
    /// When the plan was made and the ends were taken, RFC 3339 in UTC.
    public var createdAt: String
    /// The Kafka topic read.
    public var documentsTopic: String
    /// The Kafka topic written.
    public var eventsTopic: String
    /// The rules.
    public var ruleset: Rules
    /// The ranges by partition, those without records left out.
    public var ranges: [Range]
    /// Events offered to Kafka so far, withdrawals included; those that a later run offered once more count again.
    public var published = 0
    /// Records so far that could not be read.
    public var skipped = 0

    enum CodingKeys: String, CodingKey {
        case format, run
        case createdAt = "created_at"
        case documentsTopic = "documents_topic"
        case eventsTopic = "events_topic"
        case ruleset, ranges, published, skipped
    }

    /// Whether everything is done.
    public var isComplete: Bool { ranges.allSatisfy { $0.remaining == 0 } }
    /// Offsets left over all partitions.
    public var remaining: Int64 { ranges.reduce(0) { $0 + $1.remaining } }
    /// Offsets over all partitions.
    public var total: Int64 { ranges.reduce(0) { $0 + $1.end - $1.start } }

    /// Where reading begins, of each partition with work left.
    var starts: [TopicPartition: Offset] { offsets(\.next) }
    /// Where reading ends, of each partition with work left.
    var ends: [TopicPartition: Offset] { offsets(\.end) }

    private func offsets(_ place: KeyPath<Range, Int64>) -> [TopicPartition: Offset] {
        let open = ranges.filter { $0.remaining > 0 }
        return Dictionary(
            uniqueKeysWithValues: open.map {
                (TopicPartition(KafkaTopic(documentsTopic), Partition($0.partition)), Offset($0[keyPath: place]))
            })
    }

    /// Notes that everything before these offsets is done.
    mutating func advance(to offsets: [TopicPartition: Offset]) {
        for index in ranges.indices {
            let partition = TopicPartition(KafkaTopic(documentsTopic), Partition(ranges[index].partition))
            if let next = offsets[partition] { ranges[index].next = max(ranges[index].next, next.rawValue) }
        }
    }

    /// Notes that nothing is left, holes at the ends included.
    mutating func complete() {
        for index in ranges.indices { ranges[index].next = ranges[index].end }
    }
}

// MARK: - The file

extension ReplayPlan {
    /// Reads a plan.
    /// - Throws: `ProgramFailure` with 78 when the file is no plan of this form.
    public init(file path: String) throws(ProgramFailure) {
        do {
            self = try JSONDecoder().decode(ReplayPlan.self, from: Data(contentsOf: URL(filePath: path)))
        } catch {
            throw ProgramFailure(
                .badConfiguration, code: "replay.plan_unreadable",
                "'\(path)' is no replay plan of this version; name the file that an earlier run wrote, or a new one")
        }
        let isSound = ranges.allSatisfy {
            $0.start >= 0 && $0.start <= $0.next && $0.next <= $0.end && $0.partition >= 0
        }
        guard format == Self.formatVersion, isSound, Set(ranges.map(\.partition)).count == ranges.count else {
            throw ProgramFailure(
                .badConfiguration, code: "replay.plan_unreadable",
                "'\(path)' is a replay plan with impossible ranges or of another format version (\(format)); plan anew")
        }
    }

    /// Writes the plan so that at every moment the file holds the plan before or the plan after, whole.
    /// - Throws: `ProgramFailure` with 1 when the place cannot be written.
    public func write(to path: String) throws(ProgramFailure) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            try encoder.encode(self).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw ProgramFailure(
                .failed, code: "replay.plan_not_written",
                "the plan '\(path)' cannot be written; make the folder writable or name another by --plan")
        }
    }
}
