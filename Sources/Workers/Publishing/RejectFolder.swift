internal import Foundation
public import SpeechFormats
public import Speeches
internal import WorkerSupport

/// Keeps what was refused: a line for each refusal in `rejects.jsonl`, and a copy of each file that was refused as a
/// whole, so that it can be mended and given again. One thread.
public final class RejectFolder {
    /// Copies of more files than this, or of larger ones, are not kept; their lines are.
    private static let copiesMax = 10_000
    private static let copyBytesMax = 67_108_864
    private static let namesTriedMax = 100
    /// More lines than this are not written; they are counted.
    private static let linesMax = 1_000_000

    private let folder: URL
    private let report: FileHandle
    private var lines = 0
    private var copied: Set<String> = []
    /// The number of the next copy, after those of earlier runs.
    private var nextCopy: Int

    /// Makes the folder where it is absent. What is in it from earlier runs stays: lines are added, and copies take the
    /// numbers after theirs.
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
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        // A number that no copy of ours can have is somebody's name for a file.
        let numbers = names.compactMap { Int($0.prefix { $0 != "-" }) }.filter { $0 < Int32.max }
        nextCopy = max(numbers.max() ?? 0, 0) + 1
        report = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    /// Keeps one refusal.
    public func keep(_ error: FormatError) {
        guard lines < Self.linesMax else { return }
        var object: [String: Any] = ["code": error.code.rawValue, "reason": error.reason, "cure": error.cure]
        object["file"] = error.file
        object["line"] = error.line
        object["column"] = error.column
        object["member"] = error.path
        write(&object, copying: error.file)
    }

    /// Keeps a document that the brokers refuse.
    public func keep(_ id: SpeechID, of file: String, code: String, reason: String) {
        guard lines < Self.linesMax else { return }
        var object: [String: Any] = ["code": code, "reason": reason, "id": id.rawValue, "file": file]
        write(&object, copying: file)
    }

    private func write(_ object: inout [String: Any], copying file: String?) {
        lines += 1
        object["copy"] = copy(of: file)
        guard
            let data = try? JSONSerialization.data(
                withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
        else { return }
        try? report.write(contentsOf: data + Data("\n".utf8))
    }

    /// The name of a file's copy; nil where none is kept.
    private func copy(of file: String?) -> String? {
        guard let path = file, copied.count < Self.copiesMax, !copied.contains(path) else { return nil }
        guard let facts = FileFacts(path, followingLinks: false), facts.kind == .file, facts.bytes <= Self.copyBytesMax
        else { return nil }
        copied.insert(path)
        // Another process may keep copies here too: a number that is taken meanwhile is passed over.
        for _ in 0..<Self.namesTriedMax {
            let name = "\(nextCopy)-\(URL(filePath: path).lastPathComponent)"
            let target = folder.appending(path: name)
            nextCopy += 1
            guard FileFacts(target.path, followingLinks: false) == nil else { continue }
            return (try? FileManager.default.copyItem(at: URL(filePath: path), to: target)).map { name }
        }
        return nil
    }
}
