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
    private let possibilities: Possibilities
    private let activeRules: RuleFlags
    /// For what the rules find, and for the words of other policy fields: each has limits of its own.
    private var evaluator: ConditionEvaluator
    private var verdictEvaluator: ConditionEvaluator
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
        possibilities = Possibilities(ruleset.conditionNeeds)
        var active = RuleFlags(ruleCount: ruleset.rules.count)
        for (number, rule) in ruleset.rules.enumerated() where rule.isActive { active.add(number) }
        activeRules = active
        evaluator = ConditionEvaluator(ruleset, document, leaves, possibilities)
        verdictEvaluator = ConditionEvaluator(ruleset, document, leaves, possibilities)
    }

    /// Another evaluator of the document scanned last.
    func makeEvaluator() -> ConditionEvaluator { ConditionEvaluator(ruleset, document, leaves, possibilities) }

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
        evaluator.begin()
        let candidates = evaluator.matches(ofRule: number).map { candidate($0, number) }
        return EvidenceSelection.longest(candidates).map { $0.match.allSpans.map(document.text) }
    }

    /// Reads a document; what the evaluator and the event builder then say is about it.
    func scan(_ speech: Speech) {
        document.scan(speech)
        sortOccurrences()
    }

    private func sortOccurrences() {
        leaves.fill(document.scanner.occurrences, ruleset, possibilities)
    }

    func candidate(_ match: Match, _ rule: Int) -> Candidate {
        Candidate(
            match: match, rule: rule, weight: ruleset.rules[rule].weight, sentence: document.sentence(of: match.first),
            paragraph: document.paragraph(of: match.first))
    }

    /// Rules in use whose words occur in the document scanned last, in the order of their numbers.
    var rulesToTry: [Int] { possibilities.rules(in: activeRules) }

    /// What the rules find in a document and what is left of it, topic by topic; empty where they cannot be applied.
    func assess(_ speech: Speech) -> [TopicCandidates] {
        scan(speech)
        return assessment == .classified ? assessScanned() : []
    }

    /// The topics that stand, with their evidence; prominence needs all of them, so it comes last.
    private func tags() -> [Tag] { tags(assessScanned()) }

    private func assessScanned() -> [TopicCandidates] {
        evaluator.begin()
        let candidates = candidates(&evaluator)
        if evaluator.isCurtailed { isCurtailed = true }
        return choose(among: candidates)
    }

    /// What the rules in use find in the document scanned last, topic by topic.
    func candidates(_ evaluator: inout ConditionEvaluator) -> [TopicFinds] {
        var finds: [TopicFinds] = []
        // Rules come in the order of their numbers, and those of a topic follow each other.
        for rule in rulesToTry {
            let matches = evaluator.matches(ofRule: rule)
            if matches.isEmpty { continue }
            let topic = ruleset.rules[rule].topic
            if finds.last?.topic != topic { finds.append(TopicFinds(topic: topic)) }
            for match in matches { finds[finds.count - 1].found.append(candidate(match, rule)) }
        }
        return finds
    }

    /// From what the rules of topics found to their evidence and what that amounts to.
    func choose(among finds: [TopicFinds]) -> [TopicCandidates] {
        let outranking = ruleset.hasOutrankingRules ? finds.flatMap(\.found).filter(outranks) : []
        return finds.map { finds in
            let (topic, found) = (finds.topic, finds.found)
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
        // Of each rule in the order of their numbers; evidence in order of place has its sentences in order.
        var rules: [(rule: Int, weight: Int, sentences: Int, lastSentence: Int)] = []
        var (sentence, paragraph) = (-1, -1)
        for item in evidence {
            let place = rules.partitionPoint { $0.rule >= item.rule }
            if place == rules.count || rules[place].rule != item.rule {
                rules.insert((item.rule, item.weight, 1, item.sentence), at: place)
            } else if rules[place].lastSentence != item.sentence {
                rules[place].sentences += 1
                rules[place].lastSentence = item.sentence
            }
            if item.sentence != sentence { counts.sentences += 1 }
            if item.paragraph != paragraph { counts.paragraphs += 1 }
            (sentence, paragraph) = (item.sentence, item.paragraph)
            if document.isInTitle(item.match.first) { counts.isInTitle = true }
            if document.isInLede(item.match.first) { counts.isInLede = true }
        }
        counts.rules = rules.map { ($0.weight, $0.sentences) }
        return counts
    }

    /// What the verdict on the document scanned last is made of.
    func documentCounts(_ tags: [Tag]) -> Scoring.DocumentCounts {
        let isCounted = tags.contains { ruleset.topics[$0.topic].standing != .supporting }
        var others: [WordSpan] = []
        if isCounted, let number = ruleset.otherSubjects {
            verdictEvaluator.begin()
            others = verdictEvaluator.runs(ofExclusion: number).spans
            if verdictEvaluator.isCurtailed { isCurtailed = true }
        }
        return Scoring.DocumentCounts(tags, others: others, document, ruleset)
    }

    /// Lists of scourges are mentions: a sentence counts by how many topics share it.
    private func noteSharedSentences(_ tags: inout [Tag]) {
        var topics = [Int](repeating: 0, count: document.sentenceCount)
        for tag in tags {
            var sentence = -1
            for item in tag.evidence where item.sentence != sentence {
                sentence = item.sentence
                topics[sentence] += 1
            }
        }
        for index in tags.indices {
            var fewest = tags[index].evidence.isEmpty ? 1 : Int.max
            for item in tags[index].evidence { fewest = min(fewest, topics[item.sentence]) }
            tags[index].counts.fewestTopicsInSentence = fewest
        }
    }
}

/// What the rules of one topic found.
struct TopicFinds {
    let topic: Int
    var found: [Candidate] = []
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
