internal import Foundation
internal import Speeches

/// The batches that were committed since the last files were made, in one hidden file: appended to, a commit line at the
/// end of each batch. A batch counts when its commit line is there and the bytes before it are those that it names, so a
/// crash in the middle of a batch leaves the batch before it as the last one.
final class FilesJournal {
    /// A line, and the folder of the file that it will go to.
    struct Line {
        let folder: String
        let range: Range<Int>
    }

    /// What a journal holds up to its last commit.
    struct Content {
        var bytes: [UInt8] = []
        var lines: [Line] = []
        var offsets: [FilesManifest.GroupOffset] = []
        /// Bytes that count.
        var length = 0
    }

    private struct Commit: Codable {
        let bytes: Int
        let digest: String
        let offsets: [FilesManifest.GroupOffset]
    }

    static let prefix = ".journal-"
    private static let commitFolder = "commit"

    let number: Int
    private let file: OpenFile
    private(set) var length: Int
    /// When the first batch came that is not in a file yet.
    private(set) var began: ContinuousClock.Instant?

    /// Opens the journal of a folder, makes it where there is none, and cuts off what was not committed.
    /// - Returns: with the offsets that it holds.
    static func open(
        _ number: Int, in folder: String
    ) throws(StoreError) -> (journal: FilesJournal, offsets: [FilesManifest.GroupOffset]) {
        let content = try content(number, in: folder) ?? Content()
        let journal = try FilesJournal(number, in: folder, length: content.length)
        return (journal, content.offsets)
    }

    private init(_ number: Int, in folder: String, length: Int) throws(StoreError) {
        self.number = number
        self.length = length
        began = length > 0 ? .now : nil
        file = try OpenFile(Self.path(number, in: folder), O_WRONLY | O_CREAT)
        try file.truncate(to: length)
        try file.sync()
        try Files.syncFolder(folder)
    }

    static func path(_ number: Int, in folder: String) -> String { "\(folder)/\(prefix)\(FilesNames.number(number))" }

    /// Appends a batch; when it returns, the batch is on disk, when it throws, the journal ends where it ended before.
    func append(
        _ lines: [(folder: String, bytes: [UInt8])], _ offsets: [FilesManifest.GroupOffset]
    ) throws(StoreError) {
        var bytes: [UInt8] = []
        for line in lines { Self.add(line.folder, line.bytes, to: &bytes) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let commit = Commit(bytes: bytes.count, digest: Self.digest(bytes[...]), offsets: offsets)
        guard let data = try? encoder.encode(commit) else { preconditionFailure("texts and numbers have a JSON form") }
        Self.add(Self.commitFolder, Array(data), to: &bytes)
        do {
            try file.write(bytes, at: length)
            try file.sync()
        } catch {
            // Best effort: what stays behind has no commit line that counts, and is written over by the next batch.
            try? file.truncate(to: length)
            throw error
        }
        length += bytes.count
        if began == nil { began = .now }
    }

    private static func add(_ folder: String, _ line: [UInt8], to bytes: inout [UInt8]) {
        bytes += folder.utf8
        bytes.append(UInt8(ascii: "\t"))
        bytes += line
        bytes.append(UInt8(ascii: "\n"))
    }

    private static func digest(_ bytes: ArraySlice<UInt8>) -> String {
        var digest = Digest(domain: "rostrum.store.journal.1")
        digest.add(Array(bytes))
        return digest.hexadecimal(length: 32)
    }

    /// What a journal holds; nil where there is no such file.
    static func content(_ number: Int, in folder: String) throws(StoreError) -> Content? {
        guard let bytes = try Files.contents(path(number, in: folder)) else { return nil }
        var content = Content()
        content.bytes = bytes
        var batch: [Line] = []
        var start = 0
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")),
            let tab = bytes[start..<end].firstIndex(of: UInt8(ascii: "\t"))
        {
            let name = String(decoding: bytes[start..<tab], as: UTF8.self)
            if name == commitFolder {
                guard let commit = try? JSONDecoder().decode(Commit.self, from: Data(bytes[(tab + 1)..<end])),
                    commit.bytes == start - content.length,
                    commit.digest == digest(bytes[content.length..<start])
                else { break }
                content.lines += batch
                content.offsets += commit.offsets
                content.length = end + 1
                batch = []
            } else {
                batch.append(Line(folder: name, range: (tab + 1)..<end))
            }
            start = end + 1
        }
        return content
    }
}

/// Names of files.
enum FilesNames {
    static func number(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }

    /// Of a finished file, from the store's folder.
    static func path(_ folder: String, _ number: Int, _ compression: NDJSONEventStore.Compression) -> String {
        "\(folder)/\(Self.number(number)).ndjson\(compression == .zstd ? ".zst" : "")"
    }

    /// Finished files in a store's folder, from there.
    static func finished(in folder: String) -> [String] {
        ["events", "withdrawals"].flatMap { top in
            let names = FileManager.default.enumerator(atPath: "\(folder)/\(top)")
            return (names?.compactMap { $0 as? String } ?? []).filter { name in
                [".ndjson", ".ndjson.zst"].contains { name.hasSuffix($0) } || name.contains(Files.interimPrefix)
            }.map { "\(top)/\($0)" }
        }
    }
}
