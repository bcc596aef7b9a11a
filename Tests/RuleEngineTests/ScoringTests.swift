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

    /// D = core + shared (½ below 300 words) − other; enough is 6% of the words, or 12 words if these are 2%; score x / (x + 1).
    @Test func crimePolicyIsThePublishedRule() {
        func verdict(_ words: Int, core: Int = 0, shared: Int = 0, other: Int = 0) -> CrimePolicy {
            Scoring.crimePolicy(
                Scoring.DocumentCounts(words: words, coreWords: core, sharedWords: shared, otherWords: other))
        }
        #expect(verdict(100, core: 6) == CrimePolicy(value: true, score: Score(thousandths: 500)))
        #expect(!verdict(100, core: 5).value)
        #expect(verdict(100, core: 5, shared: 2).value)
        #expect(!verdict(100, core: 5, shared: 1).value)
        #expect(!verdict(100, core: 6, other: 1).value)
        #expect(verdict(100, shared: 12).value)
        #expect(!verdict(200, shared: 23).value)
        #expect(verdict(200, shared: 24).value)
        #expect(!verdict(299, shared: 23).value)
        #expect(verdict(300, shared: 12).value)
        #expect(!verdict(300, shared: 12, other: 1).value)
        #expect(!verdict(600, core: 11).value)
        #expect(verdict(600, core: 12) == CrimePolicy(value: true, score: Score(thousandths: 500)))
        #expect(!verdict(601, core: 12).value)
        #expect(verdict(1_000, core: 20).value)
        #expect(verdict(10, core: 10).score.thousandths == 943)
        #expect(verdict(100, core: 3, other: 9) == CrimePolicy(value: false, score: Score(thousandths: 0)))
        #expect(verdict(0) == CrimePolicy(value: false, score: Score(thousandths: 0)))
    }

    @Test func moreCoreEvidenceNeverLowersTheVerdict() {
        let seed = SeededGenerator.seed()
        var random = SeededGenerator(seed: seed)
        for _ in 0..<2_000 {
            let words = Int.random(in: 1...2_000, using: &random)
            var counts = Scoring.DocumentCounts(words: words)
            counts.coreWords = Int.random(in: 0...words, using: &random)
            counts.sharedWords = Int.random(in: 0...(words - counts.coreWords), using: &random)
            counts.otherWords = Int.random(in: 0...(words - counts.coreWords - counts.sharedWords), using: &random)
            let before = Scoring.crimePolicy(counts).score
            var more = counts
            if more.sharedWords > 0 {
                more.sharedWords -= 1
                more.coreWords += 1
            } else if more.otherWords > 0 {
                more.otherWords -= 1
                more.sharedWords += 1
            }
            #expect(Scoring.crimePolicy(more).score >= before, "seed \(seed): \(counts)")
        }
    }
}
