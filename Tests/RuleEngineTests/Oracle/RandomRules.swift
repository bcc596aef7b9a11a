import Speeches
import TestSupport

/// Random rulesets and texts over a small vocabulary, so that matches are frequent.
struct RandomRules {
    private var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    private mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }
    private mutating func chance(_ percent: Int) -> Bool { below(100) < percent }
    private mutating func one<T>(of values: [T]) -> T { values[below(values.count)] }

    // MARK: Texts

    private static let words = [
        "crime", "Crimes", "crime's", "crimes\u{2019}", "drug", "Drugs", "DRUG", "offence", "Offenses", "arms", "Arm",
        "women", "woman", "caf\u{E9}", "CAFE\u{301}", "fi\u{AD}ght", "\u{FB01}ghts", "NCA", "nca", "NCA's", "U.S.",
        "US",
        "us", "&", "and", "traffic", "Trafficking", "traffickers", "\u{130}stanbul", "ISTANBUL", "police", "Police",
        "cyber", "cybercrime", "Cyber-crime", "organised", "organise", "organize", "na\u{EF}ve", "Mr", "people", "x",
        "3",
        "O\u{2019}Brien", "of", "the", "No", "I", "\u{4E2D}\u{6587}", "\u{1F468}\u{200D}\u{1F469}", "wombs",
    ]
    private static let joints = [
        " ", " ", " ", " ", " ", " ", " ", " ", "  ", "-", "\u{2013}", "/", " \u{201C}", "\u{201D} ", "\u{A0}", "\n",
        ", ", "; ", " (", ") ", " - ", " \u{2013} ", "\u{2014}", ". ", ". ", ". ", "? ", "! ", ".", "\u{2026} ",
        "\u{200B} ", " '", "' ", "\u{1F600} ", " *",
    ]

    private mutating func passage(_ length: Int) -> String {
        (0..<length).map { _ in one(of: Self.words) + one(of: Self.joints) }.joined() + one(of: Self.words)
            + one(of: [".", "", "!"])
    }

    mutating func speech() -> Speech {
        let title = chance(40) ? one(of: ["On ", "Crime and ", "3 "]) + passage(below(4)) : nil
        let body = (0..<(1 + below(4))).map { _ in passage(below(chance(10) ? 60 : 14)) }
        return Speech(
            id: SpeechID("d"), title: title, body: body,
            speaker: chance(50)
                ? Speaker(
                    name: one(of: ["Ada Byron", "Mary Shelley"]), role: one(of: ["Minister for Policing", "Chair"]),
                    organisation: one(of: ["Home Office", "UNODC"])) : nil,
            deliveredOn: chance(50)
                ? DeliveryDate(one(of: ["2019", "2020-03", "2020-03-10", "2021-12-31T10:00:00Z"])) : nil,
            language: one(of: ["en", "en", "en-GB", nil]),
            source: chance(50)
                ? Source(uri: "https://example.org/speeches/1", publisher: one(of: ["GOV.UK", "United Nations"])) : nil)
    }

    // MARK: Rules

    private static let queryWords = [
        "crime", "drug", "offence", "arms", "woman", "cafe", "fight", "and", "us", "x", "nca", "istanbul", "police",
        "cyber", "organise", "naive", "people", "3", "o'brien", "\"arms\"", "\"women\"", "\"drugs\"", "=NCA", "=Police",
        "=US",
        "traff*", "traffick*", "wom?n", "wom*", "cr*me", "cyber~crime", "dr*", "po?ice", "$crimes", "$people",
    ]

    /// Lists of every topic file, one inside another.
    private static let lists = """
        lists:
          crimes: |
            crime | drug traffick*
            offence
          people: |
            woman | people | police [and] people
          both: |
            $crimes | $people

        """

    /// Expressions that find the same whether the longest match is taken or the greedy one. None ends in `\\b`: Foundation
    /// sees no end of a word before a character that is not there.
    private static let expressions = [
        "/traffick[a-z]*/", "/\\bU\\.?S/", "/[0-9]+/", "/(?:cyber|drug)s?.c/", "/police.{0,6}people/",
        "/\\bcr[aeiou]mes?/",
    ]

    private mutating func word() -> String { one(of: Self.queryWords) }

    private mutating func phrase() -> String {
        switch below(10) {
        case 0...3: word()
        case 4, 5: word() + " " + word()
        case 6: word() + " [" + word() + "] " + word()
        case 7: "(\(word()) | \(word())) " + word()
        case 8: word() + " (\(word()) \(word()) | \(word())) [\(word())]"
        default: "(\(word()) | \(word()) \(word()) | \(word()) [\(word())] \(word()))"
        }
    }

    /// Phrases with too many readings to spell out.
    private mutating func richPhrase() -> String {
        (0..<6).map { _ in "(\(word()) | \(word()) | \(word()) | \(word()) | traff*)" }.joined(separator: " ")
    }

    /// - Parameter earlier: rules and topics that may be referred to.
    mutating func query(_ depth: Int, _ earlier: [String]) -> String {
        if depth == 0 || chance(30) { return chance(2) ? richPhrase() : phrase() }
        func operand(_ random: inout RandomRules) -> String { "(\(random.query(depth - 1, earlier)))" }
        switch below(16) {
        case 0: return operand(&self) + " | " + operand(&self)
        case 1: return operand(&self) + " AND " + operand(&self) + (chance(30) ? " AND " + operand(&self) : "")
        case 2: return operand(&self) + " AND NOT " + operand(&self)
        case 3, 4: return operand(&self) + " NEAR/\(1 + below(6)) " + operand(&self)
        case 5: return operand(&self) + " BEFORE/\(1 + below(6)) " + operand(&self)
        case 6: return one(of: ["title", "lede", "sentence", "paragraph", "document"]) + ": " + operand(&self)
        case 7:
            let count = 2 + below(3)
            let parts = (0..<count).map { _ in query(depth - 1, earlier) }
            return "ATLEAST \(1 + below(count)) (\(parts.joined(separator: ", ")))"
        case 8: return "COUNT>=\(1 + below(3)) " + operand(&self)
        case 9 where !earlier.isEmpty, 10 where !earlier.isEmpty: return one(of: earlier)
        case 11: return operand(&self) + one(of: [" INSIDE ", " NOT INSIDE ", " CONTAINS "]) + operand(&self)
        case 12: return operand(&self) + " AFTER/\(1 + below(6)) " + operand(&self)
        case 13: return "COUNT>=\(one(of: [20, 60, 200]))/1000 " + operand(&self)
        case 14: return one(of: Self.expressions)
        case 15:
            let member = earlier.filter { $0.hasPrefix("topic:") || $0.hasSuffix("*") }
            return member.isEmpty || chance(50)
                ? "ATLEAST \(1 + below(3)) (\(one(of: ["$crimes", "$people", "$both"])))"
                : "ATLEAST \(1 + below(2)) (\(one(of: member)))"
        default: return phrase()
        }
    }

    private static let conditions = [
        "{language: en-GB}", "{language: [fr, en]}", "{speaker: ada}", "{speaker: [chair, Shelley]}",
        "{organisation: home office}", "{source: gov.uk}", "{source: example.org}", "{from: 2020-03-05}",
        "{to: 2020}", "{from: 2020, to: 2020-12}", "{speaker: policing, from: 2019}",
    ]

    /// Two or three topics with a few rules each and sometimes a shared filter.
    mutating func topics() -> [String] {
        var earlier: [String] = []
        var files: [String] = []
        for topic in 0..<(2 + below(2)) {
            var yaml = "topic: t\(topic)\nlabel: T\ndescription: A topic.\n\(Self.lists)rules:\n"
            for rule in 0..<(1 + below(3)) {
                yaml += "  - id: t\(topic).r\(rule)\n    weight: \(1 + below(3))\n"
                if chance(5) { yaml += "    status: experimental\n" }
                if chance(15) { yaml += "    wins_over: \(one(of: ["all", "t0", "[t0, t1]"]))\n" }
                if chance(10) { yaml += "    when: \(one(of: Self.conditions))\n" }
                yaml += "    find: |\n" + (0..<(1 + below(3))).map { _ in "      \(query(2, earlier))\n" }.joined()
                if chance(25) { yaml += "    not_inside: |\n      \(query(chance(80) ? 0 : 1, []))\n" }
                if chance(10) { yaml += "    not_document: |\n      \(query(1, []))\n" }
                earlier.append("rule:t\(topic).r\(rule)")
            }
            earlier += ["topic:t\(topic)", "rule:t\(topic).*"]
            files.append(yaml)
        }
        if chance(25) {
            files.append(
                "\(Self.lists)filters:\n  - id: names.f\n    applies_to: \(chance(50) ? "all" : "[t0]")\n    not_inside: |\n      \(phrase())\n"
            )
        }
        return files
    }

    /// What the ruleset file says of topics and of other subjects.
    mutating func manifest() -> String {
        // The lists that phrases use are those of topic files.
        func written(_ phrase: String) -> String {
            phrase.replacing("$crimes", with: "crime").replacing("$people", with: "x")
        }
        return "supporting: [t1]\n" + (chance(50) ? "shared: [t0]\n" : "")
            + (chance(50) ? "other_subjects: |\n  \(written(phrase()))\n  \(written(phrase()))\n" : "")
    }
}
