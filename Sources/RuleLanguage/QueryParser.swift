internal import TextMatching

/// Reads queries, one a line, by recursive descent. After a problem it goes on with the next query, so that all problems
/// of a text come in one run.
struct QueryParser {
    /// Parentheses may nest this deep.
    static let maximumDepth = 32
    /// A query may have this many parts.
    static let maximumParts = 5_000
    /// A word may have this many bytes.
    static let maximumWordLength = 64

    private let text: EmbeddedText
    private let tokens: [QueryToken]
    private var at = 0
    private var depth = 0
    private var parts = 0
    private(set) var queries: [Query] = []
    private(set) var problems: [QueryProblem]

    init(_ text: EmbeddedText) {
        self.text = text
        let lexer = QueryLexer(text.scalars)
        tokens = lexer.tokens
        problems = lexer.problems
        while at < tokens.count {
            parts = 0
            depth = 0
            do throws(QueryProblem) {
                let start = startOffset
                let query = try parseQuery()
                try expectEnd()
                guard query.levels <= Self.maximumDepth else { throw tooDeep(start..<start + 1) }
                queries.append(query)
            } catch {
                if !error.isKnown { problems.append(error) }
                skipToEndOfQuery()
            }
        }
    }

    private var current: QueryToken? { at < tokens.count ? tokens[at] : nil }

    private mutating func skipToEndOfQuery() {
        while let token = current, token.kind != .endOfQuery { at += 1 }
        at += 1
    }

    private mutating func expectEnd() throws(QueryProblem) {
        guard let token = current else { return }
        guard token.kind == .endOfQuery else {
            throw unexpected(token)
        }
        at += 1
    }

    private func unexpected(_ token: QueryToken) -> QueryProblem {
        switch token.kind {
        case .close:
            QueryProblem(
                .unbalancedParenthesis, token.offsets, "this parenthesis closes nothing",
                cure: "remove it, or open one before")
        case .closeOptional:
            QueryProblem(
                .unbalancedParenthesis, token.offsets, "this bracket closes nothing",
                cure: "remove it, or open one before")
        case .comma:
            QueryProblem(
                .unexpectedCharacter, token.offsets, "a comma separates queries of ATLEAST only",
                cure: "write | between alternatives")
        default:
            QueryProblem(
                .missingOperand, token.offsets, "an operator is missing before this",
                cure: "write |, AND, NEAR/n or BEFORE/n between the two")
        }
    }

    // MARK: Operators

    private mutating func parseQuery() throws(QueryProblem) -> Query {
        let start = startOffset
        let first = try parseUnit()
        guard let token = current, token.isInfix else { return first }
        switch token.kind {
        case .or: return try parseChain(first, from: start, token) { .any($0) }
        case .and: return try parseAnd(first, from: start)
        case .near(let distance, let order): return try parseNear(first, from: start, distance: distance, order)
        case .inside, .contains: return try parseContainment(first, from: start, isNegated: false)
        case .not where at + 1 < tokens.count && tokens[at + 1].kind == .inside:
            at += 1
            return try parseContainment(first, from: start, isNegated: true)
        default:
            throw QueryProblem(
                .lonelyNot, token.offsets, "NOT stands alone", cure: "write a AND NOT b: what is found must be said too"
            )
        }
    }

    private mutating func parseChain(
        _ first: Query, from start: Int, _ joint: QueryToken, _ make: ([Query]) -> Query.Node
    ) throws(QueryProblem) -> Query {
        var operands = [first]
        while let token = current, token.isInfix {
            guard token.kind == joint.kind else { throw mixed(joint, token, from: start) }
            at += 1
            operands.append(try parseUnit())
        }
        return Query(make(operands), range(from: start)).normalised
    }

    private mutating func parseAnd(_ first: Query, from start: Int) throws(QueryProblem) -> Query {
        let joint = tokens[at]
        let isNot = at + 1 < tokens.count && tokens[at + 1].kind == .not
        var operands: [Query] = []
        while let token = current, token.isInfix {
            let hasNot = at + 1 < tokens.count && tokens[at + 1].kind == .not
            guard token.kind == .and, hasNot == isNot else { throw mixed(joint, token, from: start) }
            at += hasNot ? 2 : 1
            operands.append(try parseUnit())
        }
        return Query(isNot ? .butNot(first, operands) : .all([first] + operands), range(from: start))
    }

