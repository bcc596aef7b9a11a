internal import RuleLanguage
internal import Speeches

extension Query {
    /// Alternatives named in plain words before the rest is counted.
    private static let namedAlternatives = 6

    /// What the query asks for, in plain English for a codebook.
    var inPlainWords: String { plain(.paragraph) }

    private func plain(_ unit: Scope) -> String {
        switch node {
        case .words, .phrase: "“\(spelt)”"
        case .any(let queries):
            Self.list(queries.map { $0.plain(unit) }, "or")
        case .all(let queries): Self.list(queries.map { $0.plain(unit) }, "and", both: true) + " in \(Self.place(unit))"
        case .butNot(let wanted, let others):
            "\(wanted.plain(unit)), unless \(Self.list(others.map { $0.plain(unit) }, "or")) stands in the same \(unit.rawValue)"
        case .near(let left, let right, let distance, let isOrdered):
            Self.near(left.plain(unit), right.plain(unit), distance, isOrdered)
        case .inside(let found, let around, let isNegated):
            "\(found.plain(unit)), \(isNegated ? "but not" : "only") inside \(around.plain(unit))"
        case .containing(let found, let within): "\(found.plain(unit)) with \(within.plain(unit)) in it"
        case .atLeast(let least, let queries):
            "at least \(least) of \(Self.list(queries.map { $0.plain(unit) }, "and")) in \(Self.place(unit))"
        case .count(let least, let query): "\(query.plain(unit)) at least \(least) times in \(Self.place(unit))"
        case .density(let least, let query):
            "\(query.plain(unit)) at least \(least) times in a thousand words of \(Self.place(unit))"
        case .scoped(let scope, let query): Self.scoped(scope, query)
        case .list(let name): "the list \(name)"
        case .rule(let name):
            name.hasSuffix("*") ? "what any rule \(name.dropLast())… finds" : "what rule \(name) finds"
        case .topic(let id): "whatever proves \(id)"
        case .regularExpression(let pattern): "words of the form \(pattern)"
        }
    }

    /// A phrase as an author writes it, its alternatives in parentheses.
    private var spelt: String { description.shortened(to: 160) }

    private static func near(_ left: String, _ right: String, _ distance: Int, _ isOrdered: Bool) -> String {
        let between = distance == 1 ? "no word" : distance == 2 ? "at most one word" : "at most \(distance - 1) words"
        return isOrdered
            ? "\(left) and then \(right) with \(between) between, in one sentence"
            : "\(left) and \(right) with \(between) between, in one sentence, either first"
    }

    private static func scoped(_ scope: Scope, _ query: Query) -> String {
        switch scope {
        case .title: "\(query.plain(.document)), in the title"
        case .lede: "\(query.plain(.document)), in the first sentences"
        case .sentence, .paragraph, .document: query.plain(scope)
        }
    }

    private static func place(_ unit: Scope) -> String {
        unit == .document ? "the whole document" : "one \(unit.rawValue)"
    }

    private static func list(_ items: [String], _ word: String, both: Bool = false) -> String {
        if items.count == 1 { return items[0] }
        guard items.count <= namedAlternatives else {
            let named = items.prefix(namedAlternatives - 1).joined(separator: ", ")
            return "\(named) \(word) \(items.count - namedAlternatives + 1) more"
        }
        let head = items.dropLast().joined(separator: ", ")
        return "\(both && items.count == 2 ? "both " : "")\(head) \(word) \(items[items.count - 1])"
    }
}

extension RuleStatus {
    /// What it means to a reader of the codebook.
    var inPlainWords: String {
        switch self {
        case .experimental: "experimental: not used when documents are tagged"
        case .test: "in use, on trial"
        case .stable: "in use"
        case .deprecated: "in use, to be replaced"
        }
    }
}

extension OutrankedTopics {
    /// What it does to other topics, in plain English; nil for nothing.
    var inPlainWords: String? {
        text.map { topics in
            let name = self == .all ? "every other topic" : topics.replacing(" ", with: ", ")
            return "Shorter finds of \(name) inside what it finds are no evidence."
        }
    }
}

extension DocumentConditions {
    /// What is asked of the document, in plain English; nil for nothing.
    var inPlainWords: String? {
        let wanted = [
            ("the language is", languages), ("the speaker's name or office has", speakers),
            ("the speaker's organisation has", organisations), ("the source has", sources),
            ("it was delivered on or after", from.map { [$0.text] } ?? []),
            ("it was delivered on or before", to.map { [$0.text] } ?? []),
        ].filter { !$0.1.isEmpty }
        return wanted.isEmpty
            ? nil : wanted.map { "\($0.0) \($0.1.joined(separator: " or "))" }.joined(separator: ", and ")
    }
}
