import SpeechFormats
import Speeches
import Testing

struct TextEncodingTests {
    private func read(_ bytes: [UInt8], as encoding: TextEncoding? = nil) throws -> Speech {
        let context = SourceContext(format: .text, encoding: encoding)
        return try #require(try FormatRegistry().speeches(in: bytes, from: context).first)
    }

    private func latin(_ text: String) -> [UInt8] { text.unicodeScalars.map { UInt8($0.value) } }

    @Test(arguments: [
        ("It\u{92}s \u{93}fair\u{94} \u{96} caf\u{E9} society.", "It’s “fair” – café society."),
        ("Cost: \u{80}5 or \u{A3}4\u{85}", "Cost: €5 or £4…"),
        ("Voil\u{E0} \u{E0} la carte \u{AB}\u{A0}oui\u{A0}\u{BB}", "Voilà à la carte « oui »"),
        ("DES \u{C9}V\u{C9}NEMENTS \u{E0} Qu\u{E9}bec", "DES ÉVÉNEMENTS à Québec"),
        ("Beyonc\u{E9}\u{92}s stra\u{DF}e", "Beyoncé’s straße"),
    ])
    func windows1252IsReadWhereNothingSpeaksAgainstIt(_ bytes: String, _ expected: String) throws {
        let speech = try read(latin(bytes))
        #expect(speech.body == [expected])
        #expect(speech.attributes["encoding"] == "windows-1252")
    }

    @Test func anEncodingThatIsNamedIsNotGuessed() throws {
        let bytes = latin("A caf\u{E9}")
        let error = try #require(refusal(of: bytes, SourceContext(format: .text, encoding: .utf8)))
        #expect(error.code == .encoding)
        #expect(try read(bytes, as: .windows1252).body == ["A café"])
        // Icelandic looks like noise to detection; naming the encoding reads it.
        let icelandic = latin("\u{FE}a\u{F0} er gott")
        #expect(refusal(of: icelandic)?.code == .encoding)
        #expect(try read(icelandic, as: .windows1252).body == ["það er gott"])
        let undefined = try #require(refusal(of: latin("a\n\u{81}"), SourceContext(encoding: .windows1252)))
        #expect(undefined.line == 2)
    }

    @Test func utf16WithoutAMarkIsReadWhenNamed() throws {
        let bytes = "A title: crime".utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        #expect(try read(bytes, as: .utf16LittleEndian).body == ["A title: crime"])
    }

    @Test func aFewControlCharactersAreDropped() throws {
        #expect(try read(Array("One\u{1F}two.\u{1A}".utf8)).body == ["Onetwo."])
    }
}
