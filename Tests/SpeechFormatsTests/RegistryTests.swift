import SpeechFormats
import Speeches
import Testing

struct RegistryTests {
    @Test func anOverrideDecides() throws {
        let json = Array("{\"a\": 1} is how the paper begins.".utf8)
        #expect(refusal(of: json)?.code == .unrecognised)
        let speeches = try FormatRegistry().speeches(in: json, from: SourceContext(format: .text))
        #expect(speeches.first?.source?.format == "text")
        let error = try #require(refusal(of: json, SourceContext(format: FormatName("word"))))
        #expect(error.description.contains("govuk-content-api, tei, html, csv, text"))
        #expect(refusal(of: Array("A text.".utf8), SourceContext(format: .govUK))?.code == .invalid)
        #expect(refusal(of: [], SourceContext(format: .text))?.code == .empty)
    }

    /// A body of 200 kB before every other member once hid them from detection, which looked at 64 kB only.
    @Test func membersAreFoundInAnyOrder() throws {
        let text = String(repeating: "word ", count: 40_000)
        let rest =
            "\"content_id\":\"a\",\"base_path\":\"/x\",\"schema_name\":\"speech\",\"locale\":\"en\",\"title\":\"T\""
        let item = "{\"details\":{\"body\":\"<p>\(text)</p>\",\"delivered_on\":\"2016-05-12T12:30:00Z\"},\(rest)}"
        let document =
            "{\"body\":[\"\(text)\"],\"attributes\":{\"content_id\":\"a\",\"details\":\"b\"},\"id\":\"x\",\"schema_version\":1}"
        for (json, format) in [(item, FormatName.govUK), (document, .canonical)] {
            #expect(try FormatRegistry().format(of: Array(json.utf8), from: SourceContext()).name == format)
        }
    }

    @Test func anAddressFromTheCallerIsTheID() throws {
        let context = SourceContext(
            uri: "https://example.org/1", publisher: "Example", licence: "CC0-1.0", retrievedAt: "2024-01-01T00:00:00Z")
        let speech = try #require(try FormatRegistry().speeches(in: Array("A text.".utf8), from: context).first)
        #expect(speech.id.rawValue == "https://example.org/1")
        #expect(speech.source?.uri == "https://example.org/1")
        #expect(speech.source?.licence == "CC0-1.0")
    }

    @Test func ourOwnDocumentsAreNormalisedAndChecked() throws {
        let loose =
            "{\"schema_version\":1,\"id\":\"x\",\"title\":\" A  title\",\"body\":[\"a\\tb\",\" \",\"cafe\u{301}\"]}"
        let speech = try #require(try FormatRegistry().speeches(in: Array(loose.utf8), from: SourceContext()).first)
        #expect(speech.title == "A title")
        #expect(speech.body == ["a b", "café"])
        for (document, place) in [
            ("{\"schema_version\":2,\"id\":\"x\",\"body\":[]}", "schema_version"),
            ("{\"schema_version\":1,\"body\":[]}", "id is missing"),
            ("{\"schema_version\":1,\"id\":\"x\",\"body\":[\"a\"],\"revision\":\"sha256:0\"}", "revision"),
        ] {
            let error = try #require(refusal(of: Array(document.utf8)))
            #expect(error.code == .invalid)
            #expect(error.reason.contains(place))
        }
    }

    /// A format that holds many speeches: one refused part does not end the rest.
    @Test func partsComeOneByOne() throws {
        struct Lines: SpeechFormat {
            var name: FormatName { FormatName("lines") }
            var fileExtensions: Set<String> { ["lines"] }
            func detects(_ sample: FormatSample) -> Bool { true }
            func read(_ bytes: [UInt8], from context: SourceContext) throws(FormatError) -> SpeechReader {
                var rest = bytes.split(separator: UInt8(ascii: "\n"))[...]
                return SpeechReader {
                    rest.popFirst().map { line in
                        line.count > 1
                            ? .failure(FormatError(.invalid, "too long", cure: "shorten it"))
                            : .success(Speech(id: SpeechID(String(decoding: line, as: UTF8.self)), body: ["x"]))
                    }
                }
            }
        }
        let registry = FormatRegistry(formats: [Lines()])
        let results = Array(try registry.reader(of: Array("a\nbb\nc".utf8), from: SourceContext(file: "f")))
        #expect(results.map { try? $0.get().id.rawValue } == ["a", nil, "c"])
        let error = #expect(throws: FormatError.self) { try results[1].get() }
        #expect(error?.file == "f")
    }
}
