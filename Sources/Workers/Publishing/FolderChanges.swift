internal import Foundation
internal import WorkerSupport

/// Files that were written to their end or moved into folders, as the kernel reports them (inotify(7)). Owns the
/// descriptor; one thread.
final class FolderChanges {
    private let descriptor: Int32
    private var folders: [Int32: String] = [:]
    private var buffer = [UInt8](repeating: 0, count: 65_536)

    /// - Throws: `ProgramFailure` when the kernel gives no more watchers.
    init() throws {
        descriptor = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
        guard descriptor >= 0 else { throw Self.failure("watch folders") }
    }

    deinit { close(descriptor) }

    /// Watches a folder too. Watching one twice is watching it once.
    /// - Throws: `ProgramFailure` when the kernel's limit is reached. A folder that is gone is none to watch.
    func watch(_ folder: String) throws {
        let mask = IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_ONLYDIR
        let watch = inotify_add_watch(descriptor, folder, UInt32(mask))
        if watch < 0 {
            guard errno == ENOSPC || errno == ENOMEM else { return }
            throw Self.failure("watch '\(folder)'")
        }
        folders[watch] = folder
    }

    /// Waits for changes, at most the timeout.
    /// - Returns: the paths of files that are complete; empty when only something else changed, nil when nothing did.
    func wait(milliseconds: Int32) -> Set<String>? {
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard Foundation.poll(&poll, 1, milliseconds) > 0 else { return nil }
        var complete: Set<String> = []
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return complete }
            collect(count, into: &complete)
        }
    }

    private func collect(_ count: Int, into complete: inout Set<String>) {
        let header = MemoryLayout<inotify_event>.size
        buffer.withUnsafeBytes { bytes in
            var place = 0
            while place + header <= count {
                let event = bytes.loadUnaligned(fromByteOffset: place, as: inotify_event.self)
                let name = bytes[(place + header)..<min(place + header + Int(event.len), count)].prefix { $0 != 0 }
                place += header + Int(event.len)
                let isComplete = event.mask & UInt32(IN_CLOSE_WRITE | IN_MOVED_TO) != 0
                guard isComplete, let folder = folders[event.wd] else { continue }
                complete.insert(folder + "/" + String(decoding: name, as: UTF8.self))
            }
        }
    }

    private static func failure(_ what: String) -> ProgramFailure {
        ProgramFailure(
            .failed, code: "watch.limit",
            "cannot \(what): \(String(cString: strerror(errno)).lowercased()); raise fs.inotify.max_user_watches and "
                + "fs.inotify.max_user_instances")
    }
}
