extension TextScanner {
    /// What was found between two words.
    struct Gap {
        /// Where the next word starts; the text's length when there is none.
        var next: Int
        var boundary: Boundary
        /// The next word is an `&`.
        var isAmpersand = false
    }

    /// Facts about a gap, collected character by character.
    private struct GapFacts {
        var lineEnds = 0
        var isSeparated = false
        /// Byte of the first full stop, question or exclamation mark, and of the last.
        var terminator: Int?
        var isSpaceAfterTerminator = false
        var isSpaceBefore = false
        /// A hyphen after a space: a dash if a space follows too.
        var isDashPossible = false

        mutating func addSpace() {
            if isDashPossible { isSeparated = true }
            isSpaceBefore = true
            if terminator != nil { isSpaceAfterTerminator = true }
        }
    }

    /// Reads from `start`, which is no letter or digit of ASCII, to the next word.
    func readGap(from start: Int, titleEnd: Int) -> Gap {
        var facts = GapFacts()
        var at = start
        while at < textLength {
            let (scalar, length) = scalar(at: at)
            let characterClass = folding.characterClass(scalar)
            switch characterClass {
            case .word:
                return Gap(next: at, boundary: boundary(facts, next: at, titleEnd: titleEnd))
            case .ampersand:
                return Gap(next: at, boundary: boundary(facts, next: at, titleEnd: titleEnd), isAmpersand: true)
            case .space:
                facts.addSpace()
            case .newline:
                facts.addSpace()
                if text.base[at] != UInt8(ascii: "\r") { facts.lineEnds += 1 }
            case .terminator:
                facts.terminator = facts.terminator ?? at
            case .hyphen:
                if facts.isSpaceBefore { facts.isDashPossible = true }
            case .hard:
                facts.isSeparated = true
            case .soft, .apostrophe, .ignorable, .beyondASCII:
                break
            }
            at += length
        }
        return Gap(next: textLength, boundary: .adjacent)
    }

    private func boundary(_ facts: GapFacts, next: Int, titleEnd: Int) -> Boundary {
        if facts.lineEnds >= 2 { return .paragraph }
        guard let terminator = facts.terminator else { return facts.isSeparated ? .separated : .adjacent }
        if facts.isSpaceAfterTerminator, next >= titleEnd, beginsSentence(next) {
            return isAbbreviation(before: terminator, next: next) ? .adjacent : .sentence
        }
        let isAbbreviated = !facts.isSeparated && isAbbreviation(before: terminator, next: next)
        return isAbbreviated || isNumber(around: terminator, next) ? .adjacent : .separated
    }

    /// Sentences begin with a capital or a digit; after `Yahoo! said` the sentence goes on.
    private func beginsSentence(_ next: Int) -> Bool {
        let (scalar, _) = scalar(at: next)
        if scalar.value < 0x80 { return !(UInt8(ascii: "a")...UInt8(ascii: "z")).contains(UInt8(scalar.value)) }
        return scalar.properties.generalCategory != .lowercaseLetter
    }

    private func isNumber(around terminator: Int, _ next: Int) -> Bool {
        func isDigit(_ index: Int) -> Bool {
            index >= 0 && (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text.base[index])
        }
        return next == terminator + 1 && isDigit(terminator - 1) && isDigit(next)
    }

    /// Whether the full stop at `terminator` belongs to the word before it rather than to the sentence.
    private func isAbbreviation(before terminator: Int, next: Int) -> Bool {
        guard tokenCount > 0, text.base[terminator] == UInt8(ascii: ".") else { return false }
        let word = tokens.base[tokenCount - 1]
        guard Int(word.end) == terminator, word.end - word.start <= 8 else { return false }
        var key: UInt64 = 0
        for index in (Int(word.start)..<Int(word.end)).reversed() { key = key << 8 | UInt64(text.base[index] | 0x20) }
        if word.end - word.start == 1 {
            // An initial: J. Smith. But 'I' is a word, and '5.' ends a sentence.
            let letter = text.base[Int(word.start)]
            return (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(letter) && letter != UInt8(ascii: "I")
        }
        if Abbreviations.always.contains(key) { return true }
        let nextIsDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text.base[next])
        return nextIsDigit && Abbreviations.beforeNumbers.contains(key)
    }
}

/// Short forms whose full stop does not end a sentence, as folded little-endian chunks.
private enum Abbreviations {
    static let always = chunks(
        "mr mrs ms dr prof rev hon rt sr jr st gen col lt maj capt cmdr sgt supt insp gov sen rep vs cf viz approx messrs"
    )
    static let beforeNumbers = chunks(
        "no nos art arts sec secs para paras pp p ch vol fig jan feb mar apr jun jul aug sept sep oct nov dec res doc")

    private static func chunks(_ words: String) -> Set<UInt64> {
        Set(words.split(separator: " ").map { $0.utf8.reversed().reduce(0) { $0 << 8 | UInt64($1) } })
    }
}
