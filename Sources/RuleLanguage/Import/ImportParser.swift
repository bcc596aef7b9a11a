internal import TextMatching

/// Reads a foreign query by precedence and builds a query of ours from it. Never fails: what has no equal is left out
/// with a warning.
struct ImportParser {
    private static let maximumDepth = 20

    private let dialect: ImportedQuery.Dialect
    private let tokens: [ImportToken]
    private var at = 0
    private var depth = 0
    private(set) var warnings: [ImportedQuery.Warning]

    /// A part, and the operator that made it if no parentheses stand around it.
    private struct Part {
        var query: Query
        var bareOperator: ImportToken?
    }

    init(_ scalars: [Unicode.Scalar], _ dialect: ImportedQuery.Dialect) {
        let lexer = ImportLexer(scalars, dialect)
        self.dialect = dialect
        tokens = lexer.tokens
        warnings = lexer.warnings
    }

    mutating func parse() -> Query? {
        var query = parseExpression(binding: 0)?.query
        while at < tokens.count {
            warn(tokens[at], "'\(tokens[at].text.quotable)' has no partner; left out")
            at += 1
            guard let more = parseExpression(binding: 0)?.query else { continue }
            query = query.map { Query(.any([$0, more]), Self.nowhere).normalised } ?? more
        }
        if query == nil { warnings.append(.init(column: 1, message: "there is nothing to find in the query")) }
        return query
    }

    private static let nowhere = SourceRange(line: 1, column: 1)

    private mutating func warn(_ token: ImportToken, _ message: String) {
        let warning = ImportedQuery.Warning(column: token.offset + 1, message: message)
        if !warnings.contains(warning), warnings.count < 1_000 { warnings.append(warning) }
    }

    // MARK: Precedence

    /// Larger binds tighter. Lexis: OR first, then distances, the smaller ones before the larger, then sentence,
    /// paragraph, AND, AND NOT. Factiva: distances, NOT, AND, OR.
    private func binding(_ infix: ImportOperator) -> Int {
        switch (dialect, infix) {
        case (.lexis, .or): 10_000
        case (.lexis, .near(let distance, _)), (.lexis, .notNear(let distance)): 9_000 - min(distance, 1_000)
        case (_, .sentence): 5_000
        case (_, .paragraph): 4_900
        case (_, .segment): 4_800
        case (.factiva, .near), (.factiva, .notNear): 5_000
        case (.factiva, .andNot): 300
        case (_, .and): 200
        case (.lexis, .andNot): 100
        case (.factiva, .or): 100
        }
    }

    private mutating func parseExpression(binding least: Int) -> Part? {
        var left = parsePhrase()
        while at < tokens.count, case .infix(let infix) = tokens[at].kind, binding(infix) > least {
            let joint = tokens[at]
            at += 1
            // Operators of one strength are read from the left.
            let right = parseExpression(binding: binding(infix))
            left = joined(left, right, infix, joint)
        }
        return left
    }

    private mutating func joined(_ left: Part?, _ right: Part?, _ infix: ImportOperator, _ joint: ImportToken) -> Part?
    {
        guard let left, let right else {
            warn(joint, "'\(joint.text)' has nothing on \(left == nil ? "its left" : "its right"); left out")
            return infix == .andNot && left == nil ? nil : left ?? right
        }
        for part in [left, right] {
            guard let inner = part.bareOperator, inner.kind != joint.kind else { continue }
            warn(
                joint,
                "without parentheses: '\(inner.text)' was taken to bind before '\(joint.text)', as \(dialect.name) does"
            )
        }
        return Part(query: build(infix, left.query, right.query, joint), bareOperator: joint)
    }

    // MARK: Operators

