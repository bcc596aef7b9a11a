import Foundation
import SpeechFormats
import Speeches
import TestSupport
import Testing

/// Pages, proceedings and tables of ours, with everything that is made of them or said about them, against goldens.
struct PageAndProceedingsTests {
    static func files(_ folder: String) -> [URL] {
        let place = Fixtures.texts.deletingLastPathComponent().appending(path: folder)
        let files = (try? FileManager.default.contentsOfDirectory(at: place, includingPropertiesForKeys: nil)) ?? []
        return files.sorted { $0.path < $1.path }
    }

    @Test(arguments: files("html") + files("tei") + files("rows"))
    func golden(_ file: URL) throws {
        var lines: [UInt8] = []
        // 'Titel' and 'Datum' are named; the other tables are found by common names.
        let mapping = try FieldMapping(file.lastPathComponent == "german.csv" ? "title=Titel,body=Text,date=Datum" : "")
        let context = SourceContext(file: file.lastPathComponent, mapping: mapping)
        do {
            for result in try FormatRegistry().reader(of: Fixtures.bytes(file), from: context) {
                switch result {
                case .success(let speech): lines += speech.json
                case .failure(let error): lines += Array("refused: \(error)".utf8)
                }
                lines.append(UInt8(ascii: "\n"))
            }
        } catch {
            lines += Array("refused: \(error)\n".utf8)
        }
        let name = file.deletingPathExtension().lastPathComponent
        try goldenMatches(lines, "Formats/golden/\(file.pathExtension)-\(name).documents.jsonl")
    }

    @Test func nothingIsMissing() {
        #expect(Self.files("html").count >= 10)
        #expect(Self.files("tei").count >= 10)
        #expect(Self.files("rows").count >= 5)
    }

    /// What stands around a text never gets into it.
    @Test(arguments: files("html"))
    func bodiesHaveNoNavigation(_ file: URL) throws {
        let speech = try Fixtures.speech(file)
        let text = speech.canonicalText
        for furniture in [
            "Cookies", "Skip to", "Hafan", "About", "justice and law", "Share", "useful", "Licence", "Follow us",
            "Related", "teaser", "Contact us",
            "not text", "not shown", "nor th", "Next", "Tweet", "copyright", "<p", "Turn on",
        ] {
            #expect(!text.contains(furniture), "\(file.lastPathComponent): \(furniture)")
        }
    }
}
