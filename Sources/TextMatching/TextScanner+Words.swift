extension TextScanner {
    /// Reads the word at `start` into `folded`: letters beyond ASCII, apostrophes, acronyms, characters that are not
    /// there.
    /// - Returns: one past the word's last byte, a possessive ending set aside, and where reading goes on.
    mutating func foldWord(from start: Int) -> (end: Int, next: Int) {
        folded.removeAll()
        if let end = foldAcronym(from: start) { return (end, end) }
        var at = start
        var end = start
        while at < textLength {
            let (scalar, length) = scalar(at: at)
            switch folding.characterClass(scalar) {
            case .word:
                folding.appendFolded(scalar, to: &folded)
                at += length
                end = at
            case .ignorable:
                at += length
            case .apostrophe:
                guard at + length < textLength, isLetter(at: at + length) else { return (end, at) }
                if let next = possessiveEnd(at + length) { return (end, next) }
                folded.append(UInt8(ascii: "'"))
                at += length
            default:
                return (end, at)
            }
        }
        return (end, at)
    }

    /// `&` is the word `and`.
    mutating func foldAmpersand(_ start: Int) -> (end: Int, next: Int) {
        folded.removeAll()
        for byte in "and".utf8 { folded.append(byte) }
        return (start + 1, start + 1)
    }

    /// Single letters with full stops (U.S., e.g.) are one word without them.
    private mutating func foldAcronym(from start: Int) -> Int? {
        var at = start
        var end = start
        while isAsciiLetter(text.base[at]), text.base[at + 1] == UInt8(ascii: ".") {
            folded.append(text.base[at] | 0x20)
            at += 2
            end = at
        }
        if end > start, isAsciiLetter(text.base[at]), !isWord(at: at + 1) {
            folded.append(text.base[at] | 0x20)
            end = at + 1
        }
        if folded.count >= 2 { return end }
        folded.removeAll()
        return nil
    }

    /// Where reading goes on if only an `s` stands at `at` before the word ends.
    private func possessiveEnd(_ at: Int) -> Int? {
        guard text.base[at] | 0x20 == UInt8(ascii: "s"), !isWord(at: at + 1) else { return nil }
        return at + 1
    }

    private func isAsciiLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private func isLetter(at index: Int) -> Bool {
        isWord(at: index) && !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text.base[index])
    }

    func isWord(at index: Int) -> Bool {
        guard index < textLength else { return false }
        return folding.characterClass(scalar(at: index).scalar) == .word
    }

    /// Decodes the character at a byte of valid UTF-8.
    func scalar(at index: Int) -> (scalar: Unicode.Scalar, length: Int) {
        let first = text.base[index]
        func rest(_ offset: Int) -> UInt32 { UInt32(text.base[index + offset] & 0x3F) }
        switch first {
        case 0..<0x80: return (Unicode.Scalar(first), 1)
        case 0x80..<0xE0: return (checked(UInt32(first & 0x1F) << 6 | rest(1)), 2)
        case 0xE0..<0xF0: return (checked(UInt32(first & 0x0F) << 12 | rest(1) << 6 | rest(2)), 3)
        default:
            return (checked(UInt32(first & 0x07) << 18 | rest(1) << 12 | rest(2) << 6 | rest(3)), 4)
        }
    }

    /// Valid UTF-8 holds valid scalars only; a caller that broke the contract gets a replacement character, no crash.
    private func checked(_ value: UInt32) -> Unicode.Scalar {
        Unicode.Scalar(value) ?? "\u{FFFD}"
    }
}
