internal import Speeches

/// Rulesets in words: what `rostrum rules list` and `rostrum rules show` print.
public struct RulesetListing: Sendable {
    private let ruleset: CheckedRuleset

    /// Lists a ruleset.
    public init(_ ruleset: CheckedRuleset) {
        self.ruleset = ruleset
    }

    // MARK: List

    /// Topics and their rules, one a line, in order of their ids.
    public var text: String {
        var lines = ["\(ruleset.name) \(ruleset.version)"]
        for topic in ruleset.topics {
            lines.append("")
            lines.append("\(topic.id)  \(topic.label)\(topic.standing == .core ? "" : " (\(topic.standing.rawValue))")")
            let width = topic.rules.map { $0.id.rawValue.count }.max() ?? 0
            for rule in topic.rules {
                let id = rule.id.rawValue.padded(to: width)
                let status = rule.status.rawValue.padded(to: 12)
                lines.append("  \(id)  weight \(rule.weight)  \(status)  \(rule.description ?? "")".trimmedRight)
            }
        }
        if !ruleset.filters.isEmpty {
            lines += ["", "filters"]
            lines += ruleset.filters.map { "  \($0.id)  \($0.description ?? "")".trimmedRight }
        }
        let shared = ruleset.lists.filter { $0.topic == nil }
        if !shared.isEmpty {
            lines += ["", "shared lists", "  " + shared.map { "$\($0.name)" }.joined(separator: " ")]
        }
        return lines.joined(separator: "\n")
    }

    /// The same as one JSON object: `ruleset`, `version`, `topics` with their `rules`, `filters`, `lists`.
    public var json: String {
        let topics = ruleset.topics.map { topic in
            TopicItem(
                id: topic.id.rawValue, label: topic.label, description: topic.description, scopeNote: topic.scopeNote,
                codes: topic.codes, standing: topic.standing, path: topic.path,
                rules: topic.rules.map { rule in
                    RuleItem(
                        id: rule.id.rawValue, weight: rule.weight, status: rule.status.rawValue,
                        description: rule.description, path: rule.path, line: rule.range.start.line,
                        examples: rule.examples.count)
                })
        }
        return DiagnosticReport.encoded(
            RulesetItem(
                ruleset: ruleset.name, version: ruleset.version, topics: topics,
                filters: ruleset.filters.map { NamedItem(id: $0.id, path: $0.path, line: $0.range.start.line) },
                lists: ruleset.lists.map { NamedItem(id: $0.name, path: $0.path, line: $0.range.start.line) }))
    }

    private struct RulesetItem: Encodable {
        let ruleset: String
        let version: String
        let topics: [TopicItem]
        let filters: [NamedItem]
        let lists: [NamedItem]
    }

    private struct TopicItem: Encodable {
        let id: String
        let label: String
        let description: String
        let scopeNote: String?
        let codes: [String: [String]]
        let standing: TopicStanding
        let path: String
        let rules: [RuleItem]

        enum CodingKeys: String, CodingKey {
            case id, label, description, codes, standing, path, rules
            case scopeNote = "scope_note"
        }
    }

    private struct RuleItem: Encodable {
        let id: String
        let weight: Int
        let status: String
        let description: String?
        let path: String
        let line: Int
        let examples: Int
    }

    private struct NamedItem: Encodable {
        let id: String
        let path: String
        let line: Int
    }

    // MARK: Show

    /// A topic, rule, filter or list (`$name`) in full: queries in canonical form, lists filled in. Nil where nothing has
    /// the id.
    public func description(of id: String) -> String? {
        if let topic = ruleset.topics.first(where: { $0.id.rawValue == id }) { return describe(topic) }
        if let rule = ruleset.rules.first(where: { $0.id.rawValue == id }) { return describe(rule) }
        if let filter = ruleset.filters.first(where: { $0.id == id }) { return describe(filter) }
        let lists = ruleset.lists.filter { "$\($0.name)" == id || $0.name == id }
        return lists.isEmpty ? nil : lists.map(describe).joined(separator: "\n\n")
    }

