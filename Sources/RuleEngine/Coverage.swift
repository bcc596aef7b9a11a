public import Speeches

/// How a ruleset's rules fare on a corpus: which never match, which match everywhere, which prove the same by the same
/// words. Add documents, then ask for the report.
public struct RulesetCoverage {
    /// A rule that has evidence in more than this share of the documents, in percent, is noisy.
    public static let noisyPercent = 20
    /// Samples of shared words kept for a pair of topics.
    private static let samples = 3

    private let classifier: Classifier
    private let ruleset: Ruleset
    private var documents = 0
    private var rules: [RuleTally]
    private var topicDocuments: [Int: Int] = [:]
    private var pairs: [TopicPair: PairTally] = [:]

    private struct RuleTally {
        var matched = 0
        var documents = 0
        var evidence = 0
        var alone = 0
    }

    private struct TopicPair: Hashable {
        let first: Int
        let second: Int
    }

    private struct PairTally {
        var documents = 0
        var sharedWords = 0
        var samples: [String] = []
    }

    /// Prepares to count.
    public init(_ ruleset: Ruleset) {
        self.ruleset = ruleset
        classifier = Classifier(ruleset)
        rules = [RuleTally](repeating: RuleTally(), count: ruleset.rules.count)
    }

    /// Counts one document.
    public mutating func add(_ speech: Speech) {
        documents += 1
        let topics = classifier.assess(speech)
        var standing: [(topic: Int, evidence: [Candidate])] = []
        for topic in topics {
            for rule in Set(topic.found.map(\.rule)) { rules[rule].matched += 1 }
            let stands = Scoring.stands(topic.counts)
            let fired = Set(topic.evidence.map(\.rule))
            for rule in fired { rules[rule].documents += 1 }
            for item in topic.evidence { rules[item.rule].evidence += 1 }
            if stands, fired.count == 1 { rules[fired.first!].alone += 1 }
            if stands {
                topicDocuments[topic.topic, default: 0] += 1
                standing.append((topic.topic, topic.evidence))
            }
        }
        standing.sort { $0.topic < $1.topic }
        for (index, first) in standing.enumerated() {
            for second in standing[(index + 1)...] { count(first.topic, first.evidence, second.topic, second.evidence) }
        }
    }

    private mutating func count(_ first: Int, _ left: [Candidate], _ second: Int, _ right: [Candidate]) {
        var tally = pairs[TopicPair(first: first, second: second)] ?? PairTally()
        tally.documents += 1
        let own = Set(left.flatMap(\.match.allSpans))
        let shared = right.flatMap(\.match.allSpans).filter { own.contains($0) }
        if let span = shared.first {
            tally.sharedWords += 1
            let words = classifier.document.words(span, atMost: 60).lowercased()
            if tally.samples.count < Self.samples, !tally.samples.contains(words) { tally.samples.append(words) }
        }
        pairs[TopicPair(first: first, second: second)] = tally
    }

    /// What was found.
    public func report() -> CoverageReport {
        let topics = ruleset.topics.enumerated().map { number, topic in
            CoverageReport.Topic(id: topic.id.rawValue, documents: topicDocuments[number] ?? 0)
        }
        let overlaps = pairs.map { pair, tally in
            let (first, second) = (topicDocuments[pair.first] ?? 0, topicDocuments[pair.second] ?? 0)
            return CoverageReport.Overlap(
                first: ruleset.topics[pair.first].id.rawValue, second: ruleset.topics[pair.second].id.rawValue,
                documents: tally.documents,
                similarity: Double(tally.documents) / Double(max(first + second - tally.documents, 1)),
                documentsWithSharedWords: tally.sharedWords, sharedWords: tally.samples)
        }
        return CoverageReport(
            documents: documents, noisyPercent: Self.noisyPercent,
            rules: rules.enumerated().map { rule(number: $0, $1) }, topics: topics,
            overlaps: overlaps.sorted {
                ($1.documentsWithSharedWords, $1.documents, $0.first, $0.second) < (
                    $0.documentsWithSharedWords, $0.documents, $1.first, $1.second
                )
            })
    }

    private func rule(number: Int, _ tally: RuleTally) -> CoverageReport.Rule {
        let rule = ruleset.rules[number]
        let finding: CoverageReport.Finding? =
            !rule.isActive
            ? .inactive
            : tally.matched == 0
                ? .silent
                : tally.documents == 0
                    ? .shadowed : tally.documents * 100 > documents * Self.noisyPercent ? .noisy : nil
        return CoverageReport.Rule(
            id: rule.id.rawValue, weight: rule.weight, documentsMatched: tally.matched, documents: tally.documents,
            evidence: tally.evidence, documentsAlone: tally.alone, finding: finding)
    }
}

