internal import Foundation

/// What a folder of NDJSON files holds: written in one step, so that it is always of one moment.
struct FilesManifest: Codable, Equatable {
    /// A finished file; it never changes.
    struct File: Codable, Equatable {
        /// From the folder.
        let path: String
        let lines: Int
        let bytes: Int
    }

    /// Where a consumer group goes on.
    struct GroupOffset: Codable, Hashable {
        let group: String
        let kafkaTopic: String
        let kafkaPartition: Int32
        var nextOffset: Int64

        enum CodingKeys: String, CodingKey {
            case group
            case kafkaTopic = "kafka_topic"
            case kafkaPartition = "kafka_partition"
            case nextOffset = "next_offset"
        }
    }

    /// The version that this program writes and the highest that it reads.
    static let version = 1
    static let name = "manifest.json"

    var schemaVersion = Self.version
    /// The number of the journal that goes on after these files, and of the files that will be made of it.
    var journal = 1
    var offsets: [GroupOffset] = []
    var files: [File] = []

    enum CodingKeys: String, CodingKey {
        case schemaVersion = "schema_version"
        case journal, offsets, files
    }

    /// Reads a folder's manifest; nil where there is none.
    static func read(_ folder: String) throws(StoreError) -> FilesManifest? {
        let path = "\(folder)/\(name)"
        guard let bytes = try Files.contents(path) else { return nil }
        struct Version: Decodable { let schema_version: Int }
        guard let found = try? JSONDecoder().decode(Version.self, from: Data(bytes)).schema_version else {
            throw StoreError(
                code: .notAStore, reason: "\(path) is no manifest of a store",
                cure: "name another folder; this one was not touched")
        }
        guard found <= version else {
            throw StoreError(
                code: .newerSchema,
                reason: "\(path) has schema version \(found), this program knows versions up to \(version)",
                cure: "run the newer program that made it, or name another folder")
        }
        do {
            return try JSONDecoder().decode(FilesManifest.self, from: Data(bytes))
        } catch {
            throw StoreError(
                code: .corrupt, reason: "\(path) cannot be read", cure: "restore it, or make the folder anew from Kafka"
            )
        }
    }

    func write(_ folder: String) throws(StoreError) {
        try Files.replace("\(folder)/\(Self.name)", with: JSONForPeople.encode(self))
    }

    /// The last batch counts, not the highest offset: a Kafka topic that was made again starts from 0.
    mutating func note(_ moved: [GroupOffset]) {
        for offset in moved {
            let place = offsets.firstIndex {
                $0.group == offset.group && $0.kafkaTopic == offset.kafkaTopic
                    && $0.kafkaPartition == offset.kafkaPartition
            }
            if let place { offsets[place] = offset } else { offsets.append(offset) }
        }
    }
}

/// Which rulesets a folder has met, and which one answers are about. In a file of its own, because promotions come from
/// other processes than the one that writes events.
struct FilesRulesets: Codable, Equatable {
    struct Promotion: Codable, Equatable {
        let digest: String
        let previous: String
        let promotedAt: String

        enum CodingKeys: String, CodingKey {
            case digest, previous
            case promotedAt = "promoted_at"
        }
    }

    static let name = "rulesets.json"

    /// Digests in the order in which they came.
    var met: [String] = []
    var current: String?
    /// What stands of the promotions; undoing takes the last away.
    var promotions: [Promotion] = []

    static func read(_ folder: String) throws(StoreError) -> FilesRulesets {
        let path = "\(folder)/\(name)"
        guard let bytes = try Files.contents(path) else { return FilesRulesets() }
        do {
            return try JSONDecoder().decode(FilesRulesets.self, from: Data(bytes))
        } catch {
            throw StoreError(
                code: .corrupt, reason: "\(path) cannot be read",
                cure: "restore it, or remove it: the first ruleset is current then")
        }
    }

    /// Changes the file under a lock that is held for this moment alone.
    static func change<Value>(
        _ folder: String, _ body: (inout FilesRulesets) throws(StoreError) -> Value
    ) throws(StoreError) -> Value {
        let lock = try OpenFile("\(folder)/.rulesets.lock", O_RDWR | O_CREAT)
        _ = lock.lock(waiting: true)
        var rulesets = try read(folder)
        let before = rulesets
        let value = try body(&rulesets)
        if rulesets != before { try Files.replace("\(folder)/\(name)", with: JSONForPeople.encode(rulesets)) }
        return value
    }
}

/// JSON as people read it, members in order of their names.
enum JSONForPeople {
    static func encode(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(value) else { preconditionFailure("texts and numbers have a JSON form") }
        return Array(data) + [UInt8(ascii: "\n")]
    }
}