    /// The id that may have been meant.
    public func nearest(to id: String) -> String? {
        let ids =
            ruleset.topics.map(\.id.rawValue) + ruleset.rules.map(\.id.rawValue) + ruleset.filters.map(\.id)
            + ruleset.lists.map { "$\($0.name)" }
        return Nearest.match(id, among: Array(ids.prefix(10_000)))
    }

    private func describe(_ topic: CheckedTopic) -> String {
        var lines = ["topic \(topic.id): \(topic.label)", place(topic.path, topic.range), topic.description]
        if let note = topic.scopeNote { lines.append("scope: \(note)") }
        for (scheme, codes) in topic.codes.sorted(by: { $0.key < $1.key }) {
            lines.append("\(scheme): \(codes.joined(separator: " "))")
        }
        if let standing = topic.standing.inPlainWords { lines.append("\(topic.standing.rawValue): \(standing)") }
        lines.append("rules:")
        lines += topic.rules.map { "  \($0.id)  weight \($0.weight)  \($0.status.rawValue)" }
        let filters = filters(of: topic)
        if !filters.isEmpty { lines.append("filters: \(filters.map(\.id).joined(separator: " "))") }
        return lines.joined(separator: "\n")
    }

    private func describe(_ rule: CheckedRule) -> String {
        var lines = ["rule \(rule.id)", place(rule.path, rule.range)]
        if let description = rule.description { lines.append(description) }
        lines.append("weight \(rule.weight), \(rule.status.rawValue)")
        let conditions = rule.conditions
        for (name, words) in [
            ("language", conditions.languages), ("speaker", conditions.speakers),
            ("organisation", conditions.organisations), ("source", conditions.sources),
        ] where !words.isEmpty {
            lines.append("when \(name): \(words.joined(separator: " | "))")
        }
        if let from = conditions.from { lines.append("from \(from.text)") }
        if let to = conditions.to { lines.append("to \(to.text)") }
        if let outranked = rule.winsOver.text { lines.append("wins over \(outranked)") }
        lines += block("find", rule.find)
        lines += block("not_inside", rule.notInside) + block("not_document", rule.notDocument)
        if let topic = ruleset.topics.first(where: { $0.id == rule.topic }) {
            let filters = filters(of: topic)
            if !filters.isEmpty { lines.append("filters: \(filters.map(\.id).joined(separator: " "))") }
        }
        if !rule.references.isEmpty { lines.append("references:") }
        lines += rule.references.map { "  \($0)" }
        return lines.joined(separator: "\n")
    }

    private func describe(_ filter: CheckedFilter) -> String {
        var lines = ["filter \(filter.id)", place(filter.path, filter.range)]
        if let description = filter.description { lines.append(description) }
        let topics = filter.topics.map { $0.sorted().map(\.rawValue).joined(separator: " ") }
        lines.append("applies to \(topics ?? "all topics")")
        return (lines + block("not_inside", filter.notInside) + block("not_document", filter.notDocument))
            .joined(separator: "\n")
    }

    private func describe(_ list: CheckedList) -> String {
        let owner = list.topic.map { "of the topic \($0)" } ?? "shared by all files"
        return (["list $\(list.name), \(owner)", place(list.path, list.range)] + block("holds", list.written))
            .joined(separator: "\n")
    }

    private func filters(of topic: CheckedTopic) -> [CheckedFilter] {
        ruleset.filters.filter { $0.topics?.contains(topic.id) ?? true }
    }

    private func place(_ path: String, _ range: SourceRange) -> String { "\(path):\(range.start.line)" }

    private func block(_ name: String, _ queries: [Query]) -> [String] {
        queries.isEmpty ? [] : ["\(name):"] + queries.map { "  \($0)" }
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(width - count, 0))
    }
}
