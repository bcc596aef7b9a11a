import Foundation
import Speeches

/// A text split into words by the plainest means: an array of scalars read from left to right.
struct OracleText {
    enum Joint {
        case neighbour, apart, sentence, paragraph
    }

    struct Word {
        /// Folded by Foundation.
        let folded: String
        /// As written, a possessive ending left out.
        let exact: String
        /// Code points of the text.
        let range: Range<Int>
        let joint: Joint
        let sentence: Int
        let paragraph: Int
    }

    private(set) var words: [Word] = []
    let titleWords: Int
    /// The whole text, title included.
    let canonical: String
    let hasTitle: Bool
    var sentences: Int { (words.last?.sentence ?? -1) + 1 }

    init(_ speech: Speech) {
        canonical = speech.canonicalText
        let scalars = Array(canonical.unicodeScalars)
        let titleEnd = speech.title?.unicodeScalars.count ?? 0
        var found: [(folded: String, start: Int, end: Int)] = []
        var gaps: [String] = []
        var gap = String.UnicodeScalarView()
        var at = 0
        while at < scalars.count {
            guard Self.isWord(scalars[at]) || scalars[at] == "&" else {
                gap.append(scalars[at])
                at += 1
                continue
            }
            let word = Self.readWord(scalars, at)
            found.append((word.folded, at, word.end))
            gaps.append(String(gap))
            gap = String.UnicodeScalarView()
            at = word.next
        }
        var (sentence, paragraph) = (-1, -1)
        for (index, word) in found.enumerated() {
            let joint: Joint =
                index == 0
                ? .paragraph
                : Self.joint(
                    gaps[index], before: Self.text(scalars, found[index - 1].start, found[index - 1].end),
                    next: scalars[word.start], isInTitle: word.start < titleEnd, isAmpersandBefore: false)
            if joint == .paragraph || joint == .sentence { sentence += 1 }
            if joint == .paragraph { paragraph += 1 }
            words.append(
                Word(
                    folded: word.folded, exact: Self.text(scalars, word.start, word.end), range: word.start..<word.end,
                    joint: joint, sentence: sentence, paragraph: paragraph))
        }
        hasTitle = speech.title != nil && !words.isEmpty
        titleWords = hasTitle ? words.count { $0.paragraph == 0 } : 0
    }

    /// Sentences of the lede: of the body, a tenth of all, one to five.
    var lede: Range<Int> {
        let first = hasTitle ? 1 : 0
        return first..<min(first + max(1, min(5, sentences / 10)), max(sentences, first))
    }

    private static func text(_ scalars: [Unicode.Scalar], _ start: Int, _ end: Int) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars[start..<end])
        return String(view)
    }

    // MARK: Words

    static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        CharacterSet.letters.contains(scalar) || CharacterSet.decimalDigits.contains(scalar)
            || CharacterSet.nonBaseCharacters.contains(scalar)
    }

    private static func isApostrophe(_ scalar: Unicode.Scalar) -> Bool { scalar == "'" || scalar == "\u{2019}" }
    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        "\u{AD}\u{200B}\u{200D}".unicodeScalars.contains(scalar)
    }
    private static func isLatinLetter(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII && CharacterSet.letters.contains(scalar)
    }

    private static func readWord(_ scalars: [Unicode.Scalar], _ start: Int) -> (folded: String, end: Int, next: Int) {
        func scalar(_ index: Int) -> Unicode.Scalar { index < scalars.count ? scalars[index] : "\n" }
        if scalars[start] == "&" { return ("and", start + 1, start + 1) }
        // U.S. and U.S
        var letters = ""
        var at = start
        while isLatinLetter(scalar(at)), scalar(at + 1) == "." {
            letters.unicodeScalars.append(scalar(at))
            at += 2
        }
        if !letters.isEmpty, isLatinLetter(scalar(at)), !isWord(scalar(at + 1)) {
            letters.unicodeScalars.append(scalar(at))
            at += 1
        }
        if letters.count >= 2 { return (fold(letters), at, at) }
        var word = ""
        at = start
        var end = start
        while at < scalars.count {
            if isWord(scalars[at]) {
                word.unicodeScalars.append(scalars[at])
                at += 1
                end = at
            } else if isInvisible(scalars[at]) {
                at += 1
            } else if isApostrophe(scalars[at]), isWord(scalar(at + 1)),
                !CharacterSet.decimalDigits.contains(scalar(at + 1))
            {
                if "sS".unicodeScalars.contains(scalar(at + 1)), !isWord(scalar(at + 2)) {
                    return (fold(word), end, at + 2)
                }
                word += "'"
                at += 1
            } else {
                break
            }
        }
        return (fold(word), end, at)
    }

    static func fold(_ word: String) -> String {
        word.folding(options: [.caseInsensitive, .diacriticInsensitive, .widthInsensitive], locale: nil)
            .replacingOccurrences(of: "\u{131}", with: "i").replacingOccurrences(of: "\u{E6}", with: "ae")
    }

    // MARK: What lies between

    private static func joint(
        _ gap: String, before: String, next: Unicode.Scalar, isInTitle: Bool, isAmpersandBefore: Bool
    ) -> Joint {
        let scalars = Array(gap.unicodeScalars)
        if scalars.filter({ $0 == "\n" }).count >= 2 { return .paragraph }
        let isApart =
            scalars.contains { ",;:()[]\u{2014}\u{1F600}\u{1F468}\u{1F469}".unicodeScalars.contains($0) }
            || gap.range(of: "\\s+[-\u{2013}]+\\s", options: .regularExpression) != nil
        guard let stop = scalars.firstIndex(where: { ".!?\u{2026}".unicodeScalars.contains($0) }) else {
            return isApart ? .apart : .neighbour
        }
        let isAbbreviation = stop == 0 && scalars[0] == "." && isShortForm(before, next)
        let hasSpace = scalars[stop...].contains { CharacterSet.whitespacesAndNewlines.contains($0) }
        if hasSpace, !isInTitle, !CharacterSet.lowercaseLetters.contains(next) {
            return isAbbreviation ? .neighbour : .sentence
        }
        let isNumber =
            scalars.count == 1 && next.isASCII && CharacterSet.decimalDigits.contains(next)
            && before.unicodeScalars.last.map { $0.isASCII && CharacterSet.decimalDigits.contains($0) } ?? false
        return isNumber || isAbbreviation && !isApart ? .neighbour : .apart
    }

    private static func isShortForm(_ word: String, _ next: Unicode.Scalar) -> Bool {
        if word.unicodeScalars.count == 1 { return "ABCDEFGHJKLMNOPQRSTUVWXYZ".contains(word) }
        if ["mr", "dr"].contains(word.lowercased()) { return true }
        return ["no", "art"].contains(word.lowercased()) && next.isASCII && CharacterSet.decimalDigits.contains(next)
    }
}
