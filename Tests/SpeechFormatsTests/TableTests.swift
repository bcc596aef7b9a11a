import SpeechFormats
import Speeches
import Testing

/// Tables and rows whose body, or whose mapped columns, cannot be found.
struct TableTests {
    private let table =
        "id,speech_text,when\nc10,\"A speech about burglary\",2024-02-01\nc11,\"prisons\",2024\n"

    private func readings(_ text: String, file: String? = nil, map: String = "") throws -> [SpeechReading] {
        let context = SourceContext(file: file, mapping: try FieldMapping(map))
        var reader = try FormatRegistry().reader(of: Array(text.utf8), from: context)
        var readings: [SpeechReading] = []
        while let reading = reader.nextReading() { readings.append(reading) }
        return readings
    }

    /// It was once published as one speech of plain text.
    @Test(
        arguments: [
            (nil, ""), ("nb.csv", ""), ("all.tar:nb.csv", ""), ("NB.CSV.gz", ""), (nil, "body=speech_txt"),
            ("nb.csv", "body=speech_txt"), ("nb.txt", "title=id"),
        ] as [(String?, String)])
    func aTableWithoutABodyIsRefusedOnce(_ file: String?, _ map: String) throws {
        let readings = try readings(table, file: file, map: map)
        #expect(readings.count == 1)
        let error = try #require(throws: FormatError.self) { try readings[0].result.get() }
        #expect(error.code == .invalid)
        #expect(error.reason.contains("'id', 'speech_text', 'when'"), "\(error)")
        #expect(error.cure.contains("--map body=COLUMN") && error.cure.contains("--format text"), "\(error)")
    }

    @Test(arguments: ["text;other\n\"A speech\";1\n", "speech\nA speech of one column.\n"])
    func aNamedTableIsOneWhateverItsColumns(_ text: String) throws {
        let speeches = try readings(text, file: "x.csv").map { try $0.result.get() }
        #expect(speeches.map(\.source?.format) == ["csv"])
    }

    @Test(
        arguments: [
            "Madam Deputy Speaker, I thank you.\nToday, we speak of crime.\nTomorrow, of prisons.\n",
            "Burglary, robbery, theft\n\nFriends, we meet today, as ever, to speak of crime.\n",
            "Peace; justice; freedom\nThey are, in short; what we want; today\n",
            "Speaker:\tA Person\nDate:\t2024\n\nFriends, we meet.\n", "London,UK\n\nFriends, we meet today.\n",
            "We came, we saw, we spoke\n", "Crime\n\nA text.\n",
        ], ["", "role=post"])
    func plainTextWithCommasIsPlainText(_ text: String, _ map: String) throws {
        let readings = try readings(text, file: "speech.txt", map: map)
        #expect(readings.count == 1)
        #expect(try readings[0].result.get().source?.format == "text")
        #expect(readings[0].warnings.isEmpty)
    }

    @Test func otherFormatsAreWhatTheyAreWhateverTheirName() throws {
        let json = "{\"schema_version\":1,\"id\":\"a\",\"body\":[\"Words.\"]}"
        #expect(try readings(json, file: "x.csv").map { try $0.result.get().id.rawValue } == ["a"])
        #expect(throws: FormatError.self) { try readings("PK\u{3}\u{4}", file: "x.csv") }
        #expect(throws: FormatError.self) { try readings(" \n", file: "x.csv") }
    }

