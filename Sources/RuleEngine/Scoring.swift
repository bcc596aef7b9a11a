internal import RuleLanguage
internal import Speeches
internal import TextMatching

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

    /// What the verdict on a whole document is made of: words, each counted once, in evidence before other subjects.
    struct DocumentCounts: Equatable {
        /// Words of the document.
        var words = 0
        /// Words in evidence of core topics.
        var coreWords = 0
        /// Words in evidence of shared topics alone.
        var sharedWords = 0
        /// Words of other policy fields that are no evidence.
        var otherWords = 0
    }

    /// From so many words on, shared words count whole.
    private static let longWords = 300

    /// The verdict on a document: D = core words + shared words (half of them below 300 words) − words of other subjects;
    /// enough is 6% of the words, or 12 words if these are 2% at least. True from D = enough; score x / (x + 1) with
    /// x = D / enough.
    ///
    /// A title or a summary says in few words what it is about, and may name another policy's crime in passing; a long
    /// answer or speech comes back to what it is about, which is why its length matters less and its words more.
    static func crimePolicy(_ counts: DocumentCounts) -> CrimePolicy {
        let sharedWords = counts.words >= longWords ? 2 * counts.sharedWords : counts.sharedWords
        // In hundredths of a word.
        let found = 50 * max(0, 2 * (counts.coreWords - counts.otherWords) + sharedWords)
        let enough = min(6 * counts.words, max(1_200, 2 * counts.words))
        guard enough > 0 else { return CrimePolicy(value: false, score: Score(thousandths: 0)) }
        return CrimePolicy(value: found >= enough, score: Score(found, of: found + enough))
    }
}

extension Scoring.DocumentCounts {
    /// Counts the words of a scanned document.
    /// - Parameter others: where words of other policy fields stand.
    init(_ tags: [Tag], others: [WordSpan], _ document: ScannedDocument, _ ruleset: Ruleset) {
        words = document.words
        var kinds = [Kind](repeating: .none, count: document.words)
        // How many words are of each kind, kept true while words change theirs.
        var counts: (other: Int, shared: Int, core: Int) = (0, 0, 0)
        func add(_ change: Int, to kind: Kind) {
            switch kind {
            case .none: break
            case .other: counts.other += change
            case .shared: counts.shared += change
            case .core: counts.core += change
            }
        }
        func mark(_ span: WordSpan, _ kind: Kind) {
            for word in Int(span.first)...Int(span.last) where kinds[word].rawValue < kind.rawValue {
                add(-1, to: kinds[word])
                kinds[word] = kind
                add(1, to: kind)
            }
        }
        for tag in tags {
            let standing = ruleset.topics[tag.topic].standing
            if standing == .supporting { continue }
            for item in tag.evidence { item.match.forEachSpan { mark($0, standing == .core ? .core : .shared) } }
        }
        for span in others { mark(span, .other) }
        (otherWords, sharedWords, coreWords) = (counts.other, counts.shared, counts.core)
    }

    /// What a word counts as; the greatest wins.
    private enum Kind: UInt8 {
        case none, other, shared, core
    }
}
