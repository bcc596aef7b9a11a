internal import TextMatching

/// Words as they are written: capitals that are folded (L016), operators in small letters (L028), exact small letters
/// (L030).
enum WrittenWordLints {
    static func check(_ linted: LintedRuleset, _ findings: inout LintFindings) {
        linted.forEachWritten { queries, subject in
            for query in queries {
                query.forEachPart { part in
                    guard let words = part.plainWords else { return }
                    checkCapitals(part.range, linted.sources[subject.path], subject, &findings)
                    check(words, part.range, subject, &findings)
                }
            }
        }
    }

    private static func check(
        _ words: [WordPattern], _ range: SourceRange, _ subject: LintSubject, _ findings: inout LintFindings
    ) {
        for word in words.dropFirst().dropLast() where word == .folded("or") || word == .folded("near") {
            findings.add(
                .lowerCaseOperator, subject, at: range, "'\(word.letters)' between words is a word like any other",
                cure: word == .folded("or") ? "write | between alternatives" : "write NEAR/5 for words near each other")
            break
        }
        for case .exact(let text) in words
        where text == text.lowercased() && text.contains(where: \.isLetter) && words.count == 1 {
            findings.add(
                .lowerCaseExact, subject, at: range,
                "'=\(text)' misses '\(text.capitalised)' at the start of a sentence",
                cure: "write \"\(text)\" in double quotes, which folds case and nothing else")
        }
    }

    /// The query tree holds folded words, so the source is read again.
    private static func checkCapitals(
        _ range: SourceRange, _ source: RuleText?, _ subject: LintSubject, _ findings: inout LintFindings
    ) {
        guard let source, range.start.line == range.end.line else { return }
        let line = source.line(range.start.line)
        guard line.utf8.contains(where: { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }) else { return }
        let scalars = line.unicodeScalars.dropFirst(range.start.column - 1).prefix(
            range.end.column - range.start.column)
        for token in QueryLexer(Array(scalars)).tokens {
            guard case .word(let word) = token.kind, word.unicodeScalars.count >= 2,
                word.unicodeScalars.allSatisfy({ $0.properties.isUppercase })
            else { continue }
            let column = range.start.column + token.offsets.lowerBound
            findings.add(
                .upperCaseWord, subject,
                at: SourceRange(line: range.start.line, column: column, length: token.offsets.count),
                "'\(word)' finds '\(word.lowercased())' too, because case is folded",
                cure: "write =\(word) to find the capitals only")
        }
    }
}

extension String {
    /// With its first letter a capital.
    fileprivate var capitalised: String { prefix(1).uppercased() + dropFirst() }
}
