internal import Foundation
internal import Synchronization

/// Tells a crash of the process's own (a trap, a bad access, an abort, a stack that overflowed) from a kill by others:
/// notes it in the slot of the thread that crashed, then lets the signal do what it would have done. Records that other
/// threads had in hand then had no part in it; where the thread has no record in hand, nobody knows which had.
///
/// The handler only reads and writes memory that stands since before it was installed, as signal-safety(7) demands.
enum CrashSignals {
    private static let signals = [SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS]
    /// Threads of one process, at most; further ones are not told from killed ones.
    private static let capacity = 256
    private static let signalCount = 65
    /// Beyond what the largest register set needs (AVX-512: about 3 KiB).
    private static let stackBytes = 65_536

    /// Keeps two threads of a process from taking one place of the table. The handler does not wait for it: a pointer is
    /// stored whole, after its thread, and a slot is forgotten before it is unmapped.
    private static let changes = Mutex(())

    // Reached by the handler, so plain memory, never moved or freed.
    nonisolated(unsafe) private static let states: UnsafeMutablePointer<UnsafeMutablePointer<UInt64>?> = {
        let table = UnsafeMutablePointer<UnsafeMutablePointer<UInt64>?>.allocate(capacity: capacity)
        table.initialize(repeating: nil, count: capacity)
        return table
    }()
    nonisolated(unsafe) private static let threads: UnsafeMutablePointer<pthread_t> = {
        let table = UnsafeMutablePointer<pthread_t>.allocate(capacity: capacity)
        table.initialize(repeating: pthread_t(), count: capacity)
        return table
    }()
    nonisolated(unsafe) private static let previous: UnsafeMutablePointer<sigaction> = {
        let table = UnsafeMutablePointer<sigaction>.allocate(capacity: signalCount)
        table.initialize(repeating: sigaction(), count: signalCount)
        return table
    }()
    private static let isInstalled: Bool = {
        for signal in signals {
            var action = sigaction()
            action.__sigaction_handler.sa_sigaction = handler
            action.sa_flags = SA_SIGINFO | SA_ONSTACK | Int32(SA_NODEFER)
            sigaction(signal, &action, previous + Int(signal))
        }
        return true
    }()

    private typealias Handler =
        @convention(c) (Int32, UnsafeMutablePointer<siginfo_t>?, UnsafeMutableRawPointer?) -> Void
    private static let handler: Handler = { signal, info, _ in
        CrashSignals.mark(.thread(pthread_self()))
        sigaction(signal, CrashSignals.previous + Int(signal), nil)
        // A fault comes again when the handler returns, and finds the earlier action; a signal that was sent (by
        // abort(3) to itself, say) does not.
        if let info, info.pointee.si_code <= 0 { raise(signal) }
    }

    /// Whose record in hand the process dies of.
    enum Guilty {
        case thread(pthread_t)
        /// As a slot holds it, in the word behind the state; or whichever record is the only one in hand, since the loop may
        /// wait for that one and all partitions stand still.
        case partition(UInt64)
    }

    /// Marks the record in hand that the process dies of. The other threads' records had no part in it then; where none is
    /// found, nobody knows, and all stay in hand. Only reads and writes memory that stands.
    static func mark(_ guilty: Guilty) {
        var inHand = 0
        var index = 0
        while index < capacity {
            if let state = states[index], state.pointee == CrashSlot.State.inHand.rawValue { inHand += 1 }
            index += 1
        }
        var isKnown = false
        index = 0
        while index < capacity {
            if let state = states[index], state.pointee == CrashSlot.State.inHand.rawValue {
                let isGuilty =
                    switch guilty {
                    case .thread(let thread): threads[index] == thread
                    case .partition(let partition):
                        inHand == 1 || state[CrashSlot.partitionFromState] == partition
                    }
                if isGuilty {
                    state.pointee = CrashSlot.State.crashed.rawValue
                    isKnown = true
                }
            }
            index += 1
        }
        index = 0
        while isKnown, index < capacity {
            if let state = states[index], state.pointee == CrashSlot.State.inHand.rawValue {
                state.pointee = CrashSlot.State.idle.rawValue
            }
            index += 1
        }
    }

    /// Has the slot with this state marked when the calling thread crashes, also when its stack overflows.
    static func watch(_ state: UnsafeMutableRawPointer) {
        _ = states
        _ = threads
        _ = previous
        changes.withLock { _ in
            for index in 0..<capacity where states[index] == nil {
                threads[index] = pthread_self()
                states[index] = state.assumingMemoryBound(to: UInt64.self)
                break
            }
        }
        // Kept for the life of the process: the thread may be in it at any time.
        var stack = stack_t()
        stack.ss_sp = UnsafeMutableRawPointer.allocate(byteCount: stackBytes, alignment: 16)
        stack.ss_size = stackBytes
        sigaltstack(&stack, nil)
        _ = isInstalled
    }

    /// The slot goes away.
    static func forget(_ state: UnsafeMutableRawPointer) {
        changes.withLock { _ in
            for index in 0..<capacity where states[index].map({ UnsafeMutableRawPointer($0) }) == state {
                states[index] = nil
            }
        }
    }
}
