import SpeechFormats
import Testing

struct DetectedLanguageTests {
    static let texts: [(String, String)] = [
        (
            "en",
            "We will give the police the powers that they need to protect the public, and we will hold them to account "
                + "for how those powers are used in every part of the country."
        ),
        (
            "fr",
            "Nous devons donner à la police les moyens de protéger nos concitoyens, et nous veillerons à ce que ces "
                + "moyens soient employés dans le respect de la loi et des libertés publiques."
        ),
        (
            "de",
            "Wir werden der Polizei die Mittel geben, die sie braucht, um die Menschen in unserem Land zu schützen, und "
                + "wir werden darauf achten, dass sie nach Recht und Gesetz eingesetzt werden."
        ),
        (
            "es",
            "Vamos a dar a la policía los medios que necesita para proteger a los ciudadanos, y vigilaremos que se usen "
                + "con respeto a la ley y a los derechos de todos en cada parte del país."
        ),
        (
            "cy",
            "Mae'r heddlu yn gwneud gwaith pwysig iawn yn ein cymunedau, ac rydym yn gwybod bod angen mwy o gymorth ar "
                + "y bobl sydd yn dioddef o droseddau yn y wlad hon."
        ),
        (
            "ar",
            "إن مكافحة الجريمة المنظمة هي من أهم المهام التي نعمل عليها مع شركائنا في جميع أنحاء العالم، وقد اتفقنا على "
                + "أن نتعاون في هذا المجال من أجل حماية المواطنين."
        ),
        (
            "it",
            "Daremo alla polizia i mezzi di cui ha bisogno per proteggere i cittadini, e vigileremo perché siano usati "
                + "nel rispetto della legge e dei diritti di tutti in ogni parte del paese."
        ),
        ("und", "Thank you."),
        ("und", "Home Office. Ministry of Justice."),
        ("und", ""),
        (
            "und",
            "Rydyn ni'n siarad. We will speak. Nous parlons. Wir sprechen. Hablamos. Parliamo. Falamos. Wij spreken."
        ),
        ("und", String(repeating: "Lorem ipsum dolor sit amet consectetur adipiscing elit ", count: 5)),
    ]

    @Test(arguments: texts)
    func detects(_ tag: String, _ text: String) {
        let language = DetectedLanguage([text])
        #expect(language.tag == tag)
        #expect((1...100).contains(language.confidencePercent) == (tag != "und"))
    }

    /// Half English, half Welsh, as bilingual statements are: no guess.
    @Test func mixedTextIsUndetermined() {
        let english = Self.texts[0].1
        let welsh = Self.texts[4].1
        #expect(DetectedLanguage([english, welsh]).tag == "und")
    }
}
