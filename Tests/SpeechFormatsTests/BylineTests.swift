import SpeechFormats
import Speeches
import Testing

struct BylineTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let line: String
        var name: String?
        var role: String?
        var organisation: String?
        var date: String?
        var location: String?
        var event: String?
        var testDescription: String { line }
    }

    static let rows: [Row] = [
        Row(
            line: "The speech made by Kit Malthouse, the Minister for Crime and Policing, on 17 May 2022.",
            name: "Kit Malthouse", role: "Minister for Crime and Policing", date: "2022-05-17"),
        Row(line: "The speech made by Kit Malthouse on May 17, 2022.", name: "Kit Malthouse", date: "2022-05-17"),
        Row(line: "The speech made by Kit Malthouse on 17th May 2022", name: "Kit Malthouse", date: "2022-05-17"),
        Row(line: "The speech made by Kit Malthouse on 2022-05-17.", name: "Kit Malthouse", date: "2022-05-17"),
        Row(line: "The speech made by Kit Malthouse in May 2022.", name: "Kit Malthouse", date: "2022-05"),
        Row(line: "The speech made by Kit Malthouse in 2022.", name: "Kit Malthouse", date: "2022"),
        Row(line: "Speech by Kit Malthouse on Tuesday, 17th of May 2022.", name: "Kit Malthouse", date: "2022-05-17"),
        Row(line: "Statement made by Ann Lee on 1 Sept 2020", name: "Ann Lee", date: "2020-09-01"),
        Row(
            line: "The statement made by Theresa May, the then Home Secretary, in the House of Commons on 3 July 2013.",
            name: "Theresa May", role: "Home Secretary", date: "2013-07-03", location: "House of Commons"),
        Row(
            line: "The statement made by Theresa May, the Home Secretary in the House of Commons on 3 July 2013.",
            name: "Theresa May", role: "Home Secretary", date: "2013-07-03", location: "House of Commons"),
        Row(
            line: "The statement made by Theresa May in the House of Commons on 3 July 2013.", name: "Theresa May",
            date: "2013-07-03", location: "House of Commons"),
        Row(
            line: "The statement made by Theresa May on 3 July 2013 in the House of Commons.", name: "Theresa May",
            date: "2013-07-03", location: "House of Commons"),
        Row(
            line: "The speech made by Liz Roe, the Secretary of State for Foreign, Commonwealth and Development "
                + "Affairs, on 9 May 2022.",
            name: "Liz Roe", role: "Secretary of State for Foreign, Commonwealth and Development Affairs",
            date: "2022-05-09"),
        Row(
            line: "The speech made by John Okoro KC, the Lord Chancellor, and Secretary of State for Justice, at "
                + "Mansion House, London, on 5 July 2022.",
            name: "John Okoro KC", role: "Lord Chancellor, and Secretary of State for Justice", date: "2022-07-05",
            location: "Mansion House, London"),
        Row(
            line: "The speech made by Priti Shah, the Minister of State at the Home Office, on 1 June 2020.",
            name: "Priti Shah", role: "Minister of State at the Home Office", date: "2020-06-01"),
        Row(
            line: "The speech made by Ann Lee, the Home Secretary, to the Police Federation on 21 May 2014.",
            name: "Ann Lee", role: "Home Secretary", date: "2014-05-21", event: "Police Federation"),
        Row(
            line: "The speech made by the Prime Minister, Boris Johnson, on 2 March 2022.", name: "Boris Johnson",
            role: "Prime Minister", date: "2022-03-02"),
        Row(line: "The speech made by the Prime Minister on 2 March 2022.", role: "Prime Minister", date: "2022-03-02"),
        Row(
            line: "The speech made by the Rt Hon Theresa May MP on 2 March 2017.", name: "Rt Hon Theresa May MP",
            date: "2017-03-02"),
        Row(
            line: "The statement made by Ann Lee on behalf of the Opposition on 2 March 2017.", name: "Ann Lee",
            organisation: "Opposition", date: "2017-03-02"),
        Row(
            line: "The speech made by Kit Malthouse, the Minister for Crime and Policing.", name: "Kit Malthouse",
            role: "Minister for Crime and Policing"),
    ]

    @Test(arguments: rows)
    func reads(_ row: Row) throws {
        let text = "A title\n\(row.line)\nThe only paragraph of the body.\n"
        let speech = try #require(try FormatRegistry().speeches(in: Array(text.utf8), from: SourceContext()).first)
        #expect(speech.title == "A title")
        #expect(speech.body == ["The only paragraph of the body."])
        #expect(speech.speaker == Speaker(name: row.name, role: row.role, organisation: row.organisation))
        #expect(speech.deliveredOn?.text == row.date)
        #expect(speech.location == row.location)
        #expect(speech.event == row.event)
        #expect(speech.attributes["byline"] == row.line)
        #expect(!speech.canonicalText.contains("made by"))
    }

    /// Sentences of a speech that only look like its byline stay in the body.
    @Test(arguments: [
        "The speech made by my right honourable friend on 17 May 2022 was excellent.",
        "The speech made by my right honourable friend, the Member for Corby.",
        "The statement made by the Government is a scandal. We will oppose it.",
        "The progress made by Ann Lee, the Home Secretary, on 17 May 2022.",
        "The case was made by Ann Lee on 17 May 2022.",
        "I heard the speech made by Ann Lee on 17 May 2022.",
        "The speech made by Ann Lee on 31 February 2022 never happened.",
    ])
    func leaves(_ line: String) throws {
        let text = "A title\n\(line)\nAnother paragraph.\n"
        let speech = try #require(try FormatRegistry().speeches(in: Array(text.utf8), from: SourceContext()).first)
        #expect(speech.body == [line, "Another paragraph."])
        #expect(speech.speaker == nil)
    }

    /// A byline far down is part of the text around it.
    @Test func onlyTheFirstLinesAreAHeader() throws {
        let line = "The speech made by Ann Lee on 17 May 2022."
        let text = "A title\nOne.\nTwo.\nThree.\n\(line)\nFour.\n"
        let speech = try #require(try FormatRegistry().speeches(in: Array(text.utf8), from: SourceContext()).first)
        #expect(speech.body.contains(line))
        #expect(speech.deliveredOn == nil)
    }
}
