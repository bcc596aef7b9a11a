internal import Speeches

/// Puts the files of a ruleset together: fills in lists, checks identifiers and references across files.
struct RulesetChecker {
    private let files: [RuleFile]
    private var bag: DiagnosticBag

    /// What could be read of the ruleset, whole or not, and everything that was found wrong.
    static func check(_ files: [RuleFile], _ bag: DiagnosticBag) -> (CheckedRuleset, DiagnosticBag) {
        var filling = ListFilling(files, bag)
        let topics = checkedTopics(files, &filling)
        let filters = checkedFilters(files, &filling)
        let manifestFile = files.firstIndex { $0.manifest != nil }
        let others = manifestFile.map { filling.filled(files[$0].manifest!.otherSubjects, in: $0) } ?? []
        var checker = RulesetChecker(files: files, bag: filling.bag)
        let manifest = checker.onlyManifest()
        checker.checkTopics(manifest)
        checker.checkIdentifiers()
        checker.checkReferences(topics, filters)
        let ruleset = CheckedRuleset(
            name: manifest?.name ?? "", version: manifest?.version ?? "", description: manifest?.description,
            topics: topics, filters: filters, otherSubjects: others,
            writtenOtherSubjects: manifest?.otherSubjects ?? [],
            otherSubjectsPlace: manifest.map { ($0.path, $0.otherSubjectsRange) }, lists: checkedLists(files),
            sources: files.map(\.source),
            allowances: files.flatMap(\.allowances))
        return (ruleset, checker.bag)
    }

    // MARK: Identifiers

    private mutating func onlyManifest() -> RulesetManifest? {
        let manifests = files.compactMap(\.manifest)
        if manifests.isEmpty, let first = files.first, !bag.hasUnreadFiles {
            report(
                .noRuleset, first, SourceRange(line: 1, column: 1), "no file of the folder names the ruleset",
                cure: "add ruleset.yaml with 'ruleset: NAME' and 'version: 1.0.0'")
        }
        for extra in manifests.dropFirst() {
            bag.add(
                Diagnostic(
                    .duplicateIdentifier, path: extra.path, range: extra.range,
                    "the ruleset is named a second time; first in \(manifests[0].path)", cure: "keep one of them"))
        }
        return manifests.first
    }

    private mutating func checkTopics(_ manifest: RulesetManifest?) {
        var seen: [String: String] = [:]
        for file in files {
            guard let topic = file.topic, !topic.id.isEmpty else { continue }
            if let first = seen[topic.id] {
                report(
                    .duplicateTopic, file, topic.range, "the topic '\(topic.id.quotable)' is described a second time",
                    cure: "put its rules into \(first)")
            } else {
                seen[topic.id] = file.source.path
            }
        }
        guard !bag.hasUnreadFiles else { return }
        for (id, range) in (manifest?.supporting ?? []) + (manifest?.shared ?? []) where seen[id] == nil {
            bag.add(unknownTopic(id, manifest?.path ?? "", range, "there is no topic '\(id.quotable)'", seen))
        }
        let supporting = Set(manifest?.supporting.map(\.id) ?? [])
        for (id, range) in manifest?.shared ?? [] where supporting.contains(id) {
            bag.add(
                Diagnostic(
                    .duplicateIdentifier, path: manifest?.path ?? "", range: range,
                    "the topic '\(id.quotable)' is supporting and shared", cure: "name it in one of the two lists"))
        }
        for file in files {
            for outranking in (file.topic?.rules ?? []).map(\.winsOver) where !outranking.isAll {
                for (id, range) in outranking.topics where seen[id] == nil {
                    bag.add(
                        unknownTopic(
                            id, file.source.path, range, "the rule wins over '\(id.quotable)', which is no topic", seen)
                    )
                }
            }
            for (id, range) in file.filters.flatMap({ $0.topics ?? [] }) where seen[id] == nil {
                bag.add(
                    unknownTopic(
                        id, file.source.path, range, "the filter applies to '\(id.quotable)', which is no topic", seen))
            }
        }
    }

    private mutating func unknownTopic(
        _ id: String, _ path: String, _ range: SourceRange, _ message: String, _ known: [String: String]
    ) -> Diagnostic {
        Diagnostic(
            .unknownTopic, path: path, range: range, message,
            cure: bag.nearest(id, among: known.keys).map { "did you mean '\($0)'?" } ?? "name topics by their ids")
    }

