extension TextScanner {
    /// Splits the text into words, sentences and paragraphs, and puts words that may be in a rule aside as suspects.
    ///
    /// Ordinary English is a run of ASCII words with one space between: such words are folded and hashed in registers, and
    /// whether they are suspect decides no branch. Everything else (a character beyond ASCII, an apostrophe, an acronym,
    /// punctuation) leaves the run for `foldWord` and `readGap`.
    mutating func tokenize(titleEnd: Int) {
        let bytes = UnsafePointer(text.base)
        let length = textLength
        let edges = UnsafePointer(wordEdges.base)
        let filter = automaton.vocabulary.filter.base
        let filterMask = automaton.vocabulary.filterMask
        let wildcards = automaton.wildcards.filter.base
        let tokens = tokens.base
        let suspects = suspects.base
        let masks = WordKey.masks.base
        // Counts are kept in registers within a run of plain words and put back before anyone else looks.
        var count = 0
        var suspected = 0
        var word = 0
        var at = 0
        var boundary = Boundary.paragraph
        tokenCount = 0
        suspectCount = 0
        while at < length {
            let start = Int(edges[word])
            let end = Int(edges[word &+ 1])
            let isPlain = start == at &+ 1 && bytes[at] == Self.space && bytes[end] == Self.space && end &- start <= 16
            if !isPlain {
                tokenCount = count
                suspectCount = suspected
                let isRead = readUnusual(&at, &word, &boundary, titleEnd: titleEnd)
                count = tokenCount
                suspected = suspectCount
                if isRead { continue }
                if at >= length { return }
                if boundary >= .sentence { noteStart(boundary) }
            }
            let first = Int(edges[word])
            let last = Int(edges[word &+ 1])
            let key = WordKey(ascii: bytes + first, length: last &- first, masks)
            let bit = key.hash & filterMask
            let named = filter[Int(truncatingIfNeeded: bit &>> 6)] &>> (bit & 63)
            let prefix = key.first & 0xFFFF
            let matched = wildcards[Int(truncatingIfNeeded: prefix &>> 6)] &>> (prefix & 63)
            tokens[count] = Token(
                start: UInt32(truncatingIfNeeded: first), end: UInt32(truncatingIfNeeded: last), code: .none,
                boundary: boundary)
            suspects[suspected] = UInt32(truncatingIfNeeded: count)
            suspected &+= Int(truncatingIfNeeded: (named | matched) & 1)
            count &+= 1
            word &+= 2
            at = last
            boundary = .adjacent
        }
        tokenCount = count
        suspectCount = suspected
    }

    private static let space = UInt8(ascii: " ")

    /// Reads what is not a plain word after one space: what lies before the next word, and the word itself where it needs
    /// reading character by character.
    /// - Returns: true when the word has been read; false when a plain word starts at `at`, or the text has ended.
    private mutating func readUnusual(
        _ at: inout Int, _ word: inout Int, _ boundary: inout Boundary, titleEnd: Int
    ) -> Bool {
        var isAmpersand = false
        if Int(wordEdges.base[word]) != at {
            let gap = readGap(from: at, titleEnd: titleEnd)
            boundary = max(boundary, gap.boundary)
            at = gap.next
            isAmpersand = gap.isAmpersand
        }
        guard at < textLength else { return false }
        let start = Int(wordEdges.base[word])
        let end = Int(wordEdges.base[word + 1])
        let isPlain =
            start == at && !isAmpersand && end - start <= WordKey.maximumExactLength && !needsFolding(start, end)
        if isPlain { return false }
        at = appendFoldedWord(at, isAmpersand: isAmpersand, boundary)
        boundary = .adjacent
        while Int(wordEdges.base[word]) < at { word += 2 }
        return true
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

    /// Appends a word that needs reading character by character, or `&`; returns where reading goes on.
    private mutating func appendFoldedWord(_ at: Int, isAmpersand: Bool, _ boundary: Boundary) -> Int {
        let (end, next) = isAmpersand ? foldAmpersand(at) : foldWord(from: at)
        var code = TermCode.none
        if !folded.isTooLong, folded.count > 0 {
            let word = folded
            code = resolved(automaton.vocabulary.code(word), at, end)
            if code.isNone, word.count > 1 {
                code = wildcardCode(UInt16(truncatingIfNeeded: word.chunk(at: 0)), count: word.count) { word[$0] }
            }
        }
        if boundary >= .sentence { noteStart(boundary) }
        tokens.base[tokenCount] = Token(start: UInt32(at), end: UInt32(end), code: code, boundary: boundary)
        if !code.isNone {
            suspects.base[suspectCount] = UInt32(tokenCount)
            suspectCount += 1
        }
        tokenCount += 1
        return next
    }

    /// Looks the suspects up and keeps those that are in a rule. Words that needed folding have their code already.
    mutating func resolveSuspects() {
        let masks = WordKey.masks.base
        foundCount = 0
        for index in 0..<suspectCount {
            let token = suspects.base[index]
            let word = tokens.base[Int(token)]
            if word.code.isNone {
                let length = Int(word.end &- word.start)
                let key = WordKey(ascii: UnsafePointer(text.base) + Int(word.start), length: length, masks)
                var code = automaton.vocabulary.code(key)
                if code.isNone || code.needsVerification { code = unusualCode(code, key, word) }
                if code.isNone { continue }
                tokens.base[Int(token)].code = code
            }
            found.base[foundCount] = token
            foundCount &+= 1
        }
    }

    /// The code of a plain word that exact forms or wildcards may name.
    private mutating func unusualCode(_ code: TermCode, _ key: WordKey, _ word: Token) -> TermCode {
        let start = Int(word.start)
        let end = Int(word.end)
        let resolved = resolved(code, start, end)
        guard resolved.isNone, end - start > 1 else { return resolved }
        let bytes = UnsafePointer(text.base)
        return wildcardCode(UInt16(truncatingIfNeeded: key.first), count: end - start) { bytes[start + $0] | 0x20 }
    }

    /// Keeps of a list the terms whose exact characters stand in the text.
    private mutating func resolved(_ code: TermCode, _ start: Int, _ end: Int) -> TermCode {
        guard code.needsVerification else { return code }
        let list = automaton.listStarts[code.list]..<automaton.listStarts[code.list + 1]
        for index in list {
            let term = automaton.listTerms[Int(index)]
            let exact = automaton.exactForms[Int(term)]
            let holds =
                exact.isEmpty
                || exact.count == end - start && exact.indices.allSatisfy { exact[$0] == text.base[start + $0] }
            if holds { extraListTerms.append(term) }
        }
        return closeExtraList()
    }

    private mutating func wildcardCode(_ firstTwo: UInt16, count: Int, _ word: (Int) -> UInt8) -> TermCode {
        guard automaton.wildcards.mayMatch(firstTwo) else { return .none }
        automaton.wildcards.forEachMatch(firstTwo, count: count, word) { extraListTerms.append($0) }
        return closeExtraList()
    }

    /// Makes a code of the terms appended since the last list was closed.
    private mutating func closeExtraList() -> TermCode {
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
    /// Eight bytes from `start`, little-endian, zero beyond the word.
    func chunk(at start: Int) -> UInt64 {
        var chunk: UInt64 = 0
        for index in (start..<max(start, min(start + 8, count))).reversed() { chunk = chunk << 8 | UInt64(self[index]) }
        return chunk
    }
}
