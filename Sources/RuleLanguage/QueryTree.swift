/// Walks over queries and changes to them.
extension Query {
    /// The queries directly inside this one.
    public var children: [Query] {
        switch node {
        case .words, .list, .rule, .topic, .regularExpression: []
        case .phrase(let elements): elements.map(\.query)
        case .any(let queries), .all(let queries), .atLeast(_, let queries): queries
        case .butNot(let first, let others): [first] + others
        case .near(let left, let right, _, _): [left, right]
        case .count(_, let query), .scoped(_, let query): [query]
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
            case .atLeast(let least, let queries): .atLeast(least, each(queries))
            case .count(let least, let query): .count(least, one(query))
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
    /// are one, and neighbouring plain words are one run.
    var normalised: Query {
        switch node {
        case .any(let queries):
            let flat = queries.flatMap { query -> [Query] in
                if case .any(let inner) = query.node { return inner }
                return [query]
            }
            return flat.count == 1 ? Query(flat[0].node, range) : Query(.any(flat), range)
        case .phrase(let elements): return Query(Self.phrase(elements), range)
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
