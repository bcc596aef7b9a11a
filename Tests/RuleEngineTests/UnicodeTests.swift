import Foundation
import RuleEngine
import RuleLanguage
import Speeches
import TestSupport
import Testing

/// Every operator on texts that Unicode makes hard: what it finds in the plain text it finds in the disturbed one, and
/// Python, slicing the text by the event's offsets, gets the words that the event quotes.
@Suite struct UnicodeTests {
    /// One operator family: a query, a text, and whether letters inside its words may be changed.
    struct Family: CustomTestStringConvertible, Sendable {
        let query: String
        let text: String
        let isFolded: Bool
        init(_ query: String, _ text: String, isFolded: Bool = true) {
            self.query = query
            self.text = text
            self.isFolded = isFolded
        }
        var testDescription: String { query }
    }

    static let families = [
        Family("fiscal offence", "The fiscal offences of officials."),
        Family("\"officials\"", "Fiscal officials, an official."),
        Family("=NCA", "The NCA fights fiscal crime.", isFolded: false),
        Family("traffick*", "Traffickers and trafficking in fish."),
        Family("of?icial*", "Officials of the office."),
        Family("cyber~crime", "Cyber crime, cybercrime, cyber-crime."),
        Family("modern [day] slavery", "Modern slavery, modern day slavery."),
        Family("(drug | fish) traffick*", "Fish trafficking and drug traffickers."),
        Family("$people smuggl*", "Children smuggled, women smuggling."),
        Family("fish NEAR/4 officials", "The officials sold five fish."),
        Family("fish BEFORE/4 officials", "Fish for the officials."),
        Family("officials AFTER/4 fish", "Fish for the officials."),
        Family("fish AND officials", "Fish rose. The officials knew."),
        Family("fish AND NOT meat", "Fish rose."),
        Family("ATLEAST 2 (fish, officials, meat)", "Fish and officials."),
        Family("ATLEAST 2 ($people)", "Women and children."),
        Family("COUNT>=2 (fish)", "Fish and more fish."),
        Family("document: COUNT>=100/1000 (fish)", "Fish and more fish."),
        Family("fish INSIDE fish officials", "The fish officials eat fish."),
        Family("fish NOT INSIDE fish officials", "The fish officials eat fish."),
        Family("(fish NEAR/5 rise) CONTAINS officials", "Fish officials rise."),
        Family("sentence: (fish AND officials)", "The officials eat fish."),
        Family("paragraph: (fish AND officials)", "The officials eat. Fish rose."),
        Family("document: (fish AND officials)", "The officials eat. Fish rose."),
        Family("title: fiscal", "Nothing."),
        Family("lede: fish", "Fish rose. Officials left."),
        Family("rule:other.fish", "Fish rose."),
        Family("rule:other.*", "Fish rose."),
        Family("topic:other NEAR/3 officials", "Fish officials."),
        Family("/section \\d+/", "Section 12 on fish.", isFolded: false),
    ]

    /// What may stand around words, and what may be done to their letters and to the spaces between, without changing
    /// what the words are.
    private static let surroundings: [@Sendable (String) -> String] = [
        { $0 }, { "\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467} \($0) \u{1F600}" },
        { "\u{201C}\($0)\u{201D} \u{2014} she said" }, { "Ka\u{308}lte e\u{301}te\u{301}, \($0)" },
        { "\u{4E2D}\u{6587}, \($0)" }, { "\u{5E9}\u{5DC}\u{5D5}\u{5DD} \u{200F}\($0)" }, { "𝔘𝔫𝔦 \($0) 𝒳" },
    ]
    private static let letters: [@Sendable (String) -> String] = [
        { $0 }, { $0.replacing(" ", with: "\u{A0}") },
        { $0.replacing("ffi", with: "\u{FB03}").replacing("fi", with: "\u{FB01}") },
        { $0.replacing("f", with: "f\u{AD}") }, { $0.replacing("i", with: "\u{131}").replacing("I", with: "\u{130}") },
        { $0.replacing("e", with: "\u{E9}").replacing("o", with: "\u{F6}") },
        { $0.replacing("e", with: "e\u{301}").replacing("s", with: "s\u{323}\u{307}") },
        { $0.uppercased() }, { $0.replacing("s", with: "s\u{200B}") },
    ]

    private static let other =
        "topic: other\nlabel: O\ndescription: D.\nrules:\n  - {id: other.fish, weight: 3, find: fish, when: {language: en}}\n"

    @Test(arguments: families)
    func offsetsAreThoseOfAnotherLanguage(_ family: Family) throws {
        let topic = """
            topic: t
            label: T
            description: D.
            lists:
              people: |
                women | children
            rules:
              - id: t.r
                weight: 3
                find: |
                  \(family.query)
            """
        let classifier = Classifier(try TestRuleset.compile(topics: [topic, Self.other]))
        let plain = Self.items(classifier.classify(Self.speech(family.text)))
        try #require(!plain.isEmpty, "the plain text shows what the query finds")
        var cases: [[String: Any]] = []
        for surround in Self.surroundings {
            for disturb in family.isFolded ? Self.letters : Array(Self.letters.prefix(1)) {
                let speech = Self.speech(surround(disturb(family.text)), title: surround(disturb("On fiscal policy")))
                cases.append([
                    "text": speech.canonicalText, "items": Self.items(classifier.classify(speech)),
                    "plain": plain.map { $0.map { $0["exact"]! } },
                ])
            }
        }
        let outcome = try Python.run(
            ["-c", Self.script], input: Array(try JSONSerialization.data(withJSONObject: cases)))
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output == "\(cases.count) texts\n", "\(outcome.output)")
    }

    private static func speech(_ text: String, title: String = "On fiscal policy") -> Speech {
        Speech(id: SpeechID("d"), title: title, body: [text], language: "en")
    }

    /// The spans of each item of the topic's evidence.
    private static func items(_ event: ClassifiedSpeech) -> [[[String: Any]]] {
        event.topics.filter { $0.id.rawValue == "t" }.flatMap(\.evidence).map { item in
            item.spans.map { span in
                [
                    "start": span.start, "end": span.end, "exact": span.exact!, "prefix": span.prefix!,
                    "suffix": span.suffix!,
                ]
            }
        }
    }

    /// Strings of Python are sequences of code points, and its Unicode tables are its own.
    private static let script = """
        import json, sys, unicodedata

        def folded(words):
            words = words.replace("\\u0131", "i")
            letters = unicodedata.normalize("NFKD", words).casefold()
            letters = unicodedata.normalize("NFKD", letters)
            return "".join(c for c in letters if unicodedata.category(c) not in ("Mn", "Cf")).replace("\\u0131", "i")

        cases = json.load(sys.stdin)
        for case in cases:
            text = case["text"]
            for item in case["items"]:
                for span in item:
                    start, end = span["start"], span["end"]
                    assert text[start:end] == span["exact"], (text, span)
                    assert text[max(0, start - 32):start] == span["prefix"], (text, span)
                    assert text[end:end + 32] == span["suffix"], (text, span)
                    assert unicodedata.category(text[start])[0] in "LN", (text, span)
                    assert end == len(text) or unicodedata.category(text[end]) != "Mn", (text, span)
            found = [[folded(span["exact"]) for span in item] for item in case["items"]]
            expected = [[folded(words) for words in item] for item in case["plain"]]
            assert found == expected, (text, found, expected)
        print(len(cases), "texts")
        """
}
