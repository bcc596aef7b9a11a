import RuleEngine
import RuleLanguage
import Speeches
import Testing

/// Why not, and how near: each way in which a rule can die, as a table of query, text and reason.
@Suite struct ExplanationTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let query: String
        let text: String
        let outcome: Explanation.Outcome
        let reason: String
        init(_ query: String, _ text: String, _ outcome: Explanation.Outcome, _ reason: String) {
            self.query = query
            self.text = text
            self.outcome = outcome
            self.reason = reason
        }
        var testDescription: String { "\(query) in '\(text)'" }
    }

    @Test(arguments: [
        Case(
            "people NEAR/4 traffick*", "People whom very bad cruel men now traffick.", .near,
            "3 words short of NEAR/4: 6 words stand between 'People' and 'traffick', 3 may"),
        Case(
            "people NEAR/4 traffick*", "People left. Trafficking goes on.", .near,
            "'People' and 'Trafficking' are near enough, but a sentence ends between"),
        Case(
            "people NEAR/2 traffick*", "People of all kinds left.\n\nTrafficking goes on.", .near,
            "'People' and 'Trafficking' occur, but in different paragraphs"),
        Case("people NEAR/4 traffick*", "People left.", .near, "'People' occurs, but 'traffick*' does not occur"),
        Case(
            "police BEFORE/2 station", "The station police.", .near,
            "'station' stands before 'police': BEFORE/2 wants the other order"),
        Case(
            "gang AND violence", "A gang.\n\nViolence.", .near,
            "both occur, but in different paragraphs: at best 1 of 2 for AND in one"),
        Case("gang AND violence", "A gang.", .near, "1 of 2 for AND: 'gang' occurs, 'violence' does not"),
        Case(
            "ATLEAST 2 (bribe, kickback, embezzle*)", "A bribe.", .near,
            "1 of 2 for ATLEAST 2: 'bribe' occurs, 'kickback', 'embezzle*' do not"),
        Case(
            "COUNT>=3 (police)", "Police, police.\n\nPolice.", .near,
            "2 of 3 for COUNT: 'police' occurs 3 times, at most 2 in one paragraph"),
        Case(
            "trial AND NOT clinical", "A clinical trial.", .near,
            "'trial' occurs, but AND NOT 'clinical' stands in the same paragraph"),
        Case(
            "trial NOT INSIDE clinical trial", "A clinical trial.", .near,
            "'trial' occurs, only inside 'clinical trial'"),
        Case(
            "trial INSIDE clinical trial", "A trial.", .near, "'trial' occurs, but not inside 'clinical trial'"),
        Case(
            "(police NEAR/5 say) CONTAINS crime", "Police officers say.", .near,
            "'Police officers say' occurs, but holds no 'crime'"),
        Case(
            "COUNT>=500/1000 (police)", "Police came in.", .near,
            "'police' occurs 1 time, too seldom for 500 in a thousand words of the paragraph"),
        Case(
            "police AFTER/2 station", "Police station.", .near,
            "'Police' stands before 'station': BEFORE/2 wants the other order"),
        Case("title: fraud", "On fraud.", .near, "'fraud' occurs, but not in the title"),
    ])
    func nearMisses(_ item: Case) throws {
        let rule = try #require(explain(TestRuleset.compile(find: item.query), item.text).first?.rules.first)
        #expect(rule.outcome == item.outcome)
        #expect(rule.reasons == [item.reason])
    }

    @Test func silentRulesHaveNoReason() throws {
        let rule = try #require(explain(TestRuleset.compile(find: "fraud"), "Nothing here.").first?.rules.first)
        #expect(rule.outcome == .silent)
        #expect(rule.reasons.isEmpty)
    }

    @Test func exclusionsAreNamed() throws {
        let names = """
            filters:
              - id: names.ministers
                applies_to: all
                not_inside: |
                  minister for crime and policing
            """
        let topic = """
            topic: t
            label: T
            description: A topic.
            rules:
              - {id: t.crime, weight: 3, find: crime, not_inside: crime scene}
            """
        let ruleset = try TestRuleset.compile(topics: [topic, names])
        let rule = try #require(
            explain(ruleset, "The Minister for Crime and Policing at a crime scene.").first?.rules.first)
        #expect(rule.outcome == .excluded)
        #expect(
            rule.lost.map(\.reason) == [
                "excluded by names.ministers: inside 'Minister for Crime and Policing'",
                "excluded by its own not_inside: inside 'crime scene'",
            ])
    }

    @Test func longerMatchesAndLonelyCluesAreNamed() throws {
        let topic = """
            topic: t
            label: T
            description: A topic.
            rules:
              - {id: t.long, weight: 3, find: drug trafficking}
              - {id: t.short, weight: 2, find: drug}
              - {id: t.clue, weight: 1, find: smuggle*}
            """
        let topics = explain(try TestRuleset.compile(topics: [topic]), "Drug trafficking.\n\nSmugglers.")
        let rules = try #require(topics.first?.rules)
        #expect(rules.map(\.outcome) == [.fired, .dropped, .dropped])
        #expect(rules[1].lost.map(\.reason) == ["dropped: inside 'Drug trafficking' of rule t.long"])
        #expect(rules[2].lost.map(\.reason) == ["weak clue alone in its paragraph"])
    }

    @Test func scoresAreTakenApart() throws {
        let topic = """
            topic: t
            label: T
            description: A topic.
            rules:
              - {id: t.a, weight: 1, find: bribe}
              - {id: t.b, weight: 1, find: kickback}
              - {id: t.c, weight: 2, find: corruption}
            """
        let ruleset = try TestRuleset.compile(topics: [topic])
        let speech = Speech(
            id: SpeechID("d"), title: "On corruption", body: ["A bribe. A kickback. A bribe."], language: "en")
        let found = try #require(Classifier(ruleset).explain(speech).topics.first)
        #expect(found.points == 6.5)
        #expect(found.titlePoints == 2)
        #expect(found.rules.map(\.points) == [1.5, 1, 2])
        #expect(found.score == 0.765)
    }

    @Test func vetoesConditionsAndStatusAreNamed() throws {
        let topic = """
            topic: t
            label: T
            description: A topic.
            rules:
              - {id: t.veto, weight: 3, find: trial, not_document: clinical trial}
              - {id: t.when, weight: 3, find: trial, when: {from: "2020-01-01", speaker: [Smith]}}
              - {id: t.new, weight: 3, find: trial, status: experimental}
            """
        let ruleset = try TestRuleset.compile(topics: [topic])
        let rules = try #require(explain(ruleset, "A trial. A clinical trial.").first?.rules)
        #expect(rules.map(\.outcome) == [.vetoed, .notApplicable, .inactive])
        #expect(
            rules.map(\.reasons) == [
                ["not_document: 'clinical trial' occurs"],
                ["when: neither name nor role of the speaker has Smith", "when: not delivered from 2020-01-01"],
                ["experimental; it would find 2 matches"],
            ])
    }

    @Test func textShowsWhatPeopleNeed() throws {
        let ruleset = try TestRuleset.compile(find: "fraud")
        let explanation = Classifier(ruleset).explain(ExampleTests.speech(title: nil, text: "Fraud rose."))
        #expect(
            explanation.text() == """
                example
                crime policy: yes (0.893, needs 0.500)

                t  0.600  tagged, focus  (3 points)
                  t.r  fired  +3  (weight 3, 1 sentence)
                      «Fraud»  sentence 1

                """)
    }

    private func explain(_ ruleset: Ruleset, _ text: String) -> [Explanation.Topic] {
        Classifier(ruleset).explain(ExampleTests.speech(title: nil, text: text)).topics
    }
}
