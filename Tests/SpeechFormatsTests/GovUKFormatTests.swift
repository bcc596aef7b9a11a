import SpeechFormats
import Speeches
import Testing

struct GovUKFormatTests {
    private func read(_ bytes: [UInt8], _ context: SourceContext = SourceContext()) throws -> Speech {
        try #require(try FormatRegistry().speeches(in: bytes, from: context).first)
    }

    @Test(arguments: [
        ("2014-04-30T00:00:00+01:00", "2014-04-30"), ("2014-04-30T00:00:00.000+01:00", "2014-04-30"),
        ("2014-04-30T00:00:00Z", "2014-04-30"), ("2014-04-30T23:00:00Z", "2014-04-30T23:00:00Z"),
        ("2012-05-22T01:00:00+01:00", "2012-05-22T01:00:00+01:00"),
        ("2016-05-12T12:30:00.000+00:00", "2016-05-12T12:30:00.000+00:00"),
        ("2016-05-12T00:00:01+00:00", "2016-05-12T00:00:01+00:00"),
    ])
    func midnightIsADate(_ delivered: String, _ expected: String) throws {
        let speech = try read(try govUKItem(body: "<p>x</p>", details: ["delivered_on": delivered]))
        #expect(speech.deliveredOn?.text == expected)
    }

    @Test(arguments: [("en", "en"), ("cy", "cy"), ("dr", "prs"), ("zh-hk", "zh-HK"), ("es-419", "es-419")])
    func localesAreTags(_ locale: String, _ tag: String) throws {
        #expect(try read(try govUKItem(body: "<p>x</p>", changing: ["locale": locale])).language == tag)
    }

    @Test func theOfficeHeldOnTheDayIsTheRole() throws {
        func appointment(_ role: String, _ start: String, _ end: String?) -> [String: Any] {
            var details = ["started_on": start]
            details["ended_on"] = end
            return ["details": details, "links": ["role": [["title": role]]]]
        }
        let roles = [["title": "Home Secretary"], ["title": "Prime Minister"]]
        let held = [
            appointment("Home Secretary", "2010-05-12T00:00:00+01:00", "2016-07-13T00:00:00+01:00"),
            appointment("Prime Minister", "2016-07-13T00:00:00+01:00", nil),
        ]
        let speaker: [[String: Any]] = [["title": "Theresa May", "links": ["role_appointments": held]]]
        let links: [String: Any] = ["speaker": speaker, "roles": roles]
        #expect(
            try read(try govUKItem(body: "<p>x</p>", changing: ["links": links])).speaker?.role == "Home Secretary")
        // Both offices on the day of the change: the item does not say which, so neither do we.
        let handover = ["delivered_on": "2016-07-13T12:00:00+01:00"]
        let ambiguous = try govUKItem(body: "<p>x</p>", changing: ["links": links], details: handover)
        #expect(try read(ambiguous).speaker?.role == nil)
        let unknown: [String: Any] = ["speaker": [["title": "Theresa May"]], "roles": roles]
        #expect(try read(try govUKItem(body: "<p>x</p>", changing: ["links": unknown])).speaker?.role == nil)
    }

    @Test func organisations() throws {
        let two = [["title": "A", "content_id": "a"], ["title": "B", "content_id": "b"]]
        func organisation(_ links: [String: Any], _ details: [String: Any] = [:]) throws -> String? {
            let links = links.merging(["speaker": [["title": "X"]]]) { $1 }
            let item = try govUKItem(body: "<p>x</p>", changing: ["links": links], details: details)
            return try read(item).speaker?.organisation
        }
        #expect(try organisation(["organisations": two]) == nil)
        #expect(try organisation(["organisations": [["title": "A"]]]) == "A")
        #expect(try organisation(["organisations": two], ["emphasised_organisations": ["b"]]) == "B")
        #expect(try organisation(["organisations": two, "primary_publishing_organisation": [["title": "C"]]]) == "C")
    }

    @Test func contextFillsWhatTheItemLacks() throws {
        let context = SourceContext(retrievedAt: "2024-01-01T00:00:00Z", format: .govUK)
        let speech = try read(try govUKItem(body: "<p>x</p>"), context)
        #expect(
            speech.source
                == Source(
                    uri: "https://www.gov.uk/government/speeches/x", publisher: "GOV.UK", format: "govuk-content-api",
                    retrievedAt: "2024-01-01T00:00:00Z", licence: "OGL-UK-3.0"))
        #expect(speech.revision == (try read(try govUKItem(body: "<p>x</p>"))).revision)
    }

    @Test func aTranslationIsAnotherDocument() throws {
        let english = try read(try govUKItem(body: "<p>x</p>"))
        let welsh = try govUKItem(
            body: "<p>x</p>", changing: ["locale": "cy", "base_path": "/government/speeches/x.cy"])
        #expect(try read(welsh).id != english.id)
    }

    @Test func aBodyWithoutTextIsEmpty() throws {
        let error = try #require(refusal(of: try govUKItem(body: "<p>&nbsp;</p>")))
        #expect(error.code == .empty)
        #expect(error.path == "details.body")
    }
}