    private mutating func build(_ infix: ImportOperator, _ left: Query, _ right: Query, _ joint: ImportToken) -> Query {
        switch infix {
        case .or: return make(.any([left, right]))
        case .and: return scoped(.document, left, right) { .all($0) }
        case .segment:
            warn(joint, "'\(joint.text)' asks for one segment; read as anywhere in the document")
            return scoped(.document, left, right) { .all($0) }
        case .andNot:
            return scoped(.document, left, right) { .butNot($0[0], Array($0.dropFirst())) }
        case .sentence: return scoped(.sentence, left, right) { .all($0) }
        case .paragraph: return scoped(.paragraph, left, right) { .all($0) }
        case .near(let distance, let isOrdered): return near(left, right, distance, isOrdered, joint)
        case .notNear(let distance):
            // What stands within the run from one to the other is near.
            let around = near(left, right, distance, false, joint)
            guard case .near = around.node else { return left }
            return make(.inside(left, around, isNegated: true))
        }
    }

    private func make(_ node: Query.Node) -> Query { Query(node, Self.nowhere).normalised }

    /// Chains in one scope become one: a AND b AND c.
    private func scoped(
        _ scope: Scope, _ left: Query, _ right: Query, _ node: ([Query]) -> Query.Node
    ) -> Query {
        func inner(_ query: Query) -> Query {
            if case .scoped(scope, let inner) = query.node { return inner }
            return query
        }
        var operands = [inner(left), inner(right)]
        if case .all = node(operands), case .all(let first) = operands[0].node {
            operands = first + operands.dropFirst()
        }
        if case .butNot = node(operands), case .butNot(let first, let others) = operands[0].node {
            operands = [first] + others + operands.dropFirst()
        }
        return make(.scoped(scope, make(node(operands))))
    }

    private mutating func near(
        _ left: Query, _ right: Query, _ distance: Int, _ isOrdered: Bool, _ joint: ImportToken
    ) -> Query {
        guard max(left.levels, right.levels) < QueryParser.maximumDepth else {
            warn(joint, "the chain of distances is too long; the rest was left out")
            return left
        }
        let most = QueryLexer.distances.upperBound
        if distance > most {
            warn(joint, "'\(joint.text)' is farther than \(most) words, the most there is; read as \(most)")
        }
        if distance > 15 {
            warn(joint, "NEAR and BEFORE stay within one sentence; '\(joint.text)' may have gone beyond")
        }
        for side in [left, right] {
            if case .scoped = side.node {
                warn(joint, "a condition beside '\(joint.text)' is looked for in the sentence only")
            }
        }
        return make(.near(left, right, distance: min(distance, most), isOrdered: isOrdered))
    }

    // MARK: Phrases and items

    /// Items side by side: a phrase in both databases.
    private mutating func parsePhrase() -> Part? {
        var parts: [Part] = []
        var first: ImportToken?
        while at < tokens.count {
            let token = tokens[at]
            if case .infix = token.kind { break }
            if token.kind == .close { break }
            if case .beginning(let count) = token.kind {
                at += 1
                warn(token, "'\(token.text)' asks for the first \(count) words; read as the lede")
                if let last = parts.popLast() { parts.append(Part(query: make(.scoped(.lede, last.query)))) }
                continue
            }
            first = first ?? token
            if let part = parseItem(token) { parts.append(part) }
        }
        guard parts.count > 1, let first else { return parts.first }
        if parts.allSatisfy({ $0.query.notOfWords == nil }) {
            return Part(query: make(.phrase(parts.map { Query.Element($0.query) })))
        }
        warn(first, "conditions side by side have no equal; read as AND in the document")
        return Part(query: parts.dropFirst().reduce(parts[0].query) { scoped(.document, $0, $1.query) { .all($0) } })
    }

    private mutating func parseItem(_ token: ImportToken) -> Part? {
        at += 1
        switch token.kind {
        case .word(let text): return word(text, token).map { Part(query: $0) }
        case .quoted(let text):
            let words = text.split(separator: " ").compactMap { word(String($0), token) }
            return words.isEmpty ? nil : Part(query: make(.phrase(words.map { Query.Element($0) })))
        case .open: return group(token)
        case .atLeast(let count):
            guard let query = operand(token) else { return nil }
            let least = min(max(count, 1), QueryLexer.thresholds.upperBound)
            return Part(query: make(.scoped(.document, make(.count(least, query)))))
        case .field(let name): return field(name, token)
        case .form(let name): return form(name, token)
        case .close, .infix, .beginning: return nil
        }
    }

