/// The loop over words as it stands: everything it needs for each word, kept in registers.
private struct WordLoop {
    private let bytes: UnsafePointer<UInt8>
    private let masks: UnsafePointer<UInt64>
    private let starts: StartFilter.Reader
    private let tokens: UnsafeMutablePointer<Token>
    private let candidates: UnsafeMutablePointer<UInt32>
    /// Number of words so far.
    var count = 0
    /// Number of words so far with which a phrase may begin.
    private(set) var candidateCount = 0
    /// Hash of the word before, and of the two words before.
    private var oneBefore: UInt64 = 0
    private var twoBefore: UInt64 = 0
    /// In the lowest bit: whether a phrase may begin one word ago, and two words ago, for all that is known by now.
    private var mayBeginOneAgo: UInt64 = 0
    private var mayBeginTwoAgo: UInt64 = 0

    @inline(__always)
    init(
        bytes: UnsafePointer<UInt8>, masks: UnsafePointer<UInt64>, starts: StartFilter.Reader,
        tokens: UnsafeMutablePointer<Token>, candidates: UnsafeMutablePointer<UInt32>
    ) {
        self.bytes = bytes
        self.masks = masks
        self.starts = starts
        self.tokens = tokens
        self.candidates = candidates
    }

    /// Appends an ASCII word of at most sixteen bytes; its code is looked up when a phrase needs it.
    @inline(__always)
    mutating func append(from start: UInt32, to end: UInt32, _ boundary: Boundary) {
        let first = WordKey.first(ascii: bytes + Int(start), length: Int(end &- start), masks)
        append(Token(start: start, end: end, code: .unread, boundary: boundary), first, doubt: 0)
    }

    /// Appends a word by its first eight folded bytes. Whether a phrase may begin with it is known two words later.
    /// - Parameter doubt: 1 where the filter may err by saying no, so that a phrase may begin with this word, and with
    ///   either of the two before, whatever it says; else 0.
    @inline(__always)
    mutating func append(_ token: Token, _ first: UInt64, doubt: UInt64) {
        tokens[count] = token
        let word = StartFilter.hash(first)
        let following = starts.hash(following: first, word)
        let two = StartFilter.hash(oneBefore, following)
        let three = StartFilter.hash(twoBefore, following)
        noteCandidate(mayBeginTwoAgo | starts.mayBegin(three) | doubt)
        mayBeginTwoAgo = mayBeginOneAgo | starts.mayBegin(two) | doubt
        mayBeginOneAgo = starts.mayBegin(with: word, following) | doubt
        oneBefore = word
        twoBefore = two
        count &+= 1
    }

    /// The last two words have no others after them.
    @inline(__always)
    mutating func finish() {
        noteCandidate(mayBeginTwoAgo)
        count &+= 1
        noteCandidate(mayBeginOneAgo)
        count &-= 1
    }

    /// Writes the word two ago down in any case and counts it if it is one: no branch to be guessed wrong.
    @inline(__always)
    private mutating func noteCandidate(_ bits: UInt64) {
        candidates[candidateCount] = UInt32(truncatingIfNeeded: count &- 2)
        candidateCount &+= Int(truncatingIfNeeded: bits & 1)
    }
}

