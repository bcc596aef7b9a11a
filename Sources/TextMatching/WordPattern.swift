/// How one word of a rule is compared with the words of a text.
public enum WordPattern: Hashable, Sendable {
    /// Case, diacritics, plural, possessive and spelling folded: `offence` finds `offences`, `Offense`, `OFFENSES`.
    case folded(String)
    /// Case, diacritics and possessive folded, number and spelling as written: `arms` does not find `arm`.
    case literal(String)
    /// Exactly these characters; only a possessive ending is set aside: `NCA` does not find `nca`.
    case exact(String)
    /// A folded word with `*` (any letters, none included) and `?` (one letter) after at least two letters.
    case wildcard(String)
}

/// A sequence of words that must be neighbours, found as one pattern of a `PhraseAutomaton`.
public typealias Phrase = [WordPattern]

/// A word with `*` and `?`, compared byte by byte with folded words in time linear in their product, without
/// allocation.
struct Wildcard: Sendable {
    /// The folded pattern, `*` and `?` as themselves.
    let bytes: [UInt8]

    /// At least this many letters must come before the first `*` or `?`, so that few words of a text are candidates.
    static let minimumPrefix = 2

    init(_ pattern: String) {
        bytes = Array(pattern.utf8)
        precondition(literalPrefix.count >= Self.minimumPrefix, "a wildcard needs \(Self.minimumPrefix) letters first")
    }

    /// The bytes before the first `*` or `?`.
    var literalPrefix: ArraySlice<UInt8> {
        bytes.prefix { $0 != UInt8(ascii: "*") && $0 != UInt8(ascii: "?") }
    }

    /// Whether all that a word needs is to begin with the literal prefix.
    var isPrefix: Bool { literalPrefix.count == bytes.count - 1 && bytes.last == UInt8(ascii: "*") }

    /// Whether `word` (folded bytes, `count` of them) is named by the pattern.
    ///
    /// The usual greedy walk with one point of return: at a mismatch after a `*` it lets the star take one more letter.
    func matches(count: Int, _ word: (Int) -> UInt8) -> Bool {
        var at = 0
        var pattern = 0
        var star = -1
        var retry = 0
        while at < count {
            if pattern < bytes.count, bytes[pattern] == UInt8(ascii: "*") {
                star = pattern
                retry = at
                pattern += 1
            } else if pattern < bytes.count, bytes[pattern] == UInt8(ascii: "?") {
                at = Self.afterCharacter(at, count: count, word)
                pattern += 1
            } else if pattern < bytes.count, bytes[pattern] == word(at) {
                at += 1
                pattern += 1
            } else if star >= 0 {
                retry = Self.afterCharacter(retry, count: count, word)
                at = retry
                pattern = star + 1
            } else {
                return false
            }
        }
        while pattern < bytes.count, bytes[pattern] == UInt8(ascii: "*") { pattern += 1 }
        return pattern == bytes.count
    }

    /// One past the UTF-8 character that starts at `index`.
    private static func afterCharacter(_ index: Int, count: Int, _ word: (Int) -> UInt8) -> Int {
        var next = index + 1
        while next < count, word(next) & 0xC0 == 0x80 { next += 1 }
        return next
    }
}
