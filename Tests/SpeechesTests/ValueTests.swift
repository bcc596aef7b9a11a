import Foundation
import Speeches
import TestSupport
import Testing

@Suite struct ScoreTests {
    @Test(arguments: [
        (0, "0"), (1, "0.001"), (10, "0.01"), (100, "0.1"), (120, "0.12"), (123, "0.123"), (500, "0.5"),
        (833, "0.833"), (990, "0.99"), (999, "0.999"), (1000, "1"),
    ]) func printsWithoutTrailingZeros(thousandths: Int, text: String) {
        #expect(Score(thousandths: thousandths).description == text)
    }

    @Test func everyScorePrintsItsValue() {
        for thousandths in 0...1000 {
            let text = Score(thousandths: thousandths).description
            #expect(Double(text).map { ($0 * 1000).rounded() } == Double(thousandths))
            #expect(!text.contains(".") || text.last != "0")
        }
    }

    @Test(arguments: [
        (0, 1, 0), (1, 1, 1000), (1, 2, 500), (1, 3, 333), (2, 3, 667), (5, 6, 833), (1, 2000, 1), (1, 2001, 0),
        (1999, 2000, 1000), (3, 2000, 2),
    ]) func roundsHalfUp(part: Int, whole: Int, thousandths: Int) {
        #expect(Score(part, of: whole).thousandths == thousandths)
    }

    @Test func ordersByValue() {
        #expect(Score(thousandths: 99) < Score(thousandths: 100))
        #expect(Prominence.mention < .substantive && .substantive < Prominence.focus)
    }
}

@Suite struct DigestTests {
    /// The answers are `hashlib.sha256`'s over the encoding that `Config/schemas/README.md` gives.
    @Test func knownAnswers() {
        var digest = Digest(domain: "")
        #expect(digest.hexadecimal() == "af5570f5a1810b7af78caf4bc70a660f0df51e42baf91d4de5b2328de0e83dfc")
        digest.add("abc")
        #expect(digest.hexadecimal() == "e7fa8174d147ee73954836b6f21933539ff7094b1654f9dbd42b665592df84ad")
        digest.add(optional: nil)
        digest.add(optional: "é")
        digest.add(-1)
        digest.add([0, 255] as [UInt8])
        #expect(digest.hexadecimal() == "5d2369c7143ccd7017921893a09747314ca8836faefe5fa947714f00e220ca80")
        #expect(digest.hexadecimal(length: 32) == String(digest.hexadecimal().prefix(32)))
        #expect(digest.bytes.count == 32)
    }

    @Test func fieldsDoNotRunTogether() {
        func digest(_ fields: [String?]) -> String {
            var digest = Digest(domain: "test")
            for field in fields { digest.add(optional: field) }
            return digest.hexadecimal()
        }
        let lists: [[String?]] = [
            ["ab", "c"], ["a", "bc"], ["abc"], ["abc", ""], ["abc", nil], ["", "abc"], [nil, "abc"],
        ]
        #expect(Set(lists.map(digest)).count == lists.count)
    }
}

@Suite struct DeliveryDateTests {
    @Test(arguments: [
        "2022", "0001", "2022-05", "2022-12", "2022-05-17", "2024-02-29", "2000-02-29", "2022-01-31",
        "2022-05-17T00:00:00Z", "2022-05-17T23:59:59Z", "2016-12-31T23:59:60Z", "2016-05-12T12:30:00+00:00",
        "2016-05-12T12:30:00.1-23:59", "2016-05-12T12:30:00.123456789Z",
    ]) func accepts(_ text: String) throws {
        let date = try #require(DeliveryDate(text))
        #expect(date.text == text)
        #expect(date.date == String(text.prefix(10)))
        #expect(date.timestamp == (text.contains("T") ? text : nil))
    }

