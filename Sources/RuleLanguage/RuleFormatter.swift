/// Gives rule files one look without touching what they say.
///
/// It works on lines, so comments and the order of keys stay. It changes four things: spaces at line ends go, runs of
/// empty lines become one, line ends become LF with one at the end of the file; and in block scalars of queries, lines
/// stand two columns to the right of their key (continuations two more) with one space between the parts of a query.
/// Text that is no query is left alone, and a file with a query that does not parse as a whole.
public struct RuleFormatter {
    /// Why a file was not formatted.
    public struct Problem: Error, Sendable, Hashable {
        /// The file.
        public let path: String
        /// What stands in the way and what to do.
        public let reason: String
    }

    private let source: RuleText
    private var blocks: [QueryBlock] = []
    /// Lines inside other scalars, whose spaces are content.
    private var contentLines: Set<Int> = []
    /// The first query that does not parse.
    private var mistake: (line: Int, message: String)?

    /// The file as it should look.
    /// - Throws: `Problem` if it or a query of it does not parse, or if the result would not say the same.
    public static func formatted(_ source: RuleText) throws(Problem) -> String {
        let before = try FileMeaning(source)
        let formatter = RuleFormatter(source, before.root)
        if let mistake = formatter.mistake {
            throw Problem(
                path: source.path,
                reason: "line \(mistake.line): \(mistake.message); mend the query first: 'rostrum rules check' "
                    + "shows every mistake")
        }
        let text = formatter.formattedText()
        let after = try FileMeaning(RuleText(path: source.path, text: text))
        guard before.values == after.values, before.comments == after.comments else {
            throw Problem(path: source.path, reason: "formatting would change what the file says; nothing was written")
        }
        return text
    }

    private init(_ source: RuleText, _ root: YAMLNode) {
        self.source = source
        collect(root, key: nil, isQuery: false)
    }

    // MARK: Blocks

    private mutating func collect(_ node: YAMLNode, key: String?, isQuery: Bool) {
        if let members = node.members {
            for (name, value) in members {
                collect(value, key: name.string, isQuery: QueryKeys.isQuery(name.string, under: key))
            }
        } else if let elements = node.sequence {
            for element in elements { collect(element, key: nil, isQuery: false) }
        }
        if isQuery, mistake == nil, case .text(let text)? = node.scalarText {
            mistake = QueryParser(text).problems.first.map {
                (text.location($0.offsets.lowerBound).line, $0.message)
            }
        }
        if let lines = node.blockLines {
            if isQuery, let block = QueryBlock(node, lines, source) {
                blocks.append(block)
            } else {
                contentLines.formUnion(lines)
            }
        } else if let lines = node.quotedLines {
            contentLines.formUnion(lines)
        }
    }

    // MARK: Lines

    private func formattedText() -> String {
        var replacements: [Int: String] = [:]
        for block in blocks { replacements.merge(block.formattedLines(source)) { first, _ in first } }
        var lines: [String] = []
        for number in 1...max(source.lines.count, 1) {
            let isContent = contentLines.contains(number)
            let line = isContent ? source.line(number) : replacements[number] ?? source.line(number).trimmedRight
            if line.isEmpty, lines.last?.isEmpty ?? true, !isContent { continue }
            lines.append(line)
        }
        while lines.last?.isEmpty == true { lines.removeLast() }
        return lines.joined(separator: "\n") + "\n"
    }
}

/// Which keys hold queries.
enum QueryKeys {
    static func isQuery(_ name: String?, under parent: String?) -> Bool {
        parent == "lists" || name == "find" || name == "not_inside" || name == "not_document"
            || name == "other_subjects"
    }
}

/// A block scalar of queries.
private struct QueryBlock {
    private let text: EmbeddedText
    private let lines: Range<Int>
    /// Column of the key, from 1.
    private let keyColumn: Int

    /// - Returns: nil for a block that is to be left alone: with problems, folded, or with its indentation in its head.
    init?(_ node: YAMLNode, _ lines: Range<Int>, _ source: RuleText) {
        guard case .text(let text)? = node.scalarText, QueryParser(text).problems.isEmpty else { return nil }
        let head = source.line(lines.lowerBound - 1)
        let key = head.prefix { $0 == " " || $0 == "-" }.count
        let bar = head.unicodeScalars.dropFirst(node.range.start.column - 1).prefix { $0 != " " && $0 != "#" }
        guard bar.dropFirst().allSatisfy({ $0 == "-" || $0 == "+" }) else { return nil }
        guard !text.scalars.contains(where: { $0.properties.generalCategory == .format }) else { return nil }
        self.text = text
        self.lines = lines
        keyColumn = key + 1
    }

