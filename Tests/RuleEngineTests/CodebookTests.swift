import Foundation
import RuleEngine
import RuleLanguage
import TestSupport
import Testing

/// The codebook that analysts read.
@Suite struct CodebookTests {
    private static let files = [
        """
        topic: drugs
        label: Drugs & <crime>
        description: Illegal drugs.
        scope_note: Money from drugs belongs to illicit-finance.
        codes: {iccs: ["0601"], iptc: ["20000095", "20000096"]}
        lists:
          substances: cocaine | heroin
        rules:
          - id: drugs.named
            weight: 3
            status: stable
            description: By name.
            find: |
              # a remark stays
              $substances
              (drug | arms) traffick*
              people NEAR/4 drug
              police BEFORE/2 drug
              gang AND drug
              drug AND NOT medical
              ATLEAST 2 (a, b, c)
              COUNT>=3 (drug)
              title: drug
              document: (drug AND money)
            not_inside: drug store
            not_document: pharmacy
            when: {language: [en], from: "2020"}
            references: ["Single Convention, 1961"]
            examples:
              - {text: "Cocaine | heroin *here*.", finds: ["Cocaine", "heroin"]}
              - {text: "None.", finds: []}
        examples:
          - {text: "Cocaine.", tagged: true}
        """,
        """
        topic: illicit-finance
        label: Illicit finance
        description: Money.
        rules:
          - {id: illicit-finance.named, weight: 1, find: "topic:drugs AND money", status: experimental}
        """,
        """
        filters:
          - {id: names.f, description: Names., applies_to: all, not_inside: office on drugs}
        """,
    ]

    private static let quality = #"""
        {"version": "1.0.0", "half": "check", "documents": 12,
         "crime_policy": {"label": "crime_policy", "topics": [], "counts": {"true_positives": 1, "false_negatives": 1}},
         "labels": [{"label": "drugs", "topics": ["drugs"], "counts": {"true_positives": 3, "false_negatives": 1},
           "precision": {"value": 0.75, "low": 0.3, "high": 0.95}, "recall": {"value": 0.75, "low": 0.3, "high": 0.95},
           "f1": {"value": 0.75, "low": 0.4, "high": 0.9}}],
         "macro_f1": {"value": 0.75, "low": 0.4, "high": 0.9}}
        """#

    private func codebook() throws -> Codebook {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let quality = try decoder.decode(CodebookQuality.self, from: Data(Self.quality.utf8))
        return Codebook(try TestRuleset.check(topics: Self.files), quality: quality)
    }

    @Test func markdown() throws { try goldenMatches(try codebook().markdown, "RuleEngine/codebook.md") }

    @Test func html() throws { try goldenMatches(try codebook().html, "RuleEngine/codebook.html") }

    /// Another parser finds every element closed and nothing fetched.
    @Test func pagesAreWellFormed() throws {
        let program = """
            import sys
            from html.parser import HTMLParser
            class Check(HTMLParser):
                open, bad = [], []
                def handle_starttag(self, tag, attributes):
                    if tag in ('script', 'img', 'link', 'iframe') or any(n in ('src', 'onclick') for n, _ in attributes): self.bad.append(tag)
                    if tag not in ('meta', 'br'): self.open.append(tag)
                def handle_endtag(self, tag):
                    if not self.open or self.open.pop() != tag: self.bad.append('/' + tag)
            check = Check(); check.feed(sys.stdin.read()); print(check.bad, check.open)
            """
        let outcome = try Python.run(["-c", program], input: Array(codebook().html.utf8))
        #expect(outcome.output == "[] []\n")
    }
}

/// A query on trial.
@Suite struct QueryTrialTests {
    @Test func matchesAreMarked() throws {
        let trial = try QueryTrial("(people | women) NEAR/4 traffick*\nslavery")
        let result = trial.run(on: ExampleTests.speech(title: nil, text: "Trafficking of women. Café slavery."))
        #expect(result.marked("[", "]", printing: { $0 }) == "[Trafficking] of [women]. Café [slavery].")
        #expect(result.matches.map(\.words) == [["Trafficking", "women"], ["slavery"]])
    }

    @Test func overlappingMatchesAreMarkedOnce() throws {
        let result = try QueryTrial("drug | (drug NEAR/3 crime)").run(
            on: ExampleTests.speech(title: nil, text: "A drug crime."))
        #expect(result.marked("[", "]", printing: { $0 }) == "A [drug] [crime].")
    }

    @Test func missesAreExplained() throws {
        let result = try QueryTrial("gang NEAR/1 violence").run(
            on: ExampleTests.speech(title: nil, text: "gang of violence"))
        #expect(result.matches.isEmpty)
        #expect(result.reasons == ["1 word short of NEAR/1: 1 words stand between 'gang' and 'violence', 0 may"])
    }

    @Test func rulesetsLendTheirListsAndRules() throws {
        let sources = [
            RuleText(path: "ruleset.yaml", text: "ruleset: r\nversion: 1.0.0\n"),
            RuleText(path: "lists.yaml", text: "lists:\n  people: |\n    women | men\n"),
        ]
        let result = try QueryTrial("$people", beside: sources).run(
            on: ExampleTests.speech(title: nil, text: "A woman."))
        #expect(result.matches.map(\.words) == [["woman"]])
    }

    /// Places are those of the query, not of the file made around it.
    @Test func problemsPointIntoTheQuery() {
        let error = #expect(throws: QueryTrialError.self) { try QueryTrial("fine\ngang NEAR/2 violence AND x") }
        #expect(error?.description.hasPrefix("query:2:22: error[Q002]") == true)
        #expect(error?.description.contains(" 2 | gang NEAR/2 violence AND x\n") == true)
    }
}
