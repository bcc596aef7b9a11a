import Speeches
import TestSupport

enum Samples {
    static let rulesetDigest = "sha256:" + String(repeating: "0123456789abcdef", count: 4)

    static let minimal = Speech(id: SpeechID("urn:example:minimal"), body: [])

    static let full = Speech(
        id: SpeechID("https://www.example.org/speeches/1"), title: "Crime \"and\" policing\\ – a statement",
        summary: "What the minister said.",
        body: ["First paragraph: cyber crime.", "Second\u{1F600}, naïve; <script>alert('x')</script> & Co.\u{7F}"],
        speaker: Speaker(
            id: "https://www.example.org/people/1", name: "Kit Malthouse", role: "Minister for Crime and Policing",
            organisation: "Home Office"),
        deliveredOn: DeliveryDate("2022-05-17T09:30:00+01:00"), event: "31st session", location: "Vienna",
        language: "en-GB",
        source: Source(
            uri: "https://www.example.org/speeches/1", publisher: "Home Office", format: "govuk-content-api",
            retrievedAt: "2024-01-02T03:04:05Z", licence: "OGL-UK-3.0"),
        attributes: ["z": "last", "a": "first", "é": "accent", "Z": "upper"])

    static func event(_ speech: Speech, quotes: Bool = true) -> ClassifiedSpeech {
        let span = TextSpan(
            start: 55, end: 66, exact: quotes ? "cyber crime" : nil, prefix: quotes ? "First paragraph: " : nil,
            suffix: quotes ? "." : nil)
        return ClassifiedSpeech(
            eventID: eventID(speech), assessment: .classified,
            document: DocumentSummary(speech, characters: 123, words: 17, sentences: 4),
            crimePolicy: CrimePolicy(value: true, score: Score(thousandths: 830)),
            topics: [
                TaggedTopic(
                    id: TopicID("cyber-crime"), label: "Cyber crime",
                    codes: ["iccs": ["0903"], "eurovoc": ["1", "2"]],
                    score: Score(thousandths: 750), prominence: .substantive, evidenceCount: 3,
                    evidence: [
                        Evidence(
                            rule: RuleID("cyber-crime.named"), weight: 3, sentence: 1,
                            spans: [span, TextSpan(start: 70, end: 71)])
                    ]),
                TaggedTopic(
                    id: TopicID("drugs"), label: "Drugs", codes: [:], score: Score(thousandths: 500),
                    prominence: .mention,
                    evidenceCount: 1, evidence: []),
            ],
            ruleset: RulesetIdentity(name: "crime-policy", version: "1.0.0", digest: rulesetDigest),
            truncated: !quotes)
    }

    static func unread(_ speech: Speech, _ assessment: Assessment) -> ClassifiedSpeech {
        ClassifiedSpeech(
            eventID: eventID(speech), assessment: assessment,
            document: DocumentSummary(speech, characters: 0, words: 0, sentences: 0), crimePolicy: nil, topics: [],
            ruleset: RulesetIdentity(name: "crime-policy", version: "1.0.0", digest: rulesetDigest))
    }

    private static func eventID(_ speech: Speech) -> EventID {
        ClassifiedSpeech.eventID(document: speech.id, revision: speech.revision, rulesetDigest: rulesetDigest)
    }
}

/// Random documents: texts of every alphabet, escapes and awkward characters among them, each field there or not.
struct RandomSpeeches {
    var generator: SeededGenerator

    mutating func next() -> Speech {
        Speech(
            id: SpeechID(text()), title: optionalText(), summary: optionalText(),
            body: (0..<Int.random(in: 0...5, using: &generator)).map { _ in text() }, speaker: speaker(),
            deliveredOn: chance() ? DeliveryDate(date()) : nil, event: optionalText(), location: optionalText(),
            language: chance() ? "cy" : nil, source: source(),
            attributes: Dictionary(
                (0..<Int.random(in: 0...4, using: &generator)).map { _ in (text(), text()) }, uniquingKeysWith: { $1 }))
    }

    private mutating func speaker() -> Speaker? {
        let speaker = Speaker(
            id: optionalText(), name: optionalText(), role: optionalText(), organisation: optionalText())
        return speaker == Speaker() ? nil : speaker
    }

    private mutating func source() -> Source? {
        let source = Source(
            uri: optionalText(), publisher: optionalText(), format: optionalText(), retrievedAt: optionalText(),
            licence: optionalText())
        return source == Source() ? nil : source
    }

    private mutating func date() -> String {
        ["2022", "2022-05", "2022-05-17", "2024-02-29T23:59:60.123Z"].randomElement(using: &generator)!
    }

    private mutating func chance() -> Bool { Bool.random(using: &generator) }

    private mutating func optionalText() -> String? { chance() ? text() : nil }

    private mutating func text() -> String {
        let alphabet: [Unicode.Scalar] = [
            "a", "Z", "0", " ", "\"", "\\", "/", "\u{0}", "\u{1}", "\u{8}", "\u{c}", "\n", "\r", "\t", "\u{1f}",
            "\u{7f}", "\u{85}", "é", "e", "\u{301}", "\u{2028}", "\u{2029}", "\u{feff}", "\u{fffd}", "\u{ffff}", "ب",
            "中", "\u{1F600}", "\u{10FFFF}", "<", "'", "{",
        ]
        var scalars = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 1...12, using: &generator) {
            scalars.append(alphabet.randomElement(using: &generator)!)
        }
        return String(scalars)
    }
}
