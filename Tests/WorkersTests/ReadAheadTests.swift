import Foundation
import SpeechFormats
import Speeches
import Testing

@testable import Workers

/// Files that several threads read come out as one thread reads them.
@Suite struct ReadAheadTests {
    /// A folder with rows of many sizes, refusals, warnings and files of other formats.
    private func folder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appending(path: "read-ahead-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for file in 0..<4 {
            let rows = (0..<700).map { row -> String in
                if row % 97 == 50 { return "{\"id\":" }
                if row % 89 == 40 { return "" }
                let date = row % 101 == 7 ? "yesterday" : "2024-02-29"
                let words = String(repeating: "word\(row) and ", count: row % 50 == 0 ? 5_000 : row % 40)
                return "{\"id\":\"\(file)-\(row)\",\"text\":\"Row \(row). \(words)\",\"date\":\"\(date)\"}"
            }
            try Data(rows.joined(separator: "\n").utf8).write(to: folder.appending(path: "rows-\(file).jsonl"))
            try Data("Speech \(file)\n\nThis was said.".utf8).write(to: folder.appending(path: "speech-\(file).txt"))
        }
        try Data("%PDF-1.7".utf8).write(to: folder.appending(path: "rows-1.txt"))
        try Data("unknown".utf8).write(to: folder.appending(path: "rows-2.doc"))
        return folder
    }

    private func label(_ outcome: PreparedOutcome) -> String {
        switch outcome {
        case .document(let document): "\(document.speech.id) \(document.revision) \(document.json.count)"
        case .rejected(let error), .warning(let error): "\(error)"
        case .ignored: "ignored"
        }
    }

    @Test func documentsComeInOrder() throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let wanted = SpeechFiles([folder.path]).map { label(PreparedOutcome($0)) }
        #expect(wanted.count > 2_700)
        for _ in 0..<3 {
            let found = ReadAhead.reading(SpeechFiles([folder.path])) { $0.map(label) }
            #expect(found == wanted)
        }
        #expect(ReadAhead.reading(SpeechFiles([])) { $0.map(label) } == [])
    }

    /// Whoever stops in the middle, or fails, is not waited for by threads that read on.
    @Test func aCallerMayStopInTheMiddle() throws {
        struct Enough: Error {}
        let folder = try folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        for count in [0, 1, 70] {
            let first = ReadAhead.reading(SpeechFiles([folder.path])) { Array($0.prefix(count)) }
            #expect(first.count == count)
        }
        #expect(throws: Enough.self) {
            try ReadAhead.reading(SpeechFiles([folder.path])) { _ in throw Enough() }
        }
    }
}
