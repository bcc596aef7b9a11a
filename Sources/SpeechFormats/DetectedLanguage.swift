/// The language of a text by its commonest function words: enough to tell English from other languages, and honest
/// about not knowing. It is no identification of all languages; what is in none of the lists is undetermined.
public struct DetectedLanguage: Equatable, Sendable {
    /// BCP 47 tag; `und` when the text is too short or no language stands out.
    public let tag: String
    /// The winner's share of the score of the best two languages, in hundredths; 0 for `und`. A word that several
    /// languages have counts in proportion less.
    public let confidencePercent: Int

    /// Detects the language of paragraphs. Only the first 2,000 words are read.
    public init(_ paragraphs: [String]) {
        var words = 0
        var hits = [Int](repeating: 0, count: FunctionWords.languages.count)
        var scores = hits
        let table = FunctionWords.all
        for paragraph in paragraphs where words < Self.wordsMax {
            var paragraph = paragraph
            paragraph.withUTF8 { text in
                var scanner = WordScanner(text)
                while words < Self.wordsMax, let word = scanner.next() {
                    words += 1
                    var languages = table.languages(of: word)
                    guard languages != 0 else { continue }
                    let score = Self.scorePerWord / languages.nonzeroBitCount
                    while languages != 0 {
                        hits[languages.trailingZeroBitCount] += 1
                        scores[languages.trailingZeroBitCount] += score
                        languages &= languages - 1
                    }
                }
            }
        }
        let ranked = scores.indices.sorted {
            (scores[$0], FunctionWords.languages[$1]) > (scores[$1], FunctionWords.languages[$0])
        }
        guard words >= Self.wordsMin, let best = ranked.first, scores[best] > 0,
            hits[best] * 100 >= words * Self.coveragePercentMin
        else {
            self.init(tag: Self.undetermined, confidencePercent: 0)
            return
        }
        let share = scores[best] * 100 / (scores[best] + scores[ranked[1]])
        let isClear = share >= Self.sharePercentMin
        self.init(
            tag: isClear ? FunctionWords.languages[best] : Self.undetermined, confidencePercent: isClear ? share : 0)
    }

    private init(tag: String, confidencePercent: Int) {
        self.tag = tag
        self.confidencePercent = confidencePercent
    }

    /// The tag for a language that is not known (RFC 5646, section 4.1).
    public static let undetermined = "und"

    /// The confidence as a decimal fraction, such as `0.93`; nil for `und`.
    var confidenceText: String? {
        guard tag != Self.undetermined else { return nil }
        return confidencePercent == 100 ? "1.00" : "0.\(confidencePercent < 10 ? "0" : "")\(confidencePercent)"
    }

    private static let wordsMax = 2_000
    private static let wordsMin = 12
    /// Function words are 35 to 50 in 100 of running text; half of that leaves room for names and headings.
    private static let coveragePercentMin = 18
    private static let sharePercentMin = 70
    /// Divisible by the number of languages that may share a word.
    private static let scorePerWord = 840
}
