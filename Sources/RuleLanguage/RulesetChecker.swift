internal import Speeches

/// Puts the files of a ruleset together: fills in lists, checks identifiers and references across files.
struct RulesetChecker {
    private let files: [RuleFile]
    private var bag: DiagnosticBag
    private var sharedLists: [String: NamedList] = [:]

    init(_ files: [RuleFile], _ bag: DiagnosticBag) {
        self.files = files
        self.bag = bag
        sharedLists = collectSharedLists()
    }

    /// The checked ruleset, nil when anything is an error, with everything that was found wrong.
    static func check(_ files: [RuleFile], _ bag: DiagnosticBag) -> (CheckedRuleset?, [Diagnostic]) {
        var checker = RulesetChecker(files, bag)
        let ruleset = checker.checked()
        return (checker.bag.hasErrors ? nil : ruleset, checker.bag.diagnostics)
    }

    private mutating func checked() -> CheckedRuleset? {
        let manifest = onlyManifest()
        checkTopics(supporting: manifest?.supporting ?? [], manifestPath: manifest?.path ?? "")
        checkRules()
        let supporting = Set((manifest?.supporting ?? []).map(\.id))
        let topics = files.compactMap { file in
            file.topic.map { checked($0, in: file, isSupporting: supporting.contains($0.id)) }
        }.sorted { $0.id < $1.id }
        let filters = files.flatMap { file in file.filters.map { checked($0, in: file) } }
        checkReferences(topics, filters)
        guard let manifest else { return nil }
        return CheckedRuleset(
            name: manifest.name, version: manifest.version, description: manifest.description, topics: topics,
            filters: filters, sources: files.map(\.source))
    }

    // MARK: Identifiers

    private mutating func onlyManifest() -> RulesetManifest? {
        let manifests = files.compactMap(\.manifest)
        if manifests.isEmpty, let first = files.first {
            bag.add(
                Diagnostic(
                    .noRuleset, path: first.source.path, range: SourceRange(line: 1, column: 1),
                    "no file of the folder names the ruleset",
                    cure: "add ruleset.yaml with 'ruleset: NAME' and 'version: 1.0.0'"))
        }
        for extra in manifests.dropFirst() {
            bag.add(
                Diagnostic(
                    .duplicateIdentifier, path: extra.path, range: extra.range,
                    "the ruleset is named a second time; first in \(manifests[0].path)", cure: "keep one of them"))
        }
        return manifests.first
    }

    private mutating func checkTopics(supporting: [(id: String, range: SourceRange)], manifestPath: String) {
        var seen: [String: String] = [:]
        for file in files {
            guard let topic = file.topic else { continue }
            if let first = seen[topic.id] {
                report(
                    .duplicateTopic, file, topic.range, "the topic '\(topic.id)' is described a second time",
                    cure: "put its rules into \(first)")
            }
            seen[topic.id] = file.source.path
            if topic.rules.isEmpty {
                report(.noRules, file, topic.range, "the topic '\(topic.id)' has no rule", cure: "add rules")
            }
        }
        for (id, range) in supporting where seen[id] == nil {
            bag.add(
                Diagnostic(
                    .unknownTopic, path: manifestPath, range: range, "there is no topic '\(id)'",
                    cure: Nearest.match(id, among: seen.keys).map { "did you mean '\($0)'?" } ?? "remove it"))
        }
        for file in files {
            for filter in file.filters {
                for id in filter.topics ?? [] where seen[id] == nil {
                    report(
                        .unknownTopic, file, filter.range, "the filter applies to '\(id)', which is no topic",
                        cure: Nearest.match(id, among: seen.keys).map { "did you mean '\($0)'?" }
                            ?? "write all, or ids of topics")
                }
            }
        }
    }

    private mutating func checkRules() {
        var seen: [String: String] = [:]
        for file in files {
            for rule in file.topic?.rules ?? [] {
                if let first = seen[rule.id] {
                    report(
                        .duplicateIdentifier, file, rule.range, "the id '\(rule.id)' is taken; first in \(first)",
                        cure: "give the rule an id of its own")
                }
                seen[rule.id] = file.source.path
                if let topic = file.topic, !rule.id.hasPrefix(topic.id + ".") {
                    report(
                        .ruleOutsideTopic, file, rule.range, "'\(rule.id)' does not begin with its topic",
                        cure: "write \(topic.id).\(rule.id.split(separator: ".").last ?? "name")")
                }
            }
            for filter in file.filters {
                if let first = seen[filter.id] {
                    report(
                        .duplicateIdentifier, file, filter.range, "the id '\(filter.id)' is taken; first in \(first)",
                        cure: "give the filter an id of its own")
                }
                seen[filter.id] = file.source.path
            }
        }
    }

