import Foundation
import Speeches
import TestSupport
import Testing

@testable import SpeechFormats

/// Paragraphs, words and hashes are found by bytes, many at a time. They must be those that characters give.
@Suite struct ParagraphTests {
    /// What lines are made of: prose, and what joins with its neighbours or looks like something else.
    private static let pieces = [
        "the ", "crime ", "police ", "Crime ", "We ", "“We ", "terror", "ism ", "ter-", "world-", "wide ", "rorism ",
        "it. ",
        "end.” ", "so: ", "said… ", "(applause)", "(", ")", ".", "!", "?)", "’", "”", "»", "]", "é", "É", "e\u{301}",
        " ",
        "  ", "\t", "\u{A0}", "\u{AD}", "-", "- ", "–", "—", "12", "06-53952 12", "5\u{20E3}", "٣", "½", ".\u{301}",
        "(\u{301}", ")\u{301}", "-\u{301}", "\u{600}a", "\u{600}-", "\u{600}.", "\u{200D}", "\u{FEFF}", "\u{1}", "ﬁ",
        "İ", "ß", "ǆ", "中文。", "naïve", "NAÏVE", "o'clock ", "o’clock ", "🇬🇧", "👍🏽", "\u{1100}\u{1161}", "x", "y",
    ]
    private static let ends = [
        "\n", "\n", "\n", "\r\n", "\r", "\u{B}", "\u{C}", "\u{85}", "\u{2028}", "\u{2029}", "\n\n",
    ]

    private func text(_ random: inout SeededGenerator) -> String {
        let isWrapped = Bool.random(using: &random)
        let pieces = Bool.random(using: &random) ? Array(Self.pieces.prefix(16)) : Self.pieces
        var text = ""
        for _ in 0..<Int.random(in: 0...30, using: &random) {
            if Int.random(in: 0..<6, using: &random) == 0 { text += ["  ", "\t", " "].randomElement(using: &random)! }
            let start = text.utf8.count
            let width = isWrapped ? Int.random(in: 0...60, using: &random) : Int.random(in: 0...250, using: &random)
            while text.utf8.count - start < width { text += pieces.randomElement(using: &random)! }
            if Int.random(in: 0..<4, using: &random) == 0 {
                text += ["-", " ", ".", "  "].randomElement(using: &random)!
            }
            text += Self.ends.randomElement(using: &random)!
        }
        return text
    }

    @Test func paragraphsAreThoseThatCharactersGive() {
        let seed = SeededGenerator.seed()
        print("seed of paragraphsAreThoseThatCharactersGive: \(seed)")
        var random = SeededGenerator(seed: seed)
        var joined = 0
        for round in 0..<4_000 {
            let text = text(&random)
            let raw = TextNormalisation.rawLines(text)
            #expect(raw.map { Array($0.utf8) } == Self.patientLines(text), "seed \(seed), round \(round)")
            let paragraphs = SourceParagraphs(raw).paragraphs
            let wanted = PatientParagraphs(raw).paragraphs
            #expect(
                paragraphs.map { Array($0.utf8) } == wanted.map { Array($0.utf8) },
                "seed \(seed), round \(round): \(text.debugDescription)")
            if paragraphs.count > 1, paragraphs.count * 2 < raw.count { joined += 1 }
        }
        #expect(joined > 200, "the generator makes too few texts that were cut at a width")
    }

    /// Found by the test above: a word that follows a mark is a word of the text.
    @Test func aWordBehindAMarkIsWritten() {
        let lines = ["(\u{301}terrorism is what", "the people fear and ter-", "rorism is fought", "every day."]
        let paragraphs = SourceParagraphs(lines.map { Substring($0) }).paragraphs
        #expect(paragraphs == ["(\u{301}terrorism is what the people fear and terrorism is fought every day."])
    }

    /// Lines by their ends, scalar by scalar.
    private static func patientLines(_ text: String) -> [[UInt8]] {
        var lines: [[UInt8]] = [[]]
        var isAfterReturn = false
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x0A where isAfterReturn: break
            case 0x0A...0x0D, 0x85, 0x2028, 0x2029: lines.append([])
            default: lines[lines.count - 1] += Array(String(scalar).utf8)
            }
            isAfterReturn = scalar.value == 0x0D
        }
        return lines
    }

    /// A word has its languages wherever it stands in a text, in small letters and capitals.
    @Test(arguments: ["the", "which", "our", "nous", "mae", "être", "i’r", "unsere", "نحن"])
    func aWordHasItsLanguagesEverywhere(_ word: String) {
        func languages(_ text: String) -> UInt16 {
            var text = text
            return text.withUTF8 {
                var scanner = WordScanner($0)
                var found: UInt16 = 0
                while let word = scanner.next() { found |= FunctionWords.all.languages(of: word) }
                return found
            }
        }
        let alone = languages(word)
        #expect(alone != 0)
        for length in 0..<24 {
            let filler = String(repeating: "-", count: length)
            for spelling in [word, word.uppercased()] {
                #expect(languages(filler + spelling) == alone)
                #expect(languages(spelling + filler) == alone)
            }
        }
        #expect(languages(word + "qqqqqqqqqqqqqqqqqq") == 0)
    }

    @Test func quotedNamesAreFoundWhereverTheyStand() {
        for text in ["{\"body\":1}", "{\"a\":\"\\\"body\\\"\",\"body\"", "\"body\"", "{\"bod\"body\""] {
            #expect(FormatSample(Array(text.utf8)).containsJSONString("body"), "\(text)")
        }
        for text in ["", "{\"body", "body", "{\"bodys\":1}", "{\"abody\":1}", "{\"a\":\"\\\"body\\\"\"}"] {
            #expect(!FormatSample(Array(text.utf8)).containsJSONString("body"), "\(text)")
        }
    }
}

