internal import Speeches

/// Lists that nothing uses (L007) and lists that hide a shared one (L029).
enum ListLints {
    private struct Key: Hashable {
        /// nil for shared lists.
        let topic: TopicID?
        let name: String
    }

    static func check(_ linted: LintedRuleset, _ findings: inout LintFindings) {
        let used = usedLists(linted.ruleset)
        let shared = Dictionary(
            linted.ruleset.lists.filter { $0.topic == nil }.map { ($0.name, $0) },
            uniquingKeysWith: { first, _ in first })
        for list in linted.ruleset.lists {
            let subject = linted.subject(path: list.path, list.range)
            if !used.contains(Key(topic: list.topic, name: list.name)) {
                findings.add(
                    .unusedList, subject, "nothing uses the list '$\(list.name)'", cure: "take it out, or use it")
            }
            if list.topic != nil, let hidden = shared[list.name] {
                findings.add(
                    .listHidesList, subject, "in this file '$\(list.name)' is this list, not the one of \(hidden.path)",
                    cure: "give it another name")
            }
        }
    }

    /// Lists that some rule or filter uses, directly or by way of other lists.
    private static func usedLists(_ ruleset: CheckedRuleset) -> Set<Key> {
        let lists = Dictionary(
            ruleset.lists.map { (Key(topic: $0.topic, name: $0.name), $0) }, uniquingKeysWith: { first, _ in first })
        func key(_ name: String, from topic: TopicID?) -> Key {
            let own = Key(topic: topic, name: name)
            return lists[own] == nil ? Key(topic: nil, name: name) : own
        }
        var open: [Key] = []
        for topic in ruleset.topics {
            let queries = topic.written.all + topic.rules.flatMap(\.written.all)
            open += queries.flatMap(\.listUses).map { key($0.name, from: topic.id) }
        }
        let unowned = ruleset.filters.flatMap(\.written.all) + ruleset.writtenOtherSubjects
        open += unowned.flatMap(\.listUses).map { key($0.name, from: nil) }
        var used: Set<Key> = []
        while let next = open.popLast() {
            guard used.insert(next).inserted, let list = lists[next] else { continue }
            open += list.written.flatMap(\.listUses).map { key($0.name, from: list.topic) }
        }
        return used
    }
}
