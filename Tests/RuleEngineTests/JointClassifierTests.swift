import RuleEngine
import Speeches
import TestSupport
import Testing
import TextMatching

/// Rulesets that share a scan say what each of them says alone.
@Suite struct JointClassifierTests {
    @Test func eachEventIsByteForByteWhatTheRulesetMakesAlone() throws {
        let seed = SeededGenerator.seed()
        var tagged = 0
        for number in 0..<80 {
            var random = RandomRules(seed: seed &+ UInt64(number))
            let rulesets = try (0..<3).map { _ in
                try TestRuleset.compile(topics: random.topics(), manifest: "supporting: [t1]\n")
            }
            let alone = rulesets.map { Classifier($0) }
            let joint = JointClassifier(JointRulesets(rulesets))
            for _ in 0..<8 {
                let speech = random.speech()
                let expected = alone.map { $0.classify(speech) }
                let events = joint.classify(speech)
                tagged += events.reduce(0) { $0 + $1.topics.count }
                #expect(events.map(\.json) == expected.map(\.json), "seed \(seed) + \(number): \(speech)")
            }
        }
        #expect(tagged > 100, "matches are frequent, or the run proves little")
    }

    /// Each ruleset alone stays within the limit of occurrences, both together do not.
    @Test func nothingIsLeftOutThatARulesetAloneWouldFind() throws {
        let words = TextScanner.maximumOccurrences * 3 / 4
        let speech = Speech(
            id: SpeechID("hostile"), body: [String(repeating: "aaaa ", count: words) + "bbbb cccc"], language: "en")
        let rulesets = [
            try TestRuleset.compile(find: "document: (aaaa AND bbbb)"),
            try TestRuleset.compile(find: "COUNT>=2 (aaaa | cccc)"),
        ]
        let events = JointClassifier(JointRulesets(rulesets)).classify(speech)
        #expect(events.map(\.json) == rulesets.map { Classifier($0).classify(speech).json })
        #expect(events.allSatisfy { !$0.topics.isEmpty })
    }

    @Test func noRulesetMakesNoEvent() {
        let speech = Speech(id: SpeechID("d"), body: ["Crime."], language: "en")
        #expect(JointClassifier(JointRulesets([])).classify(speech).isEmpty)
    }
}
