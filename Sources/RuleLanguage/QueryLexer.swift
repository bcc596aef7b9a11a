/// A token of the query language.
struct QueryToken: Equatable, Sendable {
    enum Kind: Equatable, Sendable {
        /// A word as written: letters, digits, inner hyphens and apostrophes, `*`, `?`, `~`.
        case word(String)
        /// `=Word`.
        case exact(String)
        /// `"words"`.
        case quoted(String)
        case list(String)
        case rule(String)
        case topic(String)
        case regularExpression(String)
        case scope(Scope)
        case or, and, not
        case near(Int, isOrdered: Bool)
        case atLeast(Int)
        case count(Int)
        case open, close, openOptional, closeOptional, comma
        /// The end of a line outside parentheses that ends a query.
        case endOfQuery
    }
    let kind: Kind
    let offsets: Range<Int>

    /// Operators that stand between two units.
    var isInfix: Bool {
        switch kind {
        case .or, .and, .not, .near: true
        default: false
        }
    }
}

/// A problem in the text of a query, by offsets into it.
struct QueryProblem: Equatable, Sendable {
    let code: DiagnosticCode
    let offsets: Range<Int>
    let message: String
    let cure: String?

    init(_ code: DiagnosticCode, _ offsets: Range<Int>, _ message: String, cure: String? = nil) {
        self.code = code
        self.offsets = offsets
        self.message = message
        self.cure = cure
    }
}

/// Cuts the text of queries into tokens. Never fails: what it cannot read becomes a problem and is left out.
struct QueryLexer {
    /// Words may be at most this far apart.
    static let distances = 1...50
    /// `ATLEAST` and `COUNT` count up to this.
    static let thresholds = 1...1000

    private let scalars: [Unicode.Scalar]
    private var at = 0
    private var depth = 0
    private(set) var tokens: [QueryToken] = []
    private(set) var problems: [QueryProblem] = []

    init(_ scalars: [Unicode.Scalar]) {
        self.scalars = scalars
        while at < scalars.count { readOne() }
        endQuery(at..<at)
    }

    private mutating func readOne() {
        let scalar = scalars[at]
        switch scalar {
        case "\n":
            if depth == 0, tokens.last?.isInfix != true { endQuery(at..<at + 1) }
            at += 1
        case " ", "\t", "\r", "\u{A0}": at += 1
        case "#":
            while at < scalars.count, scalars[at] != "\n" { at += 1 }
        case "|": emit(.or, 1)
        case "(":
            depth += 1
            emit(.open, 1)
        case ")":
            depth = max(depth - 1, 0)
            emit(.close, 1)
        case "[":
            depth += 1
            emit(.openOptional, 1)
        case "]":
            depth = max(depth - 1, 0)
            emit(.closeOptional, 1)
        case ",": emit(.comma, 1)
        case "\"", "\u{201C}", "\u{201D}": readQuoted()
        case "/": readRegularExpression()
        case "$": readPrefixed { .list($0) }
        case "=": readPrefixed { .exact($0) }
        default:
            if Self.isWordScalar(scalar) || scalar == "*" || scalar == "?" { readWord() } else { readUnknown() }
        }
    }

    private mutating func emit(_ kind: QueryToken.Kind, _ length: Int) {
        tokens.append(QueryToken(kind: kind, offsets: at..<at + length))
        at += length
    }

    private mutating func endQuery(_ offsets: Range<Int>) {
        depth = 0
        if let last = tokens.last, last.kind != .endOfQuery {
            tokens.append(QueryToken(kind: .endOfQuery, offsets: offsets))
        }
    }

    private mutating func readUnknown() {
        problems.append(
            QueryProblem(
                .unexpectedCharacter, at..<at + 1, "'\(scalars[at])' means nothing in a query",
                cure: "put words that hold it in double quotes, or leave it out"))
        at += 1
    }

    private mutating func readQuoted() {
        let start = at
        at += 1
        let content = take { $0 != "\"" && $0 != "\u{201D}" && $0 != "\u{201C}" && $0 != "\n" }
        guard at < scalars.count, scalars[at] != "\n" else {
            problems.append(
                QueryProblem(
                    .unclosedQuote, start..<at, "the quotation mark is never closed",
                    cure: "close it on the same line"))
            return
        }
        at += 1
        tokens.append(QueryToken(kind: .quoted(content), offsets: start..<at))
    }

    private mutating func readRegularExpression() {
        let start = at
        at += 1
        var content = ""
        while at < scalars.count, scalars[at] != "\n", scalars[at] != "/" {
            if scalars[at] == "\\", at + 1 < scalars.count, scalars[at + 1] == "/" { at += 1 }
            content.unicodeScalars.append(scalars[at])
            at += 1
        }
        guard at < scalars.count, scalars[at] == "/" else {
            problems.append(
                QueryProblem(
                    .unclosedQuote, start..<at, "the regular expression is never closed",
                    cure: "end it with / on the same line; write \\/ for a slash inside"))
            return
        }
        at += 1
        tokens.append(QueryToken(kind: .regularExpression(content), offsets: start..<at))
    }

