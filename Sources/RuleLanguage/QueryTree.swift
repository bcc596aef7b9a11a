/// Walks over queries and changes to them.
extension Query {
    /// The queries directly inside this one.
    public var children: [Query] {
        switch node {
        case .words, .list, .rule, .topic, .regularExpression: []
        case .phrase(let elements): elements.map(\.query)
        case .any(let queries), .all(let queries), .atLeast(_, let queries): queries
        case .butNot(let first, let others): [first] + others
        case .near(let left, let right, _, _), .inside(let left, let right, _), .containing(let left, let right):
            [left, right]
        case .count(_, let query), .density(_, let query), .scoped(_, let query): [query]
        }
    }

    /// Calls `body` for this query and every query inside it.
    func forEachPart(_ body: (Query) -> Void) {
        body(self)
        for child in children { child.forEachPart(body) }
    }

    /// Words and operators, this one and all inside.
    var partCount: Int {
        if case .words(let words) = node { return words.count }
        return children.reduce(1) { $0 + $1.partCount }
    }

    /// How deep operators nest.
    var levels: Int {
        children.reduce(0) { max($0, $1.levels) } + 1
    }

    /// References to rules and topics anywhere in the query.
    var references: [(node: Node, range: SourceRange)] {
        var references: [(Node, SourceRange)] = []
        forEachPart { part in
            switch part.node {
            case .rule, .topic: references.append((part.node, part.range))
            default: break
            }
        }
        return references
    }

    /// Names of lists used anywhere in the query.
    var listUses: [(name: String, range: SourceRange)] {
        var uses: [(String, SourceRange)] = []
        forEachPart { if case .list(let name) = $0.node { uses.append((name, $0.range)) } }
        return uses
    }

    /// The same query with every part at one place.
    func moved(to range: SourceRange) -> Query { mapped(to: range) { _ in nil } }

    /// The query with parts replaced where `replace` gives something, from the outside in, in normal form.
    /// - Parameter place: where all parts that are kept are said to stand; nil for where they stand.
    func mapped(to place: SourceRange? = nil, _ replace: (Query) -> Query?) -> Query {
        if let replacement = replace(self) { return replacement }
        func one(_ query: Query) -> Query { query.mapped(to: place, replace) }
        func each(_ queries: [Query]) -> [Query] { queries.map(one) }
        let node: Node =
            switch self.node {
            case .words, .rule, .topic, .regularExpression, .list: self.node
            case .phrase(let elements): .phrase(elements.map { Element(one($0.query), isOptional: $0.isOptional) })
            case .any(let queries): .any(each(queries))
            case .all(let queries): .all(each(queries))
            case .butNot(let first, let others): .butNot(one(first), each(others))
            case .near(let left, let right, let distance, let isOrdered):
                .near(one(left), one(right), distance: distance, isOrdered: isOrdered)
            case .inside(let left, let right, let isNegated): .inside(one(left), one(right), isNegated: isNegated)
            case .containing(let left, let right): .containing(one(left), one(right))
            case .atLeast(let least, let queries): .atLeast(least, each(queries))
            case .count(let least, let query): .count(least, one(query))
            case .density(let least, let query): .density(least, one(query))
            case .scoped(let scope, let query): .scoped(scope, one(query))
            }
        return Query(node, place ?? range).normalised
    }

    /// A part that has no place of its own in a text and so cannot stand in a phrase, but does.
    var misplacedInPhrase: Query? {
        if case .phrase(let elements) = node {
            for element in elements {
                if let part = element.query.notOfWords { return part }
            }
        }
        for child in children {
            if let part = child.misplacedInPhrase { return part }
        }
        return nil
    }

    /// An ATLEAST that asks for more than it has been given: the number and how many there are. Topics and groups of
    /// rules are not counted here.
    var unreachableThreshold: (query: Query, least: Int, count: Int)? {
        var found: (Query, Int, Int)?
        forEachPart { part in
            guard found == nil, case .atLeast(let least, let queries) = part.node, least > queries.count,
                !(queries.count == 1 && queries[0].namesMembers)
            else { return }
            found = (part, least, queries.count)
        }
        return found
    }

    /// A list, a topic or a group of rules: something whose members ATLEAST counts where it stands alone.
    public var namesMembers: Bool {
        switch node {
        case .list, .topic: true
        case .rule(let name): name.hasSuffix("*")
        default: false
        }
    }

    /// The first part that is neither words nor alternatives of words.
    var notOfWords: Query? {
        switch node {
        case .words, .phrase, .list: return nil
        case .any(let queries):
            for query in queries {
                if let part = query.notOfWords { return part }
            }
            return nil
        default: return self
        }
    }

    /// One tree for one meaning, given that all parts have it: alternatives of alternatives and phrases within phrases
    /// are one, neighbouring plain words are one run, and alternatives alone in ATLEAST are what it counts.
    var normalised: Query {
        switch node {
        case .any(let queries):
            let flat = queries.flatMap { query -> [Query] in
                if case .any(let inner) = query.node { return inner }
                return [query]
            }
            return flat.count == 1 ? Query(flat[0].node, range) : Query(.any(flat), range)
        case .phrase(let elements): return Query(Self.phrase(elements), range)
        case .atLeast(let least, let queries):
            guard queries.count == 1, case .any(let alternatives) = queries[0].node else { return self }
            return Query(.atLeast(least, alternatives), range)
        default: return self
        }
    }

    /// A phrase of elements, its words in runs as long as a phrase of the automaton may be.
    private static func phrase(_ elements: [Element]) -> Node {
        let flat = elements.flatMap { element -> [Element] in
            if !element.isOptional, case .phrase(let inner) = element.query.node { return inner }
            return [element]
        }
        var merged: [Element] = []
        for element in flat {
            if let joined = merged.last.flatMap({ joined($0, element) }) {
                merged[merged.count - 1] = joined
            } else {
                merged.append(element)
            }
        }
        if merged.count == 1, !merged[0].isOptional { return merged[0].query.node }
        return .phrase(merged)
    }

    private static func joined(_ left: Element, _ right: Element) -> Element? {
        guard !left.isOptional, !right.isOptional, case .words(let before) = left.query.node,
            case .words(let after) = right.query.node, before.count + after.count <= maximumRun
        else { return nil }
        return Element(Query(.words(before + after), SourceRange(left.query.range.start, right.query.range.end)))
    }
}
