import Testing
@testable import TextMatching

/// What a word, a neighbour, a sentence and a paragraph are, as tables.
@Suite struct WordsTests {
    /// Words with what lies before each: nothing for neighbours, `,` for separated, `.` for a sentence, `¶` for a
    /// paragraph.
    private func words(_ text: String, titleLength: Int = 0) -> String {
        var scanner = TextScanner(PhraseAutomaton.Builder().build())
        scanner.scan(text, titleLength: titleLength)
        let bytes = Array(text.utf8)
        return (0..<UInt32(scanner.tokenCount)).map { token in
            let word = String(decoding: bytes[scanner.byteRange(first: token, last: token)], as: UTF8.self)
            let marks: [Boundary: String] = [.adjacent: "", .separated: ",", .sentence: ".", .paragraph: "¶"]
            return marks[scanner.boundary(before: token)]! + word
        }.joined(separator: " ")
    }

    @Test(arguments: [
        ("Two words", "¶Two words"),
        ("a, b; c: d (e) f", "¶a ,b ,c ,d ,e ,f"),
        ("well-known drug- and arms", "¶well known drug and arms"),
        ("crime - policing", "¶crime ,policing"),
        ("crime – policing, US–China", "¶crime ,policing ,US China"),
        ("word—word", "¶word ,word"),
        ("and/or \"quoted\" 'single'", "¶and or quoted single"),
        ("the UK's, the victims' code", "¶the UK ,the victims code"),
        ("the UK\u{2019}s don\u{2019}t o'clock", "¶the UK don\u{2019}t o'clock"),
        ("R&D and law & order", "¶R & D and law & order"),
        ("in the U.S. and e.g. here", "¶in the U.S. and e.g. here"),
        ("soft\u{AD}hyphen zero\u{200B}width", "¶soft\u{AD}hyphen zero\u{200B}width"),
        ("e\u{301}te\u{301} naïve", "¶e\u{301}te\u{301} naïve"),
        ("one\u{A0}two\u{2009}three", "¶one two three"),
        ("5 per cent, 1.5 and 2,000", "¶5 per cent ,1 5 and 2 ,000"),
        ("smile \u{1F600} now", "¶smile ,now"),
        ("\u{1F600}", ""), ("", ""), ("...", ""), ("a", "¶a"), ("é", "¶é"), ("'tis", "¶tis"),
        ("rock 'n' roll", "¶rock n roll"),
        ("日本語 text", "¶日本語 text"),
    ])
    func areCut(_ text: String, _ expected: String) {
        #expect(words(text) == expected)
    }

    @Test(arguments: [
        ("One. Two", "¶One .Two"),
        ("One? Two! Three", "¶One .Two .Three"),
        ("He said \u{201C}No.\u{201D} Then", "¶He said No .Then"),
        ("One. two", "¶One ,two"),
        ("Mr. Smith and J. Smith", "¶Mr Smith and J Smith"),
        ("No. 10 Downing Street. No. This", "¶No 10 Downing Street .No .This"),
        ("on 5 Jan. 2020. In Jan. The", "¶on 5 Jan 2020 .In Jan .The"),
        ("So do I. We agree", "¶So do I .We agree"),
        ("crime.The", "¶crime ,The"),
        ("and so on… Then", "¶and so on .Then"),
        ("line\nbreak", "¶line break"),
        ("one\n\ntwo\r\n\r\nthree", "¶one ¶two ¶three"),
        ("Yahoo! said", "¶Yahoo ,said"),
        ("It rose (see below). Then", "¶It rose ,see below .Then"),
        ("Été. Été", "¶Été .Été"),
    ])
    func areInSentences(_ text: String, _ expected: String) {
        #expect(words(text) == expected)
    }

    @Test func aTitleIsOneSentence() {
        let title = "Crime. Policing. Next"
        #expect(words(title + "\n\nBody. End", titleLength: title.utf8.count) == "¶Crime ,Policing ,Next ¶Body .End")
    }

    /// Words of every length around the eight and sixteen bytes that are read at once, at every place in a block.
    @Test func blockEdgesCutNoWord() {
        for length in 1...40 {
            for offset in 0...70 {
                let word = String(repeating: "x", count: length)
                let text = String(repeating: "-", count: offset) + word + " y"
                var scanner = TextScanner(PhraseAutomaton.Builder().build())
                scanner.scan(text)
                let (count, range) = (scanner.tokenCount, scanner.byteRange(first: 0, last: 0))
                #expect(count == 2)
                #expect(range == offset..<offset + length)
            }
        }
    }

    @Test func everyWordLengthIsFound() {
        var builder = PhraseAutomaton.Builder()
        let words = (1...64).map { String(repeating: "q", count: $0) }
        let ids = words.map { builder.add([.literal($0)]) }
        var scanner = TextScanner(builder.build())
        scanner.scan(words.joined(separator: " ") + " " + String(repeating: "q", count: 65))
        let inLowerCase = scanner.occurrences.map(\.pattern)
        #expect(inLowerCase == ids)
        scanner.scan(words.joined(separator: " ").uppercased())
        let inUpperCase = scanner.occurrences.map(\.pattern)
        #expect(inUpperCase == ids)
    }
}
