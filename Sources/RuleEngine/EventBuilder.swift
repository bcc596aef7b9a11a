internal import Speeches

/// Makes the event of a classified document: quotes the evidence, counts in code points, keeps within the limits.
struct EventBuilder {
    /// Code points quoted before and after a span.
    static let contextLength = 32

    private let document: ScannedDocument
    private let ruleset: Ruleset
    private let text: TextPositions

    init(_ document: ScannedDocument, _ ruleset: Ruleset) {
        self.document = document
        self.ruleset = ruleset
        text = document.positions
    }

    /// - Parameter isCurtailed: whether a limit of work was reached, so that there may be evidence that nobody looked at.
    func event(
        _ assessment: Assessment, _ tags: [Tag], counts: Scoring.DocumentCounts, isCurtailed: Bool
    ) -> ClassifiedSpeech {
        let summary = document.summary
        let topics = tags.map(topic).sorted {
            $0.score != $1.score ? $0.score > $1.score : $0.id < $1.id
        }
        let event = ClassifiedSpeech(
            eventID: ClassifiedSpeech.eventID(
                document: summary.id, revision: summary.revision, rulesetDigest: ruleset.identity.digest),
            assessment: assessment, document: summary,
            crimePolicy: assessment == .classified ? Scoring.crimePolicy(counts) : nil, topics: topics,
            ruleset: ruleset.identity, truncated: isCurtailed)
        return limited(event)
    }

    private func topic(_ tag: Tag) -> TaggedTopic {
        let topic = ruleset.topics[tag.topic]
        return TaggedTopic(
            id: topic.id, label: topic.label, codes: topic.codes, score: Scoring.score(tag.counts),
            prominence: Scoring.prominence(tag.counts, sentences: document.sentenceCount),
            evidenceCount: tag.evidence.count,
            evidence: tag.evidence.prefix(ruleset.options.evidencePerTopic).map(evidence))
    }

    func evidence(_ candidate: Candidate) -> Evidence {
        let rule = ruleset.rules[candidate.rule]
        return Evidence(
            rule: rule.id, weight: rule.weight, sentence: document.publishedSentence(of: candidate.match.first),
            spans: candidate.match.allSpans.map(span))
    }

    /// The code points of a span.
    func positions(of words: WordSpan) -> Range<Int> {
        let bytes = document.byteRange(words)
        return text.position(ofByte: bytes.lowerBound)..<text.position(ofByte: bytes.upperBound)
    }

    private func span(_ words: WordSpan) -> TextSpan {
        let bytes = document.byteRange(words)
        let (start, end) = (text.position(ofByte: bytes.lowerBound), text.position(ofByte: bytes.upperBound))
        guard ruleset.options.evidenceText == .full else { return TextSpan(start: start, end: end) }
        let before = text.byte(back: Self.contextLength, from: bytes.lowerBound)
        let after = text.byte(ahead: Self.contextLength, from: bytes.upperBound)
        return TextSpan(
            start: start, end: end, exact: text.text(bytes), prefix: text.text(before..<bytes.lowerBound),
            suffix: text.text(bytes.upperBound..<after))
    }

    /// Drops evidence from the longest lists until the event fits; the counts stay true and the event says so.
    private func limited(_ event: ClassifiedSpeech) -> ClassifiedSpeech {
        if event.jsonBytesAtMost <= ruleset.options.maximumEventBytes { return event }
        var event = event
        var longest = event.topics.map(\.evidence.count).max() ?? 0
        while longest > 0, event.json.count > ruleset.options.maximumEventBytes {
            longest = longest * 3 / 4
            event.truncated = true
            for index in event.topics.indices {
                event.topics[index].evidence = Array(event.topics[index].evidence.prefix(longest))
            }
        }
        return event
    }
}
