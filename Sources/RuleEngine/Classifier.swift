internal import RuleLanguage
public import Speeches
internal import TextMatching

/// Applies a ruleset to documents, one after the other. It owns scratch memory and belongs to one thread; the ruleset is
/// shared. The same document and ruleset digest give the same event, byte for byte, on any machine.
public final class Classifier {
    /// The rules applied.
    public let ruleset: Ruleset
    let document: ScannedDocument
    let leaves: LeafOccurrences
    private var setOffRules: SetOffRules
    /// Whether the conditions of the document assessed last came to a limit.
    private var isCurtailed = false

    /// Makes a classifier with scratch memory of its own.
    public convenience init(_ ruleset: Ruleset) {
        self.init(ruleset, reading: ScannedDocument(ruleset.automaton))
    }

    /// Makes a classifier that shares a document, and so its scan, with others whose rulesets share the automaton.
    init(_ ruleset: Ruleset, reading document: ScannedDocument) {
        self.ruleset = ruleset
        self.document = document
        leaves = LeafOccurrences(leafCount: ruleset.leafCount)
        setOffRules = SetOffRules(ruleCount: ruleset.rules.count)
    }

    /// Classifies one document. Every document yields an event; this never fails.
    public func classify(_ speech: Speech) -> ClassifiedSpeech {
        document.scan(speech)
        return classifyScanned()
    }

    /// Classifies the document scanned last, by whomever.
    func classifyScanned() -> ClassifiedSpeech {
        sortOccurrences()
        let assessment = assessment
        isCurtailed = document.scanner.isTruncated || leaves.isCurtailed
        let tags = assessment == .classified ? tags() : []
        let counts = documentCounts(tags)
        return EventBuilder(document, ruleset).event(
            assessment, tags, counts: counts, isCurtailed: assessment == .classified && isCurtailed)
    }

    /// Whether the rules can be applied to the document scanned last.
    var assessment: Assessment {
        document.words == 0 ? .empty : Self.isSupported(document.speech.language) ? .classified : .unsupportedLanguage
    }

    /// English, or not said: the rules are English.
    static func isSupported(_ language: String?) -> Bool {
        guard let language = language?.lowercased(), language != "und" else { return true }
        return language == "en" || language.hasPrefix("en-")
    }

    /// What one rule finds in a document, longest matches only, as its examples must say; active or not.
    func evidence(ofRule number: Int, in speech: Speech) -> [[String]] {
        scan(speech)
        var evaluator = ConditionEvaluator(ruleset: ruleset, document: document, leaves: leaves)
        let candidates = evaluator.matches(ofRule: number).map { candidate($0, number) }
        let text = Array(document.text.utf8)
        return EvidenceSelection.longest(candidates).map { candidate in
            candidate.match.allSpans.map { String(decoding: text[document.byteRange($0)], as: UTF8.self) }
        }
    }

    /// Reads a document; what the evaluator and the event builder then say is about it.
    func scan(_ speech: Speech) {
        document.scan(speech)
        sortOccurrences()
    }

    private func sortOccurrences() {
        setOffRules.removeAll()
        for rule in ruleset.unconditionalRules { setOffRules.add(rule) }
        leaves.fill(document.scanner.occurrences, ruleset, settingOff: &setOffRules)
    }

    func candidate(_ match: Match, _ rule: Int) -> Candidate {
        Candidate(
            match: match, rule: rule, weight: ruleset.rules[rule].weight, sentence: document.sentence(of: match.first),
            paragraph: document.paragraph(of: match.first))
    }

    /// Rules that the document scanned last sets off and that are in use, in the order of their numbers.
    var rulesToTry: [Int] { setOffRules.numbers.filter { ruleset.rules[$0].isActive }.sorted() }

    /// What the rules find in a document and what is left of it, topic by topic; empty where they cannot be applied.
    func assess(_ speech: Speech) -> [TopicCandidates] {
        scan(speech)
        return assessment == .classified ? assessScanned() : []
    }

    /// The topics that stand, with their evidence; prominence needs all of them, so it comes last.
    private func tags() -> [Tag] { tags(assessScanned()) }

    private func assessScanned() -> [TopicCandidates] {
        var evaluator = ConditionEvaluator(ruleset: ruleset, document: document, leaves: leaves)
        let candidates = candidates(&evaluator)
        if evaluator.isCurtailed { isCurtailed = true }
        return choose(among: candidates)
    }