@Suite struct NearDuplicatesTests {
    private func words(_ count: Int, _ random: inout SeededGenerator) -> [String] {
        (0..<count).map { _ in "w\(Int.random(in: 0..<5_000, using: &random))" }
    }

    private func speech(_ id: String, _ words: [String]) -> Speech {
        Speech(id: SpeechID(id), body: [words.joined(separator: " ")])
    }

    /// Three runs of words in 2,000 change with a word, and now and then more than three bits with them.
    @Test func textsThatDifferInAWordAreFoundAndOthersAreNot() {
        let seed = SeededGenerator.seed()
        print("seed of textsThatDifferInAWordAreFoundAndOthersAreNot: \(seed)")
        var random = SeededGenerator(seed: seed)
        var known = NearDuplicates()
        var found = 0
        for number in 0..<100 {
            let text = words(2_000, &random)
            #expect(known.earlier(than: speech("\(number)", text)) == nil, "seed \(seed)")
            var changed = text
            changed[Int.random(in: 0..<2_000, using: &random)] = "changed"
            if known.earlier(than: speech("copy", changed)) == SpeechID("\(number)") { found += 1 }
            #expect(known.earlier(than: speech("cased", text.map { $0.uppercased() }))?.rawValue == "\(number)")
        }
        #expect(found >= 85, "seed \(seed)")
        #expect(known.earlier(than: speech("short", ["a", "formula"])) == nil)
        #expect(known.earlier(than: speech("short again", ["a", "formula"])) == nil)
    }

    /// Bits are counted all at once; the sums must be those of counting one by one.
    @Test func majoritiesAreThoseOfCounting() {
        let seed = SeededGenerator.seed()
        print("seed of majoritiesAreThoseOfCounting: \(seed)")
        var random = SeededGenerator(seed: seed)
        for count in Array(0..<40) + [255, 256, 1_000, 4_097] {
            var counts = BitCounts()
            var plain = [Int](repeating: 0, count: 64)
            for _ in 0..<count {
                let number =
                    UInt64.random(in: 0...UInt64.max, using: &random) | (Bool.random(using: &random) ? 0xFF : 0)
                counts.add(number)
                for bit in 0..<64 where number >> UInt64(bit) & 1 == 1 { plain[bit] += 1 }
            }
            let wanted = (0..<64).reduce(UInt64(0)) { $0 | (plain[$1] * 2 > count ? 1 << UInt64($1) : 0) }
            #expect(counts.majority == wanted, "seed \(seed), \(count) numbers")
        }
    }
}

