public import Delivery
internal import Foundation
public import Logging
internal import Synchronization
public import WorkerSupport

/// Ends the process, with a reason, when its loop cannot: a partition with work stands still, or a requested stop has
/// not come to its end. On a thread of its own, since the loop's may be stuck in C.
public final class ProgressWatchdog: Sendable {
    /// How much longer than the drain limit a stop may take: what is left is the freeing of clients, each with a limit.
    private static let graceSeconds = 15

    private let watch: Mutex<ProgressWatch>
    private let stop: StopRequest
    private let drainSeconds: Int
    private let logger: Logger
    private let clock: MonotonicClock
    private let end: @Sendable (ProgramFailure) -> Void

    /// Makes a watchdog; `start` lets it loose.
    /// - Parameters:
    ///   - stop: the worker's.
    ///   - clock: also the stop request's.
    ///   - end: ends the process; it must not return to a process that goes on.
    public init(
        _ settings: Settings, logger: Logger, stop: StopRequest, clock: MonotonicClock = .system,
        end: @escaping @Sendable (ProgramFailure) -> Void = ProgressWatchdog.endProcess
    ) {
        watch = Mutex(ProgressWatch(limit: .seconds(settings.delivery.stallSeconds)))
        drainSeconds = settings.delivery.drainSeconds
        self.logger = logger
        self.stop = stop
        self.clock = clock
        self.end = end
    }

    /// Ends the process without unwinding a thread that may be stuck.
    public static let endProcess: @Sendable (ProgramFailure) -> Void = { _exit($0.exitCode.rawValue) }

    /// Takes what a loop tells. Any thread.
    public func observe(_ event: DeliveryEvent) {
        let now = clock.now()
        watch.withLock { $0.note(event, at: now) }
    }

    /// Looks every second, for the rest of the process's life.
    public func start() {
        let thread = Thread { [self] in
            while true {
                Thread.sleep(forTimeInterval: 1)
                check()
            }
        }
        thread.name = "watchdog"
        thread.start()
    }

    /// Looks once, and ends the process if it must.
    func check() {
        let now = clock.now()
        guard let failure = stopOverdue(at: now) ?? standstill(at: now) else { return }
        logger.write(
            .critical, "cannot go on",
            [.errorCode: failure.code, .errorReason: failure.reason, .exitCode: Int(failure.exitCode.rawValue)])
        end(failure)
    }

    private func stopOverdue(at now: Duration) -> ProgramFailure? {
        guard let asked = stop.requestedAt, now - asked > .seconds(drainSeconds + Self.graceSeconds) else { return nil }
        return ProgramFailure(
            .failed, code: "delivery.stop_overdue",
            "the worker was told to stop and has not ended within \(drainSeconds) seconds (delivery.drainSeconds) and "
                + "\(Self.graceSeconds) more; what it had not committed is read again after a restart")
    }

    /// The record in hand of the partition that stands still is to blame.
    private func standstill(at now: Duration) -> ProgramFailure? {
        guard let stall = watch.withLock({ $0.stall(at: now) }) else { return nil }
        CrashJournal.blameRecordInHand(of: stall.partition)
        return ProgramFailure(
            .failed, code: "delivery.stalled",
            "\(stall.partition) has made no progress for \(stall.since.components.seconds) seconds "
                + "(delivery.stallSeconds) with work in hand: the last record taken is at offset \(stall.lastTaken), "
                + (stall.stored.map { "the next to be committed at \($0)" } ?? "none is committed yet")
                + "; see above for what the broker or the store said, and start the worker again")
    }
}
