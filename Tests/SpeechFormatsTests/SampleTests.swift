import Foundation
import SpeechFormats
import Speeches
import TestSupport
import Testing

/// Every shipped sample and every odd text, against goldens and against an independent reading of the JSON.
struct SampleTests {
    @Test(arguments: Fixtures.files(in: Fixtures.samples) + Fixtures.files(in: Fixtures.texts))
    func golden(_ file: URL) throws {
        let name = file.deletingPathExtension().lastPathComponent
        let line = try Fixtures.speech(file).json + [UInt8(ascii: "\n")]
        try goldenMatches(line, "Formats/golden/\(name).document.json")
    }

    @Test func nothingIsMissing() {
        #expect(Fixtures.files(in: Fixtures.samples).count == 14)
        #expect(Fixtures.files(in: Fixtures.texts).count >= 15)
    }

    @Test(arguments: Fixtures.files(in: Fixtures.samples).filter { $0.pathExtension == "json" })
    func fieldsAreTheJSONs(_ file: URL) throws {
        let speech = try Fixtures.speech(file)
        let json = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any]
        let item = try #require(json)
        let details = try #require(item["details"] as? [String: Any])
        let links = try #require(item["links"] as? [String: Any])
        let link = (links["speaker"] as? [[String: Any]])?.first
        let roles = (links["roles"] as? [[String: Any]]) ?? []
        let path = try #require(item["base_path"] as? String)

        #expect(speech.title == item["title"] as? String)
        #expect(speech.summary == (item["description"] as? String)?.trimmingCharacters(in: .whitespaces))
        #expect(speech.speaker?.name == (link?["title"] ?? details["speaker_without_profile"]) as? String)
        #expect(speech.speaker?.id == link?["content_id"] as? String)
        #expect(speech.speaker?.role == roles.first?["title"] as? String)
        #expect(speech.id == SpeechID("https://www.gov.uk" + path))
        #expect(speech.language == item["locale"] as? String)
        #expect(speech.location == details["location"] as? String)
        let delivered = try #require(details["delivered_on"] as? String)
        let isMidnight = delivered.contains("T00:00:00")
        #expect(speech.deliveredOn?.text == (isMidnight ? String(delivered.prefix(10)) : delivered))
        let notice = item["withdrawn_notice"] as? [String: Any]
        #expect(speech.attributes["withdrawn_at"] == notice?["withdrawn_at"] as? String)
    }

    /// Tags removed by a regular expression, white space left out: not a character is lost, doubled or moved.
    @Test(arguments: Fixtures.files(in: Fixtures.samples).filter { $0.pathExtension == "json" })
    func bodyIsTheHTMLsText(_ file: URL) throws {
        let item = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any]
        let html = try #require((item?["details"] as? [String: Any])?["body"] as? String)
        let plain = html.replacing(/<[^>]*>/, with: "")
            .replacing("&amp;", with: "&").replacing("&nbsp;", with: " ").replacing("&lt;", with: "<")
        let speech = try Fixtures.speech(file)
        #expect(speech.body.joined().filter { !$0.isWhitespace } == plain.filter { !$0.isWhitespace })
        let blocks = html.matches(of: /<\/(p|h2|h3|li|td|th)>/).count
        let empty = html.matches(of: /<(td|th|p|li)[^>]*>\s*<\/(td|th|p|li)>/).count
        #expect(speech.body.count == blocks - empty)
    }

    @Test func theSeedKeepsItsBylineOutOfTheText() throws {
        let speech = try Fixtures.speech(
            Fixtures.samples.appending(path: "malthouse-2022-un-crime-commission.txt"))
        #expect(
            speech.title
                == "Kit Malthouse – 2022 Speech at the United Nations Commission on Crime Prevention and Criminal Justice"
        )
        #expect(speech.speaker == Speaker(name: "Kit Malthouse", role: "Minister for Crime and Policing"))
        #expect(speech.deliveredOn?.text == "2022-05-17")
        #expect(speech.body.count == 13)
        #expect(speech.body.first?.hasPrefix("The United Kingdom welcomes the Thirty-First") == true)
        #expect(!speech.canonicalText.contains("Policing"))
        #expect(speech.language == "en")
    }

    @Test(arguments: Fixtures.files(in: Fixtures.samples) + Fixtures.files(in: Fixtures.texts))
    func noParagraphIsEmptyOrMarkup(_ file: URL) throws {
        for paragraph in try Fixtures.speech(file).body {
            #expect(!paragraph.isEmpty)
            #expect(paragraph == TextNormalisation.line(paragraph))
            #expect(paragraph.firstMatch(of: /<\/?(p|div|a|abbr|h[1-6]|ul|li|td|blockquote)[ >\/]/) == nil)
            #expect(paragraph.firstMatch(of: /&(amp|nbsp|#\d+);/) == nil)
        }
    }

    /// The canonical text read again as plain text gives the same paragraphs, and the wire form the same document.
    @Test(arguments: Fixtures.files(in: Fixtures.samples) + Fixtures.files(in: Fixtures.texts))
    func roundTrips(_ file: URL) throws {
        let speech = try Fixtures.speech(file)
        let again = try FormatRegistry().speeches(in: speech.json, from: SourceContext())
        #expect(again == [speech])
        #expect(again.first?.json == speech.json)
        #expect(TextNormalisation.paragraphs(speech.body.joined(separator: "\n\n")) == speech.body)
    }

    @Test func sameTextInThreeEncodingsHasOneID() throws {
        let names = ["utf-8-mark", "utf-16le", "utf-16be"]
        let speeches = try names.map { try Fixtures.speech(Fixtures.texts.appending(path: "\($0).txt")) }
        #expect(Set(speeches.map(\.id)).count == 1)
        #expect(speeches.map { $0.attributes["encoding"] } == [nil, "utf-16le", "utf-16be"])
        #expect(speeches[0].id.rawValue.wholeMatch(of: /text:[0-9a-f]{32}/) != nil)
    }
}
