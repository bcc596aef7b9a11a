/// Finds every phrase of an automaton in texts, one text after the other.
///
/// A scanner owns its scratch memory and is used by one thread at a time; the automaton behind it is shared. It splits a
/// text into words, sentences and paragraphs and reports each occurrence of each phrase, overlapping ones included, in
/// the order of their first words. Time is linear in the text for a fixed longest phrase. Nothing is allocated for a
/// text no larger than one scanned before.
public struct TextScanner: ~Copyable {
    /// No more occurrences than this are reported for one text; the rest is dropped and `isTruncated` says so. Ordinary
    /// speeches have some hundreds.
    public static let maximumOccurrences = 1 << 18

    /// The phrases looked for.
    public let automaton: PhraseAutomaton

    let folding = CharacterFolding.shared
    let wordMasks = WordKey.masks
    /// The text with zero bytes behind it, so that whole blocks can be read at once.
    var text = ScratchBuffer<UInt8>(capacity: 16_384)
    var textLength = 0
    /// See `findWordEdges`.
    var wordEdges = ScratchBuffer<UInt32>(capacity: 16_384)
    var breaks = ScratchBuffer<UInt32>(capacity: 8_192)
    var tokens = ScratchBuffer<Token>(capacity: 8_192)
    /// Words with which a phrase may begin, by number.
    var candidates = ScratchBuffer<UInt32>(capacity: 8_192)
    var candidateCount = 0
    /// Number of words in the text scanned last.
    public internal(set) var tokenCount = 0
    /// First word of each sentence.
    var sentenceStarts: [UInt32] = []
    /// First word of each paragraph.
    var paragraphStarts: [UInt32] = []
    /// Lists of terms beyond those known at compile time: words that several wildcards name, or exact forms that held.
    var extraListStarts: [UInt32] = [0]
    var extraListTerms: [UInt32] = []
    var folded = FoldedWord()
    /// Every occurrence in the text scanned last.
    public internal(set) var occurrences: [Occurrence] = []
    /// Whether the text scanned last has more occurrences than are reported.
    public internal(set) var isTruncated = false

    /// Makes a scanner with scratch memory of its own.
    public init(_ automaton: PhraseAutomaton) {
        self.automaton = automaton
    }

    /// Scans a text.
    /// - Parameters:
    ///   - text: of less than 4 GiB.
    ///   - titleLength: how many bytes of UTF-8 at the start are the title, 0 for none; the title is one sentence
    ///     whatever it contains.
    public mutating func scan(_ text: String, titleLength: Int = 0) {
        var text = text
        text.withUTF8 { scan($0, titleLength: titleLength) }
    }

    /// Scans a text given as valid UTF-8.
    public mutating func scan(_ utf8: UnsafeBufferPointer<UInt8>, titleLength: Int = 0) {
        precondition(utf8.count < UInt32.max, "a text of less than 4 GiB")
        text.reserve(utf8.count + Self.padding)
        if let first = utf8.baseAddress { text.base.update(from: first, count: utf8.count) }
        (text.base + utf8.count).update(repeating: 0, count: Self.padding)
        textLength = utf8.count
        // Every word but the last is followed by another byte; `R&D` alone has a word for each of its bytes.
        tokens.reserve(utf8.count + 1)
        candidates.reserve(utf8.count + 2)
        sentenceStarts.removeAll(keepingCapacity: true)
        paragraphStarts.removeAll(keepingCapacity: true)
        extraListStarts.removeAll(keepingCapacity: true)
        extraListStarts.append(0)
        extraListTerms.removeAll(keepingCapacity: true)
        findWordEdges()
        tokenize(titleEnd: titleLength)
        findPhrases()
    }

    // MARK: Words, sentences, paragraphs

    /// Number of sentences in the text scanned last.
    public var sentenceCount: Int { sentenceStarts.count }

    /// Number of paragraphs in the text scanned last.
    public var paragraphCount: Int { paragraphStarts.count }

    /// Bytes from the first of word `first` to the last of word `last`.
    public func byteRange(first: UInt32, last: UInt32) -> Range<Int> {
        precondition(first <= last && last < tokenCount, "words of the text scanned last")
        return Int(tokens.base[Int(first)].start)..<Int(tokens.base[Int(last)].end)
    }

    /// What lies before a word.
    public func boundary(before token: UInt32) -> Boundary {
        precondition(token < tokenCount, "a word of the text scanned last")
        return tokens.base[Int(token)].boundary
    }

    /// Number of the sentence that a word stands in, from 0.
    public func sentence(of token: UInt32) -> Int { Self.lastStart(notAfter: token, in: sentenceStarts) }

    /// Number of the paragraph that a word stands in, from 0.
    public func paragraph(of token: UInt32) -> Int { Self.lastStart(notAfter: token, in: paragraphStarts) }

    /// The words of a sentence.
    public func tokens(ofSentence sentence: Int) -> Range<UInt32> {
        sentenceStarts[
            sentence]..<(sentence + 1 < sentenceStarts.count ? sentenceStarts[sentence + 1] : UInt32(tokenCount))
    }

    /// The words of a paragraph.
    public func tokens(ofParagraph paragraph: Int) -> Range<UInt32> {
        paragraphStarts[
            paragraph]..<(paragraph + 1 < paragraphStarts.count
            ? paragraphStarts[paragraph + 1] : UInt32(tokenCount))
    }

    /// The first word that starts at or after a byte; the number of words when there is none.
    public func firstToken(atOrAfter byte: Int) -> UInt32 {
        firstToken { Int($0.start) >= byte }
    }

    /// The first word that ends after a byte; the number of words when there is none.
    public func firstToken(endingAfter byte: Int) -> UInt32 {
        firstToken { Int($0.end) > byte }
    }

    /// The first word of those, at the text's end, that satisfy a condition.
    private func firstToken(_ isBeyond: (Token) -> Bool) -> UInt32 {
        var low = 0
        var high = tokenCount
        while low < high {
            let middle = (low + high) / 2
            if isBeyond(tokens.base[middle]) { high = middle } else { low = middle + 1 }
        }
        return UInt32(low)
    }

    private static func lastStart(notAfter token: UInt32, in starts: [UInt32]) -> Int {
        var low = 0
        var high = starts.count
        while low < high {
            let middle = (low + high) / 2
            if starts[middle] <= token { low = middle + 1 } else { high = middle }
        }
        return low - 1
    }
}
