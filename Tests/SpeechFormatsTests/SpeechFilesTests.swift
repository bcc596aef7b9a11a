import Foundation
import SpeechFormats
import Speeches
import Testing

/// Real files in a folder of the test's own.
struct SpeechFilesTests {
    private func withFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "rostrum-files-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    private func write(_ text: String, _ name: String, in folder: URL) throws {
        let file = folder.appending(path: name)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    private func summary(_ outcomes: SpeechFiles, below folder: URL) -> [String] {
        outcomes.map { outcome in
            let line =
                switch outcome {
                case .speech(let speech, let file): "\(file): \(speech.body.joined(separator: " "))"
                case .rejected(let error): "\(error.file ?? "?"): \(error.code.rawValue)"
                case .warning(let error): "\(error.file ?? "?"): \(error.code.rawValue)"
                case .ignored(let file): "\(file): ignored"
                }
            return line.replacing(folder.path + "/", with: "")
        }
    }

    @Test func foldersAreReadInOrderAndFailuresDoNotStopTheRest() throws {
        try withFolder { folder in
            try write("Two.", "b.txt", in: folder)
            try write("One.", "a.txt", in: folder)
            try write("", "a-empty.txt", in: folder)
            try write("Deep.", "c/d/e.TXT", in: folder)
            try write("hidden", ".hidden.txt", in: folder)
            try write("no", "notes.md", in: folder)
            try write("{\"content_id\":1,\"base_path\":2}", "z.json", in: folder)
            #expect(
                summary(SpeechFiles([folder.path]), below: folder) == [
                    "a-empty.txt: format.empty", "a.txt: One.", "b.txt: Two.", "c/d/e.TXT: Deep.", "notes.md: ignored",
                    "z.json: format.invalid",
                ])
        }
    }

    @Test func linksInFoldersAreNotFollowed() throws {
        try withFolder { folder in
            try write("One.", "a/one.txt", in: folder)
            let files = FileManager.default
            try files.createSymbolicLink(
                atPath: folder.appending(path: "a/up").path, withDestinationPath: folder.path)
            try files.createSymbolicLink(
                atPath: folder.appending(path: "b.txt").path, withDestinationPath: "a/one.txt")
            try files.createSymbolicLink(
                atPath: folder.appending(path: "c.txt").path, withDestinationPath: "nowhere.txt")
            try files.createSymbolicLink(atPath: folder.appending(path: "d.txt").path, withDestinationPath: "d.txt")
            #expect(
                summary(SpeechFiles([folder.path]), below: folder) == [
                    "a/one.txt: One.", "a/up: ignored", "a/up: format.link", "b.txt: ignored", "c.txt: ignored",
                    "d.txt: ignored",
                ])
            // A link that is named is followed, unless the caller named what others put there.
            #expect(
                summary(SpeechFiles([folder.path + "/a/up/a", folder.path + "/b.txt"]), below: folder) == [
                    "a/up/a/one.txt: One.", "a/up/a/up: ignored", "a/up/a/up: format.link", "b.txt: One.",
                ])
            var context = SourceContext()
            context.followsNamedLinks = false
            #expect(
                summary(SpeechFiles([folder.path + "/b.txt"], context: context), below: folder) == [
                    "b.txt: ignored", "b.txt: format.link",
                ])
            let link = folder.appending(path: "b.txt").path
            #expect(throws: FormatError.self) { try FileInput.open(link, followingLinks: false) }
        }
    }

    @Test func namedFilesAreReadWhateverTheirName() throws {
        try withFolder { folder in
            try write("Notes.", "notes.md", in: folder)
            let paths = ["notes.md", "missing.txt"].map { folder.path + "/" + $0 }
            #expect(
                summary(SpeechFiles(paths), below: folder) == ["notes.md: Notes.", "missing.txt: format.unreadable"])
        }
    }

    @Test func whatIsNoFileIsNotWaitedFor() throws {
        try withFolder { folder in
            let pipe = folder.appending(path: "pipe.txt").path
            #expect(mkfifo(pipe, 0o600) == 0)
            #expect(
                summary(SpeechFiles([pipe, "/dev/zero"]), below: folder) == [
                    "pipe.txt: format.unreadable", "/dev/zero: format.unreadable",
                ])
        }
    }

    /// A file that opens and cannot be read, whoever asks (proc(5): address 0 is mapped nowhere), and one that may not be
    /// opened, unless by root.
    @Test func whatCannotBeReadIsRefusedAndTheRestGoesOn() throws {
        try withFolder { folder in
            try write("One.", "a.txt", in: folder)
            try write("Two.", "b.txt", in: folder)
            try FileManager.default.setAttributes(
                [.posixPermissions: 0], ofItemAtPath: folder.appending(path: "a.txt").path)
            let paths = ["/proc/self/mem", folder.path]
            #expect(
                summary(SpeechFiles(paths), below: folder) == [
                    "/proc/self/mem: format.unreadable", geteuid() == 0 ? "a.txt: One." : "a.txt: format.unreadable",
                    "b.txt: Two.",
                ])
        }
    }

    /// A sparse file of 2 GiB takes no disk and, refused by its size, no memory.
    @Test func hugeFilesAreRefusedBySize() throws {
        try withFolder { folder in
            let path = folder.appending(path: "huge.txt").path
            try Data().write(to: URL(filePath: path))
            #expect(truncate(path, 2_147_483_648) == 0)
            var files = SpeechFiles([path])
            guard case .rejected(let error) = files.next() else {
                Issue.record("it was not refused")
                return
            }
            #expect(error.code == .tooLarge)
            #expect(error.reason == "there are 2147483648 bytes; 67108864 are allowed in this format")
        }
    }

    @Test func theSamplesAreAllRead() throws {
        var ids: [SpeechID] = []
        for outcome in SpeechFiles([Fixtures.samples.path]) {
            switch outcome {
            case .speech(let speech, _): ids.append(speech.id)
            case .rejected(let error), .warning(let error): Issue.record(error)
            case .ignored(let file): #expect(file.hasSuffix("README.md"))
            }
        }
        #expect(ids.count == 14)
        // Two pairs are states of one document each.
        #expect(Set(ids).count == 12)
    }
}