    private mutating func report(
        _ code: DiagnosticCode, _ file: RuleFile, _ range: SourceRange, _ message: String, cure: String
    ) {
        bag.add(Diagnostic(code, path: file.source.path, range: range, message, cure: cure))
    }

    // MARK: Lists

    private mutating func collectSharedLists() -> [String: NamedList] {
        var lists: [String: NamedList] = [:]
        for file in files {
            var own: Set<String> = []
            for list in file.lists {
                let first = own.contains(list.name) ? list : file.topic == nil ? lists[list.name] : nil
                if let first {
                    report(
                        .duplicateIdentifier, file, list.range, "the list '\(list.name)' is taken; first in \(first.path)",
                        cure: "give it a name of its own")
                }
                own.insert(list.name)
                if file.topic == nil { lists[list.name] = list }
            }
        }
        return lists
    }

    /// Replaces `$name` by the list's alternatives, lists within lists included.
    private mutating func filled(_ queries: [Query], in file: RuleFile) -> [Query] {
        let own = Dictionary(file.lists.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let lists = sharedLists.merging(own) { _, own in own }
        return queries.compactMap { fill($0, lists, within: [], file) }
    }

    private mutating func fill(
        _ query: Query, _ lists: [String: NamedList], within: [String], _ file: RuleFile
    ) -> Query? {
        func all(_ queries: [Query]) -> [Query] { queries.compactMap { fill($0, lists, within: within, file) } }
        func one(_ query: Query) -> Query { fill(query, lists, within: within, file) ?? query }
        switch query.node {
        case .words, .rule, .topic, .regularExpression: return query
        case .phrase(let elements):
            let filled = elements.compactMap { element in
                fill(element.query, lists, within: within, file).map {
                    Query.Element($0, isOptional: element.isOptional)
                }
            }
            return Query(.phrase(filled), query.range)
        case .any(let queries): return Query(.any(all(queries)), query.range)
        case .all(let queries): return Query(.all(all(queries)), query.range)
        case .butNot(let first, let others): return Query(.butNot(one(first), all(others)), query.range)
        case .near(let left, let right, let distance, let isOrdered):
            return Query(.near(one(left), one(right), distance: distance, isOrdered: isOrdered), query.range)
        case .atLeast(let least, let queries): return Query(.atLeast(least, all(queries)), query.range)
        case .count(let least, let counted): return Query(.count(least, one(counted)), query.range)
        case .scoped(let scope, let scoped): return Query(.scoped(scope, one(scoped)), query.range)
        case .list(let name): return fillList(name, query.range, lists, within: within, file)
        }
    }

    private mutating func fillList(
        _ name: String, _ range: SourceRange, _ lists: [String: NamedList], within: [String], _ file: RuleFile
    ) -> Query? {
        guard let list = lists[name] else {
            report(
                .unknownList, file, range, "there is no list '$\(name)'",
                cure: Nearest.match(name, among: lists.keys).map { "did you mean '$\($0)'?" }
                    ?? "add it under 'lists:' of this file or of lists.yaml")
            return nil
        }
        guard !within.contains(name) else {
            report(
                .cycle, file, range, "the list '$\(name)' holds itself: \((within + [name]).joined(separator: " -> "))",
                cure: "break the circle")
            return nil
        }
        let queries = list.queries.compactMap { fill($0, lists, within: within + [name], file) }
        return queries.count == 1 ? Query(queries[0].node, range) : Query(.any(queries), range)
    }

    // MARK: Rules and topics

    private mutating func checked(_ topic: FileTopic, in file: RuleFile, isSupporting: Bool) -> CheckedTopic {
        let notInside = filled(topic.notInside, in: file)
        let notDocument = filled(topic.notDocument, in: file)
        let rules = topic.rules.map { rule in
            CheckedRule(
                id: RuleID(rule.id), topic: TopicID(topic.id), weight: rule.weight, status: rule.status,
                description: rule.description, find: filled(rule.find, in: file),
                notInside: filled(rule.notInside, in: file) + notInside,
                notDocument: filled(rule.notDocument, in: file) + notDocument, conditions: rule.conditions,
                examples: rule.examples, references: rule.references, allowed: rule.allowed.union(topic.allowed),
                path: file.source.path, range: rule.range)
        }
        return CheckedTopic(
            id: TopicID(topic.id), label: topic.label, description: topic.description, scopeNote: topic.scopeNote,
            codes: topic.codes, isSupporting: isSupporting, rules: rules, examples: topic.examples,
            path: file.source.path)
    }

    private mutating func checked(_ filter: FileFilter, in file: RuleFile) -> CheckedFilter {
        CheckedFilter(
            id: filter.id, description: filter.description, topics: filter.topics.map { Set($0.map { TopicID($0) }) },
            notInside: filled(filter.notInside, in: file), notDocument: filled(filter.notDocument, in: file),
            path: file.source.path, range: filter.range)
    }

    // MARK: References

    /// Every `rule:` and `topic:` must exist, and following them must come to an end.
    private mutating func checkReferences(_ topics: [CheckedTopic], _ filters: [CheckedFilter]) {
        let rules = topics.flatMap(\.rules)
        let rulesByTopic = Dictionary(grouping: rules, by: \.topic).mapValues { $0.map(\.id.rawValue) }
        let names = Set(rules.map(\.id.rawValue))
        var targets: [String: [String]] = [:]
        for rule in rules {
            let queries = rule.find + rule.notInside + rule.notDocument
            targets[rule.id.rawValue] = resolve(
                queries, path: rule.path, names: names, topics: rulesByTopic, from: rule.range)
        }
        for filter in filters {
            let reached = resolve(
                filter.notInside + filter.notDocument, path: filter.path, names: names, topics: rulesByTopic,
                from: filter.range)
            let affected = rules.filter { filter.topics?.contains($0.topic) ?? true }
            for rule in affected { targets[rule.id.rawValue, default: []] += reached }
        }
        reportCycles(rules, targets)
    }

    private mutating func resolve(
        _ queries: [Query], path: String, names: Set<String>, topics: [TopicID: [String]], from range: SourceRange
    ) -> [String] {
        var reached: [String] = []
        for (node, range) in queries.flatMap(\.references) {
            switch node {
            case .rule(let id) where names.contains(id): reached.append(id)
            case .topic(let id) where topics[TopicID(id)] != nil: reached += topics[TopicID(id)]!
            case .rule(let id):
                bag.add(
                    Diagnostic(
                        .unknownReference, path: path, range: range, "there is no rule '\(id)'",
                        cure: Nearest.match(id, among: names).map { "did you mean rule:\($0)?" } ?? "name a rule by its id"))
            case .topic(let id):
                bag.add(
                    Diagnostic(
                        .unknownReference, path: path, range: range, "there is no topic '\(id)'",
                        cure: Nearest.match(id, among: topics.keys.map(\.rawValue)).map { "did you mean topic:\($0)?" }
                            ?? "name a topic by its id"))
            default: break
            }
        }
        return reached
    }

    private mutating func reportCycles(_ rules: [CheckedRule], _ targets: [String: [String]]) {
        var finished: Set<String> = []
        let byID = Dictionary(rules.map { ($0.id.rawValue, $0) }, uniquingKeysWith: { first, _ in first })
        for rule in rules {
            var path: [String] = []
            if let cycle = Self.cycle(from: rule.id.rawValue, targets, &path, &finished), let culprit = byID[cycle[0]] {
                bag.add(
                    Diagnostic(
                        .cycle, path: culprit.path, range: culprit.range,
                        "the rule refers to itself: \(cycle.joined(separator: " -> "))", cure: "break the circle"))
            }
        }
    }

    private static func cycle(
        from id: String, _ targets: [String: [String]], _ path: inout [String], _ finished: inout Set<String>
    ) -> [String]? {
        if let start = path.firstIndex(of: id) { return Array(path[start...]) + [id] }
        guard !finished.contains(id) else { return nil }
        path.append(id)
        defer { path.removeLast() }
        for target in targets[id] ?? [] {
            if let cycle = cycle(from: target, targets, &path, &finished) {
                finished.formUnion(cycle)
                return cycle
            }
        }
        finished.insert(id)
        return nil
    }
}

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

    /// References to rules and topics anywhere in the query.
    var references: [(node: Node, range: SourceRange)] {
        switch node {
        case .rule, .topic: [(node, range)]
        default: children.flatMap(\.references)
        }
    }
}
