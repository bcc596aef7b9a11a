import TextMatching

/// The scanner on any text: what stands before the first zero byte are phrases, one a line, the rest is the text.
/// Occurrences are in order and inside the text, words begin and end at characters, and a second scan says the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = UnsafeBufferPointer(start: start, count: count)
    let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
    let phrases = String(decoding: parts[0], as: UTF8.self)
    let text = parts.count > 1 ? String(decoding: parts[1], as: UTF8.self) : phrases
    var scanner = TextScanner(automaton(phrases))
    scanner.scan(text, titleLength: min(text.utf8.count, 12))
    let first = scanner.occurrences
    check(scanner, text)
    scanner.scan(text, titleLength: min(text.utf8.count, 12))
    precondition(scanner.occurrences == first, "a second scan says something else")
    return 0
}

/// Each line as a phrase, its words by turns folded, literal, exact and with wildcards.
private func automaton(_ phrases: String) -> PhraseAutomaton {
    var builder = PhraseAutomaton.Builder()
    for (number, line) in phrases.split(separator: "\n").prefix(200).enumerated() {
        let words = QueryWords.folded(String(line)).filter { $0.utf8.count <= 64 }.prefix(
            PhraseAutomaton.maximumPhraseLength)
        guard !words.isEmpty else { continue }
        let phrase = words.enumerated().map { index, word -> WordPattern in
            switch (number + index) % 4 {
            case 0: .folded(word)
            case 1: .literal(word)
            case 2: .exact(word)
            default:
                word.utf8.count > 3 && word.utf8.allSatisfy { $0 < 0x80 }
                    ? .wildcard(word.prefix(3) + "*") : .folded(word)
            }
        }
        _ = builder.add(phrase)
    }
    return builder.build()
}

private func check(_ scanner: borrowing TextScanner, _ text: String) {
    let utf8 = Array(text.utf8)
    var end = 0
    for word in 0..<UInt32(scanner.tokenCount) {
        let range = scanner.byteRange(first: word, last: word)
        precondition(range.lowerBound >= end && range.upperBound <= utf8.count && !range.isEmpty, "a word out of place")
        precondition(utf8[range.lowerBound] & 0xC0 != 0x80, "a word begins inside a character")
        precondition(range.upperBound == utf8.count || utf8[range.upperBound] & 0xC0 != 0x80, "a word ends inside one")
        precondition(scanner.sentence(of: word) < scanner.sentenceCount)
        precondition(scanner.paragraph(of: word) < scanner.paragraphCount)
        end = range.upperBound
    }
    var before: UInt32 = 0
    for occurrence in scanner.occurrences {
        precondition(occurrence.first >= before && occurrence.last >= occurrence.first, "occurrences out of order")
        precondition(Int(occurrence.last) < scanner.tokenCount, "an occurrence behind the text")
        before = occurrence.first
    }
}
