extension TextScanner {
    /// Splits the text into words and looks each up in the vocabulary.
    ///
    /// Ordinary English is a run of ASCII words with one space between: that path loads eight bytes at a time, folds
    /// and measures the word without a branch per byte, and hashes it in one multiplication. Everything else (a
    /// character beyond ASCII, an apostrophe, an acronym, punctuation) leaves it for `foldWord` and `readGap`.
    mutating func tokenize(titleEnd: Int) {
        let bytes = UnsafePointer(text.base)
        let classes = folding.byteClasses.base
        let word = CharacterClass.word.rawValue
        var at = 0
        var boundary = Boundary.paragraph
        tokenCount = 0
        while true {
            if classes[Int(bytes[at])] != word {
                let gap = readGap(from: at, titleEnd: titleEnd)
                at = gap.next
                boundary = max(boundary, gap.boundary)
                if at >= textLength { return }
                if gap.isAmpersand || bytes[at] >= 0x80 {
                    at = appendFoldedWord(at, isAmpersand: gap.isAmpersand, boundary)
                    boundary = .adjacent
                    continue
                }
            }
            at = appendPlainWord(at, boundary)
            boundary = .adjacent
            if bytes[at] == UInt8(ascii: " "), classes[Int(bytes[at + 1])] == word { at += 1 }
        }
    }

    /// Appends the word at `at`, which begins with an ASCII letter or digit; returns where reading goes on.
    @inline(__always)
    private mutating func appendPlainWord(_ at: Int, _ boundary: Boundary) -> Int {
        let bytes = UnsafePointer(text.base)
        var chunk = AsciiChunk(bytes + at)
        var end = at + chunk.length
        var hash = WordHash.mix(0, chunk.folded)
        let first = chunk.folded
        while chunk.length == 8 {
            chunk = AsciiChunk(bytes + end)
            if chunk.length == 0 { break }
            end += chunk.length
            hash = WordHash.mix(hash, chunk.folded)
        }
        let next = bytes[end]
        if next >= 0x80 || next == UInt8(ascii: "'") || (next == UInt8(ascii: ".") && end == at + 1) {
            return appendFoldedWord(at, isAmpersand: false, boundary)
        }
        let length = end - at
        var code: TermCode
        if length <= 8 {
            code = automaton.vocabulary.code(short: first, hash: hash)
        } else {
            code = automaton.vocabulary.code(long: hash) { pool, count in
                count == length && (0..<count).allSatisfy { pool[$0] == bytes[at + $0] | 0x20 }
            }
        }
        if code.needsVerification { code = verified(code, at, end) }
        if code.isNone, length > 1, automaton.wildcards.mayMatch(UInt16(truncatingIfNeeded: first)) {
            code = wildcardCode(UInt16(truncatingIfNeeded: first), count: length) { bytes[at + $0] | 0x20 }
        }
        append(Token(start: UInt32(at), end: UInt32(end), code: code, boundary: boundary))
        return end
    }

    @inline(__always)
    mutating func append(_ token: Token) {
        if token.boundary >= .sentence { noteStart(token.boundary) }
        tokens.base[tokenCount] = token
        tokenCount += 1
    }

    private mutating func noteStart(_ boundary: Boundary) {
        sentenceStarts.append(UInt32(tokenCount))
        if boundary == .paragraph { paragraphStarts.append(UInt32(tokenCount)) }
    }

    /// Appends a word that needs folding beyond ASCII, or `&`; returns where reading goes on.
    private mutating func appendFoldedWord(_ at: Int, isAmpersand: Bool, _ boundary: Boundary) -> Int {
        let (end, next) = isAmpersand ? foldAmpersand(at) : foldWord(from: at)
        var code = TermCode.none
        if !folded.isTooLong, folded.count > 0 {
            let word = folded
            let hash = stride(from: 0, to: word.count, by: 8).reduce(UInt64(0)) { WordHash.mix($0, word.chunk(at: $1)) }
            if word.count <= 8 {
                code = automaton.vocabulary.code(short: word.chunk(at: 0), hash: hash)
            } else {
                code = automaton.vocabulary.code(long: hash) { pool, count in
                    count == word.count && (0..<count).allSatisfy { pool[$0] == word[$0] }
                }
            }
            if code.needsVerification { code = verified(code, at, end) }
            if code.isNone, word.count > 1 {
                let firstTwo = UInt16(truncatingIfNeeded: word.chunk(at: 0))
                if automaton.wildcards.mayMatch(firstTwo) {
                    code = wildcardCode(firstTwo, count: word.count) { word[$0] }
                }
            }
        }
        append(Token(start: UInt32(at), end: UInt32(end), code: code, boundary: boundary))
        return next
    }

    /// Keeps of a list the terms whose exact characters stand in the text.
    private mutating func verified(_ code: TermCode, _ start: Int, _ end: Int) -> TermCode {
        let list = automaton.listStarts[code.list]..<automaton.listStarts[code.list + 1]
        for index in list {
            let term = automaton.listTerms[Int(index)]
            let exact = automaton.exactForms[Int(term)]
            let holds =
                exact.isEmpty || exact.count == end - start && exact.indices.allSatisfy { exact[$0] == text.base[start + $0] }
            if holds { extraListTerms.append(term) }
        }
        return closeExtraList()
    }

    private mutating func wildcardCode(_ firstTwo: UInt16, count: Int, _ word: (Int) -> UInt8) -> TermCode {
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

/// Up to eight bytes of an ASCII word, measured and folded in registers.
private struct AsciiChunk {
    /// Number of word bytes, 0 to 8.
    let length: Int
    /// They, in lower case, little-endian, zero beyond `length`.
    let folded: UInt64

    /// Reads eight bytes at `bytes`, which must be readable.
    ///
    /// Sets the high bit of each byte that is a letter (after setting the case bit) or a digit; a byte of 0x80 or more
    /// is neither, and a carry out of it can only spoil bytes after it, which do not count any more.
    @inline(__always)
    init(_ bytes: UnsafePointer<UInt8>) {
        let value = UInt64(littleEndian: UnsafeRawPointer(bytes).loadUnaligned(as: UInt64.self))
        let high: UInt64 = 0x8080_8080_8080_8080
        let lower = value | 0x2020_2020_2020_2020
        let fromA = lower &+ 0x1F1F_1F1F_1F1F_1F1F
        let beyondZ = lower &+ 0x0505_0505_0505_0505
        let from0 = value &+ 0x5050_5050_5050_5050
        let beyond9 = value &+ 0x4646_4646_4646_4646
        let outside = ~(((fromA & ~beyondZ) | (from0 & ~beyond9)) & ~value) & high
        if outside == 0 {
            length = 8
            folded = lower
        } else {
            let bits = UInt64(outside.trailingZeroBitCount & ~7)
            length = Int(bits >> 3)
            folded = lower & ((1 << bits) &- 1)
        }
    }
}

extension FoldedWord {
    /// Eight bytes from `start`, little-endian, zero beyond the word.
    func chunk(at start: Int) -> UInt64 {
        var chunk: UInt64 = 0
        for index in (start..<min(start + 8, count)).reversed() { chunk = chunk << 8 | UInt64(self[index]) }
        return chunk
    }
}
