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
        var hits: [String: Int] = [:]
        var scores: [String: Int] = [:]
        for paragraph in paragraphs where words < Self.wordsMax {
            for word in paragraph.unicodeScalars.split(whereSeparator: Self.isNoLetter) {
                words += 1
                // The longest of the function words has 12 bytes; the others need no look.
                if word.count <= 12 {
                    let languages = Self.languagesByWord[Substring(word).lowercased()] ?? []
                    for language in languages {
                        hits[language, default: 0] += 1
                        scores[language, default: 0] += Self.scorePerWord / languages.count
                    }
                }
                if words >= Self.wordsMax { break }
            }
        }
        let ranked = scores.sorted { ($0.value, $1.key) > ($1.value, $0.key) }
        guard words >= Self.wordsMin, let best = ranked.first,
            hits[best.key, default: 0] * 100 >= words * Self.coveragePercentMin
        else {
            self.init(tag: Self.undetermined, confidencePercent: 0)
            return
        }
        let second = ranked.dropFirst().first?.value ?? 0
        let share = best.value * 100 / (best.value + second)
        let isClear = share >= Self.sharePercentMin
        self.init(tag: isClear ? best.key : Self.undetermined, confidencePercent: isClear ? share : 0)
    }

    private static func isNoLetter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "'", "’": false
        case "\u{0}"..."\u{7F}": true
        // A letter's marks stay with it.
        default: !scalar.properties.isAlphabetic && scalar.properties.canonicalCombiningClass == .notReordered
        }
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

    private static let languagesByWord: [String: [String]] = {
        var languages: [String: [String]] = [:]
        for (language, list) in functionWords {
            for word in list.split(separator: " ") { languages[String(word), default: []].append(language) }
        }
        return languages
    }()

    private static let functionWords: [(language: String, words: String)] = [
        (
            "en",
            """
            the of and to in that is it for we our this with are be as on have will not by i you they from which has \
            but at their an can or all was been who more these would its there what so my do your were when than must
            """
        ),
        (
            "fr",
            """
            le la les de des du et à en un une que qui est dans pour nous notre nos ce cette ces pas sur avec au aux \
            il elle ils sont par plus ne se vous votre mais ou été avons ont leur leurs être comme a l d s qu
            """
        ),
        (
            "de",
            """
            der die das und in den von zu mit ist des dem nicht ein eine einen einem einer für auf wir sie es auch \
            sich dass daß im wird sind haben ich unsere unser als an bei nach aus oder werden hat aber diese dieser um
            """
        ),
        (
            "es",
            """
            el la los las de del y a en un una que es por para con no se su sus lo al nuestro nuestra nuestros más \
            como pero este esta estos hemos ha son nos sobre también muy ser todos entre desde cuando hay o
            """
        ),
        (
            "it",
            """
            il la le i gli lo di del della dei delle e a in un una che è per con non si da al alla nel nella sono \
            come più questo questa ma anche ha abbiamo nostro nostra loro ci o dal sulla essere
            """
        ),
        (
            "pt",
            """
            o a os as de do da dos das e em no na nos nas um uma que é por para com não se ao à mais como mas este \
            esta nosso nossa são foi também pelo pela muito ser temos seu sua ou
            """
        ),
        (
            "nl",
            """
            de het een en van in is dat op te voor met niet zijn we wij ons onze aan er om ook als bij maar door naar \
            die dit deze hebben heeft wordt worden uit over ik u of nog
            """
        ),
        (
            "cy",
            """
            y yr a ac i o yn mae ar am gan i'r o'r a'r yw bod fod hyn ein ni nhw eu mewn wedi sydd ond na nad fel hefyd \
            bydd gyda at er nid oes y'n sy'n i’r o’r a’r sy’n dros drwy roedd cael gwneud
            """
        ),
        (
            "ar",
            """
            في من على إلى أن إن التي الذي هذا هذه عن مع ما لا كل بين ذلك كما أو وقد قد لقد نحن لم لن كان كانت بعد حيث \
            وفي ومن وهو هو هي تلك وأن بأن لنا منا علينا ولا وهذا لهذه لهذا بما مما
            """
        ),
    ]
}