    /// What the rules in use find in the document scanned last, by topic.
    func candidates(_ evaluator: inout ConditionEvaluator) -> [Int: [Candidate]] {
        var candidates: [Int: [Candidate]] = [:]
        for rule in rulesToTry {
            let found = evaluator.matches(ofRule: rule)
            if !found.isEmpty {
                candidates[ruleset.rules[rule].topic, default: []] += found.map { candidate($0, rule) }
            }
        }
        return candidates
    }

    /// From what the rules of topics found to their evidence and what that amounts to.
    func choose(among candidates: [Int: [Candidate]]) -> [TopicCandidates] {
        let outranking = ruleset.hasOutrankingRules ? candidates.values.flatMap { $0 }.filter(outranks) : []
        return candidates.map { topic, found in
            let runs = outranking.filter { candidate in
                let rule = ruleset.rules[candidate.rule]
                return rule.topic != topic && rule.winsOver.contains(ruleset.topics[topic].id)
            }
            let contending = EvidenceSelection.notOutranked(found, by: runs)
            let longest = EvidenceSelection.longest(contending)
            let evidence = EvidenceSelection.withoutLonelyClues(longest)
            return TopicCandidates(
                topic: topic, found: found, outranking: runs, longest: longest, evidence: evidence,
                counts: counts(evidence))
        }
    }

    private func outranks(_ candidate: Candidate) -> Bool {
        candidate.match.isContiguous && ruleset.rules[candidate.rule].winsOver != .none
    }

    /// The topics that stand.
    func tags(_ topics: [TopicCandidates]) -> [Tag] {
        var tags = topics.filter { Scoring.stands($0.counts) }.map {
            Tag(topic: $0.topic, evidence: $0.evidence, counts: $0.counts)
        }
        noteSharedSentences(&tags)
        return tags
    }

    /// - Parameter evidence: in order of place.
    private func counts(_ evidence: [Candidate]) -> Scoring.Counts {
        var counts = Scoring.Counts()
        let found = evidence.map { (rule: $0.rule, weight: $0.weight, sentence: $0.sentence) }
        var before: (rule: Int, weight: Int, sentence: Int)?
        for item in found.sorted(by: { ($0.rule, $0.sentence) < ($1.rule, $1.sentence) }) {
            if item.rule != before?.rule {
                counts.rules.append((item.weight, 1))
            } else if item.sentence != before?.sentence {
                counts.rules[counts.rules.count - 1].sentences += 1
            }
            before = item
        }
        counts.sentences = evidence.distinct(\.sentence).count
        counts.paragraphs = evidence.distinct(\.paragraph).count
        counts.isInTitle = evidence.contains { document.isInTitle($0.match.first) }
        counts.isInLede = evidence.contains { document.isInLede($0.match.first) }
        return counts
    }

    /// What the verdict on the document scanned last is made of.
    func documentCounts(_ tags: [Tag]) -> Scoring.DocumentCounts {
        let isCounted = tags.contains { ruleset.topics[$0.topic].standing != .supporting }
        var others: [WordSpan] = []
        if isCounted, let number = ruleset.otherSubjects {
            var evaluator = ConditionEvaluator(ruleset: ruleset, document: document, leaves: leaves)
            others = evaluator.runs(ofExclusion: number).spans
            if evaluator.isCurtailed { isCurtailed = true }
        }
        return Scoring.DocumentCounts(tags, others: others, document, ruleset)
    }

    /// Lists of scourges are mentions: a sentence counts by how many topics share it.
    private func noteSharedSentences(_ tags: inout [Tag]) {
        var topics = [Int](repeating: 0, count: document.sentenceCount)
        for tag in tags {
            for sentence in tag.evidence.distinct(\.sentence) { topics[sentence] += 1 }
        }
        for index in tags.indices {
            tags[index].counts.fewestTopicsInSentence = tags[index].evidence.map { topics[$0.sentence] }.min() ?? 1
        }
    }
}

/// What a topic's rules found, and what is left of it after each step of choosing; classification and explanation read
/// the same.
struct TopicCandidates {
    let topic: Int
    /// All matches of its rules.
    let found: [Candidate]
    /// Matches of other topics' rules that win over shorter ones inside them.
    let outranking: [Candidate]
    /// Those that lie in no longer one.
    let longest: [Candidate]
    /// Those that are evidence.
    let evidence: [Candidate]
    let counts: Scoring.Counts
}

/// A topic that stands in a document.
struct Tag {
    let topic: Int
    let evidence: [Candidate]
    var counts: Scoring.Counts
}

extension [Candidate] {
    /// The values of a place, such as sentences, each once; for candidates in order of place.
    fileprivate func distinct(_ place: (Candidate) -> Int) -> [Int] {
        var values: [Int] = []
        for candidate in self where values.last != place(candidate) { values.append(place(candidate)) }
        return values
    }
}
