@testable import RuleEngine
import RuleLanguage
import Speeches
import TestSupport
import Testing

/// Hostile texts and rules: the work is bounded by caps that can be counted, and nothing crashes. The time limits only
/// end a test that would hang.
@Suite(.serialized) struct BoundedWorkTests {
    private func speech(_ text: String, title: String? = nil) -> Speech {
        Speech(id: SpeechID("hostile"), title: title, body: [text], language: "en")
    }

    private func ruleset(_ find: [String], options: ClassifierOptions = ClassifierOptions()) throws -> Ruleset {
        let lines = find.map { "      \($0)\n" }.joined()
        return try TestRuleset.compile(
            topics: [
                "topic: t\nlabel: T\ndescription: A topic.\nrules:\n  - id: t.r\n    weight: 3\n    find: |\n\(lines)"
            ],
            options: options)
    }

    /// So many different words of four letters.
    private static func names(_ count: Int) -> [String] {
        (0..<count).map { number in
            String([1, 10, 100, 1_000].map { Array("abcdefghij")[number / $0 % 10] })
        }
    }

    private static func manyTimes(_ word: String, _ separator: String) -> String {
        Array(repeating: word, count: 4_000).joined(separator: separator)
    }

    /// A megabyte of one word.
    static let oneWord = String(repeating: "aaaa ", count: 200_000)
    /// A hundred thousand phrases that overlap: each word begins ten of them.
    static let overlapping = String(repeating: "aaaa ", count: 10_000)

    @Test(
        .timeLimit(.minutes(5)),
        arguments: [
            "aaaa", "aaaa NEAR/50 aaaa", "aaaa BEFORE/50 aaaa", "aaaa AND aaaa", "COUNT>=1000 (aaaa)",
            "ATLEAST 2 (aaaa, aaaa aaaa, aaaa aaaa aaaa)", "document: (aaaa AND aaaa)", "aaaa AND NOT aaaa",
            "(document: (aaaa AND aaaa aaaa)) NEAR/50 aaaa", "aa*", "aaaa [aaaa] [aaaa] [aaaa] [aaaa]",
            "(aaaa NEAR/50 aaaa) NEAR/50 (aaaa NEAR/50 aaaa)", "/a+/ NEAR/9 aaaa",
            "aaaa INSIDE (aaaa NEAR/50 aaaa)", "aaaa NOT INSIDE (aaaa aaaa)", "(aaaa NEAR/50 aaaa) CONTAINS aaaa",
            "document: COUNT>=900/1000 (aaaa)", "aaaa AFTER/50 aaaa",
        ])
    func oneWordAMegabyteLong(_ query: String) throws {
        let classifier = Classifier(try ruleset([query]))
        let event = classifier.classify(speech(Self.oneWord))
        #expect(event.topics.allSatisfy { $0.evidenceCount <= 20_000 && $0.evidence.count <= 20 })
        #expect(event.json.count <= 512 * 1024)
        #expect(event.document.words == 200_000)
    }

    /// Whoever reads the event learns that a limit was reached: of matches, of occurrences, of work, of steps; and nobody
    /// is told so of a text that is read to its end.
    @Test(
        .timeLimit(.minutes(5)),
        arguments: [
            ("aaaa", oneWord, true), ("aaaa", overlapping, false), ("bbbb", oneWord, false),
            ("aaaa | aaaa aaaa", String(repeating: "aaaa ", count: 150_000), true),
            ("document: ATLEAST 2 (\(manyTimes("aaaa", ", ")))", overlapping, true),
            ((1...90).map { "/(a|aa|a.a){1,9}b{\($0)}/" }.joined(separator: " | "), overlapping, true),
            ("/aaaa b/", "aaaa bbbb", false),
        ])
    func anEventSaysThatALimitWasReached(_ query: String, _ text: String, _ isReached: Bool) throws {
        let ruleset = try ruleset([query], options: ClassifierOptions(maximumEventBytes: 1 << 24))
        let event = Classifier(ruleset).classify(speech(text))
        #expect(event.truncated == isReached)
        let joint = JointClassifier(JointRulesets([ruleset, ruleset])).classify(speech(text))
        #expect(joint.map(\.json) == [event.json, event.json])
    }

    @Test(.timeLimit(.minutes(5))) func aHundredThousandOverlappingMatches() throws {
        let phrases = (1...10).map { Array(repeating: "aaaa", count: $0).joined(separator: " ") }
        let event = Classifier(try ruleset(phrases)).classify(speech(Self.overlapping))
        let topic = try #require(event.topics.first)
        #expect((1...20_000).contains(topic.evidenceCount))
    }

    /// Thousands of rules that look for the one word of the document, and as many exclusions around it: neither finds
    /// nor spans are kept for each of them.
    @Test(.timeLimit(.minutes(5))) func thousandsOfRulesAndFiltersForOneWord() throws {
        let rules = (0..<3_000).map { "  - {id: t.r\($0), weight: 3, find: aaaa}\n" }.joined()
        let filters = (0..<2_000).map { "  - {id: f\($0), applies_to: all, not_inside: bbbb aaaa\($0)}\n" }.joined()
        let close = (0..<100).map { "  - {id: g\($0), applies_to: all, not_inside: \"aaaa [aaaa\($0)] cccc\"}\n" }
            .joined()
        let topic = "topic: t\nlabel: T\ndescription: A topic.\nrules:\n" + rules
        let classifier = Classifier(
            try TestRuleset.compile(topics: [
                topic, "filters:\n" + filters + close + "  - {id: h, applies_to: all, not_inside: aaaa cccc}\n",
            ]))
        let text = speech(Self.oneWord + "aaaa cccc")
        let found = try #require(classifier.classify(text).topics.first)
        #expect(found.evidenceCount <= ConditionEvaluator.maximumWork)
        let explained = try #require(classifier.explain(text).topics.first)
        #expect(explained.stands)
        #expect(explained.score == Double(found.score.thousandths) / 1_000)
    }

