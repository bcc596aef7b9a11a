internal import RuleLanguage
public import Speeches

/// Why a document was tagged as it was, and why not otherwise: every topic's score with what each rule gave to it, and
/// for rules that gave nothing the condition at which they died.
public struct Explanation: Encodable, Sendable {
    /// The document.
    public let document: String
    /// Its title.
    public let title: String?
    /// Whether the rules could be applied.
    public let assessment: Assessment
    /// The verdict on the document; nil where the rules could not be applied.
    public let crimePolicy: Bool?
    /// The score behind the verdict.
    public let crimePolicyScore: Double?
    /// Topics in order of score, those without any evidence last, by id.
    public let topics: [Topic]

    /// One topic: what its rules gave, step by step.
    public struct Topic: Encodable, Sendable {
        /// The topic's id.
        public let id: String
        /// Its label.
        public let label: String
        /// Whether the document is tagged with it.
        public let stands: Bool
        /// Its score, 0 to 1.
        public let score: Double
        /// The score that a tag needs.
        public let needed: Double
        /// P, the points behind the score: P / (P + 2).
        public let points: Double
        /// What the title adds to the points.
        public let titlePoints: Double
        /// How much of the document it is; nil where it does not stand.
        public let prominence: Prominence?
        /// Its rules in file order.
        public let rules: [Rule]
    }

    /// One rule.
    public struct Rule: Encodable, Sendable {
        /// The rule's id.
        public let id: String
        /// Its weight.
        public let weight: Int
        /// What became of it.
        public let outcome: Outcome
        /// What it adds to the topic's points.
        public let points: Double
        /// Distinct sentences with its evidence.
        public let sentences: Int
        /// Its evidence.
        public let evidence: [Quote]
        /// What it found that is no evidence, and why.
        public let lost: [Lost]
        /// Why it found nothing, or no more: the nearest misses first.
        public let reasons: [String]
    }

    /// What became of a rule.
    public enum Outcome: String, Encodable, Sendable, CaseIterable {
        /// It has evidence.
        case fired
        /// It matched, but every match lies in a longer one or is a weak clue by itself.
        case dropped
        /// Its words occur only inside exclusions.
        case excluded
        /// A `not_document` query occurs.
        case vetoed
        /// The document does not meet its `when`.
        case notApplicable = "not_applicable"
        /// Part of it occurs.
        case near
        /// Nothing of it occurs.
        case silent
        /// Experimental: not used.
        case inactive
    }

    /// Words of the document.
    public struct Quote: Encodable, Sendable, Equatable {
        /// The words of each span.
        public let words: [String]
        /// The sentence of the first; 0 is the title.
        public let sentence: Int
        /// First code point of each span and one past its last.
        public let spans: [[Int]]
    }

    /// A match that is no evidence.
    public struct Lost: Encodable, Sendable {
        /// Its words.
        public let quote: Quote
        /// Why it is no evidence.
        public let reason: String
    }
}

extension Classifier {
    /// Explains what `classify` says of a document, by the same evaluator and the same choice of evidence.
    ///
    /// Slower than classifying: rules that no word sets off are looked at too.
    /// - Parameters:
    ///   - topic: only this topic; nil for all.
    ///   - rule: only this rule; nil for all of the topic.
    public func explain(_ speech: Speech, topic: TopicID? = nil, rule: RuleID? = nil) -> Explanation {
        scan(speech)
        let builder = EventBuilder(document, ruleset)
        guard assessment == .classified else {
            return Explanation(
                document: speech.id.rawValue, title: speech.title, assessment: assessment, crimePolicy: nil,
                crimePolicyScore: nil, topics: [])
        }
        var explainer = RuleExplainer(classifier: self, builder: builder)
        let assessed = explainer.assessAll()
        let tags = tags(assessed)
        let verdict = Scoring.crimePolicy(documentCounts(tags))
        var topics: [Explanation.Topic] = []
        for candidates in assessed where ruleset.isWanted(candidates.topic, topic, rule) {
            let tag = tags.first { $0.topic == candidates.topic }
            topics.append(explainer.topic(candidates, tag: tag, only: rule))
        }
        return Explanation(
            document: speech.id.rawValue, title: speech.title, assessment: assessment, crimePolicy: verdict.value,
            crimePolicyScore: verdict.score.value,
            topics: topics.sorted { ($0.points, $1.id) > ($1.points, $0.id) })
    }
}

