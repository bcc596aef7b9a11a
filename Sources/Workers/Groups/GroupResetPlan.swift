internal import Foundation
public import WorkerSupport

/// What a reset of a group's offsets comes to, partition by partition: shown before it is done, and a file that people can
/// read, keep and carry out later, to bring the group back for example.
public struct GroupResetPlan: Codable, Equatable, Sendable {
    /// The version of the file's form.
    public static let formatVersion = 1
    /// More than any plan of ours has; a larger file is not read.
    private static let fileBytes = 16_777_216

    /// One partition.
    public struct Move: Codable, Equatable, Sendable {
        /// The partition.
        public var partition: Int32
        /// Where the group was when the plan was made; nil when it had no offset.
        public var current: Int64?
        /// The next offset that it will read.
        public var new: Int64

        /// Records read again, as a negative number, or passed over; offsets, hence records at most.
        public var change: Int64? { current.map { new - $0 } }
    }

    /// The version of the form.
    public var format = Self.formatVersion
    /// When the plan was made, RFC 3339 in UTC.
    public var createdAt: String
    /// The group.
    public var group: String
    /// The Kafka topic.
    public var topic: String
    /// The partitions, in order.
    public var moves: [Move]
    /// Partitions left as they are, since the group has no offset there to begin at.
    public var left: [Int32] = []

    enum CodingKeys: String, CodingKey {
        case format, group, topic, moves
        case createdAt = "created_at"
        case left = "left_alone"
    }

    /// The same plan at another moment: where the group is now, and no offset beyond what the partitions hold now.
    func renewed(current: [Int32: Int64], ends: [Int32: ClosedRange<Int64>]) -> GroupResetPlan {
        var plan = self
        plan.moves = moves.compactMap { move in
            guard let ends = ends[move.partition] else { return nil }
            let new = min(max(move.new, ends.lowerBound), ends.upperBound)
            return Move(partition: move.partition, current: current[move.partition], new: new)
        }
        return plan
    }
}

// MARK: - The file

extension GroupResetPlan {
    /// Reads a plan.
    /// - Throws: `ProgramFailure` with 78 when the file is no plan of this form.
    public init(file path: String) throws(ProgramFailure) {
        let plan: GroupResetPlan? = {
            guard let handle = FileHandle(forReadingAtPath: path) else { return nil }
            defer { try? handle.close() }
            guard let data = try? handle.read(upToCount: Self.fileBytes) else { return nil }
            return try? JSONDecoder().decode(GroupResetPlan.self, from: data)
        }()
        guard let plan, plan.format == Self.formatVersion, !plan.group.isEmpty, !plan.topic.isEmpty,
            plan.moves.allSatisfy({ $0.partition >= 0 && $0.new >= 0 }),
            Set(plan.moves.map(\.partition)).count == plan.moves.count
        else {
            throw ProgramFailure(
                .badConfiguration, code: "groups.plan_unreadable",
                "'\(path)' is no plan of offsets of this version; name a file that 'rostrum groups reset --export' wrote"
            )
        }
        self = plan
    }

    /// Writes the plan, whole or not at all. A file that is there stays: it may be the only way back.
    /// - Throws: `ProgramFailure` with 1 when the place is taken or cannot be written.
    public func write(to path: String) throws(ProgramFailure) {
        guard !FileManager.default.fileExists(atPath: path) else {
            throw ProgramFailure(
                .failed, code: "groups.plan_exists",
                "'\(path)' is there already and may be the only way back; name another by --export, or remove it first")
        }
        do {
            try Data(json.utf8).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw ProgramFailure(
                .failed, code: "groups.plan_not_written",
                "the plan '\(path)' cannot be written; make the folder writable or name another by --export")
        }
    }

    /// The plan as the file holds it.
    public var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(self) else { preconditionFailure("a plan is always JSON") }
        return String(decoding: data, as: UTF8.self) + "\n"
    }
}
