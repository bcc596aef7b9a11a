import RuleEngine
import RuleLanguage
import Speeches
import TestSupport
import Testing

/// Sentences as a minister would say them, each with a topic that any reader sees in it.
///
/// They hold the vocabulary together while rules are made more precise: a rule file's own examples show what its author
/// thought of, these what people say.
@Suite struct PlainSentenceTests {
    /// A line is a topic, a tab and a sentence.
    private static let lines = Result {
        try Repository.text("Tests/Fixtures/ShippedRules/sentences.tsv").split(separator: "\n").map {
            $0.split(separator: "\t", maxSplits: 1).map(String.init)
        }
    }

    @Test func everySentenceHasItsTopic() throws {
        let classifier = Classifier(try Ruleset.load(folder: Repository.root + "/Config/rules"))
        let lines = try Self.lines.get()
        #expect(lines.count > 600)
        for line in lines {
            try #require(line.count == 2, "a topic, a tab and a sentence: \(line)")
            let event = classifier.classify(Speech(id: SpeechID("sentence"), body: [line[1]], language: "en"))
            let found = event.topics.map(\.id.rawValue)
            #expect(found.contains(line[0]), "\(line[0]) is not among \(found): \(line[1])")
        }
    }

    @Test func everyTopicHasSentences() throws {
        let ruleset = try Ruleset.load(folder: Repository.root + "/Config/rules")
        let topics = Set(try Self.lines.get().map { $0[0] })
        #expect(topics == Set(ruleset.checked.topics.map(\.id.rawValue)))
    }
}
