public import TextMatching

/// A query as its author wrote it, checked for form: the tree that the compiler reads, with each part's place.
public struct Query: Hashable, Sendable {
    /// What it says.
    public let node: Node
    /// Where it stands.
    public let range: SourceRange

    /// Makes a query.
    public init(_ node: Node, _ range: SourceRange) {
        self.node = node
        self.range = range
    }

    /// The parts of the language.
    public indirect enum Node: Hashable, Sendable {
        /// One word or several that must be neighbours.
        case words([WordPattern])
        /// Items side by side: words, alternatives, lists, optional words.
        case phrase([Element])
        /// `a | b`: any of them.
        case any([Query])
        /// `a AND b`: all of them in one unit of text.
        case all([Query])
        /// `a AND NOT b`: the first, in a unit of text without the others.
        case butNot(Query, [Query])
        /// `a NEAR/n b`, `a BEFORE/n b`: at most `distance - 1` words between, in one sentence.
        case near(Query, Query, distance: Int, isOrdered: Bool)
        /// `a INSIDE b`, `a NOT INSIDE b`: what `a` finds within, or not within, a run of words that `b` finds.
        case inside(Query, Query, isNegated: Bool)
        /// `a CONTAINS b`: what `a` finds around something that `b` finds.
        case containing(Query, Query)
        /// `ATLEAST n (a, b, …)`: at least n of them in one unit of text. One list, topic or group of rules alone stands
        /// for its members.
        case atLeast(Int, [Query])
        /// `COUNT>=n (a)`: at least n occurrences in one unit of text.
        case count(Int, Query)
        /// `COUNT>=n/1000 (a)`: at least n occurrences for each thousand words of the unit of text.
        case density(Int, Query)
        /// `title: a` and the like.
        case scoped(Scope, Query)
        /// `$name`: the alternatives of a list.
        case list(String)
        /// `rule:id`: what another rule finds; `rule:beginning*`: what any of several finds.
        case rule(String)
        /// `topic:id`: what any rule of a topic finds.
        case topic(String)
        /// `/…/`: a linear-time regular expression, within one paragraph.
        case regularExpression(String)
    }

    /// Whether `rule:name` means the rule of an id: `name` itself, or a beginning followed by `*`.
    public static func isRule(_ id: String, namedBy name: String) -> Bool {
        name.hasSuffix("*") ? id.hasPrefix(name.dropLast()) : id == name
    }

    /// Words that may follow each other in one phrase.
    static let maximumRun = PhraseAutomaton.maximumPhraseLength

    /// One item of a phrase.
    public struct Element: Hashable, Sendable {
        /// The item.
        public let query: Query
        /// Written in brackets: there or not.
        public let isOptional: Bool

        /// Makes an item.
        public init(_ query: Query, isOptional: Bool = false) {
            self.query = query
            self.isOptional = isOptional
        }
    }
}

/// Where in a document a query must hold.
public enum Scope: String, Hashable, Sendable, CaseIterable {
    /// Only in the title.
    case title
    /// Only in the first sentences of the body: a tenth of all, at least one, at most five.
    case lede
    /// All parts in one sentence.
    case sentence
    /// All parts in one paragraph; what holds where nothing is said.
    case paragraph
    /// All parts anywhere.
    case document
}

extension Query: CustomStringConvertible {
    /// The query in canonical form: one spelling for one meaning. It is what a ruleset's digest is computed over and
    /// what `rules show` prints, and it parses back to the same query.
    public var description: String {
        switch node {
        case .words(let words): words.map(\.canonical).joined(separator: " ")
        case .phrase(let elements): elements.map(Self.phraseItem).joined(separator: " ")
        case .any(let queries): queries.map(\.operand).joined(separator: " | ")
        case .all(let queries): queries.map(\.operand).joined(separator: " AND ")
        case .butNot(let query, let others): ([query] + others).map(\.operand).joined(separator: " AND NOT ")
        case .near(let left, let right, let distance, let isOrdered):
            "\(left.operand) \(isOrdered ? "BEFORE" : "NEAR")/\(distance) \(right.operand)"
        case .inside(let found, let around, let isNegated):
            "\(found.operand) \(isNegated ? "NOT " : "")INSIDE \(around.operand)"
        case .containing(let found, let within): "\(found.operand) CONTAINS \(within.operand)"
        case .atLeast(let least, let queries):
            "ATLEAST \(least) (\(queries.map(\.description).joined(separator: ", ")))"
        case .count(let least, let query): "COUNT>=\(least) (\(query))"
        case .density(let least, let query): "COUNT>=\(least)/1000 (\(query))"
        case .scoped(let scope, let query): "\(scope.rawValue): \(query.operand)"
        case .list(let name): "$\(name)"
        case .rule(let id): "rule:\(id)"
        case .topic(let id): "topic:\(id)"
        case .regularExpression(let pattern): "/\(pattern.replacing("/", with: "\\/"))/"
        }
    }

    private var operand: String {
        switch node {
        case .any, .all, .butNot, .near, .inside, .containing, .scoped: "(\(self))"
        default: description
        }
    }

    private static func phraseItem(_ element: Element) -> String {
        if element.isOptional { return "[\(element.query)]" }
        if case .words = element.query.node { return element.query.description }
        return element.query.operand
    }
}

extension WordPattern {
    /// The word as a rule writes it.
    var canonical: String {
        switch self {
        case .folded(let word), .wildcard(let word): word
        case .literal(let word): "\"\(word)\""
        case .exact(let word): "=\(word)"
        }
    }
}
