/// Characters in rule files that cannot be seen and so cannot be meant (L027).
enum SourceLints {
    static func check(_ linted: LintedRuleset, _ findings: inout LintFindings) {
        for source in linted.ruleset.sources {
            for (index, line) in source.lines.enumerated() where line.utf8.contains(where: { $0 >= 0x80 }) {
                for (column, scalar) in line.unicodeScalars.enumerated()
                where scalar.properties.generalCategory == .format {
                    let range = SourceRange(line: index + 1, column: column + 1)
                    findings.add(
                        .invisibleCharacter, linted.subject(path: source.path, range),
                        "U+\(scalar.codePoint)\(scalar.properties.name.map { " (\($0.lowercased()))" } ?? "") cannot be seen",
                        cure:
                            "remove it; in an example that needs it, write \"\\u\(scalar.codePoint)\" in double quotes")
                }
            }
        }
    }
}
