internal import RuleLanguage
public import Speeches

/// Measures a ruleset against labelled documents: add them one by one, then ask for the report.
///
/// A label is found where any of the topics it stands for is tagged. Documents that nobody labelled with topics count
/// for the verdict on crime policy alone.
public struct Evaluation {
    /// The name under which the verdict on the whole document is reported.
    public static let crimePolicyLabel = "crime_policy"

    private let ruleset: Ruleset
    private let classifier: Classifier
    private let half: GoldHalf
    /// Labels in order, the verdict first.
    private let labels: [EvaluatedLabel]
    private let unresolved: [String]
    private var tally: EvaluationTally
    private var errors: [EvaluationError] = []
    private var documents = 0
    private let isWeak: Bool

    /// Prepares to measure.
    /// - Parameters:
    ///   - gold: all documents, of both halves: their labels are what is measured.
    ///   - merges: the topics that a label stands for; a label that is not named stands for the topic of the same id,
    ///     underscores read as hyphens.
    ///   - half: which of the documents are measured.
    ///   - everyTopic: whether people looked for every topic of the ruleset, so that tags of a topic that no document
    ///     is labelled with are wrong and count. Without it such topics are left out, as those of another scheme must.
    public init(
        _ ruleset: Ruleset, gold: [GoldDocument], merges: [String: [TopicID]] = [:], half: GoldHalf = .all,
        everyTopic: Bool = false
    ) {
        self.ruleset = ruleset
        self.half = half
        classifier = Classifier(ruleset)
        let known = Set(ruleset.checked.topics.map(\.id))
        var labels = [EvaluatedLabel(name: Self.crimePolicyLabel, topics: [])]
        var unresolved: [String] = []
        for name in Set(gold.flatMap { $0.labels ?? [] }).sorted() {
            let topics = merges[name] ?? [TopicID(name.replacing("_", with: "-"))]
            let there = topics.filter { known.contains($0) }
            if there.isEmpty {
                unresolved.append(name)
            } else {
                labels.append(EvaluatedLabel(name: name, topics: Set(there)))
            }
        }
        if everyTopic {
            let measured = labels.reduce(into: Set<TopicID>()) { $0.formUnion($1.topics) }
            labels += known.subtracting(measured).sorted { $0.rawValue < $1.rawValue }.map {
                EvaluatedLabel(name: $0.rawValue, topics: [$0])
            }
        }
        self.labels = labels
        self.unresolved = unresolved
        isWeak = gold.contains(where: \.isWeak)
        tally = EvaluationTally(labelCount: labels.count)
        for document in gold where half == .all || document.half == half { add(document) }
    }

    private mutating func add(_ gold: GoldDocument) {
        documents += 1
        let event = classifier.classify(gold.speech)
        var outcomes: [(label: Int, outcome: EvaluationOutcome)] = []
        if let expected = gold.crimePolicy {
            outcomes.append((0, EvaluationOutcome(expected: expected, found: event.crimePolicy?.value ?? false)))
        }
        if let expected = gold.labels {
            let found = Set(event.topics.map(\.id))
            for index in labels.indices.dropFirst() {
                let label = labels[index]
                outcomes.append(
                    (
                        index,
                        EvaluationOutcome(
                            expected: expected.contains(label.name), found: !label.topics.isDisjoint(with: found))
                    ))
            }
        }
        tally.add(outcomes, group: gold.group)
        for (label, outcome) in outcomes where outcome == .falsePositive || outcome == .falseNegative {
            if gold.isWeak, outcome == .falsePositive { continue }
            errors.append(EvaluationError(outcome, labels[label], gold, event))
        }
    }

    /// The figures and the errors behind them.
    public func report() -> EvaluationReport {
        var random = SplitMix64(seed: EvaluationTally.seed)
        let intervals = tally.bootstrap(using: &random)
        let rows = labels.enumerated().map { index, label in
            EvaluationReport.Row(
                label: label.name, topics: label.topics.map(\.rawValue).sorted(), counts: tally.totals[index],
                f1Interval: intervals.f1[index])
        }
        return EvaluationReport(
            ruleset: ruleset.identity.name, version: ruleset.identity.version, digest: ruleset.identity.digest,
            half: half,
            documents: documents, groups: tally.groupCount, isWeak: isWeak, crimePolicy: rows[0],
            labels: Array(rows.dropFirst()), macroF1: intervals.macroF1, macroLabels: tally.macroLabels.count,
            micro: EvaluationReport.Row(
                label: "all labels", topics: [], counts: tally.pooled, f1Interval: intervals.microF1),
            unresolvedLabels: unresolved, errors: errors)
    }
}

/// A label and the topics it stands for; none for the verdict on the document.
struct EvaluatedLabel {
    let name: String
    let topics: Set<TopicID>
}

/// What became of one label in one document.
enum EvaluationOutcome: Int {
    case truePositive, falsePositive, falseNegative, trueNegative

    init(expected: Bool, found: Bool) {
        self = expected ? (found ? .truePositive : .falseNegative) : found ? .falsePositive : .trueNegative
    }
}

/// True and false positives and negatives.
public struct EvaluationCounts: Hashable, Sendable, Encodable {
    /// Labelled and tagged.
    public var truePositives = 0
    /// Tagged, not labelled.
    public var falsePositives = 0
    /// Labelled, not tagged.
    public var falseNegatives = 0
    /// Neither.
    public var trueNegatives = 0

    mutating func add(_ outcome: EvaluationOutcome) {
        switch outcome {
        case .truePositive: truePositives += 1
        case .falsePositive: falsePositives += 1
        case .falseNegative: falseNegatives += 1
        case .trueNegative: trueNegatives += 1
        }
    }

    mutating func add(_ other: EvaluationCounts) {
        truePositives += other.truePositives
        falsePositives += other.falsePositives
        falseNegatives += other.falseNegatives
        trueNegatives += other.trueNegatives
    }

    /// Labelled documents.
    public var positives: Int { truePositives + falseNegatives }
    /// Tagged documents.
    public var found: Int { truePositives + falsePositives }

    /// 2 TP / (2 TP + FP + FN); nil where nothing is labelled or tagged.
    public var f1: Double? {
        let whole = 2 * truePositives + falsePositives + falseNegatives
        return whole == 0 ? nil : Double(2 * truePositives) / Double(whole)
    }
}

/// A proportion with its 95% interval.
public struct Interval: Hashable, Sendable, Encodable {
    /// The proportion.
    public let value: Double
    /// Lower end.
    public let low: Double
    /// Upper end.
    public let high: Double

    init(value: Double, low: Double, high: Double) {
        self.value = value
        self.low = low
        self.high = high
    }

    /// Wilson's score interval for `part` of `whole`; nil for nothing of nothing.
    init?(wilson part: Int, of whole: Int) {
        guard whole > 0 else { return nil }
        // The 97.5th percentile of the normal distribution.
        let z = 1.959964
        let (n, p) = (Double(whole), Double(part) / Double(whole))
        let middle = p + z * z / (2 * n)
        let margin = z * ((p * (1 - p) + z * z / (4 * n)) / n).squareRoot()
        let scale = 1 + z * z / n
        self.init(value: p, low: max(0, (middle - margin) / scale), high: min(1, (middle + margin) / scale))
    }
}
