internal import Foundation

/// Reads a regular file whole, after its size is known to be within a bound.
enum BoundedFile {
    /// - Parameter bytesMax: the most bytes the file may have; more are never read into memory.
    /// - Throws: `FormatError` with code `unreadable` or `tooLarge`, naming the path.
    static func read(_ path: String, bytesMax: Int) throws(FormatError) -> [UInt8] {
        let file = try OpenFile(path)
        let size = try file.regularSize()
        guard size <= bytesMax else { throw tooLarge(path, size, bytesMax) }
        // One byte more than its size shows whether it grew meanwhile.
        let bytes = try file.read(upTo: min(size, bytesMax) + 1)
        guard bytes.count <= size else {
            throw FormatError(
                .unreadable, "the file grew while it was read", cure: "read it again when it is complete", file: path)
        }
        return bytes
    }

    private static func tooLarge(_ path: String, _ size: Int, _ limit: Int) -> FormatError {
        FormatError(
            .tooLarge, "the file has \(size) bytes; \(limit) are allowed", cure: "split it, or raise the file limit",
            file: path)
    }
}

/// Owns one open file descriptor.
private struct OpenFile: ~Copyable {
    private let descriptor: Int32
    private let path: String

    init(_ path: String) throws(FormatError) {
        // Non-blocking, so that a pipe without a writer is refused by its kind and never waited for.
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
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
