public import Delivery
internal import EventStore
internal import Foundation
internal import KafkaClient
public import Logging
internal import RuleEngine
internal import Speeches
public import WorkerSupport

/// Looks at everything an installation consists of. Each part is asked on its own, within a time, and one that cannot be
/// reached hides no other. Blocks its thread; to be used from one.
public struct StatusJob {
    /// How much is looked at.
    public struct Depth: Sendable {
        /// Whether the rules are compiled, which takes a second.
        public var rules = true
        /// How long dead letters are read at most; zero to leave them out.
        public var deadLetterTime = Duration.seconds(10)
        /// The defaults.
        public init() {}
    }

    private static let timeout = Duration.seconds(10)

    private let settings: Settings
    private let logger: Logger
    private let cluster: Cluster

    /// Makes a job on the installation of the settings.
    public init(_ settings: Settings, logger: Logger) {
        self.settings = settings
        self.logger = logger
        cluster = Cluster(settings, program: "rostrum", logger: logger)
    }

    /// Looks at everything but the workers, whose answers are given.
    public func status(
        workers: [InstallationStatus.WorkerAnswer], _ depth: Depth = Depth(), until stop: StopRequest
    ) -> InstallationStatus {
        var status = InstallationStatus(
            takenAt: Date().formatted(Date.ISO8601FormatStyle(timeZone: .gmt)),
            bootstrapServers: settings.kafka.bootstrapServers, workers: workers, problems: [])
        let ends = lookAtKafka(&status, until: stop)
        if depth.rules { lookAtRules(&status) }
        if ends != nil, depth.deadLetterTime > .zero { lookAtDeadLetters(&status, depth.deadLetterTime, until: stop) }
        lookAtStore(&status, ends: ends ?? [:])
        lookAtWorkers(&status)
        return status
    }

    /// A problem where the work throws.
    private func attempt<Value>(
        _ status: inout InstallationStatus, _ what: String, _ body: () throws -> Value
    ) -> Value? {
        do {
            return try body()
        } catch {
            let failure = ProgramFailure(error)
            // Some errors begin with their code, which is shown beside the text.
            let reason = failure.reason.trimmingPrefix("\(failure.code): ")
            status.problems.append(.init(code: failure.code, text: what + reason))
            return nil
        }
    }
}

// MARK: - Kafka

extension StatusJob {
    /// Gives the ends of all partitions; nil when no broker answered.
    private func lookAtKafka(
        _ status: inout InstallationStatus, until stop: StopRequest
    ) -> [TopicPartition: Watermarks]? {
        let admin = attempt(&status, "") { () throws -> KafkaAdmin? in
            try cluster.isReady(topics: [], until: stop) ? cluster.admin() : nil
        }
        guard let admin = admin ?? nil,
            let metadata = attempt(&status, "", { try admin.metadata(timeout: Self.timeout) })
        else { return nil }
        status.brokers = metadata.brokers.count
        let wanted = KafkaTopicPlan.topics(settings)
        let partitions = wanted.flatMap { metadata.partitions(of: $0.name) }
        let ends = attempt(&status, "", { try admin.watermarks(of: partitions, timeout: Self.timeout) }) ?? [:]
        status.kafkaTopics = wanted.map { topic in
            self.status(of: topic, metadata.partitions(of: topic.name), ends, admin, &status)
        }
        let names = settings.kafkaTopics
        let groups = [
            (settings.consumer.classifierGroup, [names.documents]),
            (settings.consumer.sinkGroup, [names.classified, names.candidate]),
        ]
        status.groups = groups.compactMap { name, topics in
            let read = topics.flatMap { metadata.partitions(of: KafkaTopic($0)) }
            return attempt(&status, "") { try self.status(of: name, read, ends, admin) }
        }
        for group in status.groups ?? [] where group.state.hasSuffix("Rebalance") {
            status.problems.append(
                .init(
                    code: "kafka.group_rebalancing",
                    text:
                        "the group '\(group.name)' divides its partitions (\(group.state)) and reads nothing until it is done; "
                        + "where that takes more than two minutes, a member hangs or was killed and its session is not over: "
                        + "see the members' logs, and end the one that does not answer"))
        }
        for group in status.groups ?? [] where group.members.isEmpty {
            status.problems.append(
                .init(
                    code: "kafka.group_empty",
                    text:
                        "the group '\(group.name)' has no member: no such worker runs, or none has reached the brokers; "
                        + "start one, and see its log"))
        }
        return ends
    }

    private func status(
        of topic: KafkaAdmin.NewTopic, _ partitions: [TopicPartition], _ ends: [TopicPartition: Watermarks],
        _ admin: KafkaAdmin, _ status: inout InstallationStatus
    ) -> InstallationStatus.TopicStatus {
        var answer = InstallationStatus.TopicStatus(
            name: topic.name.rawValue, partitions: partitions.count, differences: [])
        guard !partitions.isEmpty else {
            status.problems.append(
                .init(
                    code: "kafka.topic_missing",
                    text:
                        "the Kafka topic '\(topic.name)' does not exist; make it with 'rostrum topics create', or check "
                        + "its name (kafkaTopics.…) and kafkaTopics.prefix"))
            return answer
        }
        let known = partitions.compactMap { ends[$0] }
        if known.count == partitions.count {
            answer.records = known.reduce(0) { $0 + $1.high.rawValue - $1.low.rawValue }
            answer.written = known.reduce(0) { $0 + $1.high.rawValue }
        }
        if partitions.count != topic.partitions {
            answer.differences.append("\(partitions.count) partitions, \(topic.partitions) are wanted")
        }
        let config = attempt(&status, "") { try admin.config(of: topic.name, timeout: Self.timeout) } ?? [:]
        for (name, value) in topic.config.sorted(by: { $0.key < $1.key }) {
            guard let actual = config[name], actual != value else { continue }
            answer.differences.append("\(name) is \(actual), \(value) is wanted")
        }
        return answer
    }

