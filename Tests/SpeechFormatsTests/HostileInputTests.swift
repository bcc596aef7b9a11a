import Foundation
import SpeechFormats
import Speeches
import Testing

/// What is refused, with which code, and that the error shows nothing of the text.
struct HostileInputTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let what: String
        let bytes: [UInt8]
        let code: FormatError.Code
        var line: Int?
        var column: Int?
        var path: String?
        var testDescription: String { what }

        init(
            _ what: String, _ bytes: [UInt8], _ code: FormatError.Code, line: Int? = nil, column: Int? = nil,
            path: String? = nil
        ) {
            (self.what, self.bytes, self.code) = (what, bytes, code)
            (self.line, self.column, self.path) = (line, column, path)
        }
    }

    private static func ascii(_ text: String) -> [UInt8] { Array(text.utf8) }
    private static func latin(_ text: String) -> [UInt8] { text.unicodeScalars.map { UInt8($0.value) } }
    private static func utf16(_ text: String) -> [UInt8] {
        text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    }

    static let texts: [Row] = [
        Row("no bytes", [], .empty),
        Row("white space", ascii(" \n\t\r\n "), .empty),
        Row("only a byte order mark", [0xEF, 0xBB, 0xBF], .empty),
        Row("a header without a body", ascii("Title\nThe speech made by A Secret on 1 May 2022.\n"), .empty),
        Row("every byte there is", (0...255).map { UInt8($0) }, .binary),
        Row("one NUL in text", ascii("A title\nsecret\0 text of a speech"), .binary),
        Row("control characters", ascii("sec\u{1}r\u{2}e\u{3}t\u{4} text"), .binary),
        Row("a PDF", ascii("%PDF-1.7 secret"), .binary),
        Row("an 0xFF", latin("secret\nab\u{FF}c"), .encoding, line: 2, column: 3),
        Row("a lone lead byte", latin("A secret \u{C3}( text"), .encoding, line: 1, column: 10),
        Row("a lone continuation byte", latin("A secret \u{80} text"), .encoding, line: 1, column: 10),
        Row("an overlong form", latin("A secret \u{C0}\u{AF} text"), .encoding),
        Row("a surrogate in UTF-8", latin("A secret \u{ED}\u{A0}\u{80} text"), .encoding),
        Row("half an emoji", latin("A secret \u{F0}\u{9F}\u{98} text"), .encoding),
        Row("bytes undefined in Windows-1252", latin("A secret\u{92}s \u{81} text"), .encoding),
        Row("damaged UTF-8", Array("A café and a secret".utf8) + latin(" caf\u{E9}"), .encoding, line: 1, column: 25),
        Row("a broken text after a mark", [0xEF, 0xBB, 0xBF] + latin("secret caf\u{E9} society"), .encoding),
        Row("Cyrillic in Windows-1251", latin("\u{EF}\u{F0}\u{E8}\u{E2}\u{E5}\u{F2} \u{EC}\u{E8}\u{F0}"), .encoding),
        Row("UTF-16 without a mark", utf16("A title\nThe secret text of a speech."), .encoding),
        Row("UTF-16 cut in the middle", [0xFF, 0xFE] + utf16("A secret").dropLast(), .encoding),
        Row("UTF-16 with half a pair", [0xFF, 0xFE, 0x41, 0x00, 0x00, 0xD8, 0x42, 0x00], .encoding),
        Row("UTF-32", [0xFF, 0xFE, 0, 0, 0x41, 0, 0, 0], .encoding),
        Row("HTML without text", ascii("<!DOCTYPE html><nav>secret</nav>"), .empty),
        Row("XML", ascii("<?xml version='1.0'?><TEI>secret</TEI>"), .unrecognised),
        Row("rich text", ascii("{\\rtf1 secret}"), .unrecognised),
        Row("an empty object", ascii("{}"), .unrecognised),
        Row("another object", ascii("{\"secret\": 1}"), .unrecognised),
        Row("an array", ascii("[1, 2]"), .unrecognised),
        Row("JSON in UTF-16", [0xFF, 0xFE] + utf16("{\"content_id\":\"secret\"}"), .unrecognised),
        Row("five megabytes", ascii("Title\n" + String(repeating: "A secret line.\n", count: 333_334)), .tooLarge),
    ]

    static let items: [Row] = [
        Row("cut off", ascii("{\"content_id\": \"secret\",\n \"base_path\": "), .invalid, line: 2, column: 15),
        Row("a syntax error", ascii("{\"content_id\": \"secret\",\n \"base_path\": /x}"), .invalid, line: 2),
        Row("broken UTF-8", latin("{\"content_id\": \"secret\u{E9}\", \"base_path\": 1}"), .encoding, line: 1),
        Row(
            "deep arrays", ascii("{\"content_id\":1,\"base_path\":" + String(repeating: "[", count: 100_000)), .invalid),
    ]

    @Test(arguments: texts + items)
    func isRefused(_ row: Row) throws {
        let error = try #require(refusal(of: row.bytes))
        #expect(error.code == row.code)
        #expect(error.file == "in")
        if let line = row.line { #expect(error.line == line) }
        if let column = row.column { #expect(error.column == column) }
        if let path = row.path { #expect(error.path == path) }
        #expect(!error.description.localizedCaseInsensitiveContains("secret"))
        #expect(!error.cure.isEmpty)
        #expect(!error.isRetryable)
    }

    static let shapes: [(String, @Sendable () throws -> [UInt8])] = [
        ("schema_name", { try govUKItem(body: "<p>x</p>", changing: ["schema_name": "news_article"]) }),
        ("base_path", { try govUKItem(body: "<p>x</p>", changing: ["base_path": "x"]) }),
        ("content_id", { try govUKItem(body: "<p>x</p>", changing: ["content_id": 3]) }),
        ("title", { try govUKItem(body: "<p>x</p>", changing: ["title": ["secret"]]) }),
        ("details", { try govUKItem(body: "<p>x</p>", changing: ["details": "secret"]) }),
        ("details.body", { try govUKItem(body: "<p>x</p>", details: ["body": 7]) }),
        ("details.delivered_on", { try govUKItem(body: "<p>x</p>", details: ["delivered_on": "secret"]) }),
        ("links.speaker", { try govUKItem(body: "<p>x</p>", changing: ["links": ["speaker": "secret"]]) }),
        ("links.roles[0].title", { try govUKItem(body: "<p>x</p>", changing: ["links": ["roles": [["title": 1]]]]) }),
    ]

    @Test(arguments: shapes.indices)
    func namesTheMember(_ index: Int) throws {
        let (path, item) = Self.shapes[index]
        let error = try #require(refusal(of: try item()))
        #expect(error.code == .invalid)
        #expect(error.path == path)
        #expect(!error.description.contains("secret"))
    }

    @Test func missingMembersAreNamed() throws {
        let error = try #require(refusal(of: Self.ascii("{\"content_id\":\"a\",\"base_path\":\"/x\"}")))
        #expect(error.code == .invalid)
        #expect(error.reason == "the member is missing")
        #expect(error.path != nil)
    }

    @Test(arguments: [
        ("entity declarations", "<!DOCTYPE x [<!ENTITY a \"secret\"><!ENTITY b \"&a;&a;\">]><p>&b;</p>"),
        ("an external entity", "<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><p>&a;</p>"),
        ("a stray declaration", "<p>x</p><!entity a 'secret'><p>&a;</p>"),
        ("100,000 nested tags", String(repeating: "<div>", count: 100_000) + "secret"),
        (
            "nested tags and stray ends",
            String(repeating: "<b>", count: 99_999) + String(repeating: "</i>", count: 99_999)
        ),
    ])
    func hostileHTMLIsRefused(_ what: String, _ html: String) throws {
        let error = try #require(refusal(of: try govUKItem(body: html)))
        #expect(error.code == .invalid)
        #expect(error.path == "details.body")
        #expect(!error.description.contains("secret"))
    }

    @Test func hugeHTMLIsRefusedBeforeItIsParsed() throws {
        let error = try #require(refusal(of: try govUKItem(body: String(repeating: "<i></i>", count: 1_300_000))))
        #expect(error.code == .tooLarge)
        #expect(error.path == "details.body")
    }

    @Test func theSizeLimitIsNamed() throws {
        let registry = FormatRegistry(documentBytesMax: 1_000)
        let bytes = Self.ascii("Title\n" + String(repeating: "a word ", count: 200))
        let error = #expect(throws: FormatError.self) {
            try registry.speeches(in: bytes, from: SourceContext())
        }
        #expect(error?.code == .tooLarge)
        #expect(error?.reason.contains("1000 are allowed") == true)
    }
}
