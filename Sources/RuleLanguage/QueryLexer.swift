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
        case near(Int, Order)
        case inside, contains
        case atLeast(Int)
        case count(Int, isPerThousandWords: Bool)
        case open, close, openOptional, closeOptional, comma
        /// Something about which a problem has been noted.
        case unreadable
        /// The end of a line outside parentheses that ends a query.
        case endOfQuery
    }
    /// In which order the two sides of a distance stand.
    enum Order: Equatable, Sendable {
        case either, leftFirst, rightFirst
    }

    let kind: Kind
    let offsets: Range<Int>

    /// Operators that stand between two units.
    var isInfix: Bool {
        switch kind {
        case .or, .and, .not, .near, .inside, .contains: true
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
    /// Whether it has been noted before and only ends the reading of the query.
    let isKnown: Bool

    init(_ code: DiagnosticCode, _ offsets: Range<Int>, _ message: String, cure: String? = nil, isKnown: Bool = false) {
        self.isKnown = isKnown
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

    /// More problems than this are not noted: a file shows fewer.
    private static let maximumProblems = 1_000

    private let scalars: [Unicode.Scalar]
    /// Brackets of either kind that have a partner: only they keep a query open over a line's end, so that one that is
    /// never closed spoils its own line and no other.
    private let paired: Set<Int>
    private var at = 0
    private var depth = 0
    private(set) var tokens: [QueryToken] = []
    private(set) var problems: [QueryProblem] = []

    init(_ scalars: [Unicode.Scalar]) {
        self.init(scalars, paired: [])
        let paired = Self.pairs(tokens)
        if !paired.isEmpty { self.init(scalars, paired: paired) }
    }

    private init(_ scalars: [Unicode.Scalar], paired: Set<Int>) {
        self.scalars = scalars
        self.paired = paired
        while at < scalars.count { readOne() }
        endQuery(at..<at)
    }

    /// Offsets of opening brackets that a later one of the same kind closes.
    private static func pairs(_ tokens: [QueryToken]) -> Set<Int> {
        var open: [QueryToken] = []
        var paired: Set<Int> = []
        for token in tokens {
            switch token.kind {
            case .open, .openOptional: open.append(token)
            case .close, .closeOptional:
                let partner: QueryToken.Kind = token.kind == .close ? .open : .openOptional
                // One of the other kind in between is the one that has no partner.
                guard let index = open.suffix(QueryParser.maximumDepth).lastIndex(where: { $0.kind == partner }) else {
                    continue
                }
                paired.insert(open[index].offsets.lowerBound)
                open.removeSubrange(index...)
            default: break
            }
        }
        return paired
    }

    private mutating func readOne() {
        let scalar = scalars[at]
        switch scalar {
        case "\n": readLineEnd()
        case " ", "\t", "\r", "\u{A0}": at += 1
        case "#":
            while at < scalars.count, scalars[at] != "\n" { at += 1 }
        case "|": emit(.or, 1)
        case "(", "[":
            if paired.contains(at) { depth += 1 }
            emit(scalar == "(" ? .open : .openOptional, 1)
        case ")", "]":
            depth = max(depth - 1, 0)
            emit(scalar == ")" ? .close : .closeOptional, 1)
        case ",": emit(.comma, 1)
        case "\"", "\u{201C}", "\u{201D}": readQuoted()
        case "/": readRegularExpression()
        case "$": readPrefixed { .list($0) }
        case "=": readPrefixed { .exact($0) }
        default:
            if Self.isWordScalar(scalar) || "*?&".unicodeScalars.contains(scalar) {
                readWord()
            } else if Self.isInvisible(scalar) {
                at += 1
            } else {
                readUnknown()
            }
        }
    }

    /// A line's end is the query's end unless a bracket is open or an operator waits for its right side; an empty line
    /// ends it in the latter case too.
    private mutating func readLineEnd() {
        var next = at + 1
        while next < scalars.count, scalars[next] == " " || scalars[next] == "\t" { next += 1 }
        let isEmptyLineNext = next < scalars.count && scalars[next] == "\n"
        if depth == 0, tokens.last?.isInfix != true || isEmptyLineNext { endQuery(at..<at + 1) }
        at += 1
    }

    private mutating func emit(_ kind: QueryToken.Kind, _ length: Int) {
        tokens.append(QueryToken(kind: kind, offsets: at..<at + length))
        at += length
    }

    private mutating func note(_ problem: QueryProblem) {
        if problems.count < Self.maximumProblems { problems.append(problem) }
    }

    private mutating func endQuery(_ offsets: Range<Int>) {
        depth = 0
        if let last = tokens.last, last.kind != .endOfQuery {
            tokens.append(QueryToken(kind: .endOfQuery, offsets: offsets))
        }
    }

    /// A run of characters that mean nothing is one problem.
    private mutating func readUnknown() {
        let start = at
        let run = take { scalar in
            scalar.properties.generalCategory != .control && !Self.isWordScalar(scalar)
                && !" \t\r\n\u{A0}#|()[],\"\u{201C}\u{201D}/$=*?&".unicodeScalars.contains(scalar)
        }
        at = max(at, start + 1)
        note(
            QueryProblem(
                .unexpectedCharacter, start..<at, "'\(run.quotable)' means nothing in a query",
                cure: "put words that hold it in double quotes, or leave it out"))
    }

    private mutating func readQuoted() {
        let start = at
        at += 1
        let content = take { $0 != "\"" && $0 != "\u{201D}" && $0 != "\u{201C}" && $0 != "\n" }
        guard at < scalars.count, scalars[at] != "\n" else {
            note(
                QueryProblem(
                    .unclosedQuote, start..<at, "the quotation mark is never closed",
                    cure: "close it on the same line"))
            tokens.append(QueryToken(kind: .unreadable, offsets: start..<at))
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
            if scalars[at] == "\\", at + 1 < scalars.count, scalars[at + 1] != "\n" {
                if scalars[at + 1] != "/" { content.unicodeScalars.append(scalars[at]) }
                at += 1
            }
            content.unicodeScalars.append(scalars[at])
            at += 1
        }
        guard at < scalars.count, scalars[at] == "/" else {
            note(
                QueryProblem(
                    .unclosedQuote, start..<at, "the regular expression is never closed",
                    cure: "end it with / on the same line; write \\/ for a slash inside"))
            tokens.append(QueryToken(kind: .unreadable, offsets: start..<at))
            return
        }
        at += 1
        tokens.append(QueryToken(kind: .regularExpression(content), offsets: start..<at))
    }

    private mutating func readPrefixed(_ kind: (String) -> QueryToken.Kind) {
        let start = at
        at += 1
        let name = take { Self.isWordScalar($0) || "-'\u{2019}._".unicodeScalars.contains($0) }
        guard !name.isEmpty else {
            note(
                QueryProblem(
                    .unexpectedCharacter, start..<at, "a name must follow '\(scalars[start])'",
                    cure: scalars[start] == "$" ? "write $name of a list" : "write =Word for exact characters"))
            tokens.append(QueryToken(kind: .unreadable, offsets: start..<at))
            return
        }
        tokens.append(QueryToken(kind: kind(name), offsets: start..<at))
    }

    private mutating func readWord() {
        let start = at
        let text = take {
            Self.isWordScalar($0) || Self.isInvisible($0) || "-'\u{2019}*?~.&".unicodeScalars.contains($0)
        }
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
        var id = take { Self.isWordScalar($0) || $0 == "-" || $0 == "." || $0 == "_" }
        if word == "rule", !id.isEmpty, at < scalars.count, scalars[at] == "*" {
            id += "*"
            at += 1
        }
        guard !id.isEmpty else {
            note(
                QueryProblem(
                    .unexpectedCharacter, start..<at, "an id must follow '\(word):'",
                    cure: "write \(word):ID without a space between"))
            tokens.append(QueryToken(kind: .unreadable, offsets: start..<at))
            return true
        }
        tokens.append(QueryToken(kind: word == "rule" ? .rule(id) : .topic(id), offsets: start..<at))
        return true
    }

    private static let operatorWords: Set<String> = [
        "NEAR", "BEFORE", "AFTER", "INSIDE", "CONTAINS", "ATLEAST", "COUNT", "OR", "AND", "NOT",
    ]

    /// Reads what belongs to an operator's word; nil when the word is none, or is one that a problem was noted for.
    private mutating func operatorKind(_ word: String, from start: Int) -> QueryToken.Kind? {
        switch word {
        case "AND": return .and
        case "NOT": return .not
        case "INSIDE": return .inside
        case "CONTAINS": return .contains
        case "OR":
            note(QueryProblem(.wordOfOr, start..<at, "'OR' is written |", cure: "write a | b"))
            return .or
        case "NEAR", "BEFORE", "AFTER":
            guard let distance = readNumber(after: "/", from: start, word, Self.distances, .distanceOutOfRange) else {
                return .unreadable
            }
            return .near(distance, word == "NEAR" ? .either : word == "BEFORE" ? .leftFirst : .rightFirst)
        case "ATLEAST":
            while at < scalars.count, scalars[at] == " " { at += 1 }
            let least = readNumber(after: "", from: start, word, Self.thresholds, .thresholdOutOfRange)
            return least.map { .atLeast($0) } ?? .unreadable
        case "COUNT":
            let least = readNumber(after: ">=", from: start, word, Self.thresholds, .thresholdOutOfRange)
            let isPerThousandWords = takePerThousand()
            return least.map { .count($0, isPerThousandWords: isPerThousandWords) } ?? .unreadable
        default: return nil
        }
    }

    /// `/1000` behind the number of COUNT.
    private mutating func takePerThousand() -> Bool {
        let sign = Array("/1000".unicodeScalars)
        guard scalars[at...].starts(with: sign) else { return false }
        at += sign.count
        return true
    }

    private mutating func readNumber(
        after sign: String, from start: Int, _ word: String, _ allowed: ClosedRange<Int>, _ code: DiagnosticCode
    ) -> Int? {
        let form = sign.isEmpty ? "\(word) n (…)" : sign == "/" ? "\(word)/n" : "\(word)\(sign)n (…)"
        let signScalars = Array(sign.unicodeScalars)
        if Array(scalars[at..<min(at + signScalars.count, scalars.count)]) == signScalars { at += signScalars.count }
        let digits = take { ("0"..."9").contains($0) }
        guard let number = Int(digits), allowed.contains(number) else {
            note(
                QueryProblem(
                    code, start..<max(at, start + 1),
                    digits.isEmpty ? "\(word) needs a number" : "\(digits.quotable) is out of range for \(word)",
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

    /// Soft hyphens and the like, which texts are read without.
    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        !scalar.isASCII && scalar.properties.generalCategory == .format
    }

    private static func isWordScalar(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9": return true
        case "\0"..."\u{7F}": return false
        default: break
        }
        return switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
            .letterNumber, .nonspacingMark, .spacingMark, .enclosingMark:
            true
        default: false
        }
    }
}
