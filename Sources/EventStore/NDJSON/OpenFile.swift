internal import Foundation

/// A file opened by path; the owner of its descriptor.
struct OpenFile: ~Copyable {
    private let descriptor: Int32
    private let path: String

    /// Opens, or makes, a file. `flags` are those of open(2).
    init(_ path: String, _ flags: Int32) throws(StoreError) {
        descriptor = open(path, flags | O_CLOEXEC, 0o644)
        self.path = path
        guard descriptor >= 0 else { throw StoreError(errno: errno, path) }
    }

    deinit { close(descriptor) }

    /// Writes all bytes at a place.
    func write(_ bytes: [UInt8], at offset: Int) throws(StoreError) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                pwrite(descriptor, $0.baseAddress! + done, $0.count - done, off_t(offset + done))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw StoreError(errno: count == 0 ? ENOSPC : errno, path) }
            done += count
        }
    }

    /// Cuts the file off, or lengthens it.
    func truncate(to length: Int) throws(StoreError) {
        guard ftruncate(descriptor, off_t(length)) == 0 else { throw StoreError(errno: errno, path) }
    }

    /// Returns when all is on disk.
    func sync() throws(StoreError) {
        guard fsync(descriptor) == 0 else { throw StoreError(errno: errno, path) }
    }

    /// Takes the file for this process alone until the owner goes.
    /// - Returns: whether no other process has it.
    func lock(waiting: Bool) -> Bool {
        flock(descriptor, waiting ? LOCK_EX : LOCK_EX | LOCK_NB) == 0
    }
}

/// What the file store does with whole files.
enum Files {
    /// Writes a file under a name of its own, brings it to disk, and gives it its name in one step: whoever reads the name
    /// finds the old file, or the new one whole.
    static func replace(_ path: String, with bytes: [UInt8]) throws(StoreError) {
        let folder = parent(of: path)
        let interim = "\(folder)/\(interimPrefix)\(URL(filePath: path).lastPathComponent)"
        do {
            let file = try OpenFile(interim, O_WRONLY | O_CREAT | O_TRUNC)
            try file.write(bytes, at: 0)
            try file.sync()
        } catch {
            unlink(interim)
            throw error
        }
        guard rename(interim, path) == 0 else { throw StoreError(errno: errno, path) }
        try syncFolder(folder)
    }

    /// Names that begin so are not finished; readers pass over names that begin with a dot.
    static let interimPrefix = ".unfinished-"

    /// Brings the names in a folder to disk.
    static func syncFolder(_ path: String) throws(StoreError) { try OpenFile(path, O_RDONLY | O_DIRECTORY).sync() }

    /// Makes a folder and those above it, and brings their names to disk.
    static func makeFolder(_ path: String) throws(StoreError) {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) {
            guard isFolder.boolValue else {
                throw StoreError(code: .cannotOpen, reason: "\(path) is a file", cure: "name a folder")
            }
            return
        }
        let above = parent(of: path)
        if above != path { try makeFolder(above) }
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw StoreError(errno: errno, path) }
        try syncFolder(above)
    }

    /// The content of a file; nil where it is not there.
    static func contents(_ path: String) throws(StoreError) -> [UInt8]? {
        do {
            return Array(try Data(contentsOf: URL(filePath: path)))
        } catch let error as CocoaError where error.code == .fileReadNoSuchFile {
            return nil
        } catch {
            throw StoreError(
                code: .ioFailed, reason: "\(path): \(error.localizedDescription)",
                cure: "check the disk and permissions")
        }
    }

    static func parent(of path: String) -> String {
        let url = URL(filePath: path).standardizedFileURL.deletingLastPathComponent()
        return url.path.isEmpty ? "/" : url.path
    }
}

extension StoreError {
    /// What the system has answered.
    init(errno code: Int32, _ path: String) {
        let reason = "\(path): \(String(cString: strerror(code)))"
        switch code {
        case ENOSPC, EDQUOT, EFBIG:
            self.init(code: .diskFull, reason: reason, cure: "make room on the disk; nothing was lost")
        case EACCES, EPERM, EROFS:
            self.init(code: .readOnly, reason: reason, cure: "the folder must be writable for this user")
        case ENOENT, ENOTDIR, EISDIR, ENAMETOOLONG:
            self.init(code: .cannotOpen, reason: reason, cure: "name a folder by store.path; it is made when absent")
        case EIO: self.init(code: .ioFailed, reason: reason, cure: "check the disk and the system's log")
        default: self.init(code: .failed, reason: reason, cure: "see errno(3)")
        }
    }
}