    private mutating func parseNear(
        _ first: Query, from start: Int, distance: Int, _ order: QueryToken.Order
    ) throws(QueryProblem) -> Query {
        let joint = tokens[at]
        var left = first
        var links = 0
        while let token = current, token.isInfix {
            guard token.kind == joint.kind else { throw mixed(joint, token, from: start) }
            at += 1
            links += 1
            guard links <= Self.maximumDepth else { throw tooDeep(token.offsets) }
            let right = try parseUnit()
            let (one, other) = order == .rightFirst ? (right, left) : (left, right)
            left = Query(
                .near(one, other, distance: distance, isOrdered: order != .either), range(from: start))
        }
        return left
    }

    /// `a INSIDE b`, `a NOT INSIDE b`, `a CONTAINS b`: never in chains, in which nobody could tell what is inside what.
    private mutating func parseContainment(
        _ first: Query, from start: Int, isNegated: Bool
    ) throws(QueryProblem) -> Query {
        let joint = tokens[at]
        at += 1
        let second = try parseUnit()
        if let token = current, token.isInfix { throw mixed(joint, token, from: start) }
        let node: Query.Node =
            joint.kind == .contains ? .containing(first, second) : .inside(first, second, isNegated: isNegated)
        return Query(node, range(from: start))
    }

    /// Shows where parentheses could stand: the first reading of the two.
    private func mixed(_ first: QueryToken, _ second: QueryToken, from start: Int) -> QueryProblem {
        let before = String(String.UnicodeScalarView(text.scalars[start..<second.offsets.lowerBound].prefix(200)))
            .split(separator: "\n").joined(separator: " ").trimmingSpaces
        let next = at + 1 < tokens.count ? tokens[at + 1].kind : .endOfQuery
        let word =
            switch (second.kind, next) {
            case (.and, .not): "AND NOT"
            case (.not, .inside): "NOT INSIDE"
            default: written(second)
            }
        let isSame = first.kind == second.kind || first.kind == .inside && next == .inside
        return QueryProblem(
            .mixedOperators, second.offsets,
            "\(isSame ? "one operator twice" : "two different operators") without parentheses",
            cure: "say which binds first, for instance (\(before.quotable)) \(word) …")
    }

    // MARK: Units and items

    private mutating func parseUnit() throws(QueryProblem) -> Query {
        let start = startOffset
        if let token = current, case .scope(let scope) = token.kind {
            at += 1
            let query = try parseItems()
            return Query(.scoped(scope, query), range(from: start))
        }
        return try parseItems()
    }

    private mutating func parseItems() throws(QueryProblem) -> Query {
        let start = startOffset
        var elements: [Query.Element] = []
        var places: [Range<Int>] = []
        while let token = current, let element = try parseItem(token) {
            elements.append(contentsOf: element)
            places += element.map { _ in token.offsets.lowerBound..<endOffset }
        }
        guard !elements.isEmpty else { throw missingOperand() }
        guard elements.contains(where: { !$0.isOptional }) else {
            throw QueryProblem(
                .onlyOptional, start..<endOffset, "every word of the phrase is optional",
                cure: "take the brackets off at least one")
        }
        if elements.count == 1 { return elements[0].query }
        for (element, place) in zip(elements, places) { try checkPhraseItem(element.query, at: place) }
        try checkLength(elements, from: start)
        return Query(.phrase(elements), range(from: start)).normalised
    }

    /// Words that must stand in any case are counted; what is optional or an alternative is bounded when compiled.
    private func checkLength(_ elements: [Query.Element], from start: Int) throws(QueryProblem) {
        let words = elements.reduce(0) { count, element in
            if case .words(let words) = element.query.node, !element.isOptional { return count + words.count }
            return count + 1
        }
        if words > Query.maximumRun { throw tooLong(start..<endOffset) }
    }

