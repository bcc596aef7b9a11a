internal import Yams

extension Diagnostic {
    static func tooLarge(_ path: String, bytes: Int) -> Diagnostic {
        Diagnostic(
            .fileTooLarge, path: path, range: SourceRange(line: 1, column: 1),
            "the file has \(bytes) bytes; \(RuleText.maximumSize) are allowed", cure: "split it")
    }

    static func anchor(_ path: String, _ range: SourceRange) -> Diagnostic {
        Diagnostic(
            .anchorOrAlias, path: path, range: range, "anchors, aliases and tags of YAML are not allowed in rule files",
            cure:
                "repeat the value or use a list; where the character is meant, put a space behind it or the text in quotes"
        )
    }
}

extension YamlError {
    /// What the YAML library says, in the words of people who write rules.
    func diagnostic(in source: RuleText) -> Diagnostic {
        switch self {
        case .composer(_, let problem, let mark, _) where problem.contains("another document"):
            return make(
                .severalDocuments, Self.location(mark), "the file holds a second document", source,
                cure: "give each document a file of its own, and remove '---'")
        case .composer(_, _, let mark, _):
            return make(
                .anchorOrAlias, Self.location(mark), "'*' in front of a word is an alias of YAML", source,
                cure: "write queries in a block scalar (find: |), other text in quotation marks")
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _):
            return syntax(problem, Self.location(mark), source)
        case .duplicatedKeysInMapping(let duplicates, let context):
            return duplicate(duplicates.sorted().first ?? "", Self.location(context.mark), source)
        case .reader(_, _, let value, _):
            return unreadable(value, source)
        default:
            return make(
                .invalidYAML, SourceLocation(line: 1, column: 1), "not valid YAML", source,
                cure: "check the indentation")
        }
    }

    private static func location(_ mark: Mark) -> SourceLocation {
        SourceLocation(line: max(mark.line, 1), column: max(mark.column, 1))
    }

    private func make(
        _ code: DiagnosticCode, _ place: SourceLocation, _ message: String, _ source: RuleText, length: Int = 1,
        cure: String
    ) -> Diagnostic {
        Diagnostic(
            code, path: source.path, range: SourceRange(line: place.line, column: place.column, length: length),
            message,
            cure: cure)
    }

    private func syntax(_ problem: String, _ place: SourceLocation, _ source: RuleText) -> Diagnostic {
        let line = source.line(place.line)
        let content = line.drop { $0 == " " || $0 == "-" }
        for key in ["find", "not_inside", "not_document"] where content.hasPrefix(key + ":") && !content.hasSuffix("|")
        {
            return make(
                .unquotedQuery, place, "YAML cannot read this query as it stands: \(problem)", source,
                cure: "write '\(key): |' and the query on the next line, indented")
        }
        if line.prefix(while: { $0 == " " || $0 == "\t" }).contains("\t") {
            return make(
                .invalidYAML, place, "the line is indented with a tab, which YAML does not allow", source,
                cure: "indent with spaces")
        }
        return make(
            .invalidYAML, place, "not valid YAML: \(problem)", source,
            cure:
                "check the indentation; text with : # | \" * or $ belongs in quotation marks or a block scalar (find: |)"
        )
    }

    /// The library names the mapping; the second of the two keys is looked for in the lines below.
    private func duplicate(_ key: String, _ mapping: SourceLocation, _ source: RuleText) -> Diagnostic {
        var place = mapping
        var seen = 0
        for number in mapping.line...max(mapping.line, source.lines.count) {
            let line = source.line(number).unicodeScalars.dropFirst(mapping.column - 1)
            guard line.starts(with: "\(key):".unicodeScalars) else { continue }
            seen += 1
            if seen == 2 {
                place = SourceLocation(line: number, column: mapping.column)
                break
            }
        }
        return make(
            .duplicateKey, place, "the key '\(key.quotable)' stands twice here", source,
            length: seen == 2 ? key.unicodeScalars.count : 1, cure: "keep one of them")
    }

    /// The library names the character that YAML forbids; its place is looked for.
    private func unreadable(_ value: Int32, _ source: RuleText) -> Diagnostic {
        let scalar = Unicode.Scalar(UInt32(bitPattern: value))
        let name = scalar.map { "U+\($0.codePoint)" } ?? "one of its characters"
        var place = SourceLocation(line: 1, column: 1)
        for (index, line) in source.lines.enumerated() {
            if let column = line.unicodeScalars.enumerated().first(where: { $0.element == scalar })?.offset {
                place = SourceLocation(line: index + 1, column: column + 1)
                break
            }
        }
        return make(
            .invalidYAML, place, "YAML does not allow \(name) in a file", source, cure: "remove the character")
    }
}
