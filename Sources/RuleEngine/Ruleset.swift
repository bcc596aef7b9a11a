public import RuleLanguage
public import Speeches
public import TextMatching

/// A compiled ruleset: the third phase. Immutable and shareable; every thread classifies with a `Classifier` of its own.
public final class Ruleset: Sendable {
    /// Name, version and digest, as they stand in every event.
    public let identity: RulesetIdentity
    /// The rules it was compiled from.
    public let checked: CheckedRuleset
    /// What the site chose.
    public let options: ClassifierOptions

    let topics: [CompiledTopic]
    let rules: [CompiledRule]
    let conditions: [Condition]
    /// What must occur for each condition.
    let conditionNeeds: ConditionNeeds
    /// The query that each condition was compiled from, for explanations.
    let conditionQueries: [Query]
    /// Leaves that a phrase belongs to, by pattern: `patternLeaves[patternLeafStarts[p]..<patternLeafStarts[p + 1]]`.
    let patternLeaves: [Int32]
    let patternLeafStarts: [Int32]
    let leafCount: Int
    /// Exclusions by number: a condition whose matches exclude what lies inside them.
    let exclusions: [ConditionID]
    /// The number of the exclusion that finds words of other policy fields; nil where none are named.
    let otherSubjects: Int?
    let regularExpressions: [RegularExpression]
    /// Every word and phrase of all rules.
    public let automaton: PhraseAutomaton
    /// Whether any rule wins over other topics.
    let hasOutrankingRules: Bool

    /// - Parameter automaton: built of the parts' phrases, and maybe others.
    init(
        _ parts: RulesetCompiler.Parts, _ automaton: PhraseAutomaton, checked: CheckedRuleset,
        options: ClassifierOptions
    ) {
        self.checked = checked
        self.options = options
        topics = parts.topics
        rules = parts.rules
        hasOutrankingRules = parts.rules.contains { $0.winsOver != .none }
        conditions = parts.conditions
        conditionNeeds = ConditionNeeds(parts.conditions, leafCount: parts.leafPatterns.count, parts.rules)
        conditionQueries = parts.conditionQueries
        leafCount = parts.leafPatterns.count
        exclusions = parts.exclusions
        otherSubjects = parts.otherSubjects
        regularExpressions = parts.regularExpressions
        self.automaton = automaton
        var leavesByPattern = [[Int32]](repeating: [], count: automaton.patternCount)
        for (leaf, patterns) in parts.leafPatterns.enumerated() {
            for pattern in patterns { leavesByPattern[pattern.index].append(Int32(leaf)) }
        }
        var starts: [Int32] = [0]
        for leaves in leavesByPattern { starts.append(starts.last! + Int32(leaves.count)) }
        patternLeafStarts = starts
        patternLeaves = leavesByPattern.flatMap { $0 }
        identity = RulesetIdentity(
            name: checked.name, version: checked.version, digest: Self.digest(of: checked, options))
    }

    /// Reads, checks and compiles a folder of rule files.
    /// - Throws: `RulesetError` with every problem found.
    public static func load(folder: String, options: ClassifierOptions = ClassifierOptions()) throws(RulesetError)
        -> Ruleset
    {
        let reader = RulesetReader(folder: folder)
        guard let checked = reader.ruleset else { throw RulesetError(reader: reader, folder: folder) }
        return compile(checked, options: options)
    }

    /// The same rulesets compiled anew over one automaton that holds the words of all.
    static func overOneAutomaton(_ rulesets: [Ruleset]) -> [Ruleset] {
        var builder = PhraseAutomaton.Builder()
        let parts = rulesets.map { ruleset in
            let parts = RulesetCompiler.parts(of: ruleset.checked, ruleset.options, onto: builder)
            builder = parts.automaton
            return parts
        }
        let automaton = builder.build()
        return zip(rulesets, parts).map { Ruleset($1, automaton, checked: $0.checked, options: $0.options) }
    }

    /// Compiles checked rules.
    public static func compile(_ checked: CheckedRuleset, options: ClassifierOptions = ClassifierOptions()) -> Ruleset {
        let parts = RulesetCompiler.parts(of: checked, options, onto: PhraseAutomaton.Builder())
        return Ruleset(parts, parts.automaton.build(), checked: checked, options: options)
    }

    /// Version of what the engine makes of rules: matching, scoring and the choice of evidence. It goes up with every
    /// change that could change an event.
    static let engineSemantics = 4