    @Test func aMappedColumnThatIsNowhereIsSaidOncePerFile() throws {
        for (text, what) in [
            (table, "columns are 'id', 'speech_text', 'when'"),
            ("{\"speech_text\":\"One.\",\"when\":\"2024\"}\n{\"speech_text\":\"Two.\"}\n", "'speech_text', 'when'"),
        ] {
            let readings = try readings(text, map: "body=speech_text,title=nosuch,date=when")
            #expect(readings.count == 2)
            #expect(readings.map { $0.warnings.map(\.code) } == [[.noColumn], []])
            let reason = try #require(readings[0].warnings.first?.reason)
            #expect(reason.contains("'nosuch'") && reason.contains(what), "\(reason)")
        }
        // A member that the first line alone lacks is no mistake.
        let rows = "{\"text\":\"One.\"}\n{\"text\":\"Two.\",\"post\":\"Minister\"}\n"
        #expect(try readings(rows, map: "role=post").allSatisfy(\.warnings.isEmpty))
        #expect(throws: FormatError.self) { try FieldMapping("date=when,date=id") }
        #expect(throws: Never.self) { try FieldMapping("date=when,date=when,title=when") }
    }

    @Test func aSingleObjectIsReadByItsMapping() throws {
        let object = "{\"speech_text\":\"Words.\",\"n\":1}"
        #expect(try readings(object, map: "body=speech_text").map { try $0.result.get().body } == [["Words."]])
        let error = try #require(throws: FormatError.self) { try readings(object + "\n" + object)[0].result.get() }
        #expect(error.reason.contains("'n', 'speech_text'") && error.line == 1, "\(error)")
    }

    @Test func objectsWithinRowsAreAttributes() throws {
        let row = """
            {"text":"Words.","attributes":{"a":"b","title":"t","n":1},"meta":{"k":1,"yes":true,"list":["x","y"],"no":null},\
            "source":{"uri":"https://example.org/1","publisher":"UN","x":"y"},"speaker":{"name":"A Person","role":"Minister"},\
            "deep":{"er":{"a":1},"ok":2},"rows":[[1],{"a":1}],"numbers":[1,2.5],"none":null,"nothing":{}}
            """
        let reading = try #require(try readings("\n" + row + "\n{\"text\":\"x\"}\n").first)
        let speech = try reading.result.get()
        #expect(
            speech.attributes
                == [
                    "a": "b", "title": "t", "n": "1", "meta.k": "1", "meta.yes": "true", "meta.list": "x y",
                    "source.x": "y",
                    "deep.ok": "2", "numbers": "1 2.5",
                ].merging(speech.attributes.filter { $0.key == "language_confidence" }) { $1 })
        #expect(speech.title == nil)
        #expect(speech.source?.uri == "https://example.org/1" && speech.source?.publisher == "UN")
        #expect(speech.speaker == Speaker(name: "A Person", role: "Minister"))
        #expect(reading.warnings.map(\.code) == [.leftOut])
        #expect(reading.warnings.first?.line == 2)
        #expect(reading.warnings.first?.reason.contains("'deep.er', 'rows'") == true, "\(reading.warnings)")
    }

    @Test func linesLongerThanDetectionSeesAreLines() throws {
        let padding = String(repeating: "x", count: 1_200_000)
        let rows = "{\"pad\":[[\"\(padding)\"]],\"text\":\"One.\"}\n{\"text\":\"Two.\"}\n"
        #expect(try readings(rows).map { try $0.result.get().body } == [["One."], ["Two."]])
    }

    @Test(
        arguments: [
            ("[{\"text\":\"One.\"},{\"text\":\"Two.\"}]", "a JSON array", "jq -c '.[]'", nil),
            ("[\n  {\"text\": \"\(String(repeating: "x", count: 400))\"},\n", "a JSON array", "jq -c '.[]'", nil),
            ("{\"title\":\"T\",\n\"text\":\"One", "breaks off", "fetch it again", 2),
            ("{\n  \"title\": \"T\",\n  \"text\": \"One.\"\n}\n", "JSON object", "jq -c .", nil),
        ] as [(String, String, String, Int?)])
    func otherJSONSaysItsCure(_ text: String, _ reason: String, _ cure: String, _ line: Int?) throws {
        let error = try #require(refusal(of: Array(text.utf8)))
        #expect(error.code == .unrecognised)
        #expect(error.reason.contains(reason) && error.cure.contains(cure), "\(error)")
        #expect(error.line == line)
    }
}
