package import Delivery
package import Foundation
internal import Synchronization

/// What a worker is and does at this moment: fed by its loop, read by logs, metrics and endpoints. Any thread may use it.
public final class WorkerState: Sendable {
    /// What a worker is at, in its life.
    package enum Phase: String, Sendable {
        /// Waits for brokers, rules or a store.
        case starting
        /// Works.
        case running
        /// Finishes what it has in hand.
        case stopping
    }

    /// The facts that do not change.
    package struct Identity: Sendable {
        /// The program.
        package let program: MetricFamily.Program
        /// librdkafka's version.
        package let librdkafkaVersion: String
        /// The lasting name, if any.
        package let instanceID: String?
        /// The brokers, as the settings name them.
        package let bootstrapServers: String
        /// The setting `delivery.stallSeconds`.
        package let stallSeconds: Int

        /// States the facts.
        package init(
            program: MetricFamily.Program, librdkafkaVersion: String, instanceID: String?, bootstrapServers: String,
            stallSeconds: Int
        ) {
            self.program = program
            self.librdkafkaVersion = librdkafkaVersion
            self.instanceID = instanceID
            self.bootstrapServers = bootstrapServers
            self.stallSeconds = stallSeconds
        }
    }

    struct Content {
        var phase = Phase.starting
        /// What a worker that starts still waits for.
        var waitingFor = "the settings"
        var group: String?
        /// Since when its group divides the partitions and has not told it which are its own; nil once it has, also
        /// where it gave none.
        var waitsForGroupSince: Duration?
        var ruleset: WorkerStatus.RulesetStatus?
        var lastReloadError: WorkerStatus.Failure?
        var store: String?
        /// Why the last batch could not be stored; nil after one that was.
        var storeFailure: WorkerStatus.Failure?
        /// Why the store did not answer when there was no work for it; nil once it has.
        var storeSilence: WorkerStatus.Failure?
        var lastFailure: WorkerStatus.Failure?
        var partitions: [TopicPartition: PartitionProgress] = [:]
        var watch: ProgressWatch
        var totals = WorkerStatus.Totals()
        var paused: Set<TopicPartition> = []
        var documentsPerSecond = 0.0
        var ending: WorkerEnding?
        var brokers: (@Sendable () -> [BrokerConnection])?
    }

    let identity: Identity
    private let startedAt: Date
    private let clock: MonotonicClock
    private let wall: @Sendable () -> Date
    private let content: Mutex<Content>

    /// A worker that starts now.
    package init(
        _ identity: Identity, clock: MonotonicClock = .system, wall: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.identity = identity
        self.clock = clock
        self.wall = wall
        startedAt = wall()
        // Half of what the watchdog waits: an orchestrator hears of it while the worker still lives.
        content = Mutex(Content(watch: ProgressWatch(limit: .milliseconds(identity.stallSeconds * 500))))
    }

    /// Now, in milliseconds since 1970.
    package var now: Int64 { Int64(wall().timeIntervalSince1970 * 1000) }

    /// When it started, in seconds since 1970.
    package var startTime: Double { startedAt.timeIntervalSince1970 }

    func read<Result>(_ body: (inout Content, Moment) -> sending Result) -> sending Result {
        let moment = Moment(monotonic: clock.now(), wall: wall())
        return content.withLock { body(&$0, moment) }
    }

    private func change(_ body: (inout Content) -> Void) { content.withLock { body(&$0) } }

    /// One moment on both clocks.
    struct Moment {
        let monotonic: Duration
        let wall: Date
        var milliseconds: Int64 { Int64(wall.timeIntervalSince1970 * 1000) }
        var text: String { Self.text(wall) }
        static func text(_ date: Date) -> String {
            date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true, timeZone: .gmt))
        }
    }
}

/// A client's connection to the brokers, as it said last.
package struct BrokerConnection: Sendable {
    /// The clients of a worker.
    package enum Client: String, Sendable {
        /// Keeps a connection as long as it is a member of its group.
        case consumer
        /// Connects when it has something to publish; without a connection nothing need be wrong.
        case producer
    }

    /// Whose it is.
    package let client: Client
    /// Brokers it is connected to.
    package let connected: Int
    /// How long ago it said so.
    package let age: Duration
    /// Records it has fetched ahead.
    package let fetchedAhead: Int
    /// Records in its queue, not acknowledged yet.
    package let queuedRecords: Int
    /// Their bytes.
    package let queuedBytes: Int
    /// What it knows of its partitions.
    package let partitions: [TopicPartition: (low: Offset?, end: Offset?, next: Offset?)]

    /// Describes a connection.
    package init(
        client: Client, connected: Int, age: Duration, fetchedAhead: Int, queuedRecords: Int, queuedBytes: Int,
        partitions: [TopicPartition: (low: Offset?, end: Offset?, next: Offset?)]
    ) {
        self.client = client
        self.connected = connected
        self.age = age
        self.fetchedAhead = fetchedAhead
        self.queuedRecords = queuedRecords
        self.queuedBytes = queuedBytes
        self.partitions = partitions
    }
}

