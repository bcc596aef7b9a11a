public import Speeches

/// What changes when one ruleset takes the place of another: add documents, then ask for the report.
public struct RulesetComparison {
    /// Documents listed in a report unless said otherwise; all are counted.
    public static let maximumDocuments = 10_000
    /// Items of evidence shown for one change.
    private static let evidenceItems = 3

    private let joint: JointRulesets
    /// Made when the first document is to be classified here.
    private lazy var classifier = JointClassifier(joint)
    private let documentsListed: Int
    private var topics: [TopicID: ComparisonReport.Topic] = [:]
    private var documents: [ComparisonReport.Document] = []
    private var read = 0
    private var changed = 0
    private var withLoss = 0
    private var crimePolicyGained = 0
    private var crimePolicyLost = 0

    /// Prepares to compare rulesets that are compiled together.
    /// - Parameters:
    ///   - rulesets: the old one and the new one.
    ///   - documentsListed: documents with changes that a report lists.
    public init(_ rulesets: JointRulesets, documentsListed: Int = maximumDocuments) {
        joint = rulesets
        self.documentsListed = documentsListed
    }

    /// Prepares to compare.
    /// - Parameter documentsListed: documents with changes that a report lists.
    public init(old: Ruleset, new: Ruleset, documentsListed: Int = maximumDocuments) {
        self.init(JointRulesets([old, new]), documentsListed: documentsListed)
    }

    /// Classifies a document with both; it is read once.
    /// - Returns: the events of the old rules and of the new ones.
    @discardableResult
    public mutating func add(_ speech: Speech) -> (before: ClassifiedSpeech, after: ClassifiedSpeech) {
        let events = classifier.classify(speech)
        note(speech, before: events[0], after: events[1])
        return (events[0], events[1])
    }

    /// Takes in what both made of a document, wherever that was done.
    public mutating func note(_ speech: Speech, before: ClassifiedSpeech, after: ClassifiedSpeech) {
        read += 1
        var changes = Self.changes(before, after)
        let verdicts = (before.crimePolicy?.value ?? false, after.crimePolicy?.value ?? false)
        let verdict: ComparisonReport.Kind? = verdicts.0 == verdicts.1 ? nil : verdicts.1 ? .gained : .lost
        if verdict == .gained { crimePolicyGained += 1 }
        if verdict == .lost { crimePolicyLost += 1 }
        for topic in Set((before.topics + after.topics).map(\.id))
        where !changes.contains(where: { $0.topic == topic.rawValue }) {
            topics[topic, default: .init(topic)].same += 1
        }
        guard !changes.isEmpty || verdict != nil else { return }
        changed += 1
        if changes.contains(where: { $0.kind == .lost }) { withLoss += 1 }
        for change in changes {
            topics[TopicID(change.topic), default: .init(TopicID(change.topic))].count(change.kind)
        }
        guard documents.count < documentsListed else { return }
        changes.sort { $0.topic < $1.topic }
        documents.append(
            ComparisonReport.Document(
                id: speech.id.rawValue, title: speech.title, crimePolicy: verdict, changes: changes))
    }

