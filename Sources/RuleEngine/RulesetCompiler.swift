internal import RuleLanguage
internal import Speeches
internal import TextMatching

/// Turns checked rules into numbered conditions over the phrases of one automaton.
struct RulesetCompiler {
    /// What compiling yields; `Ruleset` puts it in its final form.
    struct Parts {
        var topics: [CompiledTopic] = []
        var rules: [CompiledRule] = []
        var conditions: [Condition] = []
        /// What each condition was compiled from, for explanations.
        var conditionQueries: [Query] = []
        var leafPatterns: [[PatternID]] = []
        var exclusions: [ConditionID] = []
        var otherSubjects: Int?
        var regularExpressions: [RegularExpression] = []
        var automaton = PhraseAutomaton.Builder()
    }

    /// A phrase with alternatives is spelt out up to so many readings; beyond, its parts are joined when matching.
    static let maximumExpansion = 1_024

    private var parts = Parts()
    private var exclusionNumbers: [String: Int] = [:]
    private let ruleNumbers: [String: Int]
    private let ruleIDs: [String]
    private let topicRules: [String: [Int]]

    /// What a query inherits from the scopes around it.
    private struct Surroundings {
        var region = Region.everywhere
        var unit = TextUnit.paragraph
    }

    /// The conditions of checked rules, their phrases added to those that an automaton has already.
    static func parts(
        of checked: CheckedRuleset, _ options: ClassifierOptions, onto builder: PhraseAutomaton.Builder
    ) -> Parts {
        var compiler = RulesetCompiler(checked)
        compiler.parts.automaton = builder
        compiler.compileTopics(checked, options)
        return compiler.parts
    }

    private init(_ checked: CheckedRuleset) {
        var numbers: [String: Int] = [:]
        var byTopic: [String: [Int]] = [:]
        for (number, rule) in checked.rules.enumerated() {
            numbers[rule.id.rawValue] = number
            byTopic[rule.topic.rawValue, default: []].append(number)
        }
        ruleNumbers = numbers
        ruleIDs = checked.rules.map(\.id.rawValue)
        topicRules = byTopic
    }

    private mutating func compileTopics(_ checked: CheckedRuleset, _ options: ClassifierOptions) {
        for topic in checked.topics {
            let first = parts.rules.count
            let filters = checked.filters(of: topic.id)
            let filtered = topic.rules.isEmpty ? [] : filters.flatMap(\.notInside).map { exclusion($0) }
            for rule in topic.rules { compile(rule, topic: parts.topics.count, filters, filtered, options) }
            parts.topics.append(
                CompiledTopic(
                    id: topic.id, label: topic.label, codes: topic.codes, standing: topic.standing,
                    rules: first..<parts.rules.count))
        }
        if !checked.otherSubjects.isEmpty { parts.otherSubjects = exclusion(.any(of: checked.otherSubjects)) }
    }

    /// - Parameter filtered: the exclusions of the filters, the same for all rules of the topic.
    private mutating func compile(
        _ rule: CheckedRule, topic: Int, _ filters: [CheckedFilter], _ filtered: [Int], _ options: ClassifierOptions
    ) {
        let find = compile(anyOf: rule.find, Surroundings())
        let notInside = rule.notInside.map { exclusion($0) } + filtered
        let notDocument = (rule.notDocument + filters.flatMap(\.notDocument)).map { compile($0, Surroundings()) }
        let isActive = rule.status != .experimental || options.includesExperimental
        parts.rules.append(
            CompiledRule(
                rule, topic: topic, isActive: isActive, find: find, notInside: notInside, notDocument: notDocument))
    }

    /// Exclusions that read the same are the same, so that a filter of a hundred rules is matched once.
    private mutating func exclusion(_ query: Query) -> Int {
        let text = query.description
        if let number = exclusionNumbers[text] { return number }
        parts.exclusions.append(compile(query, Surroundings()))
        exclusionNumbers[text] = parts.exclusions.count - 1
        return parts.exclusions.count - 1
    }

    // MARK: Queries

    private mutating func add(_ condition: Condition, from query: Query) -> ConditionID {
        parts.conditions.append(condition)
        parts.conditionQueries.append(query)
        return ConditionID(index: parts.conditions.count - 1)
    }

    private mutating func addLeaf(_ phrases: [Phrase], from queries: [Query], _ region: Region) -> ConditionID {
        var patterns: [PatternID] = []
        for phrase in phrases { patterns.append(parts.automaton.add(phrase)) }
        parts.leafPatterns.append(Array(Set(patterns)).sorted())
        return add(.phrases(leaf: parts.leafPatterns.count - 1, region), from: .any(of: queries))
    }