    private func status(
        of group: String, _ partitions: [TopicPartition], _ ends: [TopicPartition: Watermarks], _ admin: KafkaAdmin
    ) throws -> InstallationStatus.GroupStatus {
        let description = try admin.describe(group: group, timeout: Self.timeout)
        let committed =
            partitions.isEmpty
            ? [:] : try admin.committedOffsets(of: group, in: partitions, timeout: Self.timeout)
        var lag: Int64 = 0
        for partition in partitions {
            guard let end = ends[partition] else { continue }
            // Without a commit the group will begin at the oldest record.
            lag += max(end.high.rawValue - (committed[partition] ?? end.low).rawValue, 0)
        }
        let read = Set(description.members.flatMap(\.partitions))
        return InstallationStatus.GroupStatus(
            name: group, state: description.state,
            members: description.members.map {
                .init(name: $0.instanceID ?? $0.clientID, host: $0.host, partitions: $0.partitions.count)
            }.sorted { $0.name < $1.name },
            lag: ends.isEmpty ? nil : lag, unreadPartitions: partitions.count(where: { !read.contains($0) }))
    }

    private func lookAtDeadLetters(
        _ status: inout InstallationStatus, _ time: Duration, until stop: StopRequest
    ) {
        let names = [settings.kafkaTopics.deadletter]
        guard status.kafkaTopics?.contains(where: { names.contains($0.name) && $0.partitions > 0 }) == true else {
            return
        }
        let enough = StopRequest()
        let deadline = MonotonicClock.system.now() + time
        var answer = InstallationStatus.DeadLetterStatus(count: 0, codes: [:], isPartial: false)
        let isRead: Void? = attempt(&status, "the dead letters: ") {
            let job = DeadLetterJob(settings, logger: logger)
            let all = DeadLetterSelection()
            let admin = try cluster.admin()
            let partitions = try admin.metadata(of: KafkaTopic(names[0]), timeout: Self.timeout)
                .partitions(of: KafkaTopic(names[0]))
            let sentBack = try admin.committedOffsets(of: job.group(of: all), in: partitions, timeout: Self.timeout)
            try job.forEach(all, until: enough) { letter in
                if let done = sentBack[letter.record.origin], letter.record.offset < done { return }
                answer.count += 1
                answer.codes[letter.code ?? "unknown", default: 0] += 1
                if stop.isRequested || MonotonicClock.system.now() > deadline {
                    answer.isPartial = true
                    enough.request()
                }
            }
        }
        guard isRead != nil else { return }
        status.deadLetters = answer
        guard answer.count > 0 else { return }
        let reasons = answer.codes.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) \($0.key)" }
        status.problems.append(
            .init(
                code: "deadletters.present",
                text:
                    "\(answer.isPartial ? "at least " : "")\(answer.count) \(answer.count == 1 ? "record waits" : "records wait") in the dead letters "
                    + "(\(reasons.joined(separator: ", "))); 'rostrum deadletter list' shows them with their reasons; mend "
                    + "the cause, then 'rostrum deadletter redrive'"))
    }
}

// MARK: - Rules, store, workers

extension StatusJob {
    private func lookAtRules(_ status: inout InstallationStatus) {
        guard let identity = attempt(&status, "", { try Rules.load(settings).identity }) else { return }
        status.rules = .init(name: identity.name, version: identity.version, digest: identity.digest)
    }

    private func lookAtStore(_ status: inout InstallationStatus, ends: [TopicPartition: Watermarks]) {
        let group = ConsumerGroup(settings.consumer.sinkGroup)
        status.store = attempt(&status, "the store: ") {
            let store = try Stores.open(settings.store, for: .read)
            let found = try store.status()
            try store.close()
            let names = [settings.kafkaTopics.classified, settings.kafkaTopics.candidate]
            let stored = found.offsets[group] ?? [:]
            var behind: Int64 = 0
            for (partition, end) in ends where names.contains(partition.topic.rawValue) {
                behind += max(end.high.rawValue - (stored[partition] ?? end.low).rawValue, 0)
            }
            return InstallationStatus.StoreSummary(
                kind: found.kind, place: found.place, documents: found.documents, events: found.events,
                newest: found.lastRecordedAt, behind: ends.isEmpty ? nil : behind)
        }
    }

    private func lookAtWorkers(_ status: inout InstallationStatus) {
        for worker in status.workers {
            guard let answer = worker.status else {
                status.problems.append(
                    .init(
                        code: "worker.silent",
                        text:
                            "the worker at \(worker.address) (status.workers, --worker) does not answer; check that it runs "
                            + "with that http.host and http.port, and see its log"))
                continue
            }
            for problem in answer.problems {
                status.problems.append(
                    .init(code: "worker.not_ready", text: "\(answer.program) at \(worker.address): \(problem)"))
            }
            if let failure = answer.lastReloadError {
                status.problems.append(
                    .init(
                        code: failure.code,
                        text:
                            "\(answer.program) at \(worker.address) keeps its rules, since new ones could not be loaded: "
                            + failure.reason))
            }
        }
        let digests = Set(status.workers.compactMap(\.status?.ruleset?.digest))
        if digests.count > 1 {
            status.problems.append(
                .init(
                    code: "rules.differ",
                    text:
                        "the classifiers use \(digests.count) different rulesets; give all the same rules, and restart those "
                        + "that have old ones"))
        }
    }
}
