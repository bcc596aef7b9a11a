/// A token of a foreign query.
struct ImportToken: Equatable {
    enum Kind: Equatable {
        case word(String)
        case quoted(String)
        case open, close
        case infix(ImportOperator)
        /// `ATLEAST5`.
        case atLeast(Int)
        /// `HEADLINE(`, `hlp=`: what follows is looked for in one part of the document.
        case field(String)
        /// `ALLCAPS(`: how the words that follow are compared.
        case form(String)
        /// `/F50/`: the word before stands near the beginning.
        case beginning(Int)
    }
    let kind: Kind
    /// From 0.
    let offset: Int
    let text: String
}

/// What joins two parts of a foreign query.
enum ImportOperator: Hashable {
    case or, and, andNot
    case near(Int, isOrdered: Bool)
    case sentence, paragraph, segment
    /// `NOT W/5`: the first where the second is not near.
    case notNear(Int)
}

/// Cuts a foreign query into tokens. Letter case plays no part in operators.
struct ImportLexer {
    private let scalars: [Unicode.Scalar]
    private let dialect: ImportedQuery.Dialect
    private var at = 0
    private(set) var tokens: [ImportToken] = []
    private(set) var warnings: [ImportedQuery.Warning] = []

    init(_ scalars: [Unicode.Scalar], _ dialect: ImportedQuery.Dialect) {
        self.scalars = scalars
        self.dialect = dialect
        while at < scalars.count { readOne() }
        tokens = Self.joined(tokens)
    }

    private mutating func readOne() {
        let start = at
        switch scalars[at] {
        case " ", "\t", "\n", "\r", "\u{A0}": at += 1
        case "(", "[": emit(.open, from: start, to: at + 1)
        case ")", "]": emit(.close, from: start, to: at + 1)
        case "\"", "\u{201C}", "\u{201D}": readQuoted()
        default: readRun()
        }
    }

    private mutating func emit(_ kind: ImportToken.Kind, from start: Int, to end: Int) {
        at = end
        tokens.append(ImportToken(kind: kind, offset: start, text: text(start..<end)))
    }

    private func text(_ range: Range<Int>) -> String { String(String.UnicodeScalarView(scalars[range])) }

    private mutating func readQuoted() {
        let start = at
        var end = at + 1
        while end < scalars.count, !"\"\u{201C}\u{201D}".unicodeScalars.contains(scalars[end]) { end += 1 }
        if end == scalars.count {
            warnings.append(.init(column: start + 1, message: "the quotation mark is never closed; read to the end"))
        }
        emit(.quoted(text(start + 1..<end)), from: start, to: min(end + 1, scalars.count))
    }

    /// Everything up to the next space, quotation mark or parenthesis.
    private mutating func readRun() {
        let start = at
        var end = at
        while end < scalars.count, !" \t\n\r\u{A0}()[]\"\u{201C}\u{201D}".unicodeScalars.contains(scalars[end]) {
            end += 1
        }
        let run = text(start..<end)
        if let sign = run.firstMatch(of: /\/[NnFf][0-9]+\//), let kind = Self.between(String(sign.output)) {
            // Factiva allows boeing/N30/airbus and toyota/F50/ without spaces. What follows is a run of its own.
            let split = start + run[..<sign.range.lowerBound].unicodeScalars.count
            if split > start { emit(.word(text(start..<split)), from: start, to: split) }
            emit(kind, from: split, to: split + sign.output.unicodeScalars.count)
            return
        }
        let opens = end < scalars.count && scalars[end] == "("
        if let equals = run.firstIndex(of: "="), dialect == .factiva || opens || run.last != "=" {
            let name = String(run[..<equals])
            emit(.field(name.lowercased()), from: start, to: start + name.unicodeScalars.count + 1)
        } else {
            emit(kind(run, opens: opens), from: start, to: end)
        }
    }

    private func kind(_ run: String, opens: Bool) -> ImportToken.Kind {
        let word = run.lowercased()
        if opens, dialect == .lexis, Self.fields.contains(word) { return .field(word) }
        if opens, Self.forms.contains(word) { return .form(word) }
        if word.hasPrefix("atleast"), let count = Int(word.dropFirst(7)) { return .atLeast(count) }
        return infix(word).map { .infix($0) } ?? Self.between(run) ?? .word(run)
    }

    static let fields: Set<String> = [
        "headline", "title", "hlead", "lead", "body", "text", "byline", "date", "publication", "section", "subject",
        "terms",
        "geographic", "company", "person", "language", "length", "load-date", "dateline", "graphic", "correction",
        "type",
    ]
    private static let forms: Set<String> = ["allcaps", "caps", "nocaps", "plural", "singular"]

    private func infix(_ word: String) -> ImportOperator? {
        switch word {
        case "or": return .or
        case "and", "&": return .and
        case "not", "andnot": return .andNot
        case "same" where dialect == .factiva: return .paragraph
        case "/s", "w/s", "w/sent", "/sent": return .sentence
        case "/p", "w/p", "w/para", "/para": return .paragraph
        case "w/seg", "/seg": return .segment
        case "adj" where dialect == .factiva: return .near(1, isOrdered: true)
        default: return distance(word)
        }
    }

    /// Words with a number. Factiva's `w/5` asks for the order, Lexis' does not.
    private func distance(_ word: String) -> ImportOperator? {
        let forms: [(prefix: String, isOrdered: Bool)] =
            dialect == .lexis
            ? [("w/", false), ("pre/", true), ("onear/", true), ("near/", false), ("+", true), ("/", false)]
            : [("w/", true), ("adj", true), ("near", false)]
        for form in forms where word.hasPrefix(form.prefix) {
            if let distance = Int(word.dropFirst(form.prefix.count)), distance > 0 {
                return .near(distance, isOrdered: form.isOrdered)
            }
        }
        return nil
    }

    /// `/N30/` between words, `/F50/` behind one.
    private static func between(_ run: String) -> ImportToken.Kind? {
        let word = run.lowercased()
        guard word.hasPrefix("/"), word.hasSuffix("/"), word.count >= 4, let number = Int(word.dropFirst(2).dropLast())
        else {
            return nil
        }
        if word.hasPrefix("/n") { return .infix(.near(number, isOrdered: false)) }
        return word.hasPrefix("/f") ? .beginning(number) : nil
    }

    /// `and not`, `but not`, `not w/5` are one operator each.
    private static func joined(_ tokens: [ImportToken]) -> [ImportToken] {
        var joined: [ImportToken] = []
        for token in tokens {
            guard case .infix(let second) = token.kind, let last = joined.last else {
                joined.append(token)
                continue
            }
            let both = "\(last.text) \(token.text)"
            switch (last.kind, second) {
            case (.infix(.and), .andNot), (.word("but"), .andNot), (.word("BUT"), .andNot):
                joined[joined.count - 1] = ImportToken(kind: .infix(.andNot), offset: last.offset, text: both)
            case (.infix(.andNot), .near(let distance, _)):
                joined[joined.count - 1] = ImportToken(
                    kind: .infix(.notNear(distance)), offset: last.offset, text: both)
            default: joined.append(token)
            }
        }
        return joined
    }
}
