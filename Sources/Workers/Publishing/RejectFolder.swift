internal import Foundation
public import SpeechFormats
internal import WorkerSupport

/// Keeps what was refused: a line for each refusal in `rejects.jsonl`, and a copy of each file that was refused as a
/// whole, so that it can be mended and given again. One thread.
public final class RejectFolder {
    /// Copies of more files than this, or of larger ones, are not kept; their lines are.
    private static let copiesMax = 10_000
    private static let copyBytesMax = 67_108_864
    /// More lines than this are not written; they are counted.
    private static let linesMax = 1_000_000

    private let folder: URL
    private let report: FileHandle
    private var lines = 0
    private var copied: Set<String> = []

    /// Makes the folder where it is absent. What is in it from earlier runs stays.
    /// - Throws: `ProgramFailure` with 78 when it cannot be written.
    public init(_ path: String) throws {
        folder = URL(filePath: path)
        let file = folder.appending(path: "rejects.jsonl").path
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let descriptor = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw ProgramFailure(
                .badConfiguration, code: "rejects.unwritable",
                "'\(file)' cannot be written; name a folder that can (--rejects)")
        }
        report = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    /// Keeps one refusal.
    public func keep(_ error: FormatError) {
        guard lines < Self.linesMax else { return }
        lines += 1
        var object: [String: Any] = ["code": error.code.rawValue, "reason": error.reason, "cure": error.cure]
        object["file"] = error.file
        object["line"] = error.line
        object["column"] = error.column
        object["member"] = error.path
        object["copy"] = copy(of: error)
        guard
            let data = try? JSONSerialization.data(
                withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
        else { return }
        try? report.write(contentsOf: data + Data("\n".utf8))
    }

    /// The name of a file's copy; nil where none is kept.
    private func copy(of error: FormatError) -> String? {
        guard let path = error.file, copied.count < Self.copiesMax, !copied.contains(path) else { return nil }
        guard let facts = FileFacts(path, followingLinks: false), facts.kind == .file, facts.bytes <= Self.copyBytesMax
        else { return nil }
        copied.insert(path)
        let name = "\(copied.count)-\(URL(filePath: path).lastPathComponent)"
        let target = folder.appending(path: name)
        try? FileManager.default.removeItem(at: target)
        do {
            try FileManager.default.copyItem(at: URL(filePath: path), to: target)
            return name
        } catch {
            return nil
        }
    }
}
