internal import Foundation
internal import Speeches
internal import WorkerSupport

/// Remembers on disk that an import is under way and where the Kafka topic ended when it began, so that the same import,
/// started again after a crash, can read back what arrived and publish the rest: each document once, by id and revision.
///
/// One file for each import, named by a digest of what is imported. It is there only while the import is under way.
struct PublishingJournal {
    private struct Content: Codable {
        let topic: String
        let ends: [String: Int64]
    }

    private let file: URL
    private let topic: String

    /// - Parameters:
    ///   - folder: of the workers' state; made when absent.
    ///   - name: what is imported, the same on every start of the same import.
    /// - Throws: `ProgramFailure` with 78 when the folder cannot be made.
    init(folder: String, topic: String, name: [String]) throws {
        var digest = Digest(domain: "rostrum.import.1")
        digest.add(topic)
        for part in name { digest.add(part) }
        file = URL(filePath: folder).appending(path: "import-\(digest.hexadecimal(length: 32)).json")
        self.topic = topic
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw ProgramFailure(
                .badConfiguration, code: "state.unusable",
                "the folder '\(folder)' cannot be made; check state.path and its permissions")
        }
    }

    /// Where the Kafka topic ended when an import began that was not finished; nil if none is under way.
    func unfinished() throws -> [Int32: Int64]? {
        guard let data = try? Data(contentsOf: file) else { return nil }
        guard let content = try? JSONDecoder().decode(Content.self, from: data) else {
            throw ProgramFailure(
                .failed, code: "state.damaged",
                "'\(file.path)' is damaged; delete it if nothing may be published twice by that")
        }
        return Dictionary(
            content.ends.compactMap { key, value in Int32(key).map { ($0, value) } }, uniquingKeysWith: { $1 })
    }

    /// Notes that an import begins; durable when it returns.
    func begin(ends: [Int32: Int64]) throws {
        let content = Content(
            topic: topic, ends: Dictionary(uniqueKeysWithValues: ends.map { (String($0.key), $0.value) }))
        try DurableFile.write(JSONEncoder().encode(content), to: file)
    }

    /// Notes that everything is published.
    func end() { try? FileManager.default.removeItem(at: file) }
}

/// Files that outlast a crash.
enum DurableFile {
    /// Writes a file at once or not at all.
    static func write(_ data: Data, to file: URL) throws {
        try data.write(to: file, options: .atomic)
        try synchronise(file.path)
        try synchronise(file.deletingLastPathComponent().path)
    }

    /// Adds lines at a file's end; durable when it returns. Where that fails, none is added.
    static func append(_ text: String, to file: URL) throws {
        let descriptor = open(file.path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure(file.path) }
        defer { close(descriptor) }
        let end = lseek(descriptor, 0, SEEK_END)
        do {
            try FileHandle(fileDescriptor: descriptor, closeOnDealloc: false).write(contentsOf: Data(text.utf8))
            guard fsync(descriptor) == 0 else { throw failure(file.path) }
        } catch {
            // The next line would go on where the torn one ends. Who dies before this mends it at the start (`lines`).
            if end >= 0 { ftruncate(descriptor, end) }
            throw error
        }
    }

    /// Goes through the lines of a file that is only added to, each with its end; there are none if there is no file. A
    /// last line that is cut off, as by a crash, is taken off the file first.
    /// - Throws: `ProgramFailure` with 78 when the file cannot be read or mended.
    static func forEachLine(of file: URL, _ body: (String) -> Void) throws {
        guard FileManager.default.fileExists(atPath: file.path) else { return }
        guard let data = try? Data(contentsOf: file) else {
            throw ProgramFailure(
                .badConfiguration, code: "state.unusable", "'\(file.path)' cannot be read; check its permissions")
        }
        let whole = data.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        guard whole == data.count || truncate(file.path, whole) == 0 else {
            throw ProgramFailure(
                .badConfiguration, code: "state.unusable",
                "'\(file.path)' ends in the middle of a line and cannot be mended; check its permissions")
        }
        for line in data[..<whole].split(separator: UInt8(ascii: "\n")) {
            body(String(decoding: line, as: UTF8.self) + "\n")
        }
    }

    private static func synchronise(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure(path) }
    }

    private static func failure(_ path: String) -> ProgramFailure {
        ProgramFailure(
            .failed, code: "state.unwritable",
            "'\(path)' cannot be written: \(String(cString: strerror(errno)).lowercased()); check space and permissions"
        )
    }
}