    private mutating func readPrefixed(_ kind: (String) -> QueryToken.Kind) {
        let start = at
        at += 1
        let name = take { Self.isWordScalar($0) || $0 == "-" || $0 == "'" || $0 == "." || $0 == "_" }
        guard !name.isEmpty else {
            problems.append(
                QueryProblem(
                    .unexpectedCharacter, start..<at, "a name must follow '\(scalars[start])'",
                    cure: scalars[start] == "$" ? "write $name of a list" : "write =Word for exact characters"))
            return
        }
        tokens.append(QueryToken(kind: kind(name), offsets: start..<at))
    }

    private mutating func readWord() {
        let start = at
        let text = take { Self.isWordScalar($0) || "-'\u{2019}*?~.&\u{AD}".unicodeScalars.contains($0) }
        let word = text.hasSuffix(".") && text.filter({ $0 == "." }).count == 1 ? String(text.dropLast()) : text
        if at < scalars.count, scalars[at] == ":", readScopeOrReference(word, from: start) { return }
        if let kind = operatorKind(word, from: start) {
            tokens.append(QueryToken(kind: kind, offsets: start..<at))
        } else if !Self.operatorWords.contains(word) {
            tokens.append(QueryToken(kind: .word(word), offsets: start..<at))
        }
    }

    private mutating func readScopeOrReference(_ word: String, from start: Int) -> Bool {
        if let scope = Scope(rawValue: word) {
            at += 1
            tokens.append(QueryToken(kind: .scope(scope), offsets: start..<at))
            return true
        }
        guard word == "rule" || word == "topic" else { return false }
        at += 1
        let id = take { Self.isWordScalar($0) || $0 == "-" || $0 == "." || $0 == "_" }
        tokens.append(QueryToken(kind: word == "rule" ? .rule(id) : .topic(id), offsets: start..<at))
        return true
    }

    private static let operatorWords: Set<String> = ["NEAR", "BEFORE", "ATLEAST", "COUNT", "OR", "AND", "NOT"]

    /// Reads what belongs to an operator's word; nil when the word is none, or is one that a problem was noted for.
    private mutating func operatorKind(_ word: String, from start: Int) -> QueryToken.Kind? {
        switch word {
        case "AND": return .and
        case "NOT": return .not
        case "OR":
            problems.append(QueryProblem(.wordOfOr, start..<at, "'OR' is written |", cure: "write a | b"))
            return .or
        case "NEAR", "BEFORE":
            guard let distance = readNumber(after: "/", from: start, word, Self.distances, .distanceOutOfRange) else {
                return .near(1, isOrdered: word == "BEFORE")
            }
            return .near(distance, isOrdered: word == "BEFORE")
        case "ATLEAST":
            while at < scalars.count, scalars[at] == " " { at += 1 }
            return .atLeast(readNumber(after: "", from: start, word, Self.thresholds, .thresholdOutOfRange) ?? 1)
        case "COUNT":
            return .count(readNumber(after: ">=", from: start, word, Self.thresholds, .thresholdOutOfRange) ?? 1)
        default: return nil
        }
    }

    private mutating func readNumber(
        after sign: String, from start: Int, _ word: String, _ allowed: ClosedRange<Int>, _ code: DiagnosticCode
    ) -> Int? {
        let form = sign.isEmpty ? "\(word) n (…)" : sign == "/" ? "\(word)/n" : "\(word)\(sign)n (…)"
        let signScalars = Array(sign.unicodeScalars)
        if Array(scalars[at..<min(at + signScalars.count, scalars.count)]) == signScalars { at += signScalars.count }
        let digits = take { ("0"..."9").contains($0) }
        guard let number = Int(digits), allowed.contains(number) else {
            problems.append(
                QueryProblem(
                    code, start..<max(at, start + 1),
                    digits.isEmpty ? "\(word) needs a number" : "\(word) counts to \(digits), which is out of range",
                    cure: "write \(form) with n from \(allowed.lowerBound) to \(allowed.upperBound)"))
            return nil
        }
        return number
    }

    private mutating func take(while isPart: (Unicode.Scalar) -> Bool) -> String {
        var text = String.UnicodeScalarView()
        while at < scalars.count, isPart(scalars[at]) {
            text.append(scalars[at])
            at += 1
        }
        return String(text)
    }

    private static func isWordScalar(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
            .letterNumber, .nonspacingMark, .spacingMark, .enclosingMark:
            true
        default: false
        }
    }
}