    private func missingOperand() -> QueryProblem {
        let cure = "write a word, a phrase or a parenthesis"
        if at > 0, tokens[at - 1].isInfix || isAtEnd {
            let before = tokens[at - 1]
            return QueryProblem(
                .missingOperand, before.offsets, "something to find must follow '\(written(before))'", cure: cure)
        }
        guard let token = current else {
            return QueryProblem(.emptyQuery, 0..<0, "there is nothing to find", cure: cure)
        }
        if token.kind == .close || token.kind == .closeOptional {
            return QueryProblem(
                .emptyQuery, token.offsets, "there is nothing to find here", cure: "write a word before it")
        }
        if token.kind == .not {
            return QueryProblem(
                .lonelyNot, token.offsets, "NOT needs something before it",
                cure: "write a AND NOT b: what is found must be said too")
        }
        return QueryProblem(
            .missingOperand, token.offsets, "something to find must stand before '\(written(token))'", cure: cure)
    }

    private var isAtEnd: Bool { current == nil || current?.kind == .endOfQuery }

    /// A token as it was written.
    private func written(_ token: QueryToken) -> String {
        String(String.UnicodeScalarView(text.scalars[token.offsets])).quotable
    }

    /// One item, nil where the phrase ends. Several elements where one written word is several words.
    private mutating func parseItem(_ token: QueryToken) throws(QueryProblem) -> [Query.Element]? {
        switch token.kind {
        case .word(let text): return [Query.Element(try taken(try wordQuery(text, token), token))]
        case .exact(let text): return [Query.Element(try taken(try exactNode(text, token), token))]
        case .quoted(let text): return [Query.Element(try taken(try quotedNode(text, token), token))]
        case .list(let name): return [Query.Element(try taken(.list(name), token))]
        case .rule(let id): return [Query.Element(try taken(.rule(id), token))]
        case .topic(let id): return [Query.Element(try taken(.topic(id), token))]
        case .regularExpression(let pattern):
            try checkRegularExpression(pattern, token)
            return [Query.Element(try taken(.regularExpression(pattern), token))]
        case .open:
            return [Query.Element(try parseGroup())]
        case .openOptional: return [Query.Element(try parseOptional(), isOptional: true)]
        case .atLeast(let least): return [Query.Element(try parseAtLeast(least))]
        case .count(let least, let isPerThousandWords):
            return [Query.Element(try parseCount(least, isPerThousandWords))]
        case .or, .and, .not, .near, .inside, .contains, .close, .closeOptional, .comma, .endOfQuery: return nil
        case .unreadable:
            // The lexer has said what is wrong; the rest of the query would only be guessed at.
            throw QueryProblem(.unexpectedCharacter, token.offsets, "", isKnown: true)
        case .scope(let scope):
            throw QueryProblem(
                .notInPhrase, token.offsets, "'\(scope.rawValue):' must stand at the start of a unit",
                cure: "put the rest of the phrase in parentheses of its own")
        }
    }

    private mutating func taken(_ node: Query.Node, _ token: QueryToken) throws(QueryProblem) -> Query {
        at += 1
        parts += 1
        guard parts <= Self.maximumParts else {
            throw QueryProblem(
                .tooComplex, token.offsets, "the query has more than \(Self.maximumParts) parts",
                cure: "split it into several rules")
        }
        return Query(node, text.range(token.offsets))
    }

    private mutating func parseGroup() throws(QueryProblem) -> Query {
        let open = tokens[at]
        try enter(open)
        let query = try parseQuery()
        guard let token = current, token.kind == .close else { throw unclosed(open) }
        at += 1
        depth -= 1
        return Query(query.node, text.range(open.offsets.lowerBound..<token.offsets.upperBound))
    }

    private mutating func parseOptional() throws(QueryProblem) -> Query {
        let open = tokens[at]
        try enter(open)
        let query = try parseQuery()
        guard let token = current, token.kind == .closeOptional else { throw unclosed(open) }
        at += 1
        depth -= 1
        return query
    }

