import RuleEngine
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
        ])
    func oneWordAMegabyteLong(_ query: String) throws {
        let classifier = Classifier(try ruleset([query]))
        let event = classifier.classify(speech(Self.oneWord))
        #expect(event.topics.allSatisfy { $0.evidenceCount <= 20_000 && $0.evidence.count <= 20 })
        #expect(event.json.count <= 512 * 1024)
        #expect(event.document.words == 200_000)
    }

    @Test(.timeLimit(.minutes(5))) func aHundredThousandOverlappingMatches() throws {
        let phrases = (1...10).map { Array(repeating: "aaaa", count: $0).joined(separator: " ") }
        let event = Classifier(try ruleset(phrases)).classify(speech(Self.overlapping))
        let topic = try #require(event.topics.first)
        #expect((1...20_000).contains(topic.evidenceCount))
    }

    /// A thousand alternatives near a thousand others, on a text that is full of both.
    @Test(.timeLimit(.minutes(5))) func aThousandNearAThousand() throws {
        let names = (0..<2_000).map { number in
            String(
                (0..<4).map { "abcdefghij"[String.Index(utf16Offset: number / [1, 10, 100, 1_000][$0] % 10, in: "")] })
        }
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
