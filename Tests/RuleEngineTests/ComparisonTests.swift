import RuleEngine
import RuleLanguage
import Speeches
import TestSupport
import Testing

/// Two rulesets on the same documents.
@Suite struct ComparisonTests {
    private static func topic(_ id: String, _ find: String) -> String {
        """
        topic: \(id)
        label: \(id)
        description: A topic.
        rules:
          - {id: \(id).r, weight: 3, find: "\(find)"}
        """
    }

    private func speech(_ id: String, _ text: String) -> Speech {
        Speech(id: SpeechID(id), title: "T <b>\(id)</b>", body: [text], language: "en")
    }

    private func report() throws -> ComparisonReport {
        let old = try TestRuleset.compile(topics: [Self.topic("drugs", "drug"), Self.topic("fraud", "fraud")])
        let new = try TestRuleset.compile(topics: [Self.topic("drugs", "drug dealer"), Self.topic("theft", "theft")])
        var comparison = RulesetComparison(old: old, new: new)
        for (id, text) in [
            ("1", "A drug."), ("2", "A drug dealer."), ("3", "Fraud & theft."), ("4", "Nothing."),
            ("5", "A drug dealer sold a drug. A drug. A drug. Four. Five. Six. Seven."),
        ] {
            comparison.add(speech(id, text))
        }
        return comparison.report()
    }

    @Test func changesByTopicAndDocument() throws {
        let report = try report()
        #expect(!report.isSame)
        #expect([report.documentsRead, report.documentsChanged] == [5, 3])
        #expect([report.crimePolicyGained, report.crimePolicyLost] == [0, 1])
        #expect(report.topics.map(\.id) == ["drugs", "fraud", "theft"])
        #expect(
            report.topics.map { [$0.gained, $0.lost, $0.prominence, $0.same] } == [
                [0, 1, 1, 1], [0, 1, 0, 0], [1, 0, 0, 0],
            ])
        #expect(report.documents.map(\.id) == ["1", "3", "5"])
        #expect(report.documents[0].changes[0].evidence == ["- drugs.r: …T <b>1</b>  A «drug».…"])
        #expect(report.documents[1].changes.map(\.kind) == [.lost, .gained])
        let change = report.documents[2].changes[0]
        #expect(change.kind == .prominence)
        #expect([change.from, change.to] == [.focus, .substantive])
    }

    @Test func sameRulesChangeNothing() throws {
        let ruleset = try TestRuleset.compile(topics: [Self.topic("drugs", "drug")])
        var comparison = RulesetComparison(old: ruleset, new: ruleset)
        comparison.add(speech("1", "A drug."))
        #expect(comparison.report().isSame)
        #expect(comparison.report().documents.isEmpty)
    }

    @Test func reportsAreReadable() throws {
        try goldenMatches(try report().text, "RuleEngine/comparison.txt")
        try goldenMatches(try report().html, "RuleEngine/comparison.html")
    }
}

/// How rules fare on documents, and where the time goes.
@Suite struct CoverageTests {
    private static let topics = [
        """
        topic: drugs
        label: Drugs
        description: Drugs.
        rules:
          - {id: drugs.named, weight: 3, find: drug trafficking}
          - {id: drugs.short, weight: 2, find: drug}
          - {id: drugs.never, weight: 3, find: cocaine}
          - {id: drugs.new, weight: 3, find: heroin, status: experimental}
        """,
        """
        topic: gangs
        label: Gangs
        description: Gangs.
        rules:
          - {id: gangs.traffic, weight: 2, find: drug trafficking}
        """,
    ]

    private func speeches() -> [Speech] {
        (0..<10).map { ExampleTests.speech(title: nil, text: $0 == 0 ? "Drug trafficking." : "Nothing \($0).") }
    }

    @Test func rulesAndOverlaps() throws {
        var coverage = RulesetCoverage(try TestRuleset.compile(topics: Self.topics))
        for speech in speeches() { coverage.add(speech) }
        let report = coverage.report()
        #expect(report.rules.map(\.finding) == [nil, .shadowed, .silent, .inactive, nil])
        #expect(report.rules.map(\.documentsMatched) == [1, 1, 0, 0, 1])
        #expect(report.rules.map(\.documentsAlone) == [1, 0, 0, 0, 1])
        #expect(report.topics.map(\.documents) == [1, 1])
        let overlap = try #require(report.overlaps.first)
        #expect([overlap.first, overlap.second] == ["drugs", "gangs"])
        #expect(overlap.sharedWords == ["drug trafficking"])
        #expect(overlap.similarity == 1)
        try goldenMatches(report.text + report.matrix, "RuleEngine/coverage.txt")
    }

    @Test func noisyRules() throws {
        var coverage = RulesetCoverage(try TestRuleset.compile(find: "nothing"))
        for speech in speeches() { coverage.add(speech) }
        #expect(coverage.report().rules.map(\.finding) == [.noisy])
    }

    /// The clock is the test's: every look at it takes a microsecond.
    @Test func timesAreCharged() throws {
        var time = Duration.zero
        var profile = RulesetProfile(try TestRuleset.compile(topics: Self.topics)) {
            time += .microseconds(1)
            return time
        }
        for speech in speeches() { profile.add(speech) }
        let report = profile.report()
        #expect(report.documents == 10)
        #expect(report.scanMicroseconds == 10)
        #expect(report.exclusionMicroseconds == 3)
        #expect(report.rules.map(\.id) == ["drugs.named", "drugs.short", "gangs.traffic", "drugs.never", "drugs.new"])
        #expect(report.rules.map(\.microseconds) == [1, 1, 1, 0, 0])
        #expect(report.rules.map(\.documentsTried) == [1, 1, 1, 0, 0])
        #expect(report.text.hasPrefix("10 documents: words and phrases 10 µs, exclusions 3 µs, rules 3 µs\n"))
    }
}
