public import Speeches

/// Where the time of classifying goes: add documents, then ask for the report.
///
/// Times are of this machine under this load: compare rules of one run, not runs. A rule that others refer to is
/// charged to the first that asks; exclusions, which many rules share, are measured apart.
public struct RulesetProfile {
    private let classifier: Classifier
    private let ruleset: Ruleset
    private let now: () -> Duration
    private var documents = 0
    private var scan = Duration.zero
    private var exclusions = Duration.zero
    private var rules: [(time: Duration, tried: Int, matches: Int)]

    /// Prepares to measure.
    /// - Parameter now: a clock that never goes back; time since any moment.
    public init(_ ruleset: Ruleset, now: @escaping () -> Duration) {
        self.ruleset = ruleset
        self.now = now
        classifier = Classifier(ruleset)
        rules = ruleset.rules.map { _ in (.zero, 0, 0) }
    }

    /// Measures one document.
    public mutating func add(_ speech: Speech) {
        documents += 1
        let start = now()
        classifier.scan(speech)
        scan += now() - start
        var evaluator = classifier.makeEvaluator()
        for rule in classifier.rulesToTry {
            let start = now()
            _ = evaluator.exclusions(of: ruleset.rules[rule])
            let middle = now()
            let matches = evaluator.matches(ofRule: rule).count
            exclusions += middle - start
            rules[rule].time += now() - middle
            rules[rule].tried += 1
            rules[rule].matches += matches
        }
    }

    /// What was measured, slowest rule first.
    public func report() -> ProfileReport {
        let rows = rules.enumerated().map { number, row in
            ProfileReport.Rule(
                id: ruleset.rules[number].id.rawValue, microseconds: row.time.microseconds, documentsTried: row.tried,
                matches: row.matches)
        }
        return ProfileReport(
            documents: documents, scanMicroseconds: scan.microseconds, exclusionMicroseconds: exclusions.microseconds,
            rules: rows.sorted { ($0.microseconds, $0.matches, $1.id) > ($1.microseconds, $1.matches, $0.id) })
    }
}

/// Where the time of classifying goes.
public struct ProfileReport: Sendable, Encodable {
    /// One rule.
    public struct Rule: Sendable, Encodable {
        /// Its id.
        public let id: String
        /// Time in the evaluator.
        public let microseconds: Int
        /// Documents in which words of it occur with which it can hold.
        public let documentsTried: Int
        /// Matches.
        public let matches: Int
    }

    /// Documents measured.
    public let documents: Int
    /// Time for words and phrases of the whole ruleset.
    public let scanMicroseconds: Int
    /// Time for exclusions, computed once a document however many rules share them.
    public let exclusionMicroseconds: Int
    /// Rules, slowest first.
    public let rules: [Rule]

    /// Rules listed for people; all are in the JSON.
    private static let listed = 20

    /// The report as people read it on a terminal.
    public var text: String {
        let evaluation = rules.reduce(0) { $0 + $1.microseconds }
        var slow = TextTable(["slowest rules", "µs", "documents", "matches"], numbers: 1...3)
        for rule in rules.prefix(Self.listed) { slow.add(cells(rule)) }
        var busy = TextTable(["rules with most matches", "µs", "documents", "matches"], numbers: 1...3)
        for rule in rules.sorted(by: { $0.matches > $1.matches }).prefix(Self.listed) { busy.add(cells(rule)) }
        return """
            \(documents) documents: words and phrases \(scanMicroseconds) µs, exclusions \(exclusionMicroseconds) µs, \
            rules \(evaluation) µs

            \(slow.text)

            \(busy.text)

            """
    }

    private func cells(_ rule: Rule) -> [String] {
        [rule.id, "\(rule.microseconds)", "\(rule.documentsTried)", "\(rule.matches)"]
    }
}

extension Duration {
    /// Whole microseconds.
    fileprivate var microseconds: Int {
        Int(components.seconds) * 1_000_000 + Int(components.attoseconds / 1_000_000_000_000)
    }
}
