import Foundation
import Speeches
import TestSupport
import Testing

/// Input that nobody should send and somebody will.
@Suite struct RefusalTests {
    /// Text that stands for content: no error may repeat it.
    static let secret = "xyzzy"

    static let documents: [(String, DocumentError.Code, String)] = [
        ("", .invalidJSON, "not valid JSON"),
        ("{", .invalidJSON, "not valid JSON"),
        ("{\"schema_version\":1,\"id\":\"xyzzy\",\"body\":[]", .invalidJSON, "not valid JSON"),
        ("[]", .invalidDocument, "the document must be an object"),
        ("\"xyzzy\"", .invalidDocument, "the document must be an object"),
        ("null", .invalidDocument, "the document must be an object"),
        ("{}", .invalidDocument, "schema_version is missing"),
        (document("\"schema_version\":2,\"id\":[7]"), .unsupportedVersion, "schema_version is 2"),
        (document("\"schema_version\":\"1\""), .invalidDocument, "schema_version must be a whole number"),
        (document("\"schema_version\":1e400"), .invalidDocument, "schema_version"),
        (document("\"schema_version\":99999999999999999999999"), .invalidDocument, "schema_version"),
        (document("\"schema_version\":1.5"), .invalidDocument, "schema_version"),
        (valid("\"id\":null"), .invalidDocument, "id must be a string"),
        (valid("\"id\":\"\""), .invalidDocument, "id must not be empty"),
        (valid("\"id\":7"), .invalidDocument, "id must be a string"),
        ("{\"schema_version\":1,\"id\":\"xyzzy\"}", .invalidDocument, "body is missing"),
        (valid("\"body\":\"xyzzy\""), .invalidDocument, "body must be an array"),
        (valid("\"body\":[\"a\",null]"), .invalidDocument, "body[1] must be a string"),
        (valid("\"body\":[\"a\",\"\"]"), .invalidDocument, "body must not hold empty paragraphs"),
        (valid("\"title\":null"), .invalidDocument, "title must not be null"),
        (valid("\"title\":\"\""), .invalidDocument, "title must not be empty"),
        (valid("\"title\":{\"xyzzy\":1}"), .invalidDocument, "title must be a string"),
        (valid("\"language\":\"\""), .invalidDocument, "language must not be empty"),
        (valid("\"speaker\":null"), .invalidDocument, "speaker must not be null"),
        (valid("\"speaker\":[]"), .invalidDocument, "speaker must be an object"),
        (valid("\"speaker\":{\"name\":\"\"}"), .invalidDocument, "speaker.name must not be empty"),
        (valid("\"speaker\":{\"role\":null}"), .invalidDocument, "speaker.role must not be null"),
        (valid("\"source\":{\"retrieved_at\":1}"), .invalidDocument, "source.retrieved_at must be a string"),
        (valid("\"delivered_on\":\"17 May xyzzy\""), .invalidDocument, "delivered_on must be YYYY"),
        (valid("\"attributes\":{\"xyzzy\":1}"), .invalidDocument, "attributes.* must be a string"),
        (valid("\"attributes\":{\"a\":\"\"}"), .invalidDocument, "attributes must not hold empty strings"),
        (valid("\"revision\":\"sha256:xyzzy\""), .invalidDocument, "revision does not fit the content"),
        (valid("\"title\":\"\\ud800xyzzy\""), .invalidJSON, "not valid JSON"),
        (valid("\"title\":\"\\udc00xyzzy\""), .invalidJSON, "not valid JSON"),
        (valid("\"title\":\"xyzzy\u{1}\""), .invalidJSON, "not valid JSON"),
        (valid("\"title\":NaN"), .invalidJSON, "not valid JSON"),
        (valid("\"x\":" + String(repeating: "[", count: 200_000)), .invalidJSON, "not valid JSON"),
        (
            valid("\"x\":" + String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)),
            .invalidJSON, "not valid JSON"
        ),
        (valid("\"x\":" + String(repeating: "{\"a\":", count: 100_000)), .invalidJSON, "not valid JSON"),
    ]

    @Test(arguments: documents.indices) func documentsAreRefused(_ row: Int) throws {
        let (json, code, reason) = Self.documents[row]
        let error = try #require(throws: DocumentError.self) { try Speech(json: Data(json.utf8)) }
        #expect(error.code == code, "\(error)")
        #expect(error.reason.contains(reason), "\(error)")
        #expect(!error.description.contains(Self.secret), "\(error)")
    }

    @Test func bytesThatAreNotUTF8AreRefused() throws {
        let bytes = Array("{\"schema_version\":1,\"id\":\"".utf8) + [0xFF, 0xC0] + Array("\",\"body\":[]}".utf8)
        let error = try #require(throws: DocumentError.self) { try Speech(json: Data(bytes)) }
        #expect(error.code == .invalidJSON)
    }

    /// RFC 8259 leaves repeated names open: whichever counts, it must be the same one each time and no crash.
    @Test func repeatedNamesGiveOneAnswer() throws {
        let json = Data("{\"schema_version\":1,\"id\":\"a\",\"id\":\"b\",\"body\":[]}".utf8)
        let ids = Set(try (0..<20).map { _ in try Speech(json: json).id.rawValue })
        #expect(ids.count == 1)
        let error = try #require(throws: DocumentError.self) {
            try Speech(
                json: Data("{\"schema_version\":1,\"schema_version\":2,\"id\":null,\"id\":null,\"body\":[]}".utf8))
        }
        #expect([.invalidDocument, .unsupportedVersion].contains(error.code))
    }

    static let events: [(String, String, DocumentError.Code, String)] = [
        ("\"schema_version\":1", "\"schema_version\":2", .unsupportedVersion, "schema_version is 2"),
        ("\"classified\"", "\"xyzzy\"", .invalidDocument, "assessment must be one of classified"),
        ("\"substantive\"", "\"xyzzy\"", .invalidDocument, "topics[0].prominence must be one of mention"),
        ("\"score\":0.75", "\"score\":1.001", .invalidDocument, "topics[0].score must be a number from 0 to 1"),
        ("\"score\":0.75", "\"score\":-0.1", .invalidDocument, "topics[0].score must be a number from 0 to 1"),
        ("\"score\":0.75", "\"score\":1e999", .invalidDocument, "topics[0].score"),
        ("\"score\":0.75", "\"score\":\"xyzzy\"", .invalidDocument, "topics[0].score must be a number"),
        ("\"weight\":3", "\"weight\":4", .invalidDocument, "topics[0].evidence[0].weight must be from 1 to 3"),
        ("\"weight\":3", "\"weight\":9223372036854775808", .invalidDocument, "topics[0].evidence[0].weight must be"),
        ("\"start\":55", "\"start\":-1", .invalidDocument, "spans[0].start must be a whole number from 0"),
        ("\"end\":66", "\"end\":54", .invalidDocument, "spans[0].end must be a whole number from 55"),
        ("\"evidence_count\":3", "\"evidence_count\":0", .invalidDocument, "topics[0].evidence_count must be"),
        ("\"characters\":123", "\"characters\":-123", .invalidDocument, "document.characters must be"),
        ("\"id\":\"drugs\"", "\"id\":\"cyber-crime\"", .invalidDocument, "topics must name each topic once"),
        ("\"exact\":\"cyber crime\"", "\"exact\":null", .invalidDocument, "spans[0].exact must not be null"),
        ("\"iccs\":[\"0903\"]", "\"xyzzy\":[1]", .invalidDocument, "topics[0].codes.*[0] must be a string"),
        ("\"crime_policy\":{", "\"crime_policy\":null,\"x\":{", .invalidDocument, "crime_policy must not be null"),
        ("\"ruleset\":{", "\"x\":{", .invalidDocument, "ruleset is missing"),
        ("\"delivered_on\":\"2022", "\"delivered_on\":\"xyzzy", .invalidDocument, "document.delivered_on must be YYYY"),
    ]

    @Test(arguments: events.indices) func eventsAreRefused(_ row: Int) throws {
        let (part, replacement, code, reason) = Self.events[row]
        let valid = String(decoding: Samples.event(Samples.full).json, as: UTF8.self)
        let json = valid.replacing(part, with: replacement, maxReplacements: 1)
        #expect(json != valid)
        let error = try #require(throws: DocumentError.self) { try ClassifiedSpeech(json: Data(json.utf8)) }
        #expect(error.code == code, "\(error)")
        #expect(error.reason.contains(reason), "\(error)")
        #expect(!error.description.contains(Self.secret), "\(error)")
    }

    /// What our readers refuse for its shape the published schemas refuse, too.
    @Test func theSchemasRefuseTheSame() throws {
        let valid = String(decoding: Samples.event(Samples.full).json, as: UTF8.self)
        let readable = Self.events.filter { !$0.1.contains("\"cyber-crime\"") && !$0.1.contains("\"end\":54") }
        let events = readable.map { Array(valid.replacing($0.0, with: $0.1, maxReplacements: 1).utf8) }
        let answers = try Python.schemaErrors(events, schema: "event.v1.json")
        for (row, answer) in zip(readable, answers) where row.0 != "\"evidence_count\":3" {
            #expect(!answer.isEmpty, "the schema accepts \(row.1)")
        }
        let documents = Self.documents.filter { $0.1 != .invalidJSON }.map(\.0)
        let verdicts = try Python.schemaErrors(documents.map { Array($0.utf8) }, schema: "document.v1.json")
        for (document, verdict) in zip(documents, verdicts) {
            #expect(!verdict.isEmpty, "the schema accepts \(document)")
        }
    }

    private static func document(_ members: String) -> String { "{\(members),\"body\":[]}" }

    /// A document that would be read but for the members given; a member given replaces its valid form.
    private static func valid(_ members: String) -> String {
        let defaults = [("\"id\"", "\"id\":\"xyzzy\""), ("\"body\"", "\"body\":[\"xyzzy\"]")]
        let kept = defaults.filter { !members.hasPrefix($0.0) }.map(\.1)
        return "{" + (["\"schema_version\":1"] + kept + [members]).joined(separator: ",") + "}"
    }
}
