internal import Foundation

/// What the kernel tells of itself, to tell two deaths by SIGKILL apart: one that somebody sent leaves no trace, one by the
/// kernel for want of memory is counted (`oom_kill` of `/proc/vmstat`, proc_vmstat(5); of all containers of the machine).
struct MachineLife: Equatable {
    /// Which start of the machine, from `/proc/sys/kernel/random/boot_id`; never 0.
    let boot: UInt64
    /// Processes killed for want of memory since then.
    let memoryKills: UInt64

    /// Nil where the kernel does not say, in some sandboxes.
    static func now(
        boot: String = "/proc/sys/kernel/random/boot_id", counters: String = "/proc/vmstat"
    ) -> MachineLife? {
        let digits = text(of: boot)?.filter(\.isHexDigit).prefix(16)
        guard let number = digits.flatMap({ UInt64($0, radix: 16) }), number != 0,
            let line = text(of: counters)?.split(separator: "\n").first(where: { $0.hasPrefix("oom_kill ") }),
            let kills = UInt64(line.dropFirst("oom_kill ".count))
        else { return nil }
        return MachineLife(boot: number, memoryKills: kills)
    }

    /// Files of the kernel have no size that could be asked first.
    private static func text(of path: String) -> String? {
        guard let handle = FileHandle(forReadingAtPath: path) else { return nil }
        defer { try? handle.close() }
        return (try? handle.read(upToCount: 65_536)).map { String(decoding: $0, as: UTF8.self) }
    }
}

/// Why a process died with a record in hand, as far as it can be known.
enum CauseOfDeath: Equatable {
    /// Of itself: a trap, a bad access, an abort, a standstill.
    case crash
    /// Perhaps for want of memory, which the record may have taken.
    case perhapsMemory
    /// Somebody killed it, which can hit any record.
    case outside
    /// The whole machine went down.
    case machine

    /// - Parameters:
    ///   - then: the machine when the process began; nil where it was not known.
    ///   - now: the machine when the process was found dead.
    init(isCrash: Bool, then: MachineLife?, now: MachineLife?) {
        if isCrash {
            self = .crash
        } else if let then, let now {
            self = then.boot != now.boot ? .machine : then.memoryKills != now.memoryKills ? .perhapsMemory : .outside
        } else {
            self = .perhapsMemory
        }
    }
}
