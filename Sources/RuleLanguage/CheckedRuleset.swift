public import Speeches

/// A ruleset whose files have been read and found good: the second phase. Lists are filled in, references point at
/// rules that exist and run in no circle; what remains is to compile it.
public struct CheckedRuleset: Sendable {
    /// The ruleset's name.
    public let name: String
    /// Its semantic version.
    public let version: String
    /// What it is for.
    public let description: String?
    /// Topics in order of their ids.
    public let topics: [CheckedTopic]
    /// Exclusions shared by many rules.
    public let filters: [CheckedFilter]
    /// Words of other policy fields, which count against the verdict that a document is crime policy: alternatives.
    public let otherSubjects: [Query]
    /// The same as written, lists not filled in.
    let writtenOtherSubjects: [Query]
    /// Where they are written, nil where nobody wrote any.
    let otherSubjectsPlace: (path: String, range: SourceRange)?
    /// Named lists of all files, in file order.
    public let lists: [CheckedList]
    /// The files it was read from, for diagnostics.
    public let sources: [RuleText]
    /// Lints that are said to be wrong somewhere.
    let allowances: [LintAllowance]

    /// All rules in topic order.
    public var rules: [CheckedRule] { topics.flatMap(\.rules) }
}

/// One policy topic.
public struct CheckedTopic: Sendable {
    /// Stable id.
    public let id: TopicID
    /// What people read.
    public let label: String
    /// One sentence.
    public let description: String
    /// What belongs and what does not.
    public let scopeNote: String?
    /// Codes in other schemes, by scheme.
    public let codes: [String: [String]]
    /// What it says of the whole document.
    public let standing: TopicStanding
    /// Its rules in file order.
    public let rules: [CheckedRule]
    /// Texts that must or must not be tagged.
    public let examples: [TopicExample]
    /// The exclusions of the whole file as written.
    public let written: WrittenQueries
    /// The file it stands in.
    public let path: String
    /// The place of its id.
    public let range: SourceRange
}

/// What a topic says of the question whether a whole document is crime policy.
public enum TopicStanding: String, Sendable, CaseIterable, Encodable {
    /// A text on it is crime policy.
    case core
    /// Other policies treat it too, such as finance, health or foreign affairs: its words count half.
    case shared
    /// It leaves the question open: its evidence does not count.
    case supporting

    /// What is worth saying of it; nil for a core topic.
    public var inPlainWords: String? {
        switch self {
        case .core: nil
        case .shared: "other policies treat it too: its words count half when a document is judged as a whole"
        case .supporting: "does not make a document crime policy by itself"
        }
    }
}

/// One rule of a topic.
public struct CheckedRule: Sendable {
    /// Stable id.
    public let id: RuleID
    /// The topic it proves.
    public let topic: TopicID
    /// 1 weak clue, 2 clear, 3 names the topic.
    public let weight: Int
    /// How far it is trusted.
    public let status: RuleStatus
    /// What it means, for people.
    public let description: String?
    /// What is evidence: alternatives.
    public let find: [Query]
    /// An occurrence inside one of these is no evidence; the file's own included.
    public let notInside: [Query]
    /// A document with one of these gets no evidence; the file's own included.
    public let notDocument: [Query]
    /// Conditions on the document.
    public let conditions: DocumentConditions
    /// Topics whose shorter finds inside this rule's are no evidence.
    public let winsOver: OutrankedTopics
    /// Texts with the evidence they must give.
    public let examples: [RuleExample]
    /// Where it comes from.
    public let references: [String]
    /// Its own queries as written, lists not filled in.
    public let written: WrittenQueries
    /// Lints that are wrong in this rule.
    let allowances: [LintAllowance]
    /// The file it stands in.
    public let path: String
    /// The place of its id.
    public let range: SourceRange
}

/// A list: named alternatives.
public struct CheckedList: Sendable {
    /// Its name, without the dollar sign.
    public let name: String
    /// Its alternatives as written.
    public let written: [Query]
    /// The topic whose file it stands in and that alone can use it; nil for a list that all files can use.
    public let topic: TopicID?
    /// The file it stands in.
    public let path: String
    /// The place of its name.
    public let range: SourceRange
}

/// A lint that a file says is wrong in a rule or in the whole file.
struct LintAllowance: Hashable, Sendable {
    let code: DiagnosticCode
    let path: String
    let range: SourceRange
}

/// How far a rule is trusted.
public enum RuleStatus: String, Sendable, CaseIterable {
    /// Being written: tests and explanations use it, the classifier does not.
    case experimental
    /// In use, on trial.
    case test
    /// In use.
    case stable
    /// In use, to be replaced.
    case deprecated
}

/// The other topics over which a rule's longer find wins.
public enum OutrankedTopics: Hashable, Sendable {
    /// None: topics do not hide each other.
    case none
    /// Every other topic.
    case all
    /// These.
    case some(Set<TopicID>)

    /// Whether a topic, not the rule's own, is one of them.
    public func contains(_ topic: TopicID) -> Bool {
        switch self {
        case .none: false
        case .all: true
        case .some(let topics): topics.contains(topic)
        }
    }

    /// As a rule file writes it; nil for none.
    public var text: String? {
        switch self {
        case .none: nil
        case .all: "all"
        case .some(let topics): topics.sorted().map(\.rawValue).joined(separator: " ")
        }
    }
}

/// Exclusions that apply to the rules of several topics.
public struct CheckedFilter: Sendable {
    /// Its id.
    public let id: String
    /// What it is for.
    public let description: String?
    /// The topics it applies to; nil for all.
    public let topics: Set<TopicID>?
    /// An occurrence inside one of these is no evidence.
    public let notInside: [Query]
    /// A document with one of these gets no evidence.
    public let notDocument: [Query]
    /// Its queries as written, lists not filled in.
    public let written: WrittenQueries
    /// The file it stands in.
    public let path: String
    /// The place of its id.
    public let range: SourceRange
}

/// What must hold of a document, its text aside, for a rule to apply. Empty lists ask for nothing.
public struct DocumentConditions: Hashable, Sendable {
    /// BCP 47 tags; `en` also names `en-GB`.
    public var languages: [String] = []
    /// Words that the speaker's name or role contains.
    public var speakers: [String] = []
    /// Words that the speaker's organisation contains.
    public var organisations: [String] = []
    /// Words that the source's publisher or address contains.
    public var sources: [String] = []
    /// First day of delivery; a document without a date does not pass.
    public var from: DeliveryDate?
    /// Last day of delivery.
    public var to: DeliveryDate?

    /// Whether nothing is asked for.
    public var isEmpty: Bool { self == DocumentConditions() }
}

/// A text and the words that a rule must find in it.
public struct RuleExample: Hashable, Sendable {
    /// Title of the example document.
    public let title: String?
    /// Its body.
    public let text: String
    /// The exact words of each item of evidence in order, several spans joined by ` … `.
    public let finds: [String]
    /// The place of the text.
    public let range: SourceRange
}

/// A text and whether a topic must stand in it.
public struct TopicExample: Hashable, Sendable {
    /// Title of the example document.
    public let title: String?
    /// Its body.
    public let text: String
    /// Whether the topic must stand.
    public let isTagged: Bool
    /// The place of the text.
    public let range: SourceRange
}