/// A topic's candidates, sorted by their rules once for all rules.
private struct CandidatesByRule {
    let candidates: TopicCandidates
    let found: [Int: [Candidate]]
    let longest: [Int: [Candidate]]
    let evidence: [Int: [Candidate]]

    init(_ candidates: TopicCandidates) {
        self.candidates = candidates
        found = Dictionary(grouping: candidates.found, by: \.rule)
        longest = Dictionary(grouping: candidates.longest, by: \.rule)
        evidence = Dictionary(grouping: candidates.evidence, by: \.rule)
    }
}

/// Explains the rules of one scanned document.
private struct RuleExplainer: ~Copyable {
    /// Misses named for one rule.
    private static let maximumReasons = 3
    /// Lost matches named for one rule.
    private static let maximumLost = 20

    private let classifier: Classifier
    private let builder: EventBuilder
    private var evaluator: ConditionEvaluator

    init(classifier: Classifier, builder: EventBuilder) {
        self.classifier = classifier
        self.builder = builder
        evaluator = classifier.makeEvaluator()
    }

    private var ruleset: Ruleset { classifier.ruleset }
    private var document: ScannedDocument { classifier.document }

    /// What classification finds, by the same steps in the same order, and nothing for the other topics.
    mutating func assessAll() -> [TopicCandidates] {
        let found = classifier.candidates(&evaluator)
        let topics = Set(found.map(\.topic))
        let silent = ruleset.topics.indices.filter { !topics.contains($0) }
        return classifier.choose(among: found + silent.map { TopicFinds(topic: $0) })
    }

    mutating func topic(_ candidates: TopicCandidates, tag: Tag?, only wanted: RuleID?) -> Explanation.Topic {
        let topic = ruleset.topics[candidates.topic]
        let byRule = CandidatesByRule(candidates)
        var rules: [Explanation.Rule] = []
        for number in topic.rules where wanted.map({ $0 == ruleset.rules[number].id }) ?? true {
            rules.append(rule(number, byRule))
        }
        let counts = candidates.counts
        return Explanation.Topic(
            id: topic.id.rawValue, label: topic.label, stands: tag != nil, score: Scoring.score(counts).value,
            needed: 0.5, points: Double(Scoring.doubledPoints(counts)) / 2, titlePoints: counts.isInTitle ? 2 : 0,
            prominence: tag.map { Scoring.prominence($0.counts, sentences: document.sentenceCount) }, rules: rules)
    }

    private mutating func rule(_ number: Int, _ candidates: CandidatesByRule) -> Explanation.Rule {
        let rule = ruleset.rules[number]
        let evidence = candidates.evidence[number] ?? []
        let dropped = droppedMatches(of: number, candidates)
        let excluded = excludedMatches(of: number)
        let (outcome, reasons) = outcome(of: number, hasEvidence: !evidence.isEmpty, dropped, excluded)
        let sentences = Set(evidence.map(\.sentence)).count
        let points = Scoring.doubledPoints(Scoring.Counts(rules: sentences > 0 ? [(rule.weight, sentences)] : []))
        return Explanation.Rule(
            id: rule.id.rawValue, weight: rule.weight, outcome: outcome, points: Double(points) / 2,
            sentences: sentences, evidence: evidence.map { quote($0.match) },
            lost: Array((dropped + excluded).prefix(Self.maximumLost)), reasons: reasons)
    }

    // MARK: Outcome

    private mutating func outcome(
        of number: Int, hasEvidence: Bool, _ dropped: [Explanation.Lost], _ excluded: [Explanation.Lost]
    ) -> (Explanation.Outcome, [String]) {
        let rule = ruleset.rules[number]
        if hasEvidence { return (.fired, []) }
        if !document.meets(rule.conditions) {
            return (.notApplicable, document.unmet(rule.conditions))
        }
        if !rule.isActive {
            let count = evaluator.matches(ofRule: number).count
            return (.inactive, ["experimental; it would find \(count) match\(count == 1 ? "" : "es")"])
        }
        if !dropped.isEmpty { return (.dropped, []) }
        let exclusions = evaluator.exclusions(of: rule)
        if let veto = evaluator.veto(of: rule), !evaluator.evaluate(rule.find, exclusions).isEmpty {
            let words = document.words(WordSpan(first: veto.first, last: veto.last), atMost: 60)
            return (.vetoed, ["not_document: '\(words)' occurs"])
        }
        let nearest = evaluator.shortfalls(of: rule.find, exclusions).filter { $0.nearness > 0 }
        var reasons: [String] = []
        for shortfall in nearest.sorted(by: { $0.nearness > $1.nearness }) where !reasons.contains(shortfall.reason) {
            reasons.append(shortfall.reason)
            if reasons.count == Self.maximumReasons { break }
        }
        return (excluded.isEmpty ? reasons.isEmpty ? .silent : .near : .excluded, reasons)
    }