    private mutating func checkIdentifiers() {
        var seen: [String: String] = [:]
        for file in files {
            for rule in file.topic?.rules ?? [] where !rule.id.isEmpty {
                if let first = seen[rule.id] {
                    report(
                        .duplicateIdentifier, file, rule.range,
                        "the id '\(rule.id.quotable)' is taken; first in \(first)",
                        cure: "give the rule an id of its own")
                } else {
                    seen[rule.id] = "\(file.source.path):\(rule.range.start.line)"
                }
                if let topic = file.topic?.id, !topic.isEmpty, !rule.id.hasPrefix(topic + ".") {
                    report(
                        .ruleOutsideTopic, file, rule.range, "'\(rule.id.quotable)' does not begin with its topic",
                        cure: "write \(topic.quotable).\(Identifier.made(of: rule.id))")
                }
            }
            for filter in file.filters where !filter.id.isEmpty {
                if let first = seen[filter.id] {
                    report(
                        .duplicateIdentifier, file, filter.range,
                        "the id '\(filter.id.quotable)' is taken; first in \(first)",
                        cure: "give the filter an id of its own")
                } else {
                    seen[filter.id] = "\(file.source.path):\(filter.range.start.line)"
                }
            }
        }
    }

    private mutating func report(
        _ code: DiagnosticCode, _ file: RuleFile, _ range: SourceRange, _ message: String, cure: String
    ) {
        bag.add(Diagnostic(code, path: file.source.path, range: range, message, cure: cure))
    }

    // MARK: Checked values

    private static func checkedTopics(_ files: [RuleFile], _ filling: inout ListFilling) -> [CheckedTopic] {
        let manifests = files.compactMap(\.manifest)
        let supporting = Set(manifests.flatMap(\.supporting).map(\.id))
        let shared = Set(manifests.flatMap(\.shared).map(\.id))
        var topics: [CheckedTopic] = []
        for (index, file) in files.enumerated() {
            guard let topic = file.topic else { continue }
            topics.append(
                CheckedTopic(
                    id: TopicID(topic.id), label: topic.label, description: topic.description,
                    scopeNote: topic.scopeNote,
                    codes: topic.codes,
                    standing: supporting.contains(topic.id) ? .supporting : shared.contains(topic.id) ? .shared : .core,
                    rules: checkedRules(topic, file, index, &filling), examples: topic.examples, written: topic.written,
                    path: file.source.path, range: topic.range))
        }
        return topics.sorted { $0.id < $1.id }
    }

    private static func checkedRules(
        _ topic: FileTopic, _ file: RuleFile, _ index: Int, _ filling: inout ListFilling
    ) -> [CheckedRule] {
        let notInside = filling.filled(topic.written.notInside, in: index)
        let notDocument = filling.filled(topic.written.notDocument, in: index)
        return topic.rules.map { rule in
            CheckedRule(
                id: RuleID(rule.id), topic: TopicID(topic.id), weight: rule.weight, status: rule.status,
                description: rule.description, find: filling.filled(rule.written.find, in: index),
                notInside: filling.filled(rule.written.notInside, in: index) + notInside,
                notDocument: filling.filled(rule.written.notDocument, in: index) + notDocument,
                conditions: rule.conditions, winsOver: rule.winsOver.checked, examples: rule.examples,
                references: rule.references,
                written: rule.written,
                allowances: rule.allowances, path: file.source.path, range: rule.range)
        }
    }

    private static func checkedFilters(_ files: [RuleFile], _ filling: inout ListFilling) -> [CheckedFilter] {
        var filters: [CheckedFilter] = []
        for (index, file) in files.enumerated() {
            for filter in file.filters {
                filters.append(
                    CheckedFilter(
                        id: filter.id, description: filter.description,
                        topics: filter.topics.map { Set($0.map { TopicID($0.id) }) },
                        notInside: filling.filled(filter.written.notInside, in: index),
                        notDocument: filling.filled(filter.written.notDocument, in: index), written: filter.written,
                        path: file.source.path, range: filter.range))
            }
        }
        return filters
    }

    private static func checkedLists(_ files: [RuleFile]) -> [CheckedList] {
        files.flatMap { file in
            file.lists.map { list in
                CheckedList(
                    name: list.name, written: list.queries, topic: file.topic.map { TopicID($0.id) },
                    path: file.source.path, range: list.range)
            }
        }
    }

