import Foundation
import SpeechFormats
import Speeches
import TestSupport
import Testing

/// What is published is a document of the shipped schema, whatever the source says.
struct DocumentRulesTests {
    /// Every reading of a source, refusals of the whole as one.
    private func readings(_ text: String, _ context: SourceContext = SourceContext(file: "in")) throws
        -> [SpeechReading]
    {
        var reader = try FormatRegistry().reader(of: Array(text.utf8), from: context)
        var readings: [SpeechReading] = []
        while let reading = reader.nextReading() { readings.append(reading) }
        return readings
    }

    @Test(arguments: ["not a tag!!", "e", "en-", "en--GB", "en-123456789", "en,fr", "-", "英語"])
    func aLanguageThatIsNoneIsKeptAndSaid(_ language: String) throws {
        let body = "We will support the police and the courts, and it is for all of us to see that the law is kept."
        let row = "{\"id\":\"a\",\"text\":\"\(body)\",\"language\":\"\(language)\"}"
        let document = "{\"schema_version\":1,\"id\":\"a\",\"body\":[\"\(body)\"],\"language\":\"\(language)\"}"
        for (text, line) in [("{\"text\":\"x\"}\n" + row, 2), (document, nil)] as [(String, Int?)] {
            let reading = try #require(try readings(text).last)
            let speech = try reading.result.get()
            #expect(speech.language == "en")
            #expect(speech.attributes["language"] == language)
            #expect(reading.warnings.map(\.code) == [.badLanguage])
            #expect(reading.warnings.first?.line == line)
            #expect(reading.warnings.first?.reason.contains("'\(language)'") == true)
        }
    }

    @Test func aTagWithUnderscoresIsATag() throws {
        let reading = try #require(try readings("{\"text\":\"Words.\",\"lang\":\"en_GB\"}").first)
        #expect(try reading.result.get().language == "en-GB")
        #expect(reading.warnings.isEmpty)
    }

    @Test(
        arguments: [
            ("::: bad uri", nil), ("a b", nil), ("1:2", nil), ("https://example.org/%zz", nil), ("see below", nil),
            ("https://example.org/a?b=c#d", "https://example.org/a?b=c#d"), ("/speeches/1", "/speeches/1"),
            ("urn:x:1", "urn:x:1"), ("a/b:c", "a/b:c"),
            ("https://fr.example.org/Loi_pénale 2", "https://fr.example.org/Loi_p%C3%A9nale%202"),
        ] as [(String, String?)])
    func anAddressThatIsNoneIsKeptAndSaid(_ written: String, _ wanted: String?) throws {
        let reading = try #require(try readings("{\"id\":\"a\",\"text\":\"Words.\",\"url\":\"\(written)\"}").first)
        let speech = try reading.result.get()
        #expect(speech.source?.uri == wanted)
        #expect(reading.warnings.map(\.code) == (wanted == nil ? [.badAddress] : []))
        #expect(speech.attributes["uri"] == (wanted == nil ? written : nil))
    }

    @Test func idsAreTrimmedAndBounded() throws {
        let longest = String(repeating: "é", count: SpeechID.bytesMax / 2)
        for (id, wanted) in [(" b ", "b"), (longest, longest)] {
            for text in [
                "{\"id\":\"\(id)\",\"text\":\"Words.\"}",
                "{\"schema_version\":1,\"id\":\"\(id)\",\"body\":[\"Words.\"]}",
            ] {
                #expect(try #require(try readings(text).first).result.get().id.rawValue == wanted)
            }
        }
        let rows = "{\"id\":\"a\",\"text\":\"One.\"}\n{\"id\":\"\(longest)x\",\"text\":\"Two.\"}"
        let error = try #require(throws: FormatError.self) { try readings(rows)[1].result.get() }
        #expect(error.code == .invalid)
        #expect(error.line == 2)
        #expect(error.reason == "the id has 1025 bytes; 1024 are allowed")
        let document = Array("{\"schema_version\":1,\"id\":\"\(longest)x\",\"body\":[\"Words.\"]}".utf8)
        #expect(refusal(of: document)?.reason.contains("1024 bytes") == true)
        #expect(throws: DocumentError.self) { try Speech(json: Data(document)) }
        #expect(refusal(of: Array("{\"schema_version\":1,\"id\":\" \",\"body\":[\"x\"]}".utf8))?.path == "id")
    }

    @Test func aDocumentThatIsTooLargeNamesItsLine() throws {
        let long = String(repeating: "word ", count: 300_000)
        for text in ["{\"text\":\"One.\"}\n{\"text\":\"\(long)\"}\n", "id,text\n1,\(long)\n"] {
            let error = try #require(throws: FormatError.self) { try #require(try readings(text).last).result.get() }
            #expect(error.code == .tooLarge)
            #expect(error.line == 2)
        }
    }

    /// Whatever becomes of hostile values in the example files: documents keep the schema and are taken by our reader.
    @Test func whatIsReadKeepsTheSchema() throws {
        let seed = SeededGenerator.seed()
        print("seed of whatIsReadKeepsTheSchema: \(seed)")
        var random = SeededGenerator(seed: seed)
        let hostile = [
            "", " ", "not a tag!!", "::: bad uri", "\u{FEFF}", "\\u0000", "2024-02-31", "é", "a\\nb", "en_GB", "%",
            String(repeating: "x", count: 1_100), "https://example.org/a b", "12", "\\ud83d\\ude00",
        ]
        let names = [
            "id", "title", "summary", "speaker", "speaker_id", "role", "organisation", "date", "event", "location",
            "language", "uri", "publisher", "licence", "source.uri", "other", "",
        ]
        var documents: [[UInt8]] = []
        func take(_ bytes: [UInt8], _ file: String) {
            guard let reader = try? FormatRegistry().reader(of: bytes, from: SourceContext(file: file)) else { return }
            for case .success(let speech) in reader {
                documents.append(speech.json)
                #expect((try? Speech(json: Data(speech.json))) == speech, "seed \(seed), \(file)")
            }
        }
        for folder in ["html", "tei", "rows", "text"] {
            for file in PageAndProceedingsTests.files(folder) { take(try Fixtures.bytes(file), file.lastPathComponent) }
        }
        for file in Fixtures.files(in: Fixtures.samples) { take(try Fixtures.bytes(file), file.lastPathComponent) }
        let examples = documents.count
        #expect(examples > 50)
        for _ in 0..<300 {
            let value = { (random: inout SeededGenerator) in hostile.randomElement(using: &random) ?? "" }
            let members = names.filter { _ in Bool.random(using: &random) }.map { "\"\($0)\":\"\(value(&random))\"" }
            take(Array(("{" + (members + ["\"text\":\"Words.\""]).joined(separator: ",") + "}").utf8), "row")
            let parts = ["uri", "publisher", "retrieved_at"].map { "\"\($0)\":\"\(value(&random))\"" }
            let document =
                "{\"schema_version\":1,\"id\":\"\(value(&random))\",\"body\":[\"x\"],\"language\":\"\(value(&random))\","
                + "\"source\":{\(parts.joined(separator: ","))},\"attributes\":{\"a\":\"\(value(&random))\"}}"
            take(Array(document.utf8), "document")
        }
        #expect(documents.count > examples + 200)
        let answers = try Python.schemaErrors(documents, schema: "document.v1.json")
        for (document, answer) in zip(documents, answers) where !answer.isEmpty {
            Issue.record("seed \(seed): \(answer): \(String(decoding: document.prefix(2_000), as: UTF8.self))")
        }
    }
}
