internal import RuleLanguage
internal import Speeches
internal import TextMatching

/// One document after its scan: its words, sentences and paragraphs, its title and lede, what is known of it.
///
/// Reused from document to document by one `Classifier`, so never shared between threads.
final class ScannedDocument {
    /// Asked about words hundreds of times a document, and changed by `scan` alone, which calls nobody who could ask it
    /// meanwhile: hence nothing is checked at run time.
    @exclusivity(unchecked) private(set) var scanner: TextScanner
    private(set) var speech = Speech(id: SpeechID(""), body: [])
    /// The canonical text as UTF-8.
    private(set) var bytes: [UInt8] = []
    /// Sentences, the title counted as one.
    private(set) var sentenceCount = 0
    /// Number of words of the title.
    private(set) var titleWords: UInt32 = 0
    /// Words of the lede.
    private(set) var lede: Range<UInt32> = 0..<0
    private var madePositions: TextPositions?
    private var madeSummary: DocumentSummary?

    init(_ automaton: PhraseAutomaton) {
        scanner = TextScanner(automaton)
    }

    func scan(_ speech: Speech) {
        self.speech = speech
        let text = speech.canonicalUTF8
        bytes = text
        madePositions = nil
        madeSummary = nil
        text.withUnsafeBufferPointer { scanner.scan($0, titleLength: speech.title?.utf8.count ?? 0) }
        sentenceCount = scanner.sentenceCount
        let hasTitle = speech.title != nil && scanner.paragraphCount > 0
        titleWords = hasTitle ? scanner.tokens(ofParagraph: 0).upperBound : 0
        lede = ledeWords(hasTitle: hasTitle)
    }

    /// The first sentences of the body: a tenth of all, at least one, at most five.
    private func ledeWords(hasTitle: Bool) -> Range<UInt32> {
        let first = hasTitle ? 1 : 0
        guard first < sentenceCount else { return 0..<0 }
        let last = min(first + max(1, min(5, sentenceCount / 10)), sentenceCount) - 1
        return scanner.tokens(ofSentence: first).lowerBound..<scanner.tokens(ofSentence: last).upperBound
    }

    /// Its bytes and code points; counted once, however many rulesets ask.
    var positions: TextPositions {
        if let madePositions { return madePositions }
        let positions = TextPositions(bytes)
        madePositions = positions
        return positions
    }

    /// What an event says of the document itself; made once, however many rulesets ask.
    var summary: DocumentSummary {
        if let madeSummary { return madeSummary }
        let summary = DocumentSummary(speech, characters: positions.count, words: words, sentences: sentenceCount)
        madeSummary = summary
        return summary
    }

    var words: Int { scanner.tokenCount }

    func sentence(of word: UInt32) -> Int { scanner.sentence(of: word) }

    /// The sentence's number as events give it: 0 is the title, whether there is one or not.
    func publishedSentence(of word: UInt32) -> Int { scanner.sentence(of: word) + (titleWords == 0 ? 1 : 0) }

    func paragraph(of word: UInt32) -> Int { scanner.paragraph(of: word) }

    func boundary(before word: UInt32) -> Boundary { scanner.boundary(before: word) }

    func isInTitle(_ word: UInt32) -> Bool { word < titleWords }

    func isInLede(_ word: UInt32) -> Bool { lede.contains(word) }

    func byteRange(_ span: WordSpan) -> Range<Int> { scanner.byteRange(first: span.first, last: span.last) }

    /// The whole words that each match of a regular expression touches; a match that touches none is none.
    /// - Parameter steps: how many the search may take; those that it took are taken off.
    func spans(of expression: RegularExpression, atMost limit: Int, steps: inout Int) -> [WordSpan] {
        var spans: [WordSpan] = []
        bytes.withUnsafeBufferPointer { bytes in
            steps -= expression.forEachMatch(in: bytes, steps: steps) { range in
                guard spans.count < limit else { return }
                let first = scanner.firstToken(endingAfter: range.lowerBound)
                let next = scanner.firstToken(atOrAfter: range.upperBound)
                if first < next { spans.append(WordSpan(first: first, last: next - 1)) }
            }
        }
        return spans
    }