extension TextScanner {
    /// Splits the text into words, sentences and paragraphs, and notes the words with which a phrase may begin.
    ///
    /// Ordinary English is a run of ASCII words with one space between: such words are folded and hashed in registers,
    /// and whether they are in a rule decides no branch. Everything else (a character beyond ASCII, an apostrophe, an
    /// acronym, punctuation) leaves the run for `foldWord` and `readGap`.
    mutating func tokenize(titleEnd: Int) {
        let edges = UnsafePointer(wordEdges.base)
        let breaks = UnsafePointer(breaks.base)
        var loop = WordLoop(
            bytes: UnsafePointer(text.base), masks: wordMasks.base, starts: automaton.starts.reader,
            tokens: tokens.base, candidates: candidates.base)
        var nextBreak = 0
        /// Where in `edges` the next word begins.
        var word = 0
        var at = 0
        var boundary = Boundary.paragraph
        tokenCount = 0
        while at < textLength {
            if let unusual = readUnusual(&at, &word, &boundary, titleEnd: titleEnd) {
                loop.append(unusual.token, unusual.first, doubt: StartFilter.isCertain(unusual.first) ? 0 : 1)
                tokenCount = loop.count
                boundary = .adjacent
                continue
            }
            if at >= textLength { break }
            if boundary >= .sentence { noteStart(boundary) }
            while breaks[nextBreak] <= edges[word] && Int(breaks[nextBreak]) < textLength { nextBreak &+= 1 }
            let end = breaks[nextBreak]
            // The first word is plain by itself; those that follow are where a single space lies on both their sides.
            repeat {
                loop.append(from: edges[word], to: edges[word &+ 1], boundary)
                boundary = .adjacent
                word &+= 2
            } while edges[word &+ 2] < end && edges[word &+ 1] &- edges[word] <= UInt32(WordKey.maximumExactLength)
            at = Int(edges[word &- 1])
            tokenCount = loop.count
        }
        loop.finish()
        candidateCount = loop.candidateCount
    }

    /// Reads what is not a plain word after one space: what lies before the next word, and the word itself where it needs
    /// reading character by character.
    /// - Returns: the word if it has been read; nil when a plain word begins at `at`, or the text has ended.
    private mutating func readUnusual(
        _ at: inout Int, _ word: inout Int, _ boundary: inout Boundary, titleEnd: Int
    ) -> (token: Token, first: UInt64)? {
        var isAmpersand = false
        let start = Int(wordEdges.base[word])
        let isOneSpace = start == at + 1 && text.base[at] == UInt8(ascii: " ") && start < textLength
        if isOneSpace {
            at = start
        } else if start != at {
            let gap = readGap(from: at, titleEnd: titleEnd)
            boundary = max(boundary, gap.boundary)
            at = gap.next
            isAmpersand = gap.isAmpersand
        }
        guard at < textLength else { return nil }
        let end = Int(wordEdges.base[word + 1])
        let isPlain =
            start == at && !isAmpersand && end - start <= WordKey.maximumExactLength && !needsFolding(start, end)
        if isPlain { return nil }
        let read = readFoldedWord(&at, isAmpersand: isAmpersand, boundary)
        while Int(wordEdges.base[word]) < at { word += 2 }
        return read
    }

    /// Whether the plain word before `end` goes on, or must be read character by character.
    @inline(__always)
    private func needsFolding(_ start: Int, _ end: Int) -> Bool {
        let next = text.base[end]
        return next >= 0x80 || next == UInt8(ascii: "'") || (next == UInt8(ascii: ".") && end == start &+ 1)
    }

    private mutating func noteStart(_ boundary: Boundary) {
        sentenceStarts.append(UInt32(tokenCount))
        if boundary == .paragraph { paragraphStarts.append(UInt32(tokenCount)) }
    }

    /// Reads a word that needs reading character by character, or `&`; moves `at` to where reading goes on.
    private mutating func readFoldedWord(
        _ at: inout Int, isAmpersand: Bool, _ boundary: Boundary
    ) -> (token: Token, first: UInt64) {
        let start = at
        let (end, next) = isAmpersand ? foldAmpersand(at) : foldWord(from: at)
        at = next
        if boundary >= .sentence { noteStart(boundary) }
        var code = TermCode.none
        var first: UInt64 = 0
        let automaton = self.automaton
        if !folded.isTooLong, folded.count > 0 {
            let word = folded
            first = word.first
            code = resolved(automaton.vocabulary.code(word), start, end, automaton)
            if code.isNone, word.count > 1 {
                code = wildcardCode(first, count: word.count, automaton) { word[$0] }
            }
        }
        return (Token(start: UInt32(start), end: UInt32(end), code: code, boundary: boundary), first)
    }

