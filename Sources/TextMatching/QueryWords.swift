/// Splits what a rule's author wrote into the words that the scanner would make of it, so that both sides agree on what
/// a word is.
public enum QueryWords {
    /// The words of `text`, folded: `co-operation` is `co` and `operation`, `Women's` is `women`, `U.S.` is `us`.
    public static func folded(_ text: String) -> [String] {
        if isPlainWord(text) { return [text.lowercased()] }
        return words(text).map { CharacterFolding.shared.folded(Self.withoutPoints($0)) }.filter { !$0.isEmpty }
    }

    /// The words of `text` as written, for exact comparison.
    public static func exact(_ text: String) -> [String] { isPlainWord(text) ? [text] : words(text) }

    /// One word with `*` and `?`, its letters folded.
    public static func wildcard(_ text: String) -> String {
        CharacterFolding.shared.folded(text)
    }

    /// Whether a text is ASCII letters and digits alone, as most of what rules name: one word to the scanner, which need
    /// not be asked then.
    private static func isPlainWord(_ text: String) -> Bool {
        let classes = CharacterFolding.shared.byteClasses
        return !text.isEmpty && text.utf8.allSatisfy { classes[Int($0)] == CharacterClass.word.rawValue }
    }

    /// For a scanner that only splits into words. Made once: a ruleset has thousands of phrases to split.
    private static let noPhrases = PhraseAutomaton.Builder().build()

    private static func words(_ text: String) -> [String] {
        var scanner = TextScanner(noPhrases)
        scanner.scan(text)
        let bytes = Array(text.utf8)
        return (0..<UInt32(scanner.tokenCount)).map {
            let word = String(decoding: bytes[scanner.byteRange(first: $0, last: $0)], as: UTF8.self)
            return word == "&" ? "and" : word
        }
    }

    /// An acronym's full stops are no part of the word; an apostrophe of any form is the plain one.
    private static func withoutPoints(_ word: String) -> String {
        var plain = ""
        for scalar in word.unicodeScalars where scalar != "." {
            plain.unicodeScalars.append(CharacterFolding.shared.characterClass(scalar) == .apostrophe ? "'" : scalar)
        }
        return plain
    }
}
