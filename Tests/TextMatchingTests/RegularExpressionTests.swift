import Testing
@testable import TextMatching

@Suite struct RegularExpressionTests {
    private func matches(_ pattern: String, _ text: String) throws -> [String] {
        let expression = try RegularExpression(pattern)
        let bytes = Array(text.utf8)
        var found: [String] = []
        _ = bytes.withUnsafeBufferPointer { buffer in
            expression.forEachMatch(in: buffer) { found.append(String(decoding: bytes[$0], as: UTF8.self)) }
        }
        return found
    }

    @Test(arguments: [
        (#"section \d+"#, "Section 12 and section 3.", ["Section 12", "section 3"]),
        (#"(?-i)act"#, "Act, act", ["act"]),
        (#"a|ab|abc"#, "abcab", ["abc", "ab"]),
        (#"[^ ]+ing\b"#, "trading, bring it", ["trading", "bring"]),
        (#"(drug|arms) (deal|traffick)\w*"#, "drug dealers, arms trafficking", ["drug dealers", "arms trafficking"]),
        (#"x{2,3}"#, "x xx xxxx", ["xx", "xxx"]),
        (#"^the"#, "The end\nthe end. the", ["The", "the"]),
        (#"end$"#, "end end\nend", ["end", "end"]),
        (#"a.b"#, "a\nb a-b", ["a-b"]),
        (#"É+"#, "éÉé", ["éÉé"]),
        (#"\bs\.?\s?4\b"#, "s.4, s 4, s4, as4", ["s.4", "s 4", "s4"]),
        (#"[a-c\d]+"#, "abc12d3", ["abc12", "3"]),
        (#"(?:ab)*c"#, "ababc c", ["ababc", "c"]),
    ])
    func finds(_ pattern: String, _ text: String, _ expected: [String]) throws {
        #expect(try matches(pattern, text) == expected)
    }

    @Test(arguments: [
        "(", ")", "[a", "a{2", "*a", #"\1"#, "(?=a)", #"\q"#, "a*", "(|a)", "[z-a]", #"(a{100}){100}"#, #"\"#,
    ])
    func refuses(_ pattern: String) {
        #expect(throws: RegularExpression.Problem.self) { try RegularExpression(pattern) }
    }

    /// Expressions that take backtracking matchers for ever end here with the right answer.
    @Test func catastrophicExpressionsEnd() throws {
        let text = String(repeating: "a", count: 5_000) + "!"
        #expect(try matches("(a+)+b", text) == [])
        #expect(try matches("(a|aa)+$", text) == [])
        #expect(try matches("(.*a){20}!", String(text.suffix(900))).count == 1)
    }
}
