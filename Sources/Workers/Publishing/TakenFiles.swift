internal import Foundation
internal import SpeechFormats
internal import Speeches
internal import WorkerSupport

/// A file as it was when it was looked at: another size or time of change makes another version of it.
struct FileVersion: Hashable {
    let path: String
    let size: Int64
    let changedNanoseconds: Int64

    /// Nil for what is no regular file or is gone. Links to files are followed.
    init?(_ path: String) {
        guard let facts = FileFacts(path, followingLinks: true), facts.kind == .file else { return nil }
        self.path = path
        size = facts.bytes
        changedNanoseconds = facts.writtenNanoseconds
    }

    /// Whether nothing was written for so long.
    func isSettled(for seconds: Double) -> Bool {
        Date().timeIntervalSince1970 - Double(changedNanoseconds) / 1e9 >= seconds
    }

    /// One line of the list of files taken; paths with line ends are escaped.
    var line: String {
        // By code points: a carriage return and a line feed are one character.
        let path = String(
            String.UnicodeScalarView(
                path.unicodeScalars.flatMap { scalar -> [Unicode.Scalar] in
                    switch scalar {
                    case "\\": ["\\", "\\"]
                    case "\n": ["\\", "n"]
                    default: [scalar]
                    }
                }))
        return "\(size) \(changedNanoseconds) \(path)\n"
    }
}

/// Which files of a watched folder were taken, over restarts: a list on disk that is only added to.
struct TakenFiles {
    private var lines: Set<Int>
    private let file: URL

    /// - Throws: `ProgramFailure` with 78 when the folder cannot be made or its list not be read.
    init(folder: String, watched: String, topic: String) throws {
        var digest = Digest(domain: "rostrum.watch.1")
        digest.add(topic)
        digest.add(watched)
        file = URL(filePath: folder).appending(path: "taken-\(digest.hexadecimal(length: 32)).txt")
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        // A file whose line was half written is read again, and its documents are known.
        var lines: Set<Int> = []
        try DurableFile.forEachLine(of: file) { lines.insert($0.hashValue) }
        self.lines = lines
    }

    func contains(_ version: FileVersion) -> Bool { lines.contains(version.line.hashValue) }

    /// Notes files whose documents are all published; durable when it returns; none is noted where it fails.
    mutating func add(_ versions: [FileVersion]) throws {
        guard !versions.isEmpty else { return }
        try DurableFile.append(versions.map(\.line).joined(), to: file)
        for version in versions { lines.insert(version.line.hashValue) }
    }
}
