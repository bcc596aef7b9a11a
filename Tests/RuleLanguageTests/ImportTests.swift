import RuleLanguage
import Testing

/// Queries of press databases become ours: a table of query, result and what was warned of.
@Suite struct ImportTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let query: String
        let becomes: [String]
        /// Column and a part of each warning.
        let warnings: [String]
        init(_ query: String, _ becomes: String..., warnings: [String] = []) {
            self.query = query
            self.becomes = becomes
            self.warnings = warnings
        }
        var testDescription: String { query }
    }

    @Test(arguments: [
        Case("fraud", "fraud"),
        Case("fraud OR scam", "fraud", "scam"),
        Case("fraud! W/5 (bank OR insur!)", "fraud* NEAR/5 (bank | insur*)"),
        Case("police PRE/2 station", "police BEFORE/2 station"),
        Case("\"money laundering\" W/S bank", "sentence: (money laundering AND bank)"),
        Case("gang /P violence", "paragraph: (gang AND violence)"),
        Case("crime AND law AND order", "document: (crime AND law AND order)"),
        Case("crime AND NOT sport", "document: (crime AND NOT sport)"),
        Case("HEADLINE(fraud)", "title: fraud"),
        Case("HLEAD(fraud)", "title: fraud", "lede: fraud"),
        Case("ATLEAST5(police)", "document: COUNT>=5 (police)"),
        Case("ALLCAPS(nca)", "=NCA"),
        Case("SINGULAR(arms)", "\"arms\""),
        Case("drug NOT W/5 store", "drug NOT INSIDE (drug NEAR/5 store)"),
        // Precedence of Lexis: OR, then distances from the smaller to the larger, then AND.
        Case(
            "a W/3 b W/10 c", "(a NEAR/3 b) NEAR/10 c",
            warnings: ["9 'W/3' was taken to bind before 'W/10'"]),
        Case(
            "aa AND bb OR cc", "document: (aa AND (bb | cc))", warnings: ["4 'OR' was taken to bind before 'AND'"]),
        Case("wom*n", "wom?n", warnings: ["1 read as one letter"]),
        Case("crime W/SEG law", "document: (crime AND law)", warnings: ["7 read as anywhere"]),
        Case("crime W/90 law", "crime NEAR/50 law", warnings: ["7 farther than 50", "7 stay within one sentence"]),
        Case("DATE(> 2020) AND fraud", "fraud", warnings: ["1 see 'when:'", "14 nothing on its left"]),
        Case("fraud AND DATE(aft 2020 and bef 2022)", "fraud", warnings: ["7 nothing on its right", "11 see 'when:'"]),
        Case("(fraud AND scam", "document: (fraud AND scam)", warnings: ["1 never closed"]),
        Case("fraud) AND", "fraud", warnings: ["6 has no partner", "8 nothing on its"]),
        Case("f! AND scam", "scam", warnings: ["1 fewer than two letters", "4 nothing on its left"]),
        Case("", warnings: ["1 nothing to find"]),
    ])
    func lexis(_ item: Case) { check(item, .lexis) }

    @Test(arguments: [
        Case("fraud and (bank or insur*)", "document: (fraud AND (bank | insur*))"),
        Case("drug near5 traffick*", "drug NEAR/5 traffick*"),
        Case("police w/3 station", "police BEFORE/3 station"),
        Case("police adj station", "police BEFORE/1 station"),
        Case("gang same violence", "paragraph: (gang AND violence)"),
        Case("hd=(fraud or scam)", "title: (fraud | scam)"),
        Case("hlp=fraud", "title: fraud", "lede: fraud"),
        Case("atleast3 police", "document: COUNT>=3 (police)"),
        Case("boeing/N30/airbus", "boeing NEAR/30 airbus", warnings: ["7 stay within one sentence"]),
        Case("toyota/F50/", "lede: toyota", warnings: ["7 read as the lede"]),
        Case("organis$3 crime", "organis* crime", warnings: ["1 limits the ending"]),
        // Precedence of Factiva: NOT, AND, OR.
        Case(
            "aa and bb or cc", "document: (aa AND bb)", "cc", warnings: ["11 'and' was taken to bind before 'or'"]),
        Case("la=en and fraud", "fraud", warnings: ["1 see 'when:'", "7 nothing on its left"]),
    ])
    func factiva(_ item: Case) { check(item, .factiva) }

    private func check(_ item: Case, _ dialect: ImportedQuery.Dialect) {
        let imported = ImportedQuery(item.query, from: dialect)
        #expect(imported.queries == item.becomes)
        #expect(imported.warnings.count == item.warnings.count, "\(imported.warnings)")
        for (warning, expected) in zip(imported.warnings, item.warnings) {
            let parts = expected.split(separator: " ", maxSplits: 1)
            #expect(String(warning.column) == parts[0], "\(warning)")
            #expect(warning.message.contains(parts[1]), "\(warning)")
        }
    }

    /// Whatever comes in, what goes out is a rule file without errors, or nothing.
    @Test func whatIsImportedCanBeRead() {
        let odd = [
            "a W/3 b W/10 c AND d OR e NOT W/2 f", "((((x))))", "\"unclosed", "!!!", "W/5", "a W/5", "ATLEAST3", "hd=",
            "a\nb\u{0}c", "NOT NOT NOT a", "/N30/ /F50/", "(\(String(repeating: "(", count: 200))a", "$ * ?", "=x",
            "a:b",
            String(repeating: "a w/3 ", count: 500) + "b", "rule:x topic:y $z /re/ ATLEAST 2 (a, b)",
        ]
        for query in odd {
            for dialect in ImportedQuery.Dialect.allCases {
                let imported = ImportedQuery(query, from: dialect)
                guard !imported.queries.isEmpty else { continue }
                let reader = Checking.read(imported.file(topic: "t"))
                #expect(reader.ruleset != nil, "\(query.prefix(60)): \(reader.report)")
            }
        }
    }

    @Test func theFileTellsWhatToLookAt() {
        let file = ImportedQuery("wom*n AND rights", from: .lexis).file(topic: "rights")
        #expect(
            file == """
                # Imported from a Lexis query. Look at each of these, then take the comment out:
                # column 1: '*' was read as one letter, as in Lexis terms and connectors; newer forms read any ending
                topic: rights
                label: rights
                description: Imported from a Lexis query.
                rules:
                  - id: rights.imported
                    weight: 2
                    status: experimental
                    find: |
                      document: (wom?n AND rights)

                """)
    }

    @Test func longQueriesAreRefused() {
        let imported = ImportedQuery(String(repeating: "a ", count: 20_000), from: .lexis)
        #expect(imported.queries.isEmpty)
        #expect(imported.warnings.map(\.message) == ["the query has more than 32768 bytes; import it in parts"])
    }
}