    private mutating func parseAtLeast(_ least: Int) throws(QueryProblem) -> Query {
        let start = tokens[at]
        at += 1
        guard let open = current, open.kind == .open else { throw needsParenthesis(start) }
        try enter(open)
        var queries = [try parseQuery()]
        while let token = current, token.kind == .comma {
            at += 1
            queries.append(try parseQuery())
        }
        guard let token = current, token.kind == .close else { throw unclosed(open) }
        at += 1
        depth -= 1
        let query = Query(.atLeast(least, queries), range(from: start.offsets.lowerBound)).normalised
        if let (_, least, count) = query.unreachableThreshold {
            throw QueryProblem(
                .thresholdOutOfRange, start.offsets, "ATLEAST \(least) of \(count) can never hold",
                cure: "ask for at most \(count), or add queries separated by commas")
        }
        return query
    }

    private mutating func parseCount(_ least: Int, _ isPerThousandWords: Bool) throws(QueryProblem) -> Query {
        let start = tokens[at]
        at += 1
        guard let open = current, open.kind == .open else { throw needsParenthesis(start) }
        let query = try parseGroup()
        return Query(
            isPerThousandWords ? .density(least, query) : .count(least, query),
            range(from: start.offsets.lowerBound))
    }

    private mutating func enter(_ open: QueryToken) throws(QueryProblem) {
        at += 1
        depth += 1
        guard depth <= Self.maximumDepth else { throw tooDeep(open.offsets) }
    }

    private func tooDeep(_ offsets: Range<Int>) -> QueryProblem {
        QueryProblem(
            .tooComplex, offsets, "the query nests deeper than \(Self.maximumDepth) levels",
            cure: "name parts of it as lists or rules")
    }

    private func unclosed(_ open: QueryToken) -> QueryProblem {
        if let token = current, token.kind != .endOfQuery, token.kind != .comma { return unexpected(token) }
        return QueryProblem(
            .unbalancedParenthesis, open.offsets,
            open.kind == .open ? "this parenthesis is never closed" : "this bracket is never closed",
            cure: open.kind == .open ? "add ) where it ends" : "add ] where the optional words end")
    }

    private func needsParenthesis(_ token: QueryToken) -> QueryProblem {
        QueryProblem(
            .unknownOperator, token.offsets, "a parenthesis must follow",
            cure: "write ATLEAST n (a, b, …) or COUNT>=n (a)")
    }

    // MARK: Words

    private func exactNode(_ written: String, _ token: QueryToken) throws(QueryProblem) -> Query.Node {
        try checkLength(written, token)
        let words = QueryWords.exact(written).map { WordPattern.exact($0) }
        guard !words.isEmpty else { throw noWord(token) }
        try checkLengths(words, token)
        return .words(words)
    }

    private func noWord(_ token: QueryToken) -> QueryProblem {
        QueryProblem(.emptyQuery, token.offsets, "there is no word here", cure: "write letters or digits")
    }

    private func tooLong(_ offsets: Range<Int>) -> QueryProblem {
        QueryProblem(
            .wordTooLong, offsets,
            "a word may have \(Self.maximumWordLength) bytes and a phrase \(Query.maximumRun) words", cure: "shorten it"
        )
    }

    /// Before a text is cut into words: so long a one cannot be right, and cutting it would take its time.
    private func checkLength(_ written: String, _ token: QueryToken) throws(QueryProblem) {
        if written.utf8.count > Self.maximumWordLength * Query.maximumRun { throw tooLong(token.offsets) }
    }

    private func wordQuery(_ written: String, _ token: QueryToken) throws(QueryProblem) -> Query.Node {
        try checkLength(written, token)
        guard written.contains("~") else { return .words(try patterns(written, token)) }
        let pieces = written.split(separator: "~", omittingEmptySubsequences: false).map(String.init)
        guard pieces.allSatisfy({ !$0.isEmpty }), pieces.count <= 4 else {
            throw QueryProblem(
                .unexpectedCharacter, token.offsets, "'~' joins two to four words without spaces or parentheses",
                cure: "write cyber~crime, or both forms: cyber crime | cybercrime")
        }
        // Every joint open or closed: two joints give four readings.
        let readings = pieces.dropFirst().reduce([pieces[0]]) { readings, piece in
            readings.flatMap { ["\($0) \(piece)", $0 + piece] }
        }
        var alternatives: [Query] = []
        for reading in readings {
            var words: [WordPattern] = []
            for word in reading.split(separator: " ") { words += try patterns(String(word), token) }
            alternatives.append(Query(.words(words), text.range(token.offsets)))
        }
        return .any(alternatives)
    }

