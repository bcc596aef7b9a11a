import Foundation
import RuleEngine
import RuleLanguage
import Speeches
import TestSupport
import Testing

/// Figures on labelled documents that can be counted by hand.
@Suite struct EvaluationTests {
    static let topics = [
        """
        topic: fraud
        label: Fraud
        description: Fraud.
        rules:
          - {id: fraud.named, weight: 3, find: fraud}
        """,
        """
        topic: prisons
        label: Prisons
        description: Prisons.
        rules:
          - {id: prisons.named, weight: 3, find: prison}
        """,
    ]

    static let lines = #"""
        {"id": "1", "text": "Fraud rose.", "topics": ["fraud"], "crime_policy": true}
        {"id": "2", "text": "Prisons are full.", "topics": ["prisons_probation"], "crime_policy": true, "group": "g"}
        {"id": "3", "text": "Probation works.", "topics": ["prisons_probation"], "crime_policy": true, "group": "g"}

        {"id": "4", "text": "Fraud of words.", "topics": [], "crime_policy": false}
        {"id": "5", "text": "Fraud and prisons.", "topics": ["fraud"], "indexed": false, "crime_policy": true}
        {"id": "6", "text": "Weather.", "topics": ["weather"]}
        """#

    private func report(_ lines: String = lines, half: GoldHalf = .all) throws -> EvaluationReport {
        let gold = try GoldReader(.rostrum).read(Data(lines.utf8), path: "gold.jsonl")
        return Evaluation(
            try TestRuleset.compile(topics: Self.topics), gold: gold,
            merges: ["prisons_probation": [TopicID("prisons"), TopicID("probation")]], half: half
        ).report()
    }

    private static func figures(_ counts: EvaluationCounts) -> [Int] {
        [counts.truePositives, counts.falsePositives, counts.falseNegatives, counts.trueNegatives]
    }

    @Test func countsByLabel() throws {
        let report = try report()
        #expect(report.documents == 6)
        #expect(report.groups == 5)
        #expect(report.labels.map(\.label) == ["fraud", "prisons_probation"])
        #expect(report.labels.map(\.topics) == [["fraud"], ["prisons"]])
        let fraud = report.labels[0].counts
        #expect(Self.figures(fraud) == [1, 1, 0, 3])
        let prisons = report.labels[1].counts
        #expect(Self.figures(prisons) == [1, 0, 1, 3])
        let verdict = report.crimePolicy.counts
        #expect(Self.figures(verdict) == [3, 1, 1, 0])
        #expect(report.unresolvedLabels == ["weather"])
        #expect(report.labels[0].precision?.value == 0.5)
        #expect(report.labels[0].f1?.value == 2.0 / 3)
        #expect(report.macroLabels == 0)
        #expect(report.macroF1 == nil)
    }

    /// Counted by hand: the decisions of both labels together.
    @Test func allLabelsTogether() throws {
        let micro = try report().micro
        #expect(Self.figures(micro.counts) == [2, 1, 1, 6])
        #expect(micro.precision?.value == 2.0 / 3)
        #expect(micro.f1?.value == 2.0 / 3)
        #expect(try report().text.contains("all labels"))
    }

    /// Where people looked for every topic, a tag that nobody gave to any document is wrong; else it says nothing.
    @Test func topicsWithoutALabelCountWherePeopleLookedForThem() throws {
        let lines = #"{"id": "1", "text": "Prisons and fraud.", "topics": ["fraud"]}"#
        let gold = try GoldReader(.rostrum).read(Data(lines.utf8), path: "gold.jsonl")
        let ruleset = try TestRuleset.compile(topics: Self.topics)
        let some = Evaluation(ruleset, gold: gold).report()
        #expect(some.labels.map(\.label) == ["fraud"])
        #expect(Self.figures(some.micro.counts) == [1, 0, 0, 0])
        let every = Evaluation(ruleset, gold: gold, everyTopic: true).report()
        #expect(every.labels.map(\.label) == ["fraud", "prisons"])
        #expect(Self.figures(every.micro.counts) == [1, 1, 0, 0])
        #expect(every.errors.map(\.label) == ["prisons"])
    }

    @Test func errorsQuoteWhatThereIsToRead() throws {
        let errors = try report().errors
        let wrong = try #require(errors.first { $0.label == "fraud" })
        #expect(wrong.kind == .falsePositive)
        #expect(wrong.document == "4")
        #expect(wrong.evidence == ["fraud.named: …«Fraud» of words.…"])
        let missed = try #require(errors.first { $0.label == "prisons_probation" })
        #expect(missed.kind == .falseNegative)
        #expect(missed.start == "Probation works.")
    }

    /// Wilson's interval against figures from the literature (Newcombe 1998, table I: 81 of 263, 15 of 148, 1 of 29).
    @Test(arguments: [
        (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (1, 29, 0.0061, 0.1718), (0, 20, 0, 0.1611),
    ])
    func wilson(_ part: Int, _ whole: Int, _ low: Double, _ high: Double) throws {
        let texts = (0..<whole).map {
            #"{"id": "\#($0)", "text": "Fraud.", "topics": [\#($0 < part ? #""fraud""# : "")]}"#
        }
        let report = try report(texts.joined(separator: "\n") + #"\#n{"id": "x", "text": "-", "topics": ["fraud"]}"#)
        let precision = try #require(report.labels.first { $0.label == "fraud" }?.precision)
        #expect(abs(precision.low - low) < 0.0001)
        #expect(abs(precision.high - high) < 0.0001)
    }

    /// The halves as other tools compute them: MD5 of the group, first hexadecimal digit.
    @Test func halvesAgreeWithPython() throws {
        let names = (0..<64).map { "group-\($0)" }
        let program =
            "import hashlib,sys\nfor n in sys.argv[1:]: print('tune' if int(hashlib.md5(n.encode()).hexdigest()[0], 16) % 2 == 0 else 'check')"
        let outcome = try Python.run(["-c", program] + names)
        let lines = names.map { #"{"id": "x", "text": "y", "group": "\#($0)"}"# }.joined(separator: "\n")
        let gold = try GoldReader(.rostrum).read(Data(lines.utf8), path: "gold.jsonl")
        let halves: [String] = gold.map(\.half.rawValue)
        let expected: [String] = outcome.output.split(separator: "\n").map { String($0) }
        #expect(halves == expected)
        #expect(Set(gold.map(\.half)).count == 2)
    }

    @Test func halvesAreMeasuredApart() throws {
        #expect(try report(half: .tune).documents + report(half: .check).documents == 6)
        #expect(try report(half: .tune).labels.count == 2)
    }

    @Test func intervalsAreTheSameEveryTime() throws {
        #expect(try report().text == report().text)
    }

    @Test func otherFormats() throws {
        let crs = #"""
            {"id": "a", "title": "T", "text": "x", "labels": ["crs-subj:Terrorism"], "topics": ["terrorism"], "subjects_indexed": true, "crime_policy": true, "group": "g"}
            {"id": "b", "title": "T", "text": "x", "labels": [], "topics": [], "subjects_indexed": false, "crime_policy": false, "group": "h"}
            """#
        let mapped = try GoldReader(.crs, subjects: ["terror": ["Terrorism"]]).read(Data(crs.utf8), path: "p")
        #expect(mapped.map(\.labels) == [["terror"], nil])
        #expect(try GoldReader(.crs).read(Data(crs.utf8), path: "p").map(\.labels) == [["terrorism"], nil])
        let cap = #"{"id": "c", "title": null, "text": "x", "labels": ["cap:12"]}"#
        #expect(try GoldReader(.cap).read(Data(cap.utf8), path: "p").map(\.crimePolicy) == [true])
        let weak = #"{"id": "d", "title": "T", "text": "x", "labels": ["weak-title:drugs"]}"#
        let questions = try GoldReader(.questions).read(Data(weak.utf8), path: "p")
        #expect(questions.map(\.labels) == [["drugs"]])
        #expect(questions.map(\.isWeak) == [true])
    }

    @Test func wrongLinesAreNamed() {
        #expect(throws: GoldError.self) {
            try GoldReader(.rostrum).read(Data("{}".utf8), path: "gold.jsonl")
        }
        let error = #expect(throws: GoldError.self) {
            try GoldReader(.rostrum).read(Data("\n{\"id\": 2}\n".utf8), path: "gold.jsonl")
        }
        #expect(error?.description.hasPrefix("gold.jsonl:2: not a labelled document") == true)
    }
}
