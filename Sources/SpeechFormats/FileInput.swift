internal import Foundation
internal import Synchronization

/// A regular file as an input. What it grows by while it is read is read too.
public enum FileInput {
    private static let pieceBytes = 262_144

    /// Opens a file; its bytes are read as they are pulled.
    /// - Parameter followingLinks: whether a link stands for what it leads to; else it is refused.
    /// - Throws: `FormatError` with code `unreadable`, naming the path.
    public static func open(
        _ path: String, followingLinks: Bool = true, counting progress: ReadingProgress? = nil
    ) throws(FormatError) -> ByteInput {
        let file = try OpenFile(path, followingLinks: followingLinks)
        let size = try file.regularSize()
        return ByteInput(knownSize: size) { () throws(FormatError) in
            let bytes = try file.read(upTo: pieceBytes)
            progress?.add(bytes.count)
            return bytes.isEmpty ? nil : bytes
        }
    }
}

/// How many of the bytes that are to be read have been. Any thread.
public final class ReadingProgress: Sendable {
    private let read = Atomic<Int>(0)
    /// All bytes of the files, as far as they are known.
    public let total: Int

    /// Counts from 0.
    public init(total: Int) { self.total = total }

    /// Bytes read so far.
    public var bytes: Int { read.load(ordering: .relaxed) }

    func add(_ count: Int) { read.wrappingAdd(count, ordering: .relaxed) }

    /// The bytes of all files at paths, folders walked through as `SpeechFiles` does; at most so many entries are looked
    /// at, since only a display depends on it.
    public static func measuring(_ paths: [String], entriesMax: Int = 200_000) -> ReadingProgress {
        var total = 0
        var entries = 0
        for path in paths {
            var status = stat()
            guard stat(path, &status) == 0 else { continue }
            guard status.st_mode & S_IFMT == S_IFDIR else {
                total += Int(status.st_size)
                continue
            }
            let files = FileManager.default.enumerator(atPath: path)
            while entries < entriesMax, let name = files?.nextObject() as? String {
                entries += 1
                guard lstat(path + "/" + name, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
                total += Int(status.st_size)
            }
        }
        return ReadingProgress(total: total)
    }
}

/// Owns one open file descriptor.
private final class OpenFile {
    private let descriptor: Int32
    private let path: String

    init(_ path: String, followingLinks: Bool) throws(FormatError) {
        // Non-blocking, so that a pipe without a writer is refused by its kind and never waited for. A file that was
        // looked at may be a link by now, so the kernel looks again.
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | (followingLinks ? 0 : O_NOFOLLOW))
        guard descriptor >= 0 else { throw Self.unreadable(path, errno) }
        self.descriptor = descriptor
        self.path = path
    }

    deinit {
        close(descriptor)
    }

    func regularSize() throws(FormatError) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.unreadable(path, errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw FormatError(
                .unreadable, "it is not a regular file", cure: "name files, or folders of files", file: path)
        }
        return Int(status.st_size)
    }

    /// At most so many bytes; fewer only at the end.
    func read(upTo limit: Int) throws(FormatError) -> [UInt8] {
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            while count < limit, let base = buffer.baseAddress {
                let got = Foundation.read(descriptor, base + count, limit - count)
                if got < 0 && errno == EINTR { continue }
                if got < 0 { failure = errno }
                guard got > 0 else { break }
                count += got
            }
        }
        guard failure == 0 else { throw Self.unreadable(path, failure) }
        return bytes
    }

    private static func unreadable(_ path: String, _ code: Int32) -> FormatError {
        FormatError(
            .unreadable, String(cString: strerror(code)).lowercased(), cure: "check the path and its permissions",
            file: path)
    }
}