    /// Over everything that can change an event: rules in canonical form, labels and codes, options, the engine itself.
    private static func digest(of checked: CheckedRuleset, _ options: ClassifierOptions) -> String {
        var digest = Digest(domain: "rostrum.ruleset.1")
        digest.add(engineSemantics)
        options.add(to: &digest)
        digest.add(checked.name)
        digest.add(checked.version)
        for topic in checked.topics { add(topic, to: &digest) }
        for filter in checked.filters {
            digest.add(optional: filter.topics.map { $0.sorted().map(\.rawValue).joined(separator: " ") })
            add(filter.notInside, to: &digest)
            add(filter.notDocument, to: &digest)
        }
        add(checked.otherSubjects, to: &digest)
        return "sha256:" + digest.hexadecimal()
    }

    private static func add(_ topic: CheckedTopic, to digest: inout Digest) {
        digest.add(topic.id.rawValue)
        digest.add(topic.label)
        digest.add(topic.standing.rawValue)
        for (scheme, codes) in topic.codes.sorted(by: { $0.key < $1.key }) {
            digest.add(scheme)
            digest.add(codes.joined(separator: "\n"))
        }
        digest.add(topic.rules.count)
        for rule in topic.rules {
            digest.add(rule.id.rawValue)
            digest.add(rule.weight)
            digest.add(rule.status == .experimental ? 1 : 0)
            add(rule.find, to: &digest)
            add(rule.notInside, to: &digest)
            add(rule.notDocument, to: &digest)
            let conditions = rule.conditions
            for words in [conditions.languages, conditions.speakers, conditions.organisations, conditions.sources] {
                digest.add(words.joined(separator: "\n"))
            }
            digest.add(optional: conditions.from?.text)
            digest.add(optional: conditions.to?.text)
            digest.add(optional: rule.winsOver.text)
        }
    }

    private static func add(_ queries: [Query], to digest: inout Digest) {
        digest.add(queries.count)
        for query in queries { digest.add(query.description) }
    }
}

/// Why a ruleset could not be used: all its problems.
public struct RulesetError: Error, Sendable, CustomStringConvertible {
    /// What was found, errors and warnings.
    public let diagnostics: [Diagnostic]
    /// The folder that was read.
    public let folder: String
    private let report: String

    init(reader: RulesetReader, folder: String) {
        diagnostics = reader.diagnostics
        self.folder = folder
        report = reader.report
    }

    /// Always `ruleset.invalid`.
    public var code: String { "ruleset.invalid" }

    /// The number of errors, and the first of them in one line: what fits into a log line.
    public var summary: String {
        let errors = diagnostics.filter { $0.severity == .error }
        let first = errors.first.map {
            "\($0.path):\($0.range.start.line):\($0.range.start.column): [\($0.code.rawValue)] \($0.message)"
        }
        return "the ruleset in \(folder) has \(errors.count) error(s), first \(first ?? "unknown")"
    }

    /// Every diagnostic with its line and cure.
    public var description: String { report }
}

/// A topic, compiled.
struct CompiledTopic: Sendable {
    let id: TopicID
    let label: String
    let codes: [String: [String]]
    let standing: TopicStanding
    /// Numbers of its rules.
    let rules: Range<Int>
}

/// A rule, compiled; a reference, because every document asks many rules and copying one would cost more than asking.
final class CompiledRule: Sendable {
    let id: RuleID
    let topic: Int
    let weight: Int
    /// Whether the classifier uses it; other rules may refer to it all the same.
    let isActive: Bool
    let find: ConditionID
    /// Numbers of exclusions whose insides are no evidence.
    let notInside: [Int]
    let notDocument: [ConditionID]
    let conditions: DocumentConditions
    /// Whether it asks anything of what is known of the document.
    let isConditional: Bool
    let winsOver: OutrankedTopics

    init(
        _ rule: CheckedRule, topic: Int, isActive: Bool, find: ConditionID, notInside: [Int], notDocument: [ConditionID]
    ) {
        id = rule.id
        weight = rule.weight
        conditions = rule.conditions
        isConditional = !rule.conditions.isEmpty
        winsOver = rule.winsOver
        self.topic = topic
        self.isActive = isActive
        self.find = find
        self.notInside = notInside
        self.notDocument = notDocument
    }
}
