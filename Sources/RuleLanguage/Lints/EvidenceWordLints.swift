internal import TextMatching

/// Single words that are evidence by themselves and find more than was meant: wildcards with few letters (L005), words
/// whose plural means something else (L006), words that stand in every speech (L012), exact characters that are other
/// things too (L015).
enum EvidenceWordLints {
    static func check(_ linted: LintedRuleset, _ findings: inout LintFindings) {
        for rule in linted.ruleset.rules {
            let subject = linted.subject(rule)
            for query in rule.find.flatMap(\.evidence) {
                guard let words = query.plainWords, words.count == 1 else { continue }
                check(words[0], query.range, subject, &findings)
            }
        }
    }

    private static func check(
        _ word: WordPattern, _ range: SourceRange, _ subject: LintSubject, _ findings: inout LintFindings
    ) {
        switch word {
        case .wildcard(let text):
            let letters = text.unicodeScalars.prefix { $0 != "*" && $0 != "?" }.count
            if letters <= 3, text.hasSuffix("*") {
                findings.add(
                    .shortWildcard, subject, at: range,
                    "'\(text)' finds every word that begins with \(letters) letters",
                    cure: "write more letters, or list the words")
            }
        case .folded(let text):
            if WordForms.changesMeaningInPlural(text) {
                findings.add(
                    .ambiguousPlural, subject, at: range,
                    "'\(text)' finds singular and plural, which mean different things",
                    cure: "write \"\(text)\" in double quotes to find this form only")
            }
            checkCommon(text, range, subject, &findings)
        case .literal(let text): checkCommon(text, range, subject, &findings)
        case .exact(let text):
            if text.unicodeScalars.count <= 2 {
                findings.add(
                    .shortExact, subject, at: range, "'=\(text)' is so short that it stands for other things too",
                    cure: "ask for a word near it, such as =\(text) NEAR/5 crime")
            }
        }
    }

    private static func checkCommon(
        _ word: String, _ range: SourceRange, _ subject: LintSubject, _ findings: inout LintFindings
    ) {
        guard commonWords.contains(word) else { return }
        findings.add(
            .commonWord, subject, at: range, "'\(word)' stands in almost every speech and proves nothing alone",
            cure: "make it part of a phrase, or ask for a word near it")
    }

    /// Words of the language, and of speeches, that are no evidence of anything.
    private static let commonWords: Set<String> = Set(
        """
        a about action after again against all also always am an and any are area as at back be because been before being \
        best better both bring but by can case change clear come community continue could country day did different do does \
        done down each effort end ensure even every example fact family few find first for friend from future get give global \
        go good government great group had has have he help her here high him his home honourable how however i if impact \
        important in increase into is issue it its just keep know lady last law lead let life like little live long look lord \
        made make man many matter may me member meeting minister more most mr mrs much must my nation national need never new \
        next no not now number of on one only opportunity or order other our out over own part people person place plan point \
        policy possible power president problem programme progress public put question report right role said same say see \
        service set she should sir so some speak speech state still strong such support system take than thank that the their \
        them then there these they thing think this those through time to today together too two under up us use value very want \
        war was way we week well were what when where which while who why will with woman word work world would year yes yet you \
        young your
        """.split(separator: " ").map(String.init))
}
