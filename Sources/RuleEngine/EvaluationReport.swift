internal import Speeches

/// How well a ruleset does on labelled documents.
///
/// Intervals hold with 95%: Wilson's for precision and recall, percentiles of 1,000 draws of groups (fixed seed) for F1
/// and its average.
public struct EvaluationReport: Sendable, Encodable {
    /// The ruleset's name.
    public let ruleset: String
    /// Its version.
    public let version: String
    /// Its digest.
    public let digest: String
    /// Which half of the data was measured.
    public let half: GoldHalf
    /// Documents measured.
    public let documents: Int
    /// Groups they form.
    public let groups: Int
    /// Whether labels only say what must be found, so that only recall means anything.
    public let isWeak: Bool
    /// The verdict on whole documents.
    public let crimePolicy: Row
    /// Labels by name.
    public let labels: [Row]
    /// Average F1 of labels with at least 10 labelled documents.
    public let macroF1: Interval?
    /// How many labels that are.
    public let macroLabels: Int
    /// All decisions on labels together, each document and label one: how good a tag is, whatever its topic.
    public let micro: Row
    /// Labels that stand for no topic of the ruleset.
    public let unresolvedLabels: [String]
    /// What went wrong; not part of the JSON, which is about figures.
    public let errors: [EvaluationError]

    /// Figures of one label.
    public struct Row: Sendable, Encodable {
        /// The label.
        public let label: String
        /// The topics it stands for.
        public let topics: [String]
        /// Documents by outcome.
        public let counts: EvaluationCounts
        /// Share of the tagged that are labelled.
        public let precision: Interval?
        /// Share of the labelled that are tagged.
        public let recall: Interval?
        /// Their harmonic mean.
        public let f1: Interval?

        init(label: String, topics: [String], counts: EvaluationCounts, f1Interval: Interval?) {
            self.label = label
            self.topics = topics
            self.counts = counts
            precision = Interval(wilson: counts.truePositives, of: counts.found)
            recall = Interval(wilson: counts.truePositives, of: counts.positives)
            f1 = f1Interval
        }
    }

    private enum CodingKeys: String, CodingKey {
        case ruleset, version, digest, half, documents, groups, isWeak, crimePolicy, labels, macroF1, macroLabels
        case micro, unresolvedLabels
    }
}

/// One document in which a label and the tags disagree.
public struct EvaluationError: Sendable, Encodable {
    /// Which way.
    public enum Kind: String, Sendable, Encodable {
        /// Tagged, not labelled.
        case falsePositive = "false_positive"
        /// Labelled, not tagged.
        case falseNegative = "false_negative"
    }

    /// Which way.
    public let kind: Kind
    /// The label.
    public let label: String
    /// The document's id.
    public let document: String
    /// Its title.
    public let title: String?
    /// For what was tagged wrongly: the topics' first items of evidence in their context.
    public let evidence: [String]
    /// How the text begins.
    public let start: String

    /// Characters of the text's start.
    private static let startLength = 400
    /// Items of evidence shown for one topic.
    private static let evidenceItems = 5

    init(_ outcome: EvaluationOutcome, _ label: EvaluatedLabel, _ gold: GoldDocument, _ event: ClassifiedSpeech) {
        kind = outcome == .falsePositive ? .falsePositive : .falseNegative
        self.label = label.name
        document = gold.speech.id.rawValue
        title = gold.speech.title
        let tagged = outcome == .falsePositive ? event.topics : []
        let wanted = tagged.filter { label.topics.isEmpty || label.topics.contains($0.id) }
        evidence = wanted.flatMap { topic in
            topic.evidence.prefix(Self.evidenceItems).map { "\($0.rule): \($0.inContext)" }
        }
        start = String(gold.speech.body.joined(separator: " ").prefix(Self.startLength))
    }
}

extension Evidence {
    /// The words in angle quotes within what stands around them.
    var inContext: String {
        spans.map { span in
            guard let exact = span.exact else { return "characters \(span.start) to \(span.end)" }
            return "…\(span.prefix ?? "")«\(exact)»\(span.suffix ?? "")…".replacing("\n", with: " ")
        }.joined(separator: " + ")
    }
}

extension EvaluationReport {
    /// The figures as a table for a terminal.
    public var text: String { (heading + [table.text] + remarks).joined(separator: "\n") + "\n" }

    /// The figures as Markdown.
    public var markdown: String { (heading + ["", table.markdown, ""] + remarks).joined(separator: "\n") + "\n" }

    /// The errors to read, grouped by label, as Markdown.
    public var errorsMarkdown: String {
        var lines = ["# Errors of \(ruleset) \(version), \(half.rawValue) half"]
        for label in [crimePolicy] + labels {
            for kind in [EvaluationError.Kind.falsePositive, .falseNegative] {
                let errors = errors.filter { $0.label == label.label && $0.kind == kind }
                if errors.isEmpty { continue }
                let what = kind == .falsePositive ? "tagged, not labelled" : "labelled, not tagged"
                lines += ["", "## \(label.label): \(what) (\(errors.count))", ""]
                for error in errors {
                    lines.append("- **\(error.document)** \(error.title ?? "")")
                    lines += error.evidence.map { "  - \($0)" }
                    lines.append("  - \(error.start)")
                }
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private var heading: [String] {
        [
            "Ruleset \(ruleset) \(version), \(half.rawValue) half: \(documents) documents in \(groups) groups"
                + (isWeak ? "; weak labels: only recall means anything" : "")
        ]
    }

    private var table: TextTable {
        var table = TextTable(["label", "labelled", "tagged", "precision", "recall", "F1"], numbers: 1...5)
        for row in [crimePolicy] + labels + (labels.isEmpty ? [] : [micro]) {
            table.add([
                row.label, "\(row.counts.positives)", isWeak ? "" : "\(row.counts.found)",
                isWeak ? "" : Self.written(row.precision), Self.written(row.recall), isWeak ? "" : Self.written(row.f1),
            ])
        }
        if !isWeak {
            let enough = EvaluationTally.macroPositives
            table.add([
                "macro F1 of \(macroLabels) labels with \(enough) or more", "", "", "", "", Self.written(macroF1),
            ])
        }
        return table
    }

    private var remarks: [String] {
        var remarks = [
            "95% intervals: precision and recall by Wilson's score, F1 by \(EvaluationTally.resamples) draws of groups (fixed seed)."
        ]
        if !unresolvedLabels.isEmpty {
            remarks.append(
                "Labels without a topic in the ruleset, not measured: \(unresolvedLabels.joined(separator: ", ")).")
        }
        return remarks
    }

    private static func written(_ interval: Interval?) -> String {
        interval.map { "\($0.value.thousandths) (\($0.low.thousandths)-\($0.high.thousandths))" } ?? "-"
    }
}

extension Double {
    /// Three decimals.
    var thousandths: String {
        let value = Int((self * 1000).rounded())
        let digits = String(value % 1000)
        return "\(value / 1000).\(String(repeating: "0", count: 3 - digits.count))\(digits)"
    }
}