/// How rules fare on a corpus.
public struct CoverageReport: Sendable, Encodable {
    /// What is worth a look about a rule.
    public enum Finding: String, Sendable, Encodable {
        /// It matches nowhere.
        case silent
        /// It matches, but never has evidence: longer matches win or it is a weak clue always alone.
        case shadowed
        /// It has evidence in a large share of the documents.
        case noisy
        /// It is experimental and not used.
        case inactive
    }

    /// One rule.
    public struct Rule: Sendable, Encodable {
        /// Its id.
        public let id: String
        /// Its weight.
        public let weight: Int
        /// Documents in which it matches.
        public let documentsMatched: Int
        /// Documents in which it has evidence.
        public let documents: Int
        /// Items of evidence.
        public let evidence: Int
        /// Documents that are tagged by it alone.
        public let documentsAlone: Int
        /// What is worth a look.
        public let finding: Finding?
    }

    /// One topic.
    public struct Topic: Sendable, Encodable {
        /// Its id.
        public let id: String
        /// Documents tagged with it.
        public let documents: Int
    }

    /// Two topics tagged together.
    public struct Overlap: Sendable, Encodable {
        /// A topic.
        public let first: String
        /// Another, later by id.
        public let second: String
        /// Documents tagged with both.
        public let documents: Int
        /// They as a share of documents tagged with either (Jaccard).
        public let similarity: Double
        /// Documents in which the same words prove both.
        public let documentsWithSharedWords: Int
        /// Some of those words.
        public let sharedWords: [String]
    }

    /// Documents counted.
    public let documents: Int
    /// From which share of documents, in percent, a rule is noisy.
    public let noisyPercent: Int
    /// All rules in file order.
    public let rules: [Rule]
    /// All topics.
    public let topics: [Topic]
    /// Pairs of topics tagged together, those that share most words first.
    public let overlaps: [Overlap]

    /// Rules with something worth a look.
    public func rules(_ finding: Finding) -> [Rule] { rules.filter { $0.finding == finding } }
}

extension CoverageReport {
    /// Pairs listed for people; all are in the JSON.
    private static let listedOverlaps = 25

    /// The report as people read it on a terminal.
    public var text: String {
        var lines = ["\(documents) documents, \(rules.count) rules"]
        lines += section("Silent: matches nowhere", .silent) { "\($0.id)" }
        lines += section("Shadowed: matches, but never as evidence", .shadowed) {
            "\($0.id)  in \($0.documentsMatched)"
        }
        lines += section("Noisy: evidence in more than \(noisyPercent)% of the documents", .noisy) {
            "\($0.id)  in \($0.documents)"
        }
        var table = TextTable(
            ["topics tagged together", "documents", "similarity", "same words", "such as"], numbers: 1...3)
        for overlap in overlaps.prefix(Self.listedOverlaps) {
            table.add([
                "\(overlap.first) + \(overlap.second)", "\(overlap.documents)", overlap.similarity.thousandths,
                "\(overlap.documentsWithSharedWords)", overlap.sharedWords.joined(separator: ", "),
            ])
        }
        lines += ["", table.text]
        var all = TextTable(["rule", "weight", "matches in", "evidence in", "alone", "items"], numbers: 1...5)
        for rule in rules where rule.finding != .inactive {
            all.add([
                rule.id, "\(rule.weight)", "\(rule.documentsMatched)", "\(rule.documents)", "\(rule.documentsAlone)",
                "\(rule.evidence)",
            ])
        }
        lines += ["", all.text]
        return lines.joined(separator: "\n") + "\n"
    }

    /// How often two topics are tagged together, as a matrix: documents with both, a topic's own on the diagonal.
    public var matrix: String {
        let tagged = topics.filter { $0.documents > 0 }
        var table = TextTable(["topic"] + tagged.indices.map { "\($0 + 1)" }, numbers: 1...max(tagged.count, 1))
        var both: [String: Int] = [:]
        for overlap in overlaps {
            both["\(overlap.first) \(overlap.second)"] = overlap.documents
            both["\(overlap.second) \(overlap.first)"] = overlap.documents
        }
        for (number, row) in tagged.enumerated() {
            let cells = tagged.map { column in
                column.id == row.id ? "\(row.documents)" : both["\(row.id) \(column.id)"].map { "\($0)" } ?? "."
            }
            table.add(["\(number + 1) \(row.id)"] + cells)
        }
        return table.text + "\n"
    }

    private func section(_ title: String, _ finding: Finding, _ line: (Rule) -> String) -> [String] {
        let rules = rules(finding)
        return rules.isEmpty ? [] : ["", "\(title) (\(rules.count))"] + rules.map { "  " + line($0) }
    }
}