    // MARK: References

    /// Every `rule:` and `topic:` must exist where it is written, and following them must come to an end.
    private mutating func checkReferences(_ topics: [CheckedTopic], _ filters: [CheckedFilter]) {
        let rules = topics.flatMap(\.rules)
        if !bag.hasUnreadFiles {
            checkNames(rules: Set(rules.map(\.id.rawValue)), topics: Set(topics.map(\.id.rawValue)))
        }
        var graph = ReferenceGraph()
        for topic in topics {
            graph.add(topic.rules.map { .rule($0.id.rawValue) }, from: .topic(topic.id.rawValue))
        }
        for group in Self.groups(rules.flatMap { $0.find + $0.notInside + $0.notDocument }, filters) {
            let members = rules.filter { Query.isRule($0.id.rawValue, namedBy: group) }
            graph.add(members.map { .rule($0.id.rawValue) }, from: .rule(group))
        }
        for (index, filter) in filters.enumerated() {
            graph.add(Self.targets(filter.notInside + filter.notDocument), from: .filter(index))
            for topic in filter.topics ?? Set(topics.map(\.id)) {
                graph.add([.filter(index)], from: .filters(of: topic.rawValue))
            }
        }
        for rule in rules {
            let own = Self.targets(rule.find + rule.notInside + rule.notDocument)
            graph.add(own + [.filters(of: rule.topic.rawValue)], from: .rule(rule.id.rawValue))
        }
        let byID = Dictionary(rules.map { ($0.id.rawValue, $0) }, uniquingKeysWith: { first, _ in first })
        for circle in graph.circles(from: rules.map { .rule($0.id.rawValue) }) { report(circle, byID) }
    }

    private mutating func checkNames(rules: Set<String>, topics: Set<String>) {
        for file in files {
            let queries =
                (file.topic.map { $0.written.all + $0.rules.flatMap(\.written.all) } ?? [])
                + file.lists.flatMap(\.queries)
                + file.filters.flatMap(\.written.all) + (file.manifest?.otherSubjects ?? [])
            for (node, range) in queries.flatMap(\.references) {
                switch node {
                case .rule(let id) where !Self.exists(id, among: rules):
                    report(
                        .unknownReference, file, range,
                        id.hasSuffix("*")
                            ? "no rule's id begins with '\(id.dropLast().description.quotable)'"
                            : "there is no rule '\(id.quotable)'",
                        cure: bag.nearest(id, among: rules).map { "did you mean rule:\($0)?" }
                            ?? "name a rule by its id")
                case .topic(let id) where !topics.contains(id):
                    report(
                        .unknownReference, file, range, "there is no topic '\(id.quotable)'",
                        cure: bag.nearest(id, among: topics).map { "did you mean topic:\($0)?" }
                            ?? "name a topic by its id")
                default: break
                }
            }
        }
    }

    private static func exists(_ name: String, among rules: Set<String>) -> Bool {
        name.hasSuffix("*") ? rules.contains { Query.isRule($0, namedBy: name) } : rules.contains(name)
    }

    /// The groups of rules that queries refer to, each once.
    private static func groups(_ queries: [Query], _ filters: [CheckedFilter]) -> Set<String> {
        let all = queries + filters.flatMap { $0.notInside + $0.notDocument }
        return all.reduce(into: []) { groups, query in
            for case .rule(let name) in query.references.map(\.node) where name.hasSuffix("*") { groups.insert(name) }
        }
    }

    private static func targets(_ queries: [Query]) -> [ReferenceGraph.Node] {
        queries.flatMap(\.references).compactMap { reference in
            switch reference.node {
            case .rule(let id): .rule(id)
            case .topic(let id): .topic(id)
            default: nil
            }
        }
    }

    private mutating func report(_ circle: [ReferenceGraph.Node], _ rules: [String: CheckedRule]) {
        let ids = circle.compactMap { node -> String? in
            if case .rule(let id) = node { return id }
            return nil
        }
        guard let first = ids.first, let culprit = rules[first] else { return }
        let shown = ids.count <= 8 ? ids + [first] : ids.prefix(4) + ["…"] + ids.suffix(2) + [first]
        bag.add(
            Diagnostic(
                .cycle, path: culprit.path, range: culprit.range,
                "the rule refers to itself: \(shown.map(\.quotable).joined(separator: " -> "))",
                cure: "take one of these references out"))
    }
}
