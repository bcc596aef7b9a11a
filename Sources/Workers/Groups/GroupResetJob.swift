internal import Delivery
internal import Foundation
internal import KafkaClient
public import Logging
public import WorkerSupport

/// Sets the offsets of a consumer group that nobody is a member of. Blocks its thread; to be used from one.
public struct GroupResetJob {
    /// Which offsets are set.
    public struct Request: Sendable {
        /// Where to.
        public var scenario: GroupResetScenario
        /// The group.
        public var group: String
        /// The Kafka topic.
        public var topic: String
        /// The partitions; nil for all.
        public var partitions: Set<Int32>?

        /// Makes a request.
        public init(_ scenario: GroupResetScenario, group: String, topic: String, partitions: Set<Int32>?) {
            self.scenario = scenario
            self.group = group
            self.topic = topic
            self.partitions = partitions
        }
    }

    private static let timeout = Duration.seconds(30)

    private let settings: Settings
    private let cluster: Cluster

    /// Makes a job on the cluster of the settings.
    public init(_ settings: Settings, logger: Logger) {
        self.settings = settings
        cluster = Cluster(settings, program: "rostrum", logger: logger)
    }

    /// Works out what the request comes to now. Changes nothing.
    /// - Throws: `ProgramFailure`: 2 for a group whose offsets mean nothing, 69 without a broker, 78 when the Kafka topic or a
    ///   partition is missing.
    public func plan(_ request: Request) throws -> GroupResetPlan {
        try refuseSink(request.group)
        let admin = try ready(topic: request.topic)
        let partitions = try partitions(request, admin)
        let ends = try admin.watermarks(of: partitions, timeout: Self.timeout)
        let committed = try admin.committedOffsets(of: request.group, in: partitions, timeout: Self.timeout)
        let times: [TopicPartition: Offset] =
            if case .time(let time) = request.scenario {
                try admin.offsets(of: partitions, at: time, timeout: Self.timeout)
            } else { [:] }
        var plan = GroupResetPlan(
            createdAt: Date().formatted(.iso8601), group: request.group, topic: request.topic, moves: [])
        for partition in partitions {
            guard let ends = ends[partition] else { continue }
            let number = partition.partition.rawValue
            let current = committed[partition]?.rawValue
            let new = request.scenario.offset(
                low: ends.low.rawValue, high: ends.high.rawValue, committed: current,
                atTime: times[partition]?.rawValue)
            if let new {
                plan.moves.append(.init(partition: number, current: current, new: new))
            } else {
                plan.left.append(number)
            }
        }
        return plan
    }

    /// A plan from a file as it is today: offsets beyond what is there now are brought to the ends.
    public func renew(_ plan: GroupResetPlan) throws -> GroupResetPlan {
        try refuseSink(plan.group)
        let admin = try ready(topic: plan.topic)
        let wanted = Set(plan.moves.map(\.partition))
        let request = Request(.current, group: plan.group, topic: plan.topic, partitions: wanted)
        let partitions = try partitions(request, admin)
        let ends = try admin.watermarks(of: partitions, timeout: Self.timeout)
        let committed = try admin.committedOffsets(of: plan.group, in: partitions, timeout: Self.timeout)
        return plan.renewed(
            current: Dictionary(uniqueKeysWithValues: committed.map { ($0.key.partition.rawValue, $0.value.rawValue) }),
            ends: Dictionary(
                uniqueKeysWithValues: ends.map {
                    ($0.key.partition.rawValue, $0.value.low.rawValue...max($0.value.low, $0.value.high).rawValue)
                }))
    }

    /// Who is in the group, by the lasting name or the client's, and from where.
    public func members(of group: String) throws -> [String] {
        try cluster.admin().describe(group: group, timeout: Self.timeout).members.map {
            "\($0.instanceID ?? $0.clientID) at \($0.host)"
        }
    }

    /// Sets the offsets, and looks whether they stand.
    /// - Throws: `ProgramFailure` with 1 while the group has members, whose own commits would undo it.
    public func execute(_ plan: GroupResetPlan) throws {
        let members = try members(of: plan.group)
        guard members.isEmpty else { throw Self.active(plan.group, members) }
        let admin = try cluster.admin()
        let offsets = Dictionary(
            uniqueKeysWithValues: plan.moves.map {
                (TopicPartition(KafkaTopic(plan.topic), Partition($0.partition)), Offset($0.new))
            })
        guard !offsets.isEmpty else { return }
        do {
            try admin.alterOffsets(of: plan.group, to: offsets, timeout: Self.timeout)
        } catch let error as KafkaError where [.nonEmptyGroup, .unknownMember].contains(error.errorCode) {
            // One joined since it was looked at.
            throw Self.active(plan.group, try self.members(of: plan.group))
        }
        let standing = try admin.committedOffsets(of: plan.group, in: offsets.keys.sorted(), timeout: Self.timeout)
        guard standing == offsets else {
            throw ProgramFailure(
                .failed, code: "groups.not_as_set",
                "the offsets of the group '\(plan.group)' are not as they were set: somebody else commits in it; stop its "
                    + "members and do it again")
        }
    }

    private static func active(_ group: String, _ members: [String]) -> ProgramFailure {
        ProgramFailure(
            .failed, code: "groups.active",
            "the group '\(group)' has members (\(members.sorted().joined(separator: ", "))), whose own commits would undo "
                + "it; nothing was changed; stop them first, and wait: a worker with a lasting name (consumer.instanceId), or "
                + "one that was killed, is a member until its session is over (consumer.sessionSeconds)")
    }

    /// The sink goes on where its store ends, so that its group's offsets are for show only.
    private func refuseSink(_ group: String) throws(ProgramFailure) {
        guard group == settings.consumer.sinkGroup else { return }
        throw ProgramFailure(
            .usage, code: "groups.sink",
            "a sink begins where its store ends, whatever the offsets of its group '\(group)' (consumer.sinkGroup) are; to "
                + "have all events stored again, let it begin with an empty store")
    }

    private func ready(topic: String) throws -> KafkaAdmin {
        _ = try cluster.isReady(topics: [topic], until: StopRequest())
        return try cluster.admin()
    }

    private func partitions(_ request: Request, _ admin: KafkaAdmin) throws -> [TopicPartition] {
        let topic = KafkaTopic(request.topic)
        return try admin.metadata(of: topic, timeout: Self.timeout).partitions(of: topic)
            .chosen(request.partitions, of: topic, code: "groups.no_such_partition")
    }
}
