import SpeechFormats
import Speeches
import TestSupport
import Testing

/// HTML as govspeak and people write it, read through the format that carries it.
struct HTMLBodyTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let html: String
        let body: [String]
        var testDescription: String { html }

        init(_ html: String, _ body: [String]) { (self.html, self.body) = (html, body) }
    }

    static let rows: [Row] = [
        Row("<div><p>One</p>\n<p>Two</p></div>", ["One", "Two"]),
        Row("loose <p>in</p> tail", ["loose", "in", "tail"]),
        Row("<h2 id='a'>Head</h2><p>Text</p>", ["Head", "Text"]),
        Row("<blockquote><p>Quoted <em>words</em></p><p>more</p></blockquote>", ["Quoted words", "more"]),
        Row("<ul><li>a<ul><li>b</li><li>c</li></ul>d</li><li><p>e</p></li></ul>", ["a", "b", "c", "d", "e"]),
        Row("<table><tr><th>h</th><td>x</td></tr><tr><td></td><td>y</td></tr></table>", ["h", "x", "y"]),
        Row("<dl><dt>t</dt><dd>d</dd></dl>", ["t", "d"]),
        Row("<figure><img alt='no' src='x'><figcaption>c</figcaption></figure>", ["c"]),
        Row("<p>a<b>b</b>c <a href='x'>d</a>, <abbr title='no'>NCA</abbr>.</p>", ["abc d, NCA."]),
        Row("<p>one<br>two<br/><br>three</p>", ["one two", "three"]),
        Row("<p>a &amp; b &lt; c &eacute;&#8217;&#x2019;&nbsp;d</p>", ["a & b < c é’’ d"]),
        Row("<p>&lt;b&gt;not markup&lt;/b&gt;</p>", ["<b>not markup</b>"]),
        Row("<p>a < b and 3 <4</p>", ["a < b and 3 <4"]),
        Row(
            "<p>One<p>Two <b>bold<li>item<blockquote>q<p>deep</div></p> tail",
            [
                "One", "Two bold", "item", "q", "deep", "tail",
            ]),
        Row("<p>a</p><script>alert('no')</script><style>p{}</style><p>b</p>", ["a", "b"]),
        Row("<p>a<!-- no <p>no</p> -->b</p>", ["ab"]),
        Row("<p>x</p><![if !mso]><p>in</p><![endif]>", ["x", "in"]),
        Row("<p>a\u{0}b</p><p>c</p>", ["ab", "c"]),
        Row("<p>\u{a0}</p><p> \n </p><p>only</p>", ["only"]),
        Row("<pre>a\n  b</pre>", ["a b"]),
        Row("<p>الجريمة المنظمة</p>", ["الجريمة المنظمة"]),
        Row(
            "<p>Text<sup><a href='#fn:1' role='doc-noteref'>[footnote 1]</a></sup> more.</p><div class='footnotes'><ol>"
                + "<li id='fn:1'><p>Note. <a href='#r' class='reversefootnote' role='doc-backlink'>↩</a></p></li></ol>"
                + "</div>", ["Text[footnote 1] more.", "Note."]),
        Row(String(repeating: "<div>", count: 400) + "deep", ["deep"]),
    ]

    @Test(arguments: rows)
    func paragraphs(_ row: Row) throws {
        let bytes = try govUKItem(body: row.html)
        let speech = try #require(try FormatRegistry().speeches(in: bytes, from: SourceContext()).first)
        #expect(speech.body == row.body)
    }

    /// Seeded: paragraphs wrapped in random blocks and inline elements come out as they went in.
    @Test(arguments: 1...20)
    func wrappedTextComesOut(_ seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let words = ["crime", "a < b", "“quoted”", "R&D", "it’s", "50%", "naïve", "القانون", "x > y"]
        let inlines = ["b", "i", "em", "span", "a", "abbr", "strong", "sup"]
        let blocks = ["p", "li", "blockquote", "div", "h3", "td", "section", "dd"]
        var expected: [String] = []
        var html = ""
        for _ in 0..<30 {
            let paragraph = (0..<Int.random(in: 1...9, using: &random)).compactMap { _ in
                words.randomElement(using: &random)
            }
            expected.append(paragraph.joined(separator: " "))
            let marked = paragraph.map { word in
                let text = word.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
                let name = inlines.randomElement(using: &random) ?? "b"
                return Bool.random(using: &random) ? "<\(name)>\(text)</\(name)>" : text
            }
            let block = blocks.randomElement(using: &random) ?? "p"
            let outer = Bool.random(using: &random) ? "div" : "section"
            let content = marked.joined(separator: "\n ")
            html +=
                block == "td"
                ? "<table><tr><td>\(content)</td></tr></table>" : "<\(outer)><\(block)>\(content)</\(block)></\(outer)>"
        }
        let speeches = try FormatRegistry().speeches(in: try govUKItem(body: html), from: SourceContext())
        #expect(speeches.first?.body == expected, "seed \(seed)")
    }
}
