import Delivery
import EventStore
import Foundation
import Speeches
import StoreReports
import TestSupport
import Testing

/// Records as an enemy would write them, from their bytes to the answers, the page and the files: what is refused, what is
/// kept, and that nothing breaks by either.
@Suite struct HostileEventContractTests {
    /// What is put in place of a title, as JSON spells it, and why it is refused; nil where it is kept.
    static let titles: [(String, DocumentError.Code?)] = [
        (#"<script>alert(1)</script>"#, nil), (#"'; DROP TABLE events; --"#, nil), (#"a\u0000b\u0000"#, nil),
        (#"\ud83d\ude00 \uffff \ufdd0"#, nil), (#"\ud800"#, .invalidJSON), (#"a\udc00b"#, .invalidJSON),
        (#"\ude00\ud83d"#, .invalidJSON), (#"\ud83d\u0041"#, .invalidJSON), (#"\uD800\uD800"#, .invalidJSON),
    ]

    private static func record(_ value: String, _ document: String, offset: Int64) -> ReceivedRecord {
        ReceivedRecord(
            origin: Entries.classified, offset: Offset(offset), timestamp: nil, key: Array(document.utf8),
            value: Array(value.utf8),
            headers: [
                RecordHeader("rostrum_origin_topic", Entries.documents.rawValue),
                RecordHeader("rostrum_origin_partition", "0"), RecordHeader("rostrum_origin_offset", "\(offset)"),
            ])
    }

    /// A record for each title, and whatever of them is an entry.
    private static func entries() -> [StoreEntry] {
        titles.enumerated().compactMap { index, row in
            let event = Entries.classified("title-\(index)", revision: "A", ruleset: "1")
            let text = String(decoding: event.json, as: UTF8.self)
            let hostile = text.replacing("\"title\":\"", with: "\"title\":\"\(row.0)", maxReplacements: 1)
            #expect(hostile != text)
            let record = record(hostile, "title-\(index)", offset: Int64(index))
            guard let code = row.1 else { return try? StoreEntry(record) }
            let error = #expect(throws: DocumentError.self, "\(row.0)") { try StoreEntry(record) }
            #expect(error?.code == code, "\(row.0)")
            return nil
        }
    }

    /// Ten thousand topics, and a quote of three million characters.
    private static func large() throws -> [StoreEntry] {
        var topics = Entries.classified("topics", revision: "A", ruleset: "1")
        topics.topics = (0..<10_000).map { Entries.tag("topic-\($0)", "Topic <\($0)>", 500) }
        var quote = Entries.classified("quote", revision: "A", ruleset: "1")
        quote.topics[0].evidence[0].spans[0].exact = String(repeating: "<é>", count: 1_000_000)
        return try [topics, quote].enumerated().map { index, event in
            let text = String(decoding: event.json, as: UTF8.self)
            return try StoreEntry(record(text, event.document.id.rawValue, offset: Int64(100 + index)))
        }
    }

    /// The same letter written in two ways is two ids to Kafka and to every database.
    @Test(arguments: StoreKind.available) func idsThatLookAlikeAreTwo(kind: StoreKind) throws {
        let entries = try ["caf\u{E9}", "cafe\u{301}"].enumerated().map { index, id in
            let event = Entries.classified(id, revision: "A", ruleset: "1")
            return try StoreEntry(Self.record(String(decoding: event.json, as: UTF8.self), id, offset: Int64(index)))
        }
        let place = try StorePlace(kind)
        let store = try place.open()
        #expect(try store.apply(Entries.batch(entries)).inserted == 2)
        #expect(try store.apply(Entries.batch(entries)).inserted == 0)
        #expect(try store.content() == NaiveStore(entries).content)
        try store.close()
    }

    @Test(arguments: StoreKind.available) func nothingBreaks(kind: StoreKind) throws {
        let place = try StorePlace(kind)
        let store = try place.open()
        let entries = Self.entries() + (try Self.large())
        #expect(entries.count == Self.titles.filter { $0.1 == nil }.count + 2)
        try store.apply(Entries.batch(entries))
        #expect(try store.content() == NaiveStore(entries).content)

        for subject in ReadyQuestion.Grouping.allCases.map({ .topics(by: $0) })
            + [ReadyQuestion.Subject.speakers, .pairs, .quotes, .documents]
        {
            let answer = try store.ask(ReadyQuestion(subject, limit: 30_000).question, secondsMax: 60)
            #expect(!answer.rows.isEmpty, "\(subject)")
            #expect(AnswerText.csv(answer.columns).hasSuffix("\r\n"))
        }
        let page = try StoreReport(store, secondsMax: 60).page(title: "t", made: "m")
        #expect(page.utf8.count < 1_000_000 && !page.contains("<script") && page.hasSuffix("</html>\n"))

        // Each line of each file is one JSON object, whatever is in it.
        try store.close()
        guard kind == .ndjson else { return }
        let plain = try StorePlace(.ndjson, files: .init(fileBytes: 4_000))
        let files = try plain.open()
        try files.apply(Entries.batch(entries))
        try files.close()
        var lines = 0
        let names = try #require(FileManager.default.enumerator(atPath: plain.folder.path("files")))
        for case let name as String in names where name.hasSuffix(".ndjson") {
            let file = try Data(contentsOf: URL(filePath: plain.folder.path("files/\(name)")))
            #expect(file.last == UInt8(ascii: "\n"))
            for line in file.split(separator: UInt8(ascii: "\n")) {
                #expect(try JSONSerialization.jsonObject(with: line) is [String: Any])
                lines += 1
            }
        }
        #expect(lines == entries.count)
    }
}