    /// A span as it stands in the text.
    func text(_ span: WordSpan) -> String { String(decoding: bytes[byteRange(span)], as: UTF8.self) }

    func unit(_ unit: TextUnit, of word: UInt32) -> Int {
        switch unit {
        case .sentence: sentence(of: word)
        case .paragraph: paragraph(of: word)
        case .document: 0
        }
    }

    /// The words of the unit around a word.
    func words(of unit: TextUnit, around word: UInt32) -> Range<UInt32> {
        switch unit {
        case .sentence: scanner.tokens(ofSentence: sentence(of: word))
        case .paragraph: scanner.tokens(ofParagraph: paragraph(of: word))
        case .document: 0..<UInt32(words)
        }
    }

    /// How many words the unit around a word has, as far as it lies in the region.
    func words(in unit: TextUnit, of word: UInt32, _ region: Region) -> Int {
        let unit = words(of: unit, around: word)
        return switch region {
        case .everywhere: unit.count
        case .title: unit.clamped(to: 0..<titleWords).count
        case .lede: unit.clamped(to: lede).count
        }
    }

    func contains(_ match: Match, _ region: Region) -> Bool {
        switch region {
        case .everywhere: true
        case .title: match.last < titleWords
        case .lede: lede.contains(match.first) && lede.contains(match.last)
        }
    }

    /// Whether what is known of the document fulfils a rule's conditions; what is unknown fulfils none.
    func meets(_ conditions: DocumentConditions) -> Bool {
        conditions.isEmpty || unmet(conditions).isEmpty
    }

    /// The conditions that are not fulfilled, as their author wrote them.
    func unmet(_ conditions: DocumentConditions) -> [String] {
        func holds(_ wanted: [String], _ known: [String?]) -> Bool {
            wanted.isEmpty
                || wanted.contains { word in
                    known.contains { $0?.lowercased().contains(word.lowercased()) ?? false }
                }
        }
        let language = speech.language?.lowercased() ?? ""
        let isLanguage =
            conditions.languages.isEmpty
            || conditions.languages.contains { wanted in
                language == wanted.lowercased() || language.hasPrefix(wanted.lowercased() + "-")
            }
        let checks: [(holds: Bool, need: String, wanted: [String])] = [
            (
                isLanguage, speech.language == nil ? "no language is named; the rule wants" : "the language is not",
                conditions.languages
            ),
            (
                holds(conditions.speakers, [speech.speaker?.name, speech.speaker?.role]),
                "neither name nor role of the speaker has", conditions.speakers
            ),
            (
                holds(conditions.organisations, [speech.speaker?.organisation]), "the speaker's organisation has not",
                conditions.organisations
            ),
            (
                holds(conditions.sources, [speech.source?.publisher, speech.source?.uri]),
                "neither publisher nor address has", conditions.sources
            ),
            (isDelivered(from: conditions.from, to: nil), "not delivered from", [conditions.from?.text ?? ""]),
            (isDelivered(from: nil, to: conditions.to), "not delivered until", [conditions.to?.text ?? ""]),
        ]
        return checks.filter { !$0.holds }.map { "when: \($0.need) \($0.wanted.joined(separator: " or "))" }
    }

    /// ISO dates compare as text; with reduced precision a date is compared as far as both are known.
    private func isDelivered(from: DeliveryDate?, to: DeliveryDate?) -> Bool {
        guard from != nil || to != nil else { return true }
        guard let date = speech.deliveredOn?.date else { return false }
        func isOrdered(_ earlier: String, _ later: String) -> Bool {
            let length = min(earlier.count, later.count)
            return earlier.prefix(length) <= later.prefix(length)
        }
        return (from.map { isOrdered($0.date, date) } ?? true) && (to.map { isOrdered(date, $0.date) } ?? true)
    }
}