/// Rows of JSON are read by the fast reader, or else by Foundation's.
@Suite struct JSONRowTests {
    private func compare(_ bytes: [UInt8], _ note: @autoclosure () -> String) -> Bool {
        guard let fast = JSONTape.texts(in: bytes) else { return false }
        let patient = try? JSONLinesFormat.patientMembers(of: bytes)
        #expect(fast == patient?.texts, "\(note())")
        #expect(patient?.leftOut == [] && patient?.attributes == [:], "\(note())")
        return true
    }

    private static let row = """
        {"id":"a\\u00e9\\n","n":-12,"yes":true,"no":false,"none":null,"list":["a","b\\"c"],"empty":[],"é":"\u{1F600}","text":"Words \\ud83d\\ude00 and “more”."}
        """

    @Test func oddRowsAreReadAlike() {
        #expect(compare(Array(Self.row.utf8), "the row"))
        for odd in [
            "{\"a\":1.50}", "{\"a\":1e3}", "{\"a\":12345678901234567890}", "{\"a\":1,\"a\":2}", "[]", "\"a\"", "{",
            "{}x",
            "{\"a\":\"\\ud800\"}", "{\"a\":0e5}", "\u{FEFF}{}", "{\"a\":{}}", "{\"a\":{\"b\":1}}", "{\"a\":[\"b\",1]}",
        ] {
            #expect(!compare(Array(odd.utf8), odd), "\(odd)")
        }
        #expect(compare(Array("{} ".utf8), "an empty object"))
    }

    /// Bytes changed, left out and put in: whatever the fast reader takes it reads as Foundation does.
    @Test func brokenRowsAreReadAlike() {
        let seed = SeededGenerator.seed()
        print("seed of brokenRowsAreReadAlike: \(seed)")
        var random = SeededGenerator(seed: seed)
        let palette = Array("\"\\{}[],:0129.-+eEu/ntf\u{0}\u{1}é".utf8) + [0x80, 0xC0, 0xED, 0xA0, 0xFF]
        var taken = 0
        for round in 0..<10_000 {
            var json = Array(Self.row.utf8)
            for _ in 0...Int.random(in: 0...2, using: &random) {
                let place = Int.random(in: 0..<json.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: json[place] = palette.randomElement(using: &random)!
                case 1: json.insert(palette.randomElement(using: &random)!, at: place)
                default: json.remove(at: place)
                }
            }
            if compare(json, "seed \(seed), round \(round): \(String(decoding: json, as: UTF8.self))") { taken += 1 }
        }
        #expect(taken > 500)
    }

    @Test func truthIsWrittenAsTruth() throws {
        let lines = "{\"text\":\"Words.\",\"political\":true,\"score\":1.5,\"ended\":false,\"count\":1}"
        var reader = try JSONLinesFormat().read(Array(lines.utf8), from: SourceContext())
        let speech = try #require(try reader.next()?.get())
        #expect(speech.attributes == ["political": "true", "score": "1.5", "ended": "false", "count": "1"])
    }

    /// A date that is none is no reason to leave a speech out, and none to be silent.
    @Test(arguments: ["2024-02-31", "yesterday", "31/12/2024", "2024-13", "31 February 2024"])
    func aDateThatIsNoneIsKeptAndSaid(_ date: String) throws {
        let rows =
            "{\"text\":\"One.\",\"date\":\"2024-02-29\"}\n\n{\"text\":\"Two.\",\"date\":\"\(date)\"}\n{\"text\":\"3.\"}"
        let table = "when,speech\n2024-02-29,One.\n\(date),Two.\n,3.\n"
        var tableContext = SourceContext()
        tableContext.mapping = try FieldMapping("date=when")
        for (text, context, line, member) in [
            (rows, SourceContext(), 3, "date"), (table, tableContext, 3, "when"),
        ] {
            var reader = try FormatRegistry().reader(of: Array(text.utf8), from: context)
            var readings: [SpeechReading] = []
            while let reading = reader.nextReading() { readings.append(reading) }
            #expect(readings.map(\.warnings.count) == [0, 1, 0])
            let warning = try #require(readings[1].warnings.first)
            #expect(warning.code == .badDate)
            #expect(warning.line == line)
            #expect(warning.path == member)
            #expect(warning.reason.contains("'\(date)'"))
            let speech = try readings[1].result.get()
            #expect(speech.deliveredOn == nil)
            #expect(speech.attributes["date"] == date)
            #expect(try readings[0].result.get().deliveredOn?.text == "2024-02-29")
        }
    }
}