    /// The one word of the document asked for thousands of times in one query.
    @Test(.timeLimit(.minutes(5))) func oneWordAskedForThousandsOfTimes() throws {
        let many = Array(repeating: "aaaa", count: 4_000).joined(separator: ", ")
        let event = Classifier(try ruleset(["aaaa", "document: ATLEAST 2 (\(many))"])).classify(speech(Self.oneWord))
        #expect(try (1...20_000).contains(#require(event.topics.first).evidenceCount))
    }

    /// Many regular expressions that each need many steps share them.
    @Test(.timeLimit(.minutes(5))) func manyRegularExpressions() throws {
        let find = (0..<90).map { "/(a|aa|a.a){1,9}b{\($0 + 1)}/" }
        let event = Classifier(try ruleset(["aaaa"] + find)).classify(speech(Self.overlapping))
        #expect(event.topics.map(\.evidenceCount) == [10_000])
    }

    /// Each word is found by a longer find of another topic that wins over it.
    @Test(.timeLimit(.minutes(5))) func everythingIsOutranked() throws {
        func topic(_ id: String, _ find: String, _ more: String = "") -> String {
            "topic: \(id)\nlabel: \(id)\ndescription: D.\nrules:\n  - {id: \(id).r, weight: 3, find: \(find)\(more)}\n"
        }
        let ruleset = try TestRuleset.compile(
            topics: [topic("a", "aaaa aaaa aaaa", ", wins_over: all"), topic("b", "aaaa aaaa")])
        let event = Classifier(ruleset).classify(speech(Self.overlapping))
        #expect(event.topics.map(\.id.rawValue) == ["a"])
    }

    /// Thousands of words of a list counted in a document that is full of all of them: neither time nor the number of
    /// spans is their product.
    @Test(.timeLimit(.minutes(5))) func aHugeListIsCounted() throws {
        let words = Self.names(4_000).map { "w\($0)" }
        let topic = """
            topic: t
            label: T
            description: A topic.
            lists:
              words: |
                \(words.joined(separator: " | "))
            rules:
              - {id: t.r, weight: 3, find: "document: ATLEAST 2 ($words)"}
            """
        let text = (0..<150_000).map { words[$0 * 7 % words.count] }.joined(separator: " ")
        let event = Classifier(try TestRuleset.compile(topics: [topic])).classify(speech(text))
        #expect(try (1...20_000).contains(#require(event.topics.first).evidenceCount))
        #expect(event.json.count <= 512 * 1024)
    }

    /// A thousand alternatives near a thousand others, on a text that is full of both.
    @Test(.timeLimit(.minutes(5))) func aThousandNearAThousand() throws {
        let names = Self.names(2_000)
        let left = names[..<1_000].map { "x\($0)" }.joined(separator: " | ")
        let right = names[1_000...].map { "y\($0)" }.joined(separator: " | ")
        let classifier = Classifier(try ruleset(["(\(left)) NEAR/50 (\(right))"]))
        var random = SeededGenerator(seed: 1)
        let text = (0..<100_000).map { _ in
            let number = Int.random(in: 0..<2_000, using: &random)
            return (number < 1_000 ? "x" : "y") + names[number]
        }.joined(separator: " ")
        let topic = try #require(classifier.classify(speech(text)).topics.first)
        #expect((1...20_000).contains(topic.evidenceCount))
    }

    /// Explaining such texts is bounded too.
    @Test(
        .timeLimit(.minutes(5)),
        arguments: ["aaaa BEFORE/1 bbbb", "COUNT>=1000 (bbbb)", "aaaa AND NOT aaaa", "title: aaaa"])
    func explanationsAreBounded(_ query: String) throws {
        let explanation = Classifier(try ruleset([query])).explain(speech(Self.oneWord + "bbbb " + Self.overlapping))
        let rule = try #require(explanation.topics.first?.rules.first)
        #expect(rule.reasons.count <= 3)
        #expect(rule.reasons.allSatisfy { $0.count < 1_000 })
    }

    @Test(.timeLimit(.minutes(5))) func deepNestingAndManyParts() throws {
        let deep = String(repeating: "(", count: 31) + "aaaa" + String(repeating: ")", count: 31)
        let chain = (0..<31).map { _ in "aaaa" }.joined(separator: " NEAR/2 ")
        let others = (0..<900).map { "aaaa b\($0)" }.joined(separator: ", ")
        let many = "ATLEAST 100 (\(others), \((0..<100).map { _ in "aaaa" }.joined(separator: ", ")))"
        for query in [deep, chain, many] {
            let event = Classifier(try ruleset([query])).classify(speech(Self.overlapping))
            #expect(event.json.count <= 512 * 1024)
        }
    }
}