    /// What a word is in the rules: looked up the first time that a phrase asks for it.
    @inline(__always)
    mutating func code(of token: Int, _ automaton: PhraseAutomaton) -> TermCode {
        let code = tokens.base[token].code
        return code == .unread ? readCode(of: token, automaton) : code
    }

    @inline(__always)
    private mutating func readCode(of token: Int, _ automaton: PhraseAutomaton) -> TermCode {
        let word = tokens.base[token]
        let length = Int(word.end &- word.start)
        let key = WordKey(ascii: UnsafePointer(text.base) + Int(word.start), length: length, wordMasks.base)
        var code = automaton.vocabulary.code(key)
        if code.isNone || code.needsVerification { code = unusualCode(code, key, word, automaton) }
        tokens.base[token].code = code
        return code
    }

    /// The code of a plain word that exact forms or wildcards may name.
    /// - Parameter automaton: the scanner's own, held by the caller, so that it need not be kept alive for each word.
    private mutating func unusualCode(
        _ code: TermCode, _ key: WordKey, _ word: Token, _ automaton: PhraseAutomaton
    ) -> TermCode {
        let start = Int(word.start)
        let end = Int(word.end)
        let resolved = resolved(code, start, end, automaton)
        guard resolved.isNone, end - start > 1 else { return resolved }
        let bytes = UnsafePointer(text.base)
        return wildcardCode(key.first, count: end - start, automaton) { bytes[start + $0] | 0x20 }
    }

    /// Keeps of a list the terms whose exact characters stand in the text.
    @inline(__always)
    private mutating func resolved(
        _ code: TermCode, _ start: Int, _ end: Int, _ automaton: PhraseAutomaton
    ) -> TermCode {
        code.needsVerification ? verified(code, start, end, automaton) : code
    }

    private mutating func verified(
        _ code: TermCode, _ start: Int, _ end: Int, _ automaton: PhraseAutomaton
    ) -> TermCode {
        let list = automaton.listStarts[code.list]..<automaton.listStarts[code.list + 1]
        for index in list {
            let term = automaton.listTerms[Int(index)]
            let exact = automaton.exactForms[Int(term)]
            let holds =
                exact.isEmpty
                || exact.count == end - start && exact.indices.allSatisfy { exact[$0] == text.base[start + $0] }
            if holds { extraListTerms.append(term) }
        }
        return closeExtraList(automaton)
    }

    @inline(__always)
    private mutating func wildcardCode(
        _ first: UInt64, count: Int, _ automaton: PhraseAutomaton, _ word: (Int) -> UInt8
    ) -> TermCode {
        automaton.wildcards.forEachMatch(first, count: count, word) { extraListTerms.append($0) }
        return closeExtraList(automaton)
    }

    /// Makes a code of the terms appended since the last list was closed.
    private mutating func closeExtraList(_ automaton: PhraseAutomaton) -> TermCode {
        let start = Int(extraListStarts.last!)
        switch extraListTerms.count - start {
        case 0: return .none
        case 1: return .term(Int(extraListTerms.removeLast()))
        default:
            extraListStarts.append(UInt32(extraListTerms.count))
            return .list(automaton.listStarts.count - 1 + extraListStarts.count - 2)
        }
    }
}

extension FoldedWord {
    /// The first eight bytes.
    var first: UInt64 { chunk(at: 0) }

    /// Eight bytes from `start`, little-endian, zero beyond the word.
    func chunk(at start: Int) -> UInt64 {
        var chunk: UInt64 = 0
        for index in (start..<max(start, min(start + 8, count))).reversed() { chunk = chunk << 8 | UInt64(self[index]) }
        return chunk
    }

    /// The word as the vocabulary keys it.
    var key: WordKey {
        var key = WordKey(first: first, second: chunk(at: 8))
        for start in stride(from: WordKey.maximumExactLength, to: count, by: 8) { key.add(chunk(at: start)) }
        return key
    }
}
