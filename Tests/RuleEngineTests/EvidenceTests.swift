import RuleLanguage
import Speeches
import Testing
@testable import RuleEngine

/// Which matches become evidence, and how events quote them.
@Suite struct EvidenceTests {
    private func topic(_ rules: String, id: String = "t", more: String = "") -> String {
        "topic: \(id)\nlabel: \(id.uppercased())\ndescription: A topic.\n\(more)rules:\n\(rules)"
    }

    private func rule(_ name: String, _ weight: Int, _ find: String, _ more: String = "") -> String {
        "  - id: \(name)\n    weight: \(weight)\n    find: |\n      \(find)\n\(more)"
    }

    private func words(_ event: ClassifiedSpeech) -> [String] {
        event.topics.flatMap(\.evidence).map { item in
            item.rule.rawValue + ": " + item.spans.map { $0.exact ?? "" }.joined(separator: " … ")
        }
    }

    private func classify(_ topics: [String], _ text: String, title: String? = nil, manifest: String = "") throws
        -> ClassifiedSpeech
    {
        try Classifier(TestRuleset.compile(topics: topics, manifest: manifest)).classify(
            ExampleTests.speech(title: title, text: text))
    }

    @Test func theLongestMatchWinsInsideATopic() throws {
        let topics = [topic(rule("t.short", 2, "sexual abuse") + rule("t.long", 3, "child sexual abuse"))]
        #expect(
            try words(classify(topics, "Child sexual abuse. Sexual abuse.")) == [
                "t.long: Child sexual abuse", "t.short: Sexual abuse",
            ])
    }

    @Test func aLighterRuleHidesNoHeavierOne() throws {
        let topics = [topic(rule("t.heavy", 3, "sexual abuse") + rule("t.light", 2, "alleged sexual abuse"))]
        #expect(try words(classify(topics, "Alleged sexual abuse.")).contains("t.heavy: sexual abuse"))
    }

    @Test func topicsDoNotHideEachOther() throws {
        let topics = [
            topic(rule("a.r", 3, "drug trafficking"), id: "a"), topic(rule("b.r", 3, "trafficking"), id: "b"),
        ]
        #expect(try words(classify(topics, "Drug trafficking.")) == ["a.r: Drug trafficking", "b.r: trafficking"])
    }

    @Test func oneTopicYieldsToAnotherWhereItSaysSo() throws {
        let yielding = rule("b.r", 3, "trafficking", "    not_inside: |\n      topic:a\n")
        let topics = [topic(rule("a.r", 3, "drug trafficking"), id: "a"), topic(yielding, id: "b")]
        #expect(
            try words(classify(topics, "Drug trafficking. Trafficking.")) == [
                "a.r: Drug trafficking", "b.r: Trafficking",
            ])
    }

    @Test func aRuleMayWinOverOtherTopics() throws {
        func topics(_ more: String) -> [String] {
            [
                topic(rule("a.r", 1, "drug trafficking | drug", more), id: "a"),
                topic(rule("b.r", 3, "trafficking | drug"), id: "b"),
            ]
        }
        let text = "Drug trafficking. A drug. Trafficking."
        let all = ["b.r: Drug", "b.r: trafficking", "b.r: drug", "b.r: Trafficking"]
        #expect(try words(classify(topics(""), text)) == all)
        for wins in ["all", "b", "[b]"] {
            #expect(
                try words(classify(topics("    wins_over: \(wins)\n"), text)) == ["b.r: drug", "b.r: Trafficking"],
                "a longer find wins, whatever the weights and whether its topic stands; the same words do not")
        }
        #expect(try words(classify(topics("    wins_over: a\n"), text)) == all, "within its own topic it says nothing")
    }

    @Test func winningOverIsExplained() throws {
        let topics = [
            topic(rule("a.r", 3, "drug trafficking", "    wins_over: all\n"), id: "a"),
            topic(rule("b.r", 3, "trafficking"), id: "b"),
        ]
        let classifier = try Classifier(TestRuleset.compile(topics: topics))
        let speech = ExampleTests.speech(title: nil, text: "Drug trafficking.")
        let rule = try #require(classifier.explain(speech).topics.first { $0.id == "b" }?.rules.first)
        #expect(rule.outcome == .dropped)
        #expect(rule.lost.map(\.reason) == ["dropped: inside 'Drug trafficking' of rule a.r, which wins over it"])
    }

    @Test func aWeakClueNeedsAnotherRuleInItsParagraph() throws {
        let topics = [topic(rule("t.weak", 1, "gang") + rule("t.clear", 2, "stabbing"))]
        #expect(try words(classify(topics, "A gang.\n\nA stabbing.")) == ["t.clear: stabbing"])
        #expect(try words(classify(topics, "A gang. A stabbing.")) == ["t.weak: gang", "t.clear: stabbing"])
        #expect(try words(classify(topics, "A gang and a gang.")).isEmpty)
    }

    @Test func exclusionsVetoesAndConditions() throws {
        let excluded = rule(
            "t.r", 3, "trial", "    not_inside: |\n      clinical trial\n    not_document: |\n      vaccine\n")
        #expect(try words(classify([topic(excluded)], "A clinical trial and a trial.")) == ["t.r: trial"])
        #expect(try words(classify([topic(excluded)], "A trial of a vaccine.")).isEmpty)
        let conditional = rule("t.r", 3, "trial", "    when: {language: en, from: 2020}\n")
        var speech = ExampleTests.speech(title: nil, text: "A trial.")
        let classifier = try Classifier(TestRuleset.compile(topics: [topic(conditional)]))
        #expect(classifier.classify(speech).topics.isEmpty, "a document without a date passes no date condition")
        speech.deliveredOn = DeliveryDate("2021-03")
        #expect(classifier.classify(speech).topics.count == 1)
        speech.deliveredOn = DeliveryDate("2019-12-31")
        #expect(classifier.classify(speech).topics.isEmpty)
    }

    @Test func experimentalRulesAreForTestsOnly() throws {
        let checked = try TestRuleset.check(topics: [topic(rule("t.r", 3, "trial", "    status: experimental\n"))])
        let speech = ExampleTests.speech(title: nil, text: "A trial.")
        #expect(Classifier(Ruleset.compile(checked)).classify(speech).topics.isEmpty)
        let trying = Ruleset.compile(checked, options: ClassifierOptions(includesExperimental: true))
        #expect(Classifier(trying).classify(speech).topics.count == 1)
    }

    @Test func offsetsCountCodePoints() throws {
        let text = "Łódź 😀 naïve — trafficking of “women” 👩‍👩‍👧 e\u{301}; trafficking."
        let event = try classify([topic(rule("t.r", 3, "trafficking"))], text, title: "Été")
        let canonical = Array(ExampleTests.speech(title: "Été", text: text).canonicalText.unicodeScalars)
        #expect(event.topics[0].evidence.count == 2)
        for span in event.topics[0].evidence.flatMap(\.spans) {
            #expect(String(String.UnicodeScalarView(canonical[span.start..<span.end])) == span.exact)
            #expect(String(String.UnicodeScalarView(canonical[max(0, span.start - 32)..<span.start])) == span.prefix)
        }
        #expect(event.document.characters == canonical.count)
    }

    @Test func evidenceIsCappedAndCounted() throws {
        let ruleset = try TestRuleset.compile(
            topics: [topic(rule("t.r", 3, "crime"))],
            options: ClassifierOptions(evidencePerTopic: 3, evidenceText: .offsets))
        let event = Classifier(ruleset).classify(
            ExampleTests.speech(title: nil, text: String(repeating: "Crime. ", count: 10)))
        #expect(event.topics[0].evidenceCount == 10)
        #expect(event.topics[0].evidence.count == 3)
        #expect(event.topics[0].evidence.allSatisfy { $0.spans.allSatisfy { $0.exact == nil } })
    }

    @Test func aLargeEventDropsEvidenceAndSaysSo() throws {
        let ruleset = try TestRuleset.compile(
            topics: [topic(rule("t.r", 3, "crime"))],
            options: ClassifierOptions(evidencePerTopic: 1_000, maximumEventBytes: 20_000))
        let event = Classifier(ruleset).classify(
            ExampleTests.speech(title: nil, text: String(repeating: "Crime. ", count: 900)))
        #expect(event.truncated)
        #expect(event.json.count <= 20_000)
        #expect(event.topics[0].evidenceCount == 900)
    }

    @Test func everyDocumentYieldsAnEvent() throws {
        let ruleset = try TestRuleset.compile(topics: [topic(rule("t.r", 3, "crime"))])
        let classifier = Classifier(ruleset)
        #expect(classifier.classify(Speech(id: SpeechID("x"), body: [])).assessment == .empty)
        #expect(classifier.classify(Speech(id: SpeechID("x"), body: ["…"])).assessment == .empty)
        #expect(
            classifier.classify(Speech(id: SpeechID("x"), body: ["Crime"], language: "fr")).assessment
                == .unsupportedLanguage)
        #expect(classifier.classify(Speech(id: SpeechID("x"), body: ["Crime"], language: "en-GB")).topics.count == 1)
        #expect(classifier.classify(Speech(id: SpeechID("x"), title: "Crime", body: [])).topics.count == 1)
    }

    @Test func whateverCanChangeAnEventChangesTheDigest() throws {
        func digest(_ rules: String, more: String = "", manifest: String = "", options: ClassifierOptions = .init())
            throws -> String
        {
            try TestRuleset.compile(topics: [topic(rules, more: more)], manifest: manifest, options: options).identity
                .digest
        }
        let plain = try digest(rule("t.r", 3, "crime | theft"))
        #expect(try digest(rule("t.r", 3, "crime  |  theft  # a comment", "    description: Words.\n")) == plain)
        let others = [
            try digest(rule("t.r", 2, "crime | theft")), try digest(rule("t.s", 3, "crime | theft")),
            try digest(rule("t.r", 3, "crime | thief")),
            try digest(rule("t.r", 3, "crime | theft", "    not_inside: |\n      x y\n")),
            try digest(rule("t.r", 3, "crime | theft"), more: "codes: {a: [\"1\"]}\n"),
            try digest(rule("t.r", 3, "crime | theft"), manifest: "supporting: [t]\n"),
            try digest(rule("t.r", 3, "crime | theft"), manifest: "shared: [t]\n"),
            try digest(rule("t.r", 3, "crime | theft"), manifest: "other_subjects: tax\n"),
            try digest(rule("t.r", 3, "crime | theft"), options: ClassifierOptions(evidencePerTopic: 19)),
            try digest(rule("t.r", 3, "crime | theft", "    when: {language: en}\n")),
            try digest(rule("t.r", 3, "crime | theft", "    wins_over: all\n")),
        ]
        #expect(Set(others + [plain]).count == others.count + 1)
    }
}
