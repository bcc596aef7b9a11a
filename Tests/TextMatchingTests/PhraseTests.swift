import TestSupport
import Testing
@testable import TextMatching

/// The automaton against the plainest search there is: every phrase tried at every word.
@Suite struct PhraseTests {
    private static let words = [
        "a", "crime", "crimes", "organised", "ORGANIZED", "drug", "drugs", "Drug", "café", "the", "trafficking", "x",
        "telecommunications",
    ]
    private static let gaps = [" ", " ", " ", "-", ", ", ". ", "\n\n", " – ", "/"]

    private func randomPattern(_ random: inout SeededGenerator) -> WordPattern {
        let word = Self.words.randomElement(using: &random)!
        switch Int.random(in: 0..<4, using: &random) {
        case 0: return .folded(QueryWords.folded(word)[0])
        case 1: return .literal(QueryWords.folded(word)[0])
        case 2: return .exact(word)
        default: return .wildcard(["cr*", "dr?g*", "org*ed", "traf*", "ca*", "tele*s"].randomElement(using: &random)!)
        }
    }

    /// Whether one word of the text is what a pattern asks for, by its definition.
    private func satisfies(_ word: String, _ pattern: WordPattern) -> Bool {
        let folded = QueryWords.folded(word)[0]
        switch pattern {
        case .folded(let wanted): return WordForms.forms(of: wanted).contains(folded)
        case .literal(let wanted): return folded == wanted
        case .exact(let wanted): return word == wanted
        case .wildcard(let wanted): return glob(Array(wanted), Array(folded))
        }
    }

    private func glob(_ pattern: [Character], _ word: [Character]) -> Bool {
        guard let first = pattern.first else { return word.isEmpty }
        if first == "*" {
            return (0...word.count).contains { glob(Array(pattern.dropFirst()), Array(word.dropFirst($0))) }
        }
        guard let letter = word.first, first == "?" || first == letter else { return false }
        return glob(Array(pattern.dropFirst()), Array(word.dropFirst()))
    }

    @Test func findsWhatTryingEveryPhraseEverywhereFinds() {
        let seed = SeededGenerator.seed()
        var random = SeededGenerator(seed: seed)
        for _ in 0..<400 {
            var builder = PhraseAutomaton.Builder()
            var phrases: [PatternID: Phrase] = [:]
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                let phrase = (0..<Int.random(in: 1...4, using: &random)).map { _ in randomPattern(&random) }
                phrases[builder.add(phrase)] = phrase
            }
            let picked = (0..<Int.random(in: 0...30, using: &random)).map { _ in
                Self.words.randomElement(using: &random)!
            }
            var text = ""
            var isNeighbour: [Bool] = []
            for word in picked {
                let gap = text.isEmpty ? "" : Self.gaps.randomElement(using: &random)!
                isNeighbour.append([" ", "-", "/"].contains(gap))
                text += gap + word
            }
            var expected: Set<String> = []
            for (id, phrase) in phrases {
                for start in 0..<max(0, picked.count - phrase.count + 1) {
                    let isFound = phrase.indices.allSatisfy { offset in
                        satisfies(picked[start + offset], phrase[offset])
                            && (offset == 0 || isNeighbour[start + offset])
                    }
                    if isFound { expected.insert("\(id.rawValue) \(start) \(start + phrase.count - 1)") }
                }
            }
            var scanner = TextScanner(builder.build())
            scanner.scan(text)
            let occurrences = scanner.occurrences
            let found = occurrences.map { "\($0.pattern.rawValue) \($0.first) \($0.last)" }
            #expect(Set(found) == expected, "seed \(seed): \(phrases) in '\(text)'")
            #expect(found.count == expected.count, "seed \(seed): an occurrence was reported twice in '\(text)'")
        }
    }

    @Test func oneWordAMillionTimesIsBounded() {
        var builder = PhraseAutomaton.Builder()
        for length in 1...PhraseAutomaton.maximumPhraseLength {
            _ = builder.add(Array(repeating: .folded("crime"), count: length))
        }
        var scanner = TextScanner(builder.build())
        scanner.scan(String(repeating: "crime ", count: 170_000))
        let (isTruncated, count) = (scanner.isTruncated, scanner.occurrences.count)
        #expect(isTruncated)
        #expect(count == TextScanner.maximumOccurrences)
        scanner.scan("crime")
        let (isStillTruncated, countAfter) = (scanner.isTruncated, scanner.occurrences.count)
        #expect(!isStillTruncated)
        #expect(countAfter == 1)
    }
}
