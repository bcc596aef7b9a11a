internal import Foundation

/// Signals of the operating system, taken by a thread of their own: the first SIGTERM or SIGINT asks for a graceful
/// stop, the second ends the process at once with 130.
public enum ProcessSignals {
    /// Takes over SIGTERM and SIGINT and ignores SIGPIPE. Call it in `main` before anything starts a thread, since a
    /// thread inherits the mask of the one that starts it.
    /// - Parameter firstSignal: called once, on the signals' thread, with the signal's name.
    public static func handle(firstSignal: @escaping @Sendable (String) -> Void) {
        signal(SIGPIPE, SIG_IGN)
        var taken = signals()
        pthread_sigmask(SIG_BLOCK, &taken, nil)
        let thread = Thread {
            firstSignal(wait())
            _ = wait()
            _exit(ExitCode.interrupted.rawValue)
        }
        thread.name = "signals"
        thread.start()
    }

    private static func signals() -> sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, SIGTERM)
        sigaddset(&set, SIGINT)
        return set
    }

    private static func wait() -> String {
        var set = signals()
        var number: Int32 = 0
        while sigwait(&set, &number) != 0 {}
        return number == SIGTERM ? "SIGTERM" : "SIGINT"
    }
}