/// How a worker ended.
package struct WorkerEnding: Sendable {
    /// Totals that only the end knows, for the last line.
    package var facts: [LogKey: any LogValue]
}

// What is told.
extension WorkerState {
    /// What it waits for before it can work.
    package func waiting(for what: String) { change { $0.waitingFor = what } }

    /// It works now.
    /// - Parameter group: its consumer group, if it has one.
    package func runs(group: String?) {
        read { content, now in
            content.group = group
            content.waitsForGroupSince = group.map { _ in now.monotonic }
            if content.phase == .starting { content.phase = .running }
        }
    }

    /// It was told to stop.
    package func stops() { change { $0.phase = .stopping } }

    /// Where its store is, without secrets.
    package func stores(in place: String) { change { $0.store = place } }

    /// The ruleset in use from now on; an earlier error of loading is over.
    public func uses(rulesetNamed name: String, version: String, digest: String) {
        read { content, now in
            content.ruleset = .init(name: name, version: version, digest: digest, loadedAt: now.text)
            content.lastReloadError = nil
        }
    }

    /// The rules could not be loaded anew; the ones in use stay.
    public func couldNotReload(code: String, reason: String) {
        read { $0.lastReloadError = .init(code: code, reason: reason, at: $1.text) }
    }

    /// Asked for the state of the connections whenever somebody wants to know.
    package func connect(_ brokers: @escaping @Sendable () -> [BrokerConnection]) { change { $0.brokers = brokers } }

    /// Adds to the totals what no loop tells.
    package func count(_ body: (inout WorkerStatus.Totals) -> Void) { change { body(&$0.totals) } }

    /// The rate of the last interval.
    package func note(documentsPerSecond: Double) { change { $0.documentsPerSecond = documentsPerSecond } }

    /// Facts for the last line.
    package func ends(with facts: [LogKey: any LogValue]) { change { $0.ending = WorkerEnding(facts: facts) } }

    /// Takes what a loop tells; returns the records that it finished.
    package func observe(_ event: DeliveryEvent) -> [PartitionProgress.Finished] {
        read { content, now in
            content.watch.note(event, at: now.monotonic)
            return content.note(event, now)
        }
    }
}

extension WorkerState.Content {
    fileprivate mutating func note(
        _ event: DeliveryEvent, _ now: WorkerState.Moment
    ) -> [PartitionProgress.Finished] {
        var finished: [PartitionProgress.Finished] = []
        switch event {
        case .received(let origin, let offset, let bytes, let made):
            partitions[origin]?.take(offset, bytes: bytes, made: made?.milliseconds)
            totals.received += 1
        case .completed(let origin, let offset):
            if let record = partitions[origin]?.finish(offset) { finished.append(record) }
        case .deadLettered(let origin, let offset, _):
            partitions[origin]?.putAside(offset)
            totals.deadLetters += 1
        case .committed(let offsets), .stored(let offsets, _, _, _):
            for (origin, offset) in offsets { finished += partitions[origin]?.commit(offset) ?? [] }
            if case .stored = event { (storeFailure, storeSilence) = (nil, nil) }
        case .retrying(_, _, let code, _, _):
            totals.retries += 1
            let failure = WorkerStatus.Failure(
                code: code, reason: "an attempt failed and is repeated; the log has the reason", at: now.text)
            lastFailure = failure
            if store != nil { storeFailure = failure }
        case .commitFailed(let code, let message): lastFailure = .init(code: code, reason: message, at: now.text)
        case .trouble(let trouble): lastFailure = .init(code: trouble.code, reason: trouble.message, at: now.text)
        case .undone: for origin in partitions.keys { partitions[origin]?.rewind() }
        case .assigned(let origins):
            totals.rebalances += 1
            waitsForGroupSince = nil
            for origin in origins { partitions[origin] = PartitionProgress() }
        case .revoked(let origins), .lost(let origins):
            totals.rebalances += 1
            paused.subtract(origins)
            for origin in origins { partitions[origin] = nil }
            waitsForGroupSince = now.monotonic
        case .paused(let origins): paused.formUnion(origins)
        case .resumed(let origins): paused.subtract(origins)
        case .storeAway(let code):
            let failure = WorkerStatus.Failure(
                code: code, reason: "the store does not answer; the log has the reason", at: now.text)
            (lastFailure, storeSilence) = (failure, failure)
        case .storeBack: storeSilence = nil
        case .processed, .deadLetterCut: break
        case .draining: phase = .stopping
        }
        totals.documents += finished.count(where: { !$0.isDeadLetter })
        return finished
    }
}