    /// New lines by number.
    func formattedLines(_ source: RuleText) -> [Int: String] {
        let tokens = QueryLexer(text.scalars).tokens.filter { $0.kind != .endOfQuery }
        var tokensByLine: [Int: [QueryToken]] = [:]
        for token in tokens { tokensByLine[text.location(token.offsets.lowerBound).line, default: []].append(token) }
        var formatted: [Int: String] = [:]
        var depth = 0
        var isWaiting = false
        for number in lines {
            let own = tokensByLine[number] ?? []
            let comment = comment(after: own.last, source.line(number))
            let content = [joined(own), comment].filter { !$0.isEmpty }.joined(separator: own.isEmpty ? "" : "  ")
            let indent = depth > 0 || isWaiting ? 4 : 2
            formatted[number] = content.isEmpty ? "" : String(repeating: " ", count: keyColumn - 1 + indent) + content
            for token in own {
                if token.kind == .open || token.kind == .openOptional { depth += 1 }
                if token.kind == .close || token.kind == .closeOptional { depth -= 1 }
            }
            if let last = own.last { isWaiting = last.isInfix } else if comment.isEmpty { isWaiting = false }
        }
        return formatted
    }

    private func comment(after token: QueryToken?, _ line: String) -> String {
        let start = token.map { text.location($0.offsets.upperBound).column - 1 } ?? 0
        return String(String.UnicodeScalarView(line.unicodeScalars.dropFirst(start))).trimmedRight.trimmingSpaces
    }

    private func joined(_ tokens: [QueryToken]) -> String {
        var line = ""
        var before: QueryToken?
        for token in tokens {
            if let before, isSpaced(before, token) { line += " " }
            line += written(token)
            before = token
        }
        return line
    }

    private func isSpaced(_ before: QueryToken, _ token: QueryToken) -> Bool {
        switch (before.kind, token.kind) {
        case (.open, _), (.openOptional, _), (_, .close), (_, .closeOptional), (_, .comma): false
        default: true
        }
    }

    private func written(_ token: QueryToken) -> String {
        switch token.kind {
        case .atLeast(let least): "ATLEAST \(least)"
        case .count(let least, let isPerThousandWords): "COUNT>=\(least)\(isPerThousandWords ? "/1000" : "")"
        default: String(String.UnicodeScalarView(text.scalars[token.offsets]))
        }
    }
}

/// What a file says, to compare before and after: every value and every comment.
private struct FileMeaning {
    let root: YAMLNode
    let values: [String]
    let comments: [String]

    init(_ source: RuleText) throws(RuleFormatter.Problem) {
        var bag = DiagnosticBag()
        guard let root = YAMLFile.read(source, &bag) else {
            let problem = bag.diagnostics.first.map { "\($0.range.start.line):\($0.range.start.column): \($0.message)" }
            throw RuleFormatter.Problem(
                path: source.path,
                reason: "the file does not parse (\(problem ?? "unknown")); see 'rostrum rules check'")
        }
        self.root = root
        var values: [String] = []
        Self.collect(root, key: nil, isQuery: false, &values)
        self.values = values
        comments = source.lines.compactMap(Self.comment)
    }

    private static func collect(_ node: YAMLNode, key: String?, isQuery: Bool, _ values: inout [String]) {
        if let members = node.members {
            values.append("{")
            for (name, value) in members {
                values.append(name.string ?? "")
                collect(value, key: name.string, isQuery: QueryKeys.isQuery(name.string, under: key), &values)
            }
            values.append("}")
        } else if let elements = node.sequence {
            values.append("[")
            for element in elements { collect(element, key: nil, isQuery: false, &values) }
            values.append("]")
        } else if isQuery, case .text(let text)? = node.scalarText, node.blockLines != nil {
            let parser = QueryParser(text)
            guard parser.problems.isEmpty else {
                values.append(node.string ?? "")
                return
            }
            values += parser.queries.map(\.description)
        } else {
            values.append(node.string ?? "")
        }
    }

    /// From the first `#` that follows a space or begins the line; what is no comment is compared all the same.
    private static func comment(_ line: Substring) -> String? {
        var before: Unicode.Scalar = " "
        for (index, scalar) in zip(line.unicodeScalars.indices, line.unicodeScalars) {
            if scalar == "#", before == " " || before == "\t" { return String(line[index...]).trimmedRight }
            before = scalar
        }
        return nil
    }
}

extension String {
    /// Without spaces and tabs at the end.
    var trimmedRight: String {
        var scalars = unicodeScalars
        while let last = scalars.last, last == " " || last == "\t" || last == "\r" { scalars.removeLast() }
        return String(scalars)
    }
}
