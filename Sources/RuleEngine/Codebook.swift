public import RuleLanguage
internal import Speeches

/// What a ruleset means, for analysts: each topic with its scope, codes, rules in plain words beside their queries,
/// examples and neighbours, and its quality where it was measured.
public struct Codebook: Sendable {
    let ruleset: CheckedRuleset
    let topics: [Entry]
    let quality: CodebookQuality?

    /// One topic.
    struct Entry: Sendable {
        let topic: CheckedTopic
        let rules: [RuleEntry]
        /// Topics that its scope note or its rules name, or that name it.
        let neighbours: [CheckedTopic]
        let quality: [CodebookQuality.Figure]
    }

    /// One rule.
    struct RuleEntry: Sendable {
        let rule: CheckedRule
        /// The `find` block as its author wrote it.
        let query: String
        /// The same in plain English, an alternative each.
        let plain: [String]
    }

    /// Makes the codebook of a ruleset.
    /// - Parameter quality: figures of `rules evaluate --output json`.
    public init(_ ruleset: CheckedRuleset, quality: CodebookQuality? = nil) {
        self.ruleset = ruleset
        self.quality = quality
        let sources = Dictionary(ruleset.sources.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
        let named = Dictionary(
            ruleset.topics.map { ($0.id, Self.namedTopics(by: $0, in: ruleset)) },
            uniquingKeysWith: { first, _ in first })
        topics = ruleset.topics.map { topic in
            let neighbours = ruleset.topics.filter { other in
                other.id != topic.id && (named[topic.id]!.contains(other.id) || named[other.id]!.contains(topic.id))
            }
            return Entry(
                topic: topic,
                rules: topic.rules.map { rule in
                    RuleEntry(
                        rule: rule, query: Self.source(of: rule.find, in: sources[rule.path]),
                        plain: rule.find.map(\.inPlainWords))
                },
                neighbours: neighbours, quality: quality?.figures(of: topic.id.rawValue) ?? [])
        }
    }

    /// Topics that a topic's scope note names as words or its rules refer to.
    private static func namedTopics(by topic: CheckedTopic, in ruleset: CheckedRuleset) -> Set<TopicID> {
        let note = topic.scopeNote ?? ""
        let words = Set(note.split { !($0.isLetter || $0.isNumber || $0 == "-") }.map { TopicID(String($0)) })
        let references = Set(topic.rules.flatMap { rule in (rule.find + rule.notInside).flatMap(\.namedTopics) })
        return Set(ruleset.topics.map(\.id)).intersection(words.union(references))
    }

    /// The lines that queries stand in, without the indentation that all share.
    private static func source(of queries: [Query], in file: RuleText?) -> String {
        guard let file, let first = queries.map(\.range.start.line).min(),
            let last = queries.map(\.range.end.line).max()
        else { return queries.map(\.description).joined(separator: "\n") }
        let lines = (first...last).map { file.line($0) }
        if first == last, let start = queries.map(\.range.start.column).min(),
            let end = queries.map(\.range.end.column).max()
        {
            let scalars = Array(lines[0].unicodeScalars)
            let range = min(start - 1, scalars.count)..<min(max(start, end) - 1, scalars.count)
            return String(String.UnicodeScalarView(scalars[range]))
        }
        let indentation = lines.filter { $0.contains { $0 != " " } }.map { $0.prefix { $0 == " " }.count }.min() ?? 0
        return lines.map { String($0.dropFirst(indentation)) }.joined(separator: "\n")
    }
}

extension Query {
    /// The topics that a query refers to, by themselves or by one of their rules.
    fileprivate var namedTopics: [TopicID] {
        switch node {
        case .topic(let id): [TopicID(id)]
        case .rule(let id): [TopicID(String(id.prefix { $0 != "." }))]
        default: children.flatMap(\.namedTopics)
        }
    }
}

/// Figures of an evaluation, as `rules evaluate --output json` writes them, for the codebook.
public struct CodebookQuality: Sendable, Decodable {
    /// A proportion with its 95% interval.
    struct Interval: Sendable, Decodable {
        let value: Double
        let low: Double
        let high: Double

        var text: String { "\(value.thousandths) (\(low.thousandths)-\(high.thousandths))" }
    }

    /// Figures of one label.
    struct Figure: Sendable, Decodable {
        struct Counts: Sendable, Decodable {
            let truePositives: Int
            let falseNegatives: Int
        }

        let label: String
        let topics: [String]
        let counts: Counts
        let precision: Interval?
        let recall: Interval?
        let f1: Interval?

        var positives: Int { counts.truePositives + counts.falseNegatives }
    }

    let version: String
    let half: String
    let documents: Int
    let crimePolicy: Figure
    let labels: [Figure]
    let macroF1: Interval?

    /// The figures of every label that stands for a topic, with others or alone.
    func figures(of topic: String) -> [Figure] { labels.filter { $0.topics.contains(topic) } }
}
