/// Replaces `$name` by the list's alternatives, lists within lists included.
///
/// Each list is filled in once. Names are looked up where they are written: a shared list sees shared lists only, so a
/// topic's own list of the same name does not change what a shared one means. Sizes are known before anything is copied,
/// so that lists of lists cannot grow beyond the bounds.
struct ListFilling {
    /// Lists within lists, this deep.
    static let maximumDepth = 20
    /// A query with its lists filled in may have this many parts,
    static let maximumParts = 20_000
    /// and all queries of a ruleset together this many.
    static let maximumTotal = 2_000_000

    private struct Key: Hashable {
        /// Index of the file whose own list it is, -1 for shared lists.
        let file: Int
        let name: String
    }

    private enum State {
        case inProgress
        /// nil where the list cannot be used; why has been reported.
        case done([Query]?, parts: Int, depth: Int)
    }

    private let files: [RuleFile]
    private var lists: [Key: (list: NamedList, file: Int)] = [:]
    private var states: [Key: State] = [:]
    private var total = 0
    private(set) var bag: DiagnosticBag

    init(_ files: [RuleFile], _ bag: DiagnosticBag) {
        self.files = files
        self.bag = bag
        for (index, file) in files.enumerated() {
            for list in file.lists { add(list, in: index) }
        }
        // Every list is filled in, used or not, so that its problems are found.
        for (index, file) in files.enumerated() {
            for list in file.lists { _ = state(of: key(list.name, from: index)!, from: []) }
        }
    }

    private mutating func add(_ list: NamedList, in index: Int) {
        let key = Key(file: files[index].topic == nil ? -1 : index, name: list.name)
        if let first = lists[key] {
            report(
                .duplicateIdentifier, index, list.range,
                "the list '\(list.name.quotable)' is taken; first in \(files[first.file].source.path)",
                cure: "give it a name of its own")
        } else {
            lists[key] = (list, index)
        }
    }

    private func key(_ name: String, from file: Int) -> Key? {
        [Key(file: file, name: name), Key(file: -1, name: name)].first { lists[$0] != nil }
    }

    /// Queries of a file with their lists filled in; those that cannot be are left out. Every part of the result has a
    /// place in the same file.
    mutating func filled(_ queries: [Query], in file: Int) -> [Query] {
        queries.compactMap { filled($0, in: file, from: []) }
    }

    private mutating func filled(_ query: Query, in file: Int, from path: [String]) -> Query? {
        let uses = query.listUses
        if uses.isEmpty { return query }
        var parts = query.partCount
        var known: [String: [Query]] = [:]
        for (name, range) in uses {
            guard let (queries, count) = content(of: name, range, in: file, from: path) else { return nil }
            known[name] = queries
            parts += count
        }
        guard parts <= Self.maximumParts, total + parts <= Self.maximumTotal else {
            report(
                .expansionTooLarge, file, query.range,
                "with its lists filled in, the query has more than \(Self.maximumParts) parts",
                cure: "use smaller lists, or refer to a rule")
            return nil
        }
        total += parts
        let filled = fill(query, known, file)
        if let misplaced = filled.misplacedInPhrase {
            report(
                .notInPhrase, file, misplaced.range,
                "the list holds more than words and alternatives, so it cannot stand in a phrase",
                cure: "write BEFORE/1 or another operator beside it")
            return nil
        }
        if let (unreachable, least, count) = filled.unreachableThreshold {
            report(
                .thresholdOutOfRange, file, unreachable.range,
                "with its lists filled in, ATLEAST \(least) of \(count) can never hold",
                cure: "ask for at most \(count), or add to the list")
            return nil
        }
        return filled
    }

    /// The alternatives of a list and how many parts they have.
    private mutating func content(
        of name: String, _ range: SourceRange, in file: Int, from path: [String]
    ) -> ([Query], Int)? {
        guard let key = key(name, from: file) else {
            if !bag.hasUnreadFiles { reportUnknown(name, file, range) }
            return nil
        }
        guard path.count < Self.maximumDepth else {
            report(
                .expansionTooLarge, file, range, "lists within lists nest deeper than \(Self.maximumDepth)",
                cure: "write the words where they are needed")
            return nil
        }
        guard case .done(let queries?, let parts, let depth) = state(of: key, from: path) else {
            if case .inProgress? = states[key] { reportCircle(name, path, file, range) }
            return nil
        }
        guard path.count + depth < Self.maximumDepth else {
            report(
                .expansionTooLarge, file, range, "lists within lists nest deeper than \(Self.maximumDepth)",
                cure: "write the words where they are needed")
            return nil
        }
        return (queries, parts)
    }

    private mutating func state(of key: Key, from path: [String]) -> State {
        if let state = states[key] { return state }
        states[key] = .inProgress
        let (list, file) = lists[key]!
        var depth = 0
        var queries: [Query]? = []
        for query in list.queries {
            let filled = filled(query, in: file, from: path + [key.name])
            if let filled { queries?.append(filled) } else { queries = nil }
            for (name, _) in query.listUses {
                if let used = self.key(name, from: file), case .done(_, _, let inner)? = states[used] {
                    depth = max(depth, inner + 1)
                }
            }
        }
        let state = State.done(queries, parts: (queries ?? []).reduce(0) { $0 + $1.partCount }, depth: depth)
        states[key] = state
        return state
    }

    private func fill(_ query: Query, _ lists: [String: [Query]], _ file: Int) -> Query {
        query.mapped { part in
            guard case .list(let name) = part.node, let queries = lists[name] else { return nil }
            let here = queries.map { $0.moved(to: part.range) }
            return here.count == 1 ? here[0] : Query(.any(here), part.range).normalised
        }
    }

    // MARK: Problems

    private mutating func reportUnknown(_ name: String, _ file: Int, _ range: SourceRange) {
        let names = lists.keys.filter { $0.file == -1 || $0.file == file }.map(\.name)
        report(
            .unknownList, file, range, "there is no list '$\(name.quotable)'",
            cure: bag.nearest(name, among: names).map { "did you mean '$\($0)'?" }
                ?? "add it under 'lists:' of this file or of lists.yaml")
    }

    private mutating func reportCircle(_ name: String, _ path: [String], _ file: Int, _ range: SourceRange) {
        let circle = path.drop { $0 != name } + [name]
        report(
            .cycle, file, range, "the list '$\(name.quotable)' holds itself: \(circle.joined(separator: " -> "))",
            cure: "take one of them out of the other")
    }

    private mutating func report(
        _ code: DiagnosticCode, _ file: Int, _ range: SourceRange, _ message: String, cure: String
    ) {
        bag.add(Diagnostic(code, path: files[file].source.path, range: range, message, cure: cure))
    }
}
