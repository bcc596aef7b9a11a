internal import Foundation
internal import WorkerSupport

/// Keeps a second replay from a plan that is being carried out: a file beside the plan, locked as long as the process
/// lives (flock), so that one that was killed is in nobody's way.
final class PlanLock {
    private let path: String
    private let descriptor: Int32

    /// - Throws: `ProgramFailure` with 1 where another process has it, or where the folder cannot be written.
    init(_ plan: String) throws(ProgramFailure) {
        path = plan + ".lock"
        while true {
            let descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else {
                throw ProgramFailure(
                    .failed, code: "replay.plan_not_written",
                    "the plan '\(plan)' cannot be written; make the folder writable or name another by --plan")
            }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                close(descriptor)
                throw ProgramFailure(
                    .failed, code: "replay.plan_in_use",
                    "another replay carries out the plan '\(plan)' (it holds '\(path)'); wait for its end, or give this "
                        + "one a plan of its own")
            }
            // Who had it before may just have removed it; then the lock is on a file without a name.
            let name = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(descriptor)")
            if name?.hasSuffix(" (deleted)") != true {
                self.descriptor = descriptor
                return
            }
            close(descriptor)
        }
    }

    /// Gives the plan free.
    func release() {
        unlink(path)
        close(descriptor)
    }
}