    private mutating func compile(_ query: Query, _ around: Surroundings) -> ConditionID {
        switch query.node {
        case .words, .phrase, .any, .list: return compile(anyOf: [query], around)
        case .all(let queries): return add(.all(compile(each: queries, around), around.unit), from: query)
        case .butNot(let wanted, let others):
            let found = compile(wanted, around)
            return add(.butNot(found, compile(each: others, around), around.unit), from: query)
        case .near(let left, let right, let distance, let isOrdered):
            let first = compile(left, around)
            return add(
                .near(first, compile(right, around), distance: distance, isOrdered: isOrdered), from: query)
        case .inside(let wanted, let outer, let isNegated):
            let found = compile(wanted, around)
            return add(.inside(found, compile(outer, around), isNegated: isNegated), from: query)
        case .containing(let wanted, let inner):
            let found = compile(wanted, around)
            return add(.containing(found, compile(inner, around)), from: query)
        case .atLeast(let least, let queries):
            return add(.atLeast(least, compile(members: queries, around), around.unit), from: query)
        case .count(let least, let counted):
            return add(.count(least, compile(counted, around), around.unit), from: query)
        case .density(let least, let counted):
            return add(.density(least, compile(counted, around), around.unit, around.region), from: query)
        case .scoped(let scope, let inner): return compile(inner, Self.surroundings(of: scope, in: around))
        case .rule, .topic: return add(.rules(rules(named: query), around.region), from: query)
        case .regularExpression(let pattern): return addRegularExpression(pattern, from: query, around.region)
        }
    }

    /// The numbers of the rules that `rule:` or `topic:` names; the checker knows that there are some.
    private func rules(named query: Query) -> [Int] {
        switch query.node {
        case .topic(let id): topicRules[id]!
        case .rule(let name) where name.hasSuffix("*"):
            ruleNumbers.filter { Query.isRule($0.key, namedBy: name) }.map(\.value).sorted()
        case .rule(let id): [ruleNumbers[id]!]
        default: []
        }
    }

    /// The operands of ATLEAST: a topic or a group of rules alone stands for its rules, one operand each.
    private mutating func compile(members queries: [Query], _ around: Surroundings) -> [ConditionID] {
        guard queries.count == 1, queries[0].namesMembers else { return compile(each: queries, around) }
        return rules(named: queries[0]).map { number in
            add(.rules([number], around.region), from: Query(.rule(ruleIDs[number]), queries[0].range))
        }
    }

    private mutating func addRegularExpression(
        _ pattern: String, from query: Query, _ region: Region
    ) -> ConditionID {
        guard let expression = try? RegularExpression(pattern) else {
            preconditionFailure("the parser accepts only expressions that compile")
        }
        parts.regularExpressions.append(expression)
        return add(.regularExpression(parts.regularExpressions.count - 1, region), from: query)
    }

    private mutating func compile(each queries: [Query], _ around: Surroundings) -> [ConditionID] {
        queries.map { compile($0, around) }
    }

    private static func surroundings(of scope: Scope, in around: Surroundings) -> Surroundings {
        var inner = around
        switch scope {
        case .title:
            inner.region = .title
            inner.unit = .document
        case .lede:
            inner.region = .lede
            inner.unit = .document
        case .sentence: inner.unit = .sentence
        case .paragraph: inner.unit = .paragraph
        case .document: inner.unit = .document
        }
        return inner
    }

    /// Alternatives: all that are plain phrases share one leaf, the others stay conditions of their own.
    private mutating func compile(anyOf queries: [Query], _ around: Surroundings) -> ConditionID {
        var leaf = LeafContent()
        var others: [ConditionID] = []
        collect(queries, around, &leaf, &others)
        if others.isEmpty { return addLeaf(leaf.phrases, from: leaf.queries, around.region) }
        // First, because it is cheap: what is found at little cost must not go short for what is dear.
        if !leaf.phrases.isEmpty { others.insert(addLeaf(leaf.phrases, from: leaf.queries, around.region), at: 0) }
        return others.count == 1 ? others[0] : add(.any(others), from: .any(of: queries))
    }

    /// Phrases that will share a leaf, and the queries that they came from.
    private struct LeafContent {
        var phrases: [Phrase] = []
        var queries: [Query] = []
    }