    @Test(arguments: [
        "", "22", "202", "20222", "2022-", "2022-5", "2022-00", "2022-13", "2022-05-", "2022-05-1", "2022-05-00",
        "2022-05-32", "2022-04-31", "2022-02-29", "1900-02-29", "2022/05/17", "20220517", "17-05-2022", " 2022",
        "2022 ",
        "2022-05-17 ", "2022\n", "-2022", "+2022", "2022-W20", "2022-137", "２０２２", "2022-05-17T", "2022-05-17T12:30Z",
        "2022-05-17T12:30:00", "2022-05-17T24:00:00Z", "2022-05-17T12:60:00Z", "2022-05-17T12:30:61Z",
        "2022-05-17T12:30:00+24:00", "2022-05-17T12:30:00+0100", "2022-05-17T12:30:00+01:60", "2022-05-17T12:30:00.Z",
        "2022-05-17T12:30:00.1234567890Z", "2022-05-17 12:30:00Z", "2022-05-17T12:30:00Zx", "2022-05T12:30:00Z",
        "2022T12:30:00Z", "2022-05-17T12:30:00z", "yesterday", "\u{0}022",
    ]) func refuses(_ text: String) {
        #expect(DeliveryDate(text) == nil)
    }
}

@Suite struct TextNormalisationTests {
    @Test(arguments: [
        ("", ""), (" \t\r\n ", ""), ("a", "a"), ("  a  b  ", "a b"), ("a\r\nb\rc\nd", "a b c d"),
        ("a\tb\u{B}c\u{C}d", "a b c d"),
        ("no\u{A0}break\u{202F}thin\u{2009}ideographic\u{3000}end", "no break thin ideographic end"),
        ("next\u{85}line\u{2028}sep\u{2029}par", "next line sep par"), ("ogham\u{1680}space", "ogham space"),
        ("e\u{301}", "\u{E9}"), ("\u{212B}ngstro\u{308}m", "\u{C5}ngstr\u{F6}m"), ("\u{FB01}", "\u{FB01}"),
        ("\u{FEFF}bom", "bom"), ("bo\u{FEFF}m", "bom"), ("a\u{0}b\u{1}c\u{7F}d\u{9F}e", "abcde"),
        ("\u{1112}\u{1161}\u{11AB}", "\u{D55C}"), ("\u{D558}\u{11AB}", "\u{D55C}"),
        ("\u{110F}\u{1176}", "\u{110F}\u{1176}"), ("\u{1113}\u{1165}", "\u{1113}\u{1165}"),
        ("e\u{1}\u{301}", "\u{E9}"), ("e\u{FEFF}\u{301}", "\u{E9}"), ("\u{1} a", "a"), ("a \u{1} b", "a b"),
        ("soft\u{AD}hyphen zero\u{200B}width jo\u{200D}iner", "soft\u{AD}hyphen zero\u{200B}width jo\u{200D}iner"),
        (
            "\u{201C}curly\u{201D} \u{2013} \u{2014} \"straight\" 'too'",
            "\u{201C}curly\u{201D} \u{2013} \u{2014} \"straight\" 'too'"
        ),
    ]) func lines(text: String, expected: String) {
        #expect(Array(TextNormalisation.line(text).unicodeScalars) == Array(expected.unicodeScalars))
    }

    @Test func absentMeansAbsent() {
        #expect(TextNormalisation.optionalLine(nil) == nil)
        #expect(TextNormalisation.optionalLine("\u{FEFF} \n") == nil)
        #expect(TextNormalisation.optionalLine(" a ") == "a")
    }

    @Test(
        arguments: [
            ("", []), ("\n\n", []), ("a", ["a"]), ("a\nb", ["a", "b"]), ("a\r\nb", ["a", "b"]), ("a\rb", ["a", "b"]),
            ("a\n\nb", ["a", "b"]), ("a\r\n\r\nb", ["a", "b"]), ("a\nb\n\nc", ["a b", "c"]), ("a\n \t\nb", ["a", "b"]),
            ("\na\nb\n\n", ["a", "b"]), ("a\u{2029}b", ["a", "b"]), ("\u{FEFF}a\n\u{FEFF}\nb", ["a", "b"]),
        ] as [(String, [String])]) func paragraphs(text: String, expected: [String])
    {
        #expect(TextNormalisation.paragraphs(text) == expected)
    }

