import Foundation
import SpeechFormats
import Speeches
import Testing

@testable import Workers

/// What the producer keeps on disk: which files were taken, and what was refused.
@Suite struct PublishingFilesTests {
    private func folder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appending(path: "publishing-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }

    private func version(_ name: String, in folder: URL) throws -> FileVersion {
        let file = folder.appending(path: name)
        try Data("Text.".utf8).write(to: file)
        return try #require(FileVersion(file.path))
    }

    /// A list whose last line broke off, as when the disk was full or the machine died.
    @Test(arguments: [1, 2, 3, 6])
    func aTornLineIsTakenOff(bytes: Int) throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let state = folder.appending(path: "state").path
        func taken() throws -> TakenFiles { try TakenFiles(folder: state, watched: "w", topic: "t") }
        let (first, torn, next) = (
            try version("erste-é.txt", in: folder), try version("zweite-é.txt", in: folder),
            try version("dritte-é.txt", in: folder)
        )
        var list = try taken()
        try list.add([first, torn])
        let name = try #require(try FileManager.default.contentsOfDirectory(atPath: state).first)
        let file = state + "/" + name
        // In the middle of the name's last letters, of which one is two bytes.
        let whole = try #require(FileManager.default.contents(atPath: file))
        try #require(truncate(file, whole.count - bytes) == 0)
        list = try taken()
        #expect(list.contains(first) && !list.contains(torn))
        try list.add([next])
        list = try taken()
        #expect(list.contains(first) && !list.contains(torn) && list.contains(next))
        // A list of nothing but a torn line is an empty one.
        try Data([0x31, 0xC3]).write(to: URL(filePath: file))
        list = try taken()
        try list.add([torn])
        #expect(try taken().contains(torn))
    }

    @Test(arguments: ["a\r.txt", "a\r\nb.txt", "a\nb.txt", "a\\nb.txt", "ü.txt"])
    func everyNameIsRemembered(_ name: String) throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        func taken() throws -> TakenFiles { try TakenFiles(folder: folder.path, watched: "w", topic: "t") }
        let version = try version(name, in: folder)
        var list = try taken()
        try list.add([version])
        #expect(try taken().contains(version))
    }

    /// Copies of earlier runs stay, and the lines that name them stay true.
    @Test func copiesOfEarlierRunsStay() throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let rejects = folder.appending(path: "rejects")
        let file = folder.appending(path: "bad.txt")
        for run in 1...3 {
            try Data("run \(run)".utf8).write(to: file)
            let keeper = try RejectFolder(rejects.path)
            keeper.keep(FormatError(.binary, "no text", cure: "give text", file: file.path))
            keeper.keep(
                SpeechID("a"), of: folder.appending(path: "absent.txt").path, code: "kafka-x", reason: "too large")
        }
        // A name of somebody's own.
        try Data().write(to: rejects.appending(path: "99999999999999999999-x"))
        let lines = try String(contentsOf: rejects.appending(path: "rejects.jsonl"), encoding: .utf8)
            .split(separator: "\n").map { try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] }
        #expect(lines.count == 6)
        let copies = lines.compactMap { $0?["copy"] as? String }
        #expect(copies == ["1-bad.txt", "2-bad.txt", "3-bad.txt"])
        for (run, copy) in zip(1..., copies) {
            #expect(FileManager.default.contents(atPath: rejects.appending(path: copy).path) == Data("run \(run)".utf8))
        }
        #expect(lines.last??["id"] as? String == "a")
        #expect(lines.last??["code"] as? String == "kafka-x")
    }
}