    private static func changes(_ before: ClassifiedSpeech, _ after: ClassifiedSpeech) -> [ComparisonReport.Change] {
        let old = Dictionary(before.topics.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let new = Dictionary(after.topics.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var changes: [ComparisonReport.Change] = []
        for topic in Set(old.keys).union(new.keys) {
            let (was, is_) = (old[topic], new[topic])
            guard was == nil || is_ == nil || was?.prominence != is_?.prominence else { continue }
            let kind: ComparisonReport.Kind = was == nil ? .gained : is_ == nil ? .lost : .prominence
            changes.append(
                ComparisonReport.Change(
                    topic: topic.rawValue, kind: kind, from: was?.prominence, to: is_?.prominence,
                    oldScore: was?.score.value, newScore: is_?.score.value,
                    evidence: evidence(kind, was?.evidence ?? [], is_?.evidence ?? [])))
        }
        return changes
    }

    /// What proves the change: the evidence that only one of the two has.
    private static func evidence(
        _ kind: ComparisonReport.Kind, _ old: [Evidence], _ new: [Evidence]
    ) -> [String] {
        func only(_ items: [Evidence], _ others: [Evidence], _ sign: String) -> [String] {
            let spans = Set(others.map { $0.spans.map { "\($0.start)-\($0.end)" } })
            return items.filter { item in !spans.contains(item.spans.map { "\($0.start)-\($0.end)" }) }
                .prefix(evidenceItems).map { "\(sign) \($0.rule): \($0.inContext)" }
        }
        return only(old, new, "-") + only(new, old, "+")
    }

    /// What was found.
    public func report() -> ComparisonReport {
        ComparisonReport(
            old: .init(joint.rulesets[0].identity), new: .init(joint.rulesets[1].identity),
            documentsRead: read,
            documentsChanged: changed, documentsWithLoss: withLoss, crimePolicyGained: crimePolicyGained,
            crimePolicyLost: crimePolicyLost,
            topics: topics.values.sorted { $0.id < $1.id }, documents: documents)
    }
}

/// Tags gained, lost and changed between two rulesets on the same documents.
public struct ComparisonReport: Sendable, Encodable {
    /// Names a ruleset.
    public struct Side: Sendable, Encodable {
        /// Name and version.
        public let version: String
        /// Digest.
        public let digest: String

        init(_ identity: RulesetIdentity) {
            version = "\(identity.name) \(identity.version)"
            digest = identity.digest
        }
    }

    /// What happened to a tag.
    public enum Kind: String, Sendable, Encodable {
        /// Only the new rules tag it.
        case gained
        /// Only the old rules tag it.
        case lost
        /// Both tag it, with another prominence.
        case prominence
    }

    /// Counts of one topic.
    public struct Topic: Sendable, Encodable {
        /// The topic.
        public let id: String
        /// Documents that gained it.
        public internal(set) var gained = 0
        /// Documents that lost it.
        public internal(set) var lost = 0
        /// Documents in which its prominence changed.
        public internal(set) var prominence = 0
        /// Documents in which it stays as it is.
        public internal(set) var same = 0

        init(_ id: TopicID) { self.id = id.rawValue }

        mutating func count(_ kind: Kind) {
            switch kind {
            case .gained: gained += 1
            case .lost: lost += 1
            case .prominence: prominence += 1
            }
        }
    }

    /// One tag that changed.
    public struct Change: Sendable, Encodable {
        /// The topic.
        public let topic: String
        /// What happened.
        public let kind: Kind
        /// Prominence under the old rules.
        public let from: Prominence?
        /// Prominence under the new rules.
        public let to: Prominence?
        /// Score under the old rules.
        public let oldScore: Double?
        /// Score under the new rules.
        public let newScore: Double?
        /// Evidence that only the old (-) or the new (+) rules have, in context.
        public let evidence: [String]
    }

    /// One document with changes.
    public struct Document: Sendable, Encodable {
        /// Its id.
        public let id: String
        /// Its title.
        public let title: String?
        /// What happened to the verdict, if anything.
        public let crimePolicy: Kind?
        /// Tags by topic.
        public let changes: [Change]
    }

    /// The rules so far.
    public let old: Side
    /// The rules to come.
    public let new: Side
    /// Documents compared.
    public let documentsRead: Int
    /// Documents with any change.
    public let documentsChanged: Int
    /// Documents that lost a topic.
    public let documentsWithLoss: Int
    /// Documents that became crime policy.
    public let crimePolicyGained: Int
    /// Documents that are crime policy no more.
    public let crimePolicyLost: Int
    /// Topics that either tags anywhere, by id.
    public let topics: [Topic]
    /// Documents with changes, in the order they were read, at most `RulesetComparison.maximumDocuments`.
    public let documents: [Document]

    /// Whether both give the same tags everywhere.
    public var isSame: Bool { documentsChanged == 0 }
}
