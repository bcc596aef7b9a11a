import Foundation
import Testing

/// `rostrum classify --output html`, read by another language's parser.
@Suite struct SpeechPageTests {
    /// Titles and paragraphs that would be markup if they could.
    static let hostile = [
        "</title><script>alert(1)</script> cyber crime", "<img src=x onerror=alert(1)> & modern slavery",
        "\"><svg/onload=alert(1)> drug trafficking ' onclick='x",
        "human trafficking &lt;b&gt; &amp; 🙂 e\u{301} cyber crime <!-- corruption -->",
    ]

    private static let reader = #"""
        import html.parser, json, sys
        class Page(html.parser.HTMLParser):
            def __init__(self):
                super().__init__(convert_charrefs=True)
                self.tags, self.attributes, self.texts, self.marks, self.depth = set(), [], [], [], []
            def handle_starttag(self, tag, attributes):
                self.tags.add(tag)
                self.attributes += [(tag, name, value) for name, value in attributes]
                if tag == "p": self.texts.append("")
                if tag == "mark": self.marks.append("")
                if tag not in ("meta", "br"): self.depth.append(tag)
            def handle_endtag(self, tag):
                assert self.depth.pop() == tag, tag
            def handle_data(self, data):
                if "p" in self.depth and "sub" not in self.depth: self.texts[-1] += data
                if "mark" in self.depth: self.marks[-1] += data
        page = Page()
        page.feed(open(sys.argv[1], encoding="utf-8").read())
        page.close()
        assert page.depth == [], page.depth
        print(json.dumps({"tags": sorted(page.tags), "attributes": page.attributes, "texts": page.texts, "marks": page.marks}))
        """#

    private func read(_ html: String) throws -> [String: Any] {
        let folder = try TemporaryFolder()
        let path = try folder.write(html, to: "page.html")
        let ended = try run("python3", ["-c", Self.reader, path])
        try #require(ended.code == 0, "\(ended.errors)")
        return try #require(try objects(ended.output).first)
    }

    @Test func nothingOfADocumentBecomesMarkup() throws {
        let document: [String: Any] = [
            "schema_version": 1, "id": "<b>id</b>", "title": Self.hostile[0], "body": Array(Self.hostile.dropFirst()),
            "speaker": ["name": "<i>Name</i>", "role": "\"Role\""], "language": "en",
        ]
        let folder = try TemporaryFolder()
        let path = try folder.write(JSONSerialization.data(withJSONObject: document), to: "x.json")
        let ended = try run("rostrum", ["classify", "--output", "html", path])
        #expect(ended.code == 0, "\(ended.errors)")
        let page = try read(ended.output)
        #expect(
            Set(try #require(page["tags"] as? [String])).isSubset(of: [
                "html", "head", "meta", "title", "style", "body", "main", "article", "h1", "p", "strong", "table",
                "thead",
                "tbody", "tr", "th", "td", "a", "mark", "sub",
            ]))
        let attributes = try #require(page["attributes"] as? [[String?]])
        #expect(!attributes.contains { $0[1]?.hasPrefix("on") == true || $0[1] == "src" })
        #expect(attributes.filter { $0[1] == "href" }.allSatisfy { $0[2]?.hasPrefix("#s1m") == true })
        let texts = try #require(page["texts"] as? [String])
        for text in Self.hostile { #expect(texts.contains(text), "\(text) is not in \(texts)") }
    }

    @Test func evidenceIsMarkedWordForWord() throws {
        let html = try run("rostrum", ["classify", "--output", "html", ClassifyCommandTests.seed])
        let events = try objects(run("rostrum", ["classify", "--output", "ndjson", ClassifyCommandTests.seed]).output)
        let page = try read(html.output)
        let marks = try #require(page["marks"] as? [String]).joined(separator: "|")
        #expect(marks.contains("digital evidence"))
        let links = try #require(page["attributes"] as? [[String?]]).filter { $0[1] == "href" }.count
        let topics = try #require(events.first?["topics"] as? [[String: Any]])
        #expect(links == topics.reduce(0) { $0 + (($1["evidence"] as? [Any])?.count ?? 0) })
    }

    @Test func thePageStandsAloneAndFitsAPhone() throws {
        let html = try run("rostrum", ["classify", "--output", "html", ClassifyCommandTests.seed]).output
        #expect(html.contains("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"))
        #expect(html.contains("default-src 'none'"))
        #expect(html.contains("prefers-color-scheme: dark"))
        #expect(!html.contains("<script") && !html.contains("<link") && !html.contains("url("))
    }
}
