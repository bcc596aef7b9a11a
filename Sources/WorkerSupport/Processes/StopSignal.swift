internal import Foundation
internal import Synchronization

/// Tells loops on threads of their own to stop: asked by them, raised once by a signal or by whoever runs them.
public final class StopSignal: Sendable {
    private let reasonGiven = Mutex<String?>(nil)

    /// Makes a signal that is not raised.
    public init() {}

    /// Why it was raised, nil while it is not. Cheap enough to ask for every record.
    public var reason: String? { reasonGiven.withLock { $0 } }

    /// Whether it was raised.
    public var isRaised: Bool { reason != nil }

    /// Raises it; the first reason stays.
    public func raise(_ reason: String) {
        reasonGiven.withLock { $0 = $0 ?? reason }
    }
}

/// Signals of the operating system, taken by a thread of their own: the first SIGTERM or SIGINT asks for a graceful
/// stop, the second ends the process at once with 130.
public enum ProcessSignals {
    /// Takes over SIGTERM and SIGINT and ignores SIGPIPE. Call it in `main` before anything starts a thread, since a
    /// thread inherits the mask of the one that starts it.
    /// - Parameter firstSignal: called once, on the signals' thread, with the signal's name.
    public static func handle(firstSignal: @escaping @Sendable (String) -> Void) {
        signal(SIGPIPE, SIG_IGN)
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, SIGTERM)
        sigaddset(&set, SIGINT)
        pthread_sigmask(SIG_BLOCK, &set, nil)
        let thread = Thread {
            firstSignal(wait())
            _ = wait()
            _exit(ExitCode.interrupted.rawValue)
        }
        thread.name = "signals"
        thread.start()
    }

    private static func wait() -> String {
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, SIGTERM)
        sigaddset(&set, SIGINT)
        var number: Int32 = 0
        while sigwait(&set, &number) != 0 {}
        return number == SIGTERM ? "SIGTERM" : "SIGINT"
    }
}
