import Foundation
import RuleEngine
import SpeechFormats
import Speeches
import TestSupport
import Testing

/// The kind of document Rostrum exists for, tagged by the shipped rules: a minister's speech at a UN commission.
@Suite struct SeedSpeechTests {
    private static let path = "Config/samples/malthouse-2022-un-crime-commission.txt"
    /// Every topic that a careful reader finds in it, and no other.
    static let topics: Set<String> = [
        "cyber-crime", "digital-evidence", "child-sexual-abuse", "online-safety", "organised-crime",
        "international-cooperation", "drugs", "modern-slavery", "corruption",
    ]

    private static let ruleset = Result { try Ruleset.load(folder: Repository.root + "/Config/rules") }

    private func classify(_ text: String) throws -> ClassifiedSpeech {
        let speech = try #require(
            try FormatRegistry().speeches(in: Array(text.utf8), from: SourceContext()).first)
        return Classifier(try Self.ruleset.get()).classify(speech)
    }

    private func seed() throws -> String { try Repository.text(Self.path) }

    @Test func tagsExactlyWhatAReaderFinds() throws {
        let event = try classify(seed())
        let found = Set(event.topics.map(\.id.rawValue))
        // 'fair criminal justice systems' may pass as a mention of courts.
        #expect(found.subtracting(["courts"]) == Self.topics)
        #expect(event.topics.filter { $0.id.rawValue == "courts" }.allSatisfy { $0.prominence == .mention })
        let focus = Set(event.topics.filter { $0.prominence == .focus }.map(\.id.rawValue))
        #expect(focus == ["child-sexual-abuse", "organised-crime", "international-cooperation"])
        #expect(event.crimePolicy?.value == true)
    }

    /// Words, offsets and scores against the recorded event; a second run gives the same bytes.
    @Test func evidenceIsTheRightWordsAtTheRightPlaces() throws {
        let first = try classify(seed()).json
        let second = try classify(seed()).json
        #expect(first == second)
        try goldenMatches(
            readable(try classify(seed())), "ShippedRules/malthouse-2022-un-crime-commission.evidence.txt")
    }

    /// Offsets checked by slicing the canonical text in another language.
    @Test func offsetsSliceTheCanonicalTextInPython() throws {
        let text = try seed()
        let event = try classify(text)
        let speech = try #require(
            try FormatRegistry().speeches(in: Array(text.utf8), from: SourceContext()).first)
        let program = """
            import json, sys
            document, event = [json.loads(line) for line in sys.stdin]
            text = "\\n\\n".join([document["title"]] + document["body"])
            spans = [s for t in event["topics"] for e in t["evidence"] for s in e["spans"]]
            assert len(spans) > 20, len(spans)
            for s in spans:
                assert text[s["start"]:s["end"]] == s["exact"], s
                assert text[:s["start"]].endswith(s["prefix"]) and text[s["end"]:].startswith(s["suffix"]), s
            assert event["document"]["characters"] == len(text)
            print("checked", len(spans))
            """
        let outcome = try Python.run(["-c", program], input: speech.json + [UInt8(ascii: "\n")] + event.json)
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    @Test func nothingComesFromTitlesBodiesOrTheUkraineParagraph() throws {
        let event = try classify(seed())
        let spans = event.topics.flatMap { topic in topic.evidence.flatMap { $0.spans.map { (topic.id.rawValue, $0) } }
        }
        for (topic, span) in spans {
            let around = (span.prefix ?? "") + (span.exact ?? "") + (span.suffix ?? "")
            #expect(!around.contains("Minister for"), "\(topic): \(around)")
            #expect(span.exact?.contains("Commission") == false && span.exact?.contains("Office") == false)
        }
        let ukraine = event.topics.flatMap { topic in
            topic.evidence.filter { (6...8).contains($0.sentence) }.map { _ in topic.id.rawValue }
        }
        #expect(Set(ukraine) == ["organised-crime"])
    }

    private func readable(_ event: ClassifiedSpeech) -> String {
        var lines = ["crime_policy \(event.crimePolicy.map { "\($0.value) \($0.score)" } ?? "-")"]
        for topic in event.topics {
            lines.append("\(topic.id) \(topic.prominence.rawValue) \(topic.score) \(topic.evidenceCount)")
            for item in topic.evidence {
                let spans = item.spans.map { "\($0.start)-\($0.end) \($0.exact ?? "")" }.joined(separator: " … ")
                lines.append("  \(item.rule) [\(item.sentence)] \(spans)")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    // MARK: Mutations

    struct Mutation: CustomTestStringConvertible, Sendable {
        let name: String
        let added: Set<String>
        let removed: Set<String>
        let change: @Sendable (String) -> String
        var testDescription: String { name }

        init(
            _ name: String, added: Set<String> = [], removed: Set<String> = [],
            _ change: @escaping @Sendable (String) -> String
        ) {
            self.name = name
            self.added = added
            self.removed = removed
            self.change = change
        }

        /// Takes passages out; each must be there.
        static func without(_ name: String, _ removed: Set<String>, _ passages: [String]) -> Mutation {
            Mutation(name, removed: removed) { text in
                passages.reduce(text) { text, passage in
                    precondition(text.contains(passage), "the seed speech does not hold '\(passage)'")
                    return text.replacing(passage, with: "")
                }
            }
        }
    }

    /// Reorders the paragraphs of the body, title and byline staying where they are.
    private static func reordered(_ text: String, _ order: ([Substring]) -> [Substring]) -> String {
        let lines = text.split(separator: "\n")
        return (lines.prefix(2) + order(Array(lines.dropFirst(2)))).joined(separator: "\n")
    }

    private static let policing = """
        Police officers on our streets need our support. We have recruited 20,000 new police officers, and chief \
        constables tell us that neighbourhood policing works.
        """

    static let mutations: [Mutation] = [
        Mutation("American spelling") { $0.replacing("organised", with: "organized") },
        Mutation("straight quotation marks") { $0.replacing("\u{2019}", with: "'") },
        Mutation("typographic quotation marks") { $0.replacing("'", with: "\u{2019}") },
        Mutation("closed compounds") {
            $0.replacing("cyber crime", with: "cybercrime").replacing("Cyber Crime", with: "Cybercrime")
        },
        Mutation("hyphenated compounds") {
            $0.replacing("cyber crime", with: "cyber-crime").replacing("human trafficking", with: "human-trafficking")
                .replacing("modern slavery", with: "modern-slavery").replacing(
                    "drug trafficking", with: "drug-trafficking")
        },
        Mutation("anticorruption and co-operation") {
            $0.replacing("anti-corruption", with: "anticorruption").replacing("cooperation", with: "co-operation")
        },
        Mutation("paragraphs backwards") { reordered($0) { $0.reversed() } },
        Mutation("second half first") { reordered($0) { Array($0.dropFirst(7)) + $0.prefix(7) } },
        Mutation("no-break spaces") {
            $0.replacing(" crime", with: "\u{A0}crime").replacing("sexual abuse", with: "sexual\u{A0}abuse")
        },
        Mutation("soft hyphens") {
            $0.replacing("trafficking", with: "traf\u{AD}ficking").replacing("corruption", with: "corrup\u{AD}tion")
        },
        Mutation("capitals") {
            $0.replacing("modern slavery and human trafficking", with: "MODERN SLAVERY AND HUMAN TRAFFICKING")
        },
        Mutation("another job title") {
            $0.replacing(
                "the Minister for Crime and Policing", with: "the Minister of State for Prisons, Probation and Policing"
            )
        },
        Mutation("a policing passage at the end", added: ["policing"]) { $0 + "\n" + policing },
        Mutation("a policing passage in the middle", added: ["policing"]) {
            reordered($0) { Array($0.prefix(5)) + [policing[...]] + $0.dropFirst(5) }
        },
        Mutation("a terrorism passage", added: ["terrorism"]) {
            $0
                + "\nTerrorist attacks have scarred our cities. We will defeat terrorism and those who finance terrorist groups."
        },
        .without(
            "no digital evidence", ["digital-evidence"],
            ["strengthening the use of digital evidence in criminal justice and "]),
        .without("no drugs", ["drugs"], ["drug trafficking, "]),
        .without("no slavery", ["modern-slavery"], ["modern slavery and human trafficking, "]),
        .without("no corruption", ["corruption"], [", and anti-corruption"]),
        .without(
            "no cyber crime", ["cyber-crime"],
            [
                " and countering cyber crime", "The UK continues to engage with the UN Cyber Crime Treaty process. ",
                "online crimes, such as ",
            ]),
        .without(
            "no platforms", ["online-safety"],
            [
                "The resolution challenges members to set consistent expectations and standards for technology companies to "
                    + "keep children safe on their platforms and services. ",
                ", and the importance of fostering partnerships with private technology companies",
            ]),
        Mutation("no organised crime", removed: ["organised-crime"]) {
            $0.replacing("Transnational crime cannot", with: "Crime cannot").replacing(
                "transnational organised crime", with: "global"
            )
            .replacing("serious organised crime ", with: "").replacing("criminal flows from Afghanistan, ", with: "")
        },
        .without(
            "no abuse of children", ["child-sexual-abuse", "online-safety"],
            [
                "One of the most pressing challenges facing us all is the fight to prevent the spread of online child sexual "
                    + "abuse.\n",
                "A single instance of abuse can span multiple jurisdictions, and the threat continues to grow and evolve as "
                    + "offenders exploit rising global internet access and new technologies to harm children.\n",
                "This is why the UK has tabled a resolution for this session on tackling online child sexual exploitation "
                    + "and abuse, and the importance of fostering partnerships with private technology companies. ",
                "The resolution challenges members to set consistent expectations and standards for technology companies to "
                    + "keep children safe on their platforms and services. The protection of children is among the most "
                    + "fundamental responsibilities for any government. ",
                ", such as child sexual exploitation and abuse",
            ]),
    ]

    @Test(arguments: mutations)
    func mutationsChangeExactlyTheTagsTheyShould(_ mutation: Mutation) throws {
        let found = Set(try classify(mutation.change(seed())).topics.map(\.id.rawValue)).subtracting(["courts"])
        #expect(found == Self.topics.union(mutation.added).subtracting(mutation.removed))
    }
}