    // MARK: Matches that are no evidence

    private func droppedMatches(of number: Int, _ byRule: CandidatesByRule) -> [Explanation.Lost] {
        let candidates = byRule.candidates
        let kept = Set((byRule.evidence[number] ?? []).map(\.match))
        let longest = Set((byRule.longest[number] ?? []).map(\.match))
        var lost: [Explanation.Lost] = []
        for candidate in byRule.found[number] ?? [] where !kept.contains(candidate.match) {
            guard lost.count < Self.maximumLost else { break }
            if longest.contains(candidate.match) {
                lost.append(Explanation.Lost(quote: quote(candidate.match), reason: "weak clue alone in its paragraph"))
                continue
            }
            if let winner = EvidenceSelection.outranker(of: candidate, among: candidates.outranking) {
                lost.append(
                    Explanation.Lost(quote: quote(candidate.match), reason: reason(winner, ", which wins over it")))
                continue
            }
            // A shorter reading of what the rule itself found is no loss.
            guard let winner = EvidenceSelection.winner(over: candidate, among: candidates.longest),
                winner.rule != number
            else { continue }
            lost.append(Explanation.Lost(quote: quote(candidate.match), reason: reason(winner)))
        }
        return lost
    }

    /// Why the longer match won.
    private func reason(_ winner: Candidate, _ more: String = "") -> String {
        let words = document.words(WordSpan(first: winner.match.first, last: winner.match.last), atMost: 60)
        return "dropped: inside '\(words)' of rule \(ruleset.rules[winner.rule].id)\(more)"
    }

    private mutating func excludedMatches(of number: Int) -> [Explanation.Lost] {
        let rule = ruleset.rules[number]
        guard !rule.notInside.isEmpty else { return [] }
        let allowed = Set(evaluator.evaluate(rule.find, evaluator.exclusions(of: rule)))
        var lost: [Explanation.Lost] = []
        for match in evaluator.evaluate(rule.find, .none) where !allowed.contains(match) {
            guard lost.count < Self.maximumLost, let exclusion = exclusion(of: match, rule, number) else { continue }
            lost.append(
                Explanation.Lost(
                    quote: quote(match),
                    reason: "excluded by \(exclusion.name): inside '\(document.words(exclusion.span, atMost: 80))'"))
        }
        return lost
    }

    /// The exclusion that holds a span of a match, and by which name its author knows it.
    private mutating func exclusion(
        of match: Match, _ rule: CompiledRule, _ number: Int
    ) -> (name: String, span: WordSpan)? {
        for (index, exclusion) in rule.notInside.enumerated() {
            for span in evaluator.runs(ofExclusion: exclusion).spans
            where match.allSpans.contains(where: { span.first <= $0.first && $0.last <= span.last }) {
                return (ruleset.nameOfExclusion(index, ofRule: number), span)
            }
        }
        return nil
    }

    private func quote(_ match: Match) -> Explanation.Quote {
        let spans = match.allSpans.map { (words: document.words($0), range: builder.positions(of: $0)) }
        return Explanation.Quote(
            words: spans.map(\.words), sentence: document.publishedSentence(of: match.first),
            spans: spans.map { [$0.range.lowerBound, $0.range.upperBound] })
    }
}

extension Ruleset {
    /// Whether a topic is the one asked for, or holds the rule asked for.
    fileprivate func isWanted(_ number: Int, _ topic: TopicID?, _ rule: RuleID?) -> Bool {
        if let topic, topics[number].id != topic { return false }
        guard let rule else { return true }
        return topics[number].rules.contains { rules[$0].id == rule }
    }

    /// Where the exclusion that stands at `index` in a rule's list was written: in the rule or its file, or in a filter.
    func nameOfExclusion(_ index: Int, ofRule number: Int) -> String {
        let rule = checked.rules[number]
        var index = index - rule.notInside.count
        if index < 0 { return "its own not_inside" }
        for filter in checked.filters(of: rule.topic) {
            if index < filter.notInside.count { return filter.id }
            index -= filter.notInside.count
        }
        return "a filter"
    }
}

extension Score {
    /// From 0 to 1.
    var value: Double { Double(thousandths) / 1000 }
}