    private func patterns(_ written: String, _ token: QueryToken) throws(QueryProblem) -> [WordPattern] {
        var patterns: [WordPattern] = []
        for piece in written.split(separator: "-") {
            if piece.contains("*") || piece.contains("?") {
                patterns.append(.wildcard(try wildcard(String(piece), token)))
            } else {
                patterns += QueryWords.folded(String(piece)).map { .folded($0) }
            }
        }
        guard !patterns.isEmpty else { throw noWord(token) }
        try checkLengths(patterns, token)
        return patterns
    }

    private func wildcard(_ piece: String, _ token: QueryToken) throws(QueryProblem) -> String {
        let folded = QueryWords.wildcard(piece)
        let letters = folded.unicodeScalars.prefix { $0 != "*" && $0 != "?" }
        guard letters.count >= 2 else {
            throw QueryProblem(
                .wildcardTooShort, token.offsets,
                "'\(piece.quotable)' has fewer than two letters before its first * or ?",
                cure: "begin with at least two letters, or list the words")
        }
        guard !folded.unicodeScalars.contains(where: { ".&".unicodeScalars.contains($0) }) else {
            throw QueryProblem(
                .unexpectedCharacter, token.offsets, "a word with * or ? holds letters, digits and apostrophes only",
                cure: "leave out the . or &")
        }
        // Stars side by side are one.
        return folded.contains("**") ? folded.replacing(/\*+/, with: "*") : folded
    }

    private func quotedNode(_ written: String, _ token: QueryToken) throws(QueryProblem) -> Query.Node {
        try checkLength(written, token)
        let words = QueryWords.folded(written).map { WordPattern.literal($0) }
        guard !words.isEmpty else {
            throw QueryProblem(.emptyQuery, token.offsets, "the quotation holds no word", cure: "write words in it")
        }
        try checkLengths(words, token)
        return .words(words)
    }

    private func checkLengths(_ patterns: [WordPattern], _ token: QueryToken) throws(QueryProblem) {
        let isLong = patterns.contains { pattern in
            switch pattern {
            case .folded(let word), .literal(let word), .exact(let word), .wildcard(let word):
                word.utf8.count > Self.maximumWordLength
            }
        }
        if isLong || patterns.count > Query.maximumRun { throw tooLong(token.offsets) }
    }

    private func checkRegularExpression(_ pattern: String, _ token: QueryToken) throws(QueryProblem) {
        do throws(RegularExpression.Problem) {
            _ = try RegularExpression(pattern)
        } catch {
            let start = min(token.offsets.lowerBound + 1 + error.offset, token.offsets.upperBound - 1)
            throw QueryProblem(.regularExpression, start..<start + 1, error.message, cure: error.cure)
        }
    }

    // MARK: Phrases

    /// In a phrase only what has a place in the text by itself may stand: words, alternatives of phrases, lists.
    private func checkPhraseItem(_ query: Query, at place: Range<Int>) throws(QueryProblem) {
        guard let part = query.notOfWords else { return }
        throw QueryProblem(
            .notInPhrase, place,
            "only words, alternatives and lists can stand in a phrase, not '\(part.description.quotable)'",
            cure: "write BEFORE/1 or another operator between them")
    }

    // MARK: Places

    private var startOffset: Int { current?.offsets.lowerBound ?? tokens.last?.offsets.upperBound ?? 0 }
    private var endOffset: Int { at > 0 ? tokens[at - 1].offsets.upperBound : 0 }
    private func range(from start: Int) -> SourceRange { text.range(start..<max(endOffset, start)) }
}

extension QueryProblem: Error {}

extension String {
    var trimmingSpaces: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
