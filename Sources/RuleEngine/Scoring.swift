internal import Speeches

/// Score, prominence and the verdict on a whole document: integer arithmetic over counts of sentences.
///
/// The formulas are short on purpose and published in Config/rules/README.md. They are monotone: more evidence never
/// lowers a score, and the length of a document plays no part in a topic's score.
enum Scoring {
    /// What a topic's evidence amounts to.
    struct Counts: Equatable {
        /// Per rule that fired: its weight and the number of distinct sentences it fired in.
        var rules: [(weight: Int, sentences: Int)] = []
        /// Distinct sentences with evidence.
        var sentences = 0
        /// Distinct paragraphs with evidence.
        var paragraphs = 0
        var isInTitle = false
        var isInLede = false
        /// Fewest topics that share one of the evidence sentences, this one included.
        var fewestTopicsInSentence = 1

        static func == (left: Counts, right: Counts) -> Bool {
            left.rules.elementsEqual(right.rules, by: ==) && left.sentences == right.sentences
                && left.paragraphs == right.paragraphs && left.isInTitle == right.isInTitle
                && left.isInLede == right.isInLede && left.fewestTopicsInSentence == right.fewestTopicsInSentence
        }
    }

    /// Twice the points P: the sum over rules of weight × (1 + ½ min(n − 1, 2)), and 2 for the title.
    static func doubledPoints(_ counts: Counts) -> Int {
        counts.rules.reduce(counts.isInTitle ? 4 : 0) { $0 + $1.weight * (2 + min($1.sentences - 1, 2)) }
    }

    /// P / (P + 2).
    static func score(_ counts: Counts) -> Score {
        let points = doubledPoints(counts)
        return Score(points, of: points + 4)
    }

    /// A tag stands at a score of one half.
    static func stands(_ counts: Counts) -> Bool {
        !counts.rules.isEmpty && doubledPoints(counts) >= 4
    }

    /// How much of a document of `sentences` sentences a topic is.
    static func prominence(_ counts: Counts, sentences: Int) -> Prominence {
        let isSelect = counts.fewestTopicsInSentence <= 3
        let isFocus =
            (counts.sentences >= 3 && counts.sentences * 8 >= sentences)
            || (counts.sentences >= 12 && counts.paragraphs >= 3)
            || ((counts.isInTitle || counts.isInLede) && counts.sentences >= 2)
            || (sentences <= 3 && isSelect)
        if isFocus { return .focus }
        return counts.sentences >= 2 || isSelect ? .substantive : .mention
    }

    /// The verdict on a document: x = share of sentences with evidence of a core topic, + 0.10 for a core topic in the
    /// title, + 0.05 in the lede; true from x = 0.10; score x / (x + 0.10).
    static func crimePolicy(coreSentences: Int, sentences: Int, isInTitle: Bool, isInLede: Bool) -> CrimePolicy {
        guard sentences > 0 else { return CrimePolicy(value: false, score: Score(thousandths: 0)) }
        // x in units of 1 / (20 × sentences).
        let x = 20 * coreSentences + (isInTitle ? 2 * sentences : 0) + (isInLede ? sentences : 0)
        let threshold = 2 * sentences
        return CrimePolicy(value: x >= threshold, score: Score(x, of: x + threshold))
    }
}
