internal import Foundation

/// What the file system says of a path (stat(2)).
public struct FileFacts: Equatable, Sendable {
    /// What stands there.
    public enum Kind: Equatable, Sendable {
        /// A file with bytes.
        case file
        /// A folder.
        case folder
        /// A symbolic link.
        case link
        /// A socket, a pipe, a device.
        case other
    }

    /// What stands there.
    public let kind: Kind
    /// Its size in bytes.
    public let bytes: Int64
    /// When it was last written, in nanoseconds since 1970.
    public let writtenNanoseconds: Int64

    /// Asks the file system; nil where nothing stands or nobody may look.
    /// - Parameter followingLinks: whether a link stands for what it leads to.
    public init?(_ path: String, followingLinks: Bool) {
        var status = stat()
        guard (followingLinks ? stat(path, &status) : lstat(path, &status)) == 0 else { return nil }
        switch status.st_mode & S_IFMT {
        case S_IFREG: kind = .file
        case S_IFDIR: kind = .folder
        case S_IFLNK: kind = .link
        default: kind = .other
        }
        bytes = Int64(status.st_size)
        writtenNanoseconds = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    }
}
