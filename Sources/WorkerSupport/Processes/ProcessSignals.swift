internal import Foundation
internal import Synchronization

/// Signals of the operating system: the first SIGTERM or SIGINT asks for a graceful stop, the second ends the process at
/// once with 130.
public enum ProcessSignals {
    private static let isStopping = Atomic(false)

    /// Takes over SIGTERM and SIGINT and ignores SIGPIPE, so that a closed pipe is an error of the write. Call it once.
    ///
    /// The signals have a queue of their own, hence a thread of their own: they are heard even when everything else
    /// in the process is stuck.
    /// - Parameter firstSignal: called once, on the signals' thread, with the signal's name.
    public static func handle(firstSignal: @escaping @Sendable (String) -> Void) {
        signal(SIGPIPE, SIG_IGN)
        let queue = DispatchQueue(label: "signals")
        for (number, name) in [(SIGTERM, "SIGTERM"), (SIGINT, "SIGINT")] {
            // The source sees the signal all the same; without this, the default action would end the process.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                // A source that is released is cancelled: its own handler keeps this one for the life of the process.
                withExtendedLifetime(source) {
                    let isSecond = isStopping.exchange(true, ordering: .acquiringAndReleasing)
                    if isSecond { _exit(ExitCode.interrupted.rawValue) }
                    firstSignal(name)
                }
            }
            source.resume()
        }
    }

    /// Takes over SIGHUP, which would end the process. Call it once.
    /// - Parameter hangup: called for every signal, on a thread of the signals' own.
    public static func handleHangup(_ hangup: @escaping @Sendable () -> Void) {
        signal(SIGHUP, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: SIGHUP, queue: DispatchQueue(label: "hangup"))
        source.setEventHandler {
            // As above: the handler keeps its source for the life of the process.
            withExtendedLifetime(source) { hangup() }
        }
        source.resume()
    }
}
