import RuleLanguage
import Testing

/// Rule files that were made to hurt: each ends soon, in little memory, with a diagnostic or a ruleset.
///
/// No test measures time: what is not bounded here takes minutes or gigabytes, or overflows the stack.
@Suite struct HostileFileTests {
    @Test(arguments: [
        String(repeating: "a", count: 900_000),
        String(repeating: "a-", count: 400_000),
        String(repeating: "a~", count: 400_000),
        String(repeating: "a*", count: 400_000),
        String(repeating: "(", count: 100_000),
        String(repeating: ")", count: 100_000),
        String(repeating: "(", count: 100_000) + "a" + String(repeating: ")", count: 100_000),
        String(repeating: "[", count: 100_000) + "a" + String(repeating: "]", count: 100_000),
        String(repeating: "(a | ", count: 100_000),
        String(repeating: "title: ", count: 100_000),
        String(repeating: "a NEAR/2 ", count: 100_000),
        String(repeating: "ATLEAST 1 (", count: 80_000),
        String(repeating: "^", count: 900_000),
        String(repeating: "\"", count: 900_001),
        String(repeating: "/a/", count: 300_000),
        "NEAR/" + String(repeating: "9", count: 900_000),
        "$" + String(repeating: "a", count: 900_000),
    ])
    func queries(_ query: String) {
        let reader = Checking.read(Checking.topic(find: query))
        #expect(reader.ruleset == nil)
        #expect(DiagnosticReport(reader).rendered(.text).utf8.count < 2_000_000)
    }

    @Test func manyShortQueries() {
        let reader = Checking.read(Checking.topic(find: String(repeating: "a b\n", count: 90_000)))
        #expect(reader.ruleset?.rules[0].find.count == 90_000)
    }

    @Test func manyBadQueries() {
        let reader = Checking.read(Checking.topic(find: String(repeating: "a | b AND c\n", count: 50_000)))
        #expect(reader.diagnostics.count == 1_000)
    }

    @Test func optionalWordsInGreatNumber() {
        let reader = Checking.read(Checking.topic(find: "a" + String(repeating: " [b]", count: 2_000)))
        #expect(reader.ruleset == nil)
    }

    // MARK: YAML

    @Test(arguments: [
        String(repeating: "[", count: 1_000_000), String(repeating: "{a: ", count: 200_000),
        String(repeating: "- ", count: 500_000), String(repeating: "? ", count: 500_000),
        String(repeating: "[[[],", count: 150_000),
        (0..<1_400).map { String(repeating: " ", count: $0) + "a:\n" }.joined(),
        "topic: \"" + String(repeating: "a", count: 1_000_000),
        "topic: t\n" + String(repeating: "\n", count: 1_000_000),
        "topic: \u{0}", "\u{1B}[31m: red", "a: b: c", "\t- a", "%YAML 9.9\n---\n", "topic: \u{FFFE}",
    ])
    func nesting(_ text: String) {
        let reader = Checking.read(text)
        #expect(reader.ruleset == nil)
        let report = DiagnosticReport(reader).rendered(.text)
        #expect(report.utf8.count < 100_000)
        #expect(!report.unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{0}" })
    }

    @Test func aliasBombsInEveryDisguise() {
        func bomb(_ anchor: String, _ separator: String) -> String {
            var text = "a0: \(anchor)a0 [x,x,x,x,x,x,x,x,x]\(separator)"
            for level in 1...9 {
                let aliases = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ",")
                text += "a\(level): \(anchor)a\(level) [\(aliases)]\(separator)"
            }
            return text + "? *a9\(separator): *a9\(separator)"
        }
        for (anchor, separator) in [("&", "\n"), ("\t&", "\n"), ("&", "\r"), ("&", "\u{2028}"), ("!!seq &", "\n")] {
            let reader = Checking.read(bomb(anchor, separator))
            #expect(!Set(reader.diagnostics.map(\.code)).isDisjoint(with: [.anchorOrAlias, .strayLineEnd]))
        }
    }

    @Test func anchorsAreSeenWhereverYAMLAllowsThem() {
        for text in [
            "&a topic: t", "topic: &a t", "- &a x", "[&a x]", "{&a x: y}", "{x: &a y}", "[x,&a y]", "? &a x\n: y",
            "!!str &a x",
            "--- &a\ntopic: t", "\u{FEFF}&a topic: t", "topic:\n  &a\n  t", "{\"x\":&a y}",
        ] {
            #expect(Checking.read(text).diagnostics.map(\.code).contains(.anchorOrAlias), "\(text)")
        }
    }

    // MARK: Lists and references

    @Test func listsOfListsAreNotSpeltOutWithoutBound() {
        var lists = "lists:\n  l0: |\n    a | b | c | d | e | f | g | h\n"
        for level in 1...40 {
            let uses = Array(repeating: "$l\(level - 1)", count: 8).joined(separator: " | ")
            lists += "  l\(level): |\n    \(uses)\n"
        }
        let reader = Checking.read(Checking.topic(find: "$l40"), ["lists.yaml": lists])
        #expect(reader.diagnostics.map(\.code).contains(.expansionTooLarge))
        #expect(reader.diagnostics.count < 100)
    }

    @Test func longChainsOfListsEnd() {
        var lists = "lists:\n  l0: a\n"
        for level in 1...20_000 { lists += "  l\(level): $l\(level - 1)\n" }
        let reader = Checking.read(Checking.topic(find: "$l20000"), ["lists.yaml": lists])
        #expect(reader.diagnostics.map(\.code).contains(.expansionTooLarge))
    }

    @Test func longChainsAndCirclesOfRulesEnd() {
        let count = 12_000
        var rules = Checking.head
        for number in 0..<count {
            rules += "  - {id: t.r\(number), weight: 3, find: \"rule:t.r\((number + 1) % count)\"}\n"
        }
        let reader = Checking.read(rules)
        #expect(reader.diagnostics.map(\.code) == [.cycle])
        #expect(reader.diagnostics[0].message.utf8.count < 1_000)
        #expect(Checking.read(rules.replacing("\"rule:t.r0\"", with: "crime")).ruleset?.rules.count == count)
    }

    @Test func manyReferencesToManyRulesEnd() {
        var rules = Checking.head
        for number in 0..<10_000 { rules += "  - {id: t.r\(number), weight: 3, find: \"topic:u\"}\n" }
        let other =
            Checking.head.replacing("topic: t", with: "topic: u")
            + (0..<10_000).map { "  - {id: u.r\($0), weight: 3, find: x}\n" }.joined()
        #expect(Checking.read(rules, ["u.yaml": other]).ruleset?.rules.count == 20_000)
    }

    @Test func manyUnknownNamesEnd() {
        var rules = Checking.head
        for number in 0..<9_000 { rules += "  - {id: t.rule-\(number), weight: 3, find: \"rule:t.rulf-\(number)\"}\n" }
        #expect(Checking.read(rules).diagnostics.count == 1_000)
    }

    @Test func manyFiltersOverManyRulesEnd() {
        let filters = "filters:\n" + (0..<8_000).map { "  - {id: f\($0), applies_to: all, not_inside: a b}\n" }.joined()
        let rules = Checking.head + (0..<8_000).map { "  - {id: t.r\($0), weight: 3, find: x}\n" }.joined()
        #expect(Checking.read(rules, ["f.yaml": filters]).ruleset?.filters.count == 8_000)
    }
}