    /// Normalising twice changes nothing, and the rules of `Config/schemas/README.md`, followed by Python, give the same.
    @Test func isIdempotentAndAsWrittenDown() throws {
        let seed = SeededGenerator.seed()
        print("seed of isIdempotentAndAsWrittenDown: \(seed)")
        var generator = SeededGenerator(seed: seed)
        let pieces: [ClosedRange<UInt32>] = [
            0...0x20, 0...0xAD, 0x300...0x345, 0x1E00...0x1EFF, 0x1100...0x11FF, 0x2000...0x2030, 0xFEFF...0xFEFF,
            0xAC00...0xAC20, 0x20...0x7E, 0x61...0x7A, 0x20...0x20, 0xC0...0x2FF, 0x2010...0x2027,
        ]
        // Most lines are of a few kinds of characters, as those of prose are.
        let kinds = [pieces, pieces, Array(pieces.suffix(5)), Array(pieces.suffix(4).prefix(2))]
        var lines: [[String]] = []
        for _ in 0..<4_000 {
            var scalars = String.UnicodeScalarView()
            let pieces = kinds.randomElement(using: &generator)!
            for _ in 0..<Int.random(in: 0...24, using: &generator) {
                let piece = pieces.randomElement(using: &generator)!
                scalars.append(Unicode.Scalar(UInt32.random(in: piece, using: &generator))!)
            }
            let line = TextNormalisation.line(String(scalars))
            #expect(Array(TextNormalisation.line(line).utf8) == Array(line.utf8), "seed \(seed)")
            var appended = Array("before ".utf8)
            Array(String(scalars).utf8).withUnsafeBufferPointer { TextNormalisation.append($0, to: &appended) }
            #expect(appended == Array("before \(line)".utf8), "seed \(seed)")
            lines.append([String(scalars), line])
        }
        let program = """
            import json, sys, unicodedata
            def line(text):
                spaces = "\\t\\n\\v\\f\\r\\x85"
                kept = [c for c in text if c in spaces or unicodedata.category(c) != "Cc" and c != "\\ufeff"]
                spaced = ["\\0" if c in spaces or unicodedata.category(c) in ("Zs", "Zl", "Zp") else c for c in kept]
                return unicodedata.normalize("NFC", " ".join(part for part in "".join(spaced).split("\\0") if part))
            for text, made in json.load(sys.stdin):
                if line(text) != made: print(ascii(text), ascii(line(text)), ascii(made))
            """
        let outcome = try Python.run(["-c", program], input: Array(JSONEncoder().encode(lines)))
        #expect(outcome.status == 0 && outcome.output == "", "seed \(seed) \(outcome.output)\(outcome.errors)")
    }
}

@Suite struct IdentifierTests {
    /// Kafka's keys and databases compare bytes, so identifiers do: these are equal as Swift strings.
    @Test func equalityIsThatOfBytes() {
        let (composed, decomposed) = (SpeechID("caf\u{E9}"), SpeechID("cafe\u{301}"))
        #expect(composed.rawValue == decomposed.rawValue)
        #expect(composed != decomposed && Set([composed, decomposed]).count == 2)
        #expect(composed == SpeechID("caf\u{E9}") && Set([composed, SpeechID("caf\u{E9}")]).count == 1)
        #expect((composed < decomposed) != (decomposed < composed))
    }

    @Test func orderIsOfBytes() {
        #expect(SpeechID("Z") < SpeechID("a"))
        #expect(SpeechID("z") < SpeechID("é"))
        #expect(SpeechID("\u{FFFF}") < SpeechID("\u{1F600}"))
        #expect(!(SpeechID("a") < SpeechID("a")))
    }

    @Test func canonicalTextIsTitleAndParagraphs() {
        #expect(Speech(id: SpeechID("a"), title: "T", body: ["p", "q"]).canonicalText == "T\n\np\n\nq")
        #expect(Speech(id: SpeechID("a"), body: ["p"]).canonicalText == "p")
        #expect(Speech(id: SpeechID("a"), title: "T", summary: "S", body: []).canonicalText == "T")
    }
}