    private mutating func collect(
        _ queries: [Query], _ around: Surroundings, _ leaf: inout LeafContent, _ others: inout [ConditionID]
    ) {
        for query in queries {
            switch query.node {
            case .any(let alternatives): collect(alternatives, around, &leaf, &others)
            case .words(let words):
                leaf.phrases.append(words)
                leaf.queries.append(query)
            case .phrase(let elements):
                if let readings = Self.readings(elements) {
                    leaf.phrases += readings
                    leaf.queries.append(query)
                } else {
                    others.append(contentsOf: compileAdjacent(elements, query, around))
                }
            default: others.append(compile(query, around))
            }
        }
    }

    // MARK: Phrases

    /// Every sequence of words that a phrase stands for, nil if there are too many or one is too long.
    private static func readings(_ elements: [Query.Element]) -> [Phrase]? {
        var readings: [Phrase] = [[]]
        for element in elements {
            guard var alternatives = wordSequences(element.query) else { return nil }
            if element.isOptional { alternatives.append([]) }
            guard readings.count * alternatives.count <= maximumExpansion else { return nil }
            readings = readings.flatMap { before in alternatives.map { before + $0 } }
        }
        let isShort = readings.allSatisfy { (1...PhraseAutomaton.maximumPhraseLength).contains($0.count) }
        return isShort ? readings : nil
    }

    private static func wordSequences(_ query: Query) -> [Phrase]? {
        switch query.node {
        case .words(let words): return [words]
        case .phrase(let elements): return readings(elements)
        case .any(let queries):
            var sequences: [Phrase] = []
            for query in queries {
                guard let more = wordSequences(query), sequences.count + more.count <= maximumExpansion else {
                    return nil
                }
                sequences += more
            }
            return sequences
        default: return nil
        }
    }

    /// A phrase too rich to spell out: one condition per choice of optional items, each a chain of neighbours.
    private mutating func compileAdjacent(
        _ elements: [Query.Element], _ query: Query, _ around: Surroundings
    ) -> [ConditionID] {
        var chains: [[Query]] = [[]]
        for element in elements {
            let with = chains.map { $0 + [element.query] }
            chains = element.isOptional && chains.count < 16 ? with + chains : with
        }
        return chains.filter { !$0.isEmpty }.map { chain in
            let items = compile(chain: chain, around)
            return items.count == 1 ? items[0] : add(.adjacent(items), from: query)
        }
    }

    /// Neighbours are spelt out together as far as they are not too many, so that none of them is looked for by itself
    /// that hardly tells anything, such as `the`.
    private mutating func compile(chain: [Query], _ around: Surroundings) -> [ConditionID] {
        var items: [ConditionID] = []
        var joined = LeafContent()
        for query in chain {
            let sequences = Self.wordSequences(query)
            if let sequences, let longer = Self.joining(joined.phrases, sequences) {
                joined.phrases = longer
                joined.queries.append(query)
                continue
            }
            if !joined.phrases.isEmpty { items.append(addLeaf(joined, around)) }
            joined = LeafContent()
            if let sequences {
                joined = LeafContent(phrases: sequences, queries: [query])
            } else {
                items.append(compile(query, around))
            }
        }
        if !joined.phrases.isEmpty { items.append(addLeaf(joined, around)) }
        return items
    }

    private mutating func addLeaf(_ chain: LeafContent, _ around: Surroundings) -> ConditionID {
        let elements = chain.queries.map { Query.Element($0) }
        let query = elements.count == 1 ? chain.queries[0] : Query(.phrase(elements), chain.queries[0].range)
        return addLeaf(chain.phrases, from: [query], around.region)
    }

    /// Each phrase followed by each other, nil if there are none to follow, too many, or one is too long.
    private static func joining(_ phrases: [Phrase], _ others: [Phrase]) -> [Phrase]? {
        let longest = (phrases.map(\.count).max() ?? 0) + (others.map(\.count).max() ?? 0)
        guard !phrases.isEmpty, phrases.count * others.count <= maximumExpansion,
            longest <= PhraseAutomaton.maximumPhraseLength
        else { return nil }
        return phrases.flatMap { phrase in others.map { phrase + $0 } }
    }
}

extension CheckedRuleset {
    /// The filters that apply to a topic's rules, in the order in which they follow the rules' own exclusions.
    func filters(of topic: TopicID) -> [CheckedFilter] {
        filters.filter { $0.topics?.contains(topic) ?? true }
    }
}

extension Query {
    /// Alternatives as one query.
    static func any(of queries: [Query]) -> Query {
        queries.count == 1 ? queries[0] : Query(.any(queries), queries[0].range)
    }
}
