import Speeches
import TestSupport
import Testing
@testable import RuleEngine

@Suite struct ScoringTests {
    private func counts(
        _ rules: [(Int, Int)], title: Bool = false, lede: Bool = false, sentences: Int? = nil, paragraphs: Int = 1,
        fewest: Int = 1
    ) -> Scoring.Counts {
        Scoring.Counts(
            rules: rules.map { (weight: $0.0, sentences: $0.1) }, sentences: sentences ?? rules.map(\.1).max() ?? 0,
            paragraphs: paragraphs, isInTitle: title, isInLede: lede, fewestTopicsInSentence: fewest)
    }

    /// P = sum of weight × (1 + ½ min(n − 1, 2)), + 2 in the title; score = P / (P + 2).
    @Test func scoreIsThePublishedFormula() {
        #expect(Scoring.score(counts([(2, 1)])).thousandths == 500)
        #expect(Scoring.score(counts([(3, 1)])).thousandths == 600)
        #expect(Scoring.score(counts([(3, 2)])).thousandths == 692)
        #expect(Scoring.score(counts([(3, 3)])).thousandths == 750)
        #expect(Scoring.score(counts([(3, 9)])).thousandths == 750)
        #expect(Scoring.score(counts([(3, 1)], title: true)).thousandths == 714)
        #expect(Scoring.score(counts([(1, 1), (1, 1)])).thousandths == 500)
        #expect(!Scoring.stands(counts([(1, 2)])))
        #expect(!Scoring.stands(counts([])))
        #expect(Scoring.stands(counts([(2, 1)])))
    }

    @Test func moreEvidenceNeverLowersAScore() {
        let seed = SeededGenerator.seed()
        var random = SeededGenerator(seed: seed)
        for _ in 0..<2_000 {
            var rules = (0..<Int.random(in: 0...5, using: &random)).map { _ in
                (Int.random(in: 1...3, using: &random), Int.random(in: 1...6, using: &random))
            }
            let title = Bool.random(using: &random)
            let before = Scoring.score(counts(rules, title: title))
            switch Int.random(in: 0..<3, using: &random) {
            case 0: rules.append((Int.random(in: 1...3, using: &random), 1))
            case 1 where !rules.isEmpty: rules[0].1 += 1
            default: #expect(Scoring.score(counts(rules, title: true)) >= before, "seed \(seed)")
            }
            #expect(Scoring.score(counts(rules, title: title)) >= before, "seed \(seed): \(rules)")
        }
    }

    @Test func prominenceIsThePublishedRule() {
        func prominence(_ counts: Scoring.Counts, of sentences: Int) -> Prominence {
            Scoring.prominence(counts, sentences: sentences)
        }
        #expect(prominence(counts([(3, 3)]), of: 24) == .focus)
        #expect(prominence(counts([(3, 3)]), of: 25) == .substantive)
        #expect(prominence(counts([(3, 12)], paragraphs: 3), of: 1_000) == .focus)
        #expect(prominence(counts([(3, 12)], paragraphs: 2), of: 1_000) == .substantive)
        #expect(prominence(counts([(3, 2)], title: true), of: 100) == .focus)
        #expect(prominence(counts([(3, 2)], lede: true), of: 100) == .focus)
        #expect(prominence(counts([(3, 1)], title: true), of: 100) == .substantive)
        #expect(prominence(counts([(3, 1)], fewest: 3), of: 100) == .substantive)
        #expect(prominence(counts([(3, 1)], fewest: 4), of: 100) == .mention)
        #expect(prominence(counts([(3, 1)], fewest: 3), of: 3) == .focus)
        #expect(prominence(counts([(3, 1)], fewest: 4), of: 3) == .mention)
    }

    /// x = share of sentences with core evidence, + 0.10 in the title, + 0.05 in the lede; true from 0.10.
    @Test func crimePolicyIsThePublishedRule() {
        func verdict(_ core: Int, of sentences: Int, title: Bool = false, lede: Bool = false) -> CrimePolicy {
            Scoring.crimePolicy(coreSentences: core, sentences: sentences, isInTitle: title, isInLede: lede)
        }
        #expect(verdict(1, of: 10) == CrimePolicy(value: true, score: Score(thousandths: 500)))
        #expect(verdict(1, of: 11).value == false)
        #expect(verdict(1, of: 100, title: true).value)
        #expect(!verdict(1, of: 100, lede: true).value)
        #expect(verdict(5, of: 100, lede: true) == CrimePolicy(value: true, score: Score(thousandths: 500)))
        #expect(verdict(0, of: 100) == CrimePolicy(value: false, score: Score(thousandths: 0)))
        #expect(verdict(3, of: 3).score.thousandths == 909)
        #expect(verdict(0, of: 0).value == false)
    }
}