    private mutating func group(_ open: ImportToken) -> Part? {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else {
            warn(open, "parentheses nest deeper than \(Self.maximumDepth); the rest was left out")
            at = tokens.count
            return nil
        }
        let part = parseExpression(binding: 0)
        if at < tokens.count, tokens[at].kind == .close {
            at += 1
        } else {
            warn(open, "the parenthesis is never closed; read to the end")
        }
        return part.map { Part(query: $0.query) }
    }

    /// What an operator in front applies to: a parenthesis or one item.
    private mutating func operand(_ token: ImportToken) -> Query? {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth, at < tokens.count, let part = parseItem(tokens[at]) else {
            warn(token, "'\(token.text)' has nothing behind it; left out")
            return nil
        }
        return part.query
    }

    private static let readFields: Set<String> = [
        "headline", "title", "hl", "hd", "lead", "lp", "hlead", "hlp", "body", "text", "td",
    ]

    private mutating func field(_ name: String, _ token: ImportToken) -> Part? {
        guard Self.readFields.contains(name) else {
            warn(
                token,
                "'\(token.text)' has no equal in a query and was left out: see 'when:' for speaker, source, language and date"
            )
            skipOperand()
            return nil
        }
        guard let query = operand(token) else { return nil }
        switch name {
        case "headline", "title", "hl", "hd": return Part(query: make(.scoped(.title, query)))
        case "lead", "lp": return Part(query: make(.scoped(.lede, query)))
        case "hlead", "hlp":
            return Part(query: make(.any([make(.scoped(.title, query)), make(.scoped(.lede, query))])))
        default:
            warn(token, "'\(token.text)' leaves the title out; read as anywhere")
            return Part(query: query)
        }
    }

    /// Passes over what stands behind a field that is left out: a parenthesis or one item.
    private mutating func skipOperand() {
        var open = 0
        while at < tokens.count {
            if case .infix = tokens[at].kind, open == 0 { return }
            if tokens[at].kind == .open { open += 1 }
            if tokens[at].kind == .close { open -= 1 }
            if open < 0 { return }
            at += 1
            if open == 0 { return }
        }
    }

    private mutating func form(_ name: String, _ token: ImportToken) -> Part? {
        guard let query = operand(token) else { return nil }
        if name == "nocaps" || name == "caps" {
            warn(token, "'\(token.text)' has no equal; case is folded")
            return Part(query: query)
        }
        let changed = query.mapped { part in
            guard case .words(let words) = part.node else { return nil }
            return Query(
                .words(words.map { name == "allcaps" ? .exact($0.letters.uppercased()) : .literal($0.letters) }),
                part.range)
        }
        return Part(query: changed)
    }

    // MARK: Words

    /// Truncation in the database's signs becomes ours: in Lexis ! is any ending and * one letter; in Factiva * is any
    /// ending, ? one letter and $ so many letters.
    private mutating func word(_ written: String, _ token: ImportToken) -> Query? {
        var text = written
        if dialect == .lexis {
            if text.contains("*") {
                warn(token, "'*' was read as one letter, as in Lexis terms and connectors; newer forms read any ending")
            }
            text = text.replacing("*", with: "?").replacing("!", with: "*")
        } else if let dollar = text.firstIndex(of: "$") {
            warn(token, "'\(written.quotable)' limits the ending; read as any ending")
            text = String(text[..<dollar]) + "*"
        }
        text = String(text.drop { ",;:".contains($0) })
        while let last = text.last, ",;:.".contains(last) { text.removeLast() }
        let parser = QueryParser(EmbeddedText(block: text.lowercased(), firstLine: 1, column: 1))
        // What would be a list of ours is no word of theirs.
        guard parser.problems.isEmpty, let query = parser.queries.first, query.notOfWords == nil, query.listUses.isEmpty
        else {
            let reason = parser.problems.first.map { ": \($0.message)" } ?? ""
            warn(token, "'\(written.quotable)' was left out\(reason)")
            return nil
        }
        return query.moved(to: Self.nowhere)
    }
}

extension ImportedQuery.Dialect {
    fileprivate var name: String {
        switch self {
        case .lexis: "Lexis"
        case .factiva: "Factiva"
        }
    }
}
