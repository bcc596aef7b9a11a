import Delivery
import EventStore
import Foundation
import Speeches
import StoreReports
import TestSupport
import Testing

/// Events that mean harm, all the way into pages, tables and pictures.
@Suite struct StoreReportTests {
    private let folder: TemporaryFolder
    private let store: SQLiteEventStore

    /// Markup in every text that a document has, a quote of three million characters, ten thousand topics.
    private static let hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>\u{0}\u{1B}[31m\u{202E}&"

    init() throws {
        folder = try TemporaryFolder()
        store = try SQLiteEventStore(path: folder.path("store.sqlite"))
    }

    private func keep(_ events: [ClassifiedSpeech]) throws {
        let partition = TopicPartition(KafkaTopic("speeches.classified"), Partition(0))
        let entries = events.enumerated().map { place, event in
            StoreEntry(position: RecordPosition(partition, Offset(Int64(place))), change: .event(event))
        }
        try store.apply(StoreBatch(group: ConsumerGroup("sink"), entries: entries, nextOffsets: [:]))
    }

    private static func event(
        _ id: String, _ text: String, date: String?, uri: String?, quote: String? = nil, topics: [String]
    ) -> ClassifiedSpeech {
        let document = DocumentSummary(
            id: SpeechID(id), revision: Revision("A"), title: text, speaker: Speaker(name: text),
            deliveredOn: date.flatMap { DeliveryDate($0) }, language: "en", source: Source(uri: uri), characters: 1,
            words: 1, sentences: 1)
        let tags = topics.map { topic in
            TaggedTopic(
                id: TopicID(topic), label: "\(topic) \(text)", codes: [:], score: Score(thousandths: 600),
                prominence: .focus, evidenceCount: 1,
                evidence: [
                    Evidence(
                        rule: RuleID("r"), weight: 1, sentence: 0,
                        spans: [
                            TextSpan(
                                start: 0, end: 1, exact: topic == topics[0] ? quote ?? text : text, prefix: text,
                                suffix: text)
                        ])
                ])
        }
        return ClassifiedSpeech(
            eventID: ClassifiedSpeech.eventID(document: document.id, revision: document.revision, rulesetDigest: "d"),
            assessment: .classified, document: document,
            crimePolicy: CrimePolicy(value: true, score: Score(thousandths: 900)), topics: tags,
            ruleset: RulesetIdentity(name: text, version: "1.0.0", digest: "d"))
    }

    private static let events = [
        event("a", hostile, date: "2021-05", uri: "javascript:alert(1)", topics: ["drugs", "fraud"]),
        event("b", hostile, date: "2023-01-02", uri: "https://example.org/?a=1&b=\"2\"", topics: ["drugs"]),
        event(
            "c", "plain", date: nil, uri: "https://example.org/c", quote: String(repeating: "long ", count: 600_000),
            topics: (0..<10_000).map { "t\($0)" }),
    ]

    @Test func nothingOfADocumentBecomesMarkup() throws {
        try keep(Self.events)
        let page = try StoreReport(store, secondsMax: 60).page(title: Self.hostile, made: "today")
        #expect(!page.contains("<script") && !page.contains("<img"))
        #expect(!page.contains("javascript:"))
        #expect(!page.utf8.contains(0) && !page.contains("\u{1B}") && !page.contains("\u{202E}"))
        #expect(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
        #expect(page.utf8.count < 2_000_000)
        #expect(page.contains("And at least 170 more topics"))
        let check = """
            import sys
            from html.parser import HTMLParser
            class Checker(HTMLParser):
                void = {"meta", "link", "br", "img", "input", "hr"}
                def __init__(self): super().__init__(); self.open = []; self.links = []; self.names = 0
                def handle_starttag(self, tag, attributes):
                    attributes = dict(attributes)
                    assert tag != "script" and not any(name.startswith("on") for name in attributes), (tag, attributes)
                    assert tag not in ("img", "iframe", "object", "embed", "form"), tag
                    if tag == "a": self.links.append(attributes["href"])
                    if attributes.get("role") == "img": self.names += bool(attributes.get("aria-label"))
                    if tag not in self.void: self.open.append(tag)
                def handle_startendtag(self, tag, attributes): pass
                def handle_endtag(self, tag):
                    assert self.open and self.open[-1] == tag, (tag, self.open[-3:], self.getpos())
                    self.open.pop()
            checker = Checker()
            checker.feed(sys.stdin.buffer.read().decode())
            assert not checker.open, checker.open
            print(sorted(set(checker.links)), checker.names)
            """
        let outcome = try Python.run(["-c", check], input: Array(page.utf8))
        #expect(
            outcome.output == "['https://example.org/?a=1&b=\"2\"', 'https://example.org/c'] 2\n", "\(outcome.errors)")
    }

    @Test func anEmptyStoreHasAPageToo() throws {
        let page = try StoreReport(store, secondsMax: 60).page(title: "Nothing", made: "today")
        #expect(page.contains("The store has no results yet."))
    }

    @Test func tablesCannotSteerATerminalAndFilesLoseNothing() throws {
        try keep(Self.events)
        let answer = try store.ask(ReadyQuestion(.quotes, limit: 5).question)
        let table = AnswerText.table(answer)
        #expect(!table.unicodeScalars.contains { $0.properties.generalCategory == .control && $0 != "\n" })
        #expect(!table.contains("\u{202E}"))
        #expect(table.split(separator: "\n").allSatisfy { $0.count < 1_000 })
        // The whole of it in CSV and JSON, by another reader.
        var csv = AnswerText.csv(answer.columns)
        var json = ""
        for row in answer.rows {
            csv += AnswerText.csv(row.map(\.description))
            json += AnswerText.json(answer.columns, row) + "\n"
        }
        let program = """
            import csv, io, json, sys
            text = sys.stdin.buffer.read().decode()
            table, lines = text.split("\\x1e")
            csv.field_size_limit(10**8)
            rows = list(csv.DictReader(io.StringIO(table, newline="")))
            objects = [json.loads(line) for line in lines.split("\\n") if line]
            assert len(rows) == len(objects) == 5
            for row, object in zip(rows, objects):
                assert {k: "" if v is None else str(v) for k, v in object.items()} == row, (row, object)
            print(max(len(row["quote"]) for row in rows))
            """
        let outcome = try Python.run(["-c", program], input: Array((csv + "\u{1E}" + json).utf8))
        #expect(outcome.output == "3000000\n" || Int(outcome.output.dropLast()) ?? 0 > 50, "\(outcome.errors)")
    }

    /// A quote with a combining mark behind it is one character to Swift, and still a quote to who reads the file.
    @Test func fieldsOfCSVAreQuotedByScalars() {
        #expect(AnswerText.csv(["a\"\u{301}b", "\"\u{FE0F}", "c"]) == "\"a\"\"\u{301}b\",\"\"\"\u{FE0F}\",c\r\n")
    }

    @Test func picturesNameWhatTheyShow() throws {
        try keep(Self.events)
        for question in [ReadyQuestion(.topics(by: .topic)), ReadyQuestion(.topics(by: .month)), ReadyQuestion(.pairs)]
        {
            let chart = try #require(Chart(store.ask(question.question), title: Self.hostile))
            let svg = SVGChart.draw(chart)
            let check = """
                import sys, xml.etree.ElementTree as tree
                root = tree.fromstring(sys.stdin.buffer.read())
                name = "{http://www.w3.org/2000/svg}"
                assert root.get("role") == "img" and root.find(name + "title").text and root.find(name + "desc").text
                assert not root.findall(".//" + name + "script") and root.findall(".//" + name + "rect")
                print("fine")
                """
            #expect(try Python.run(["-c", check], input: Array(svg.utf8)).output == "fine\n")
            let drawn = TerminalChart.draw(chart, columns: 60)
            #expect(!drawn.contains("\u{1B}") && drawn.contains("█"))
        }
    }

    // MARK: Questions

    private func filled() throws {
        try keep([
            Self.event("a", "100%", date: "2021-05", uri: nil, topics: ["drugs", "fraud"]),
            Self.event("b", "Priti", date: "2022-01-02", uri: nil, topics: ["drugs"]),
            Self.event("c", "PRITI", date: "2022", uri: nil, topics: ["fraud"]),
            Self.event("d", "it's; --", date: nil, uri: nil, topics: ["drugs"]),
        ])
    }

    private func answer(_ subject: ReadyQuestion.Subject, _ change: (inout ReadyQuestion.Filter) -> Void) throws
        -> [String]
    {
        var filter = ReadyQuestion.Filter()
        change(&filter)
        let rows = try store.ask(ReadyQuestion(subject, filter: filter).question).rows
        return rows.map { $0.map(\.description).joined(separator: "|") }
    }

    @Test func filtersAreParameters() throws {
        try filled()
        let documents: (inout ReadyQuestion.Filter) -> Void = { $0.speaker = "priti" }
        #expect(try answer(.documents, documents).map { $0.split(separator: "|").last! } == ["b", "c"])
        #expect(try answer(.documents) { $0.speaker = "%" }.count == 1)
        #expect(try answer(.documents) { $0.speaker = "it's; --" }.count == 1)
        #expect(try answer(.documents) { $0.speaker = "_" }.isEmpty)
        #expect(try answer(.documents) { $0.from = "2022" }.count == 2)
        #expect(try answer(.documents) { $0.to = "2021" }.count == 1)
        #expect(try answer(.documents) { $0.to = "2022-01" }.count == 3)
        #expect(try answer(.documents) { $0.topics = ["fraud"] }.count == 2)
        #expect(try answer(.topics(by: .topic)) { _ in }.map { $0.split(separator: "|")[0] } == ["drugs", "fraud"])
        #expect(try answer(.topics(by: .year)) { $0.topics = ["drugs"] }.count == 3)
        #expect(try answer(.pairs) { _ in }.count == 1)
        #expect(try answer(.speakers) { $0.topics = ["' OR 1=1 --"] }.isEmpty)
        #expect(try answer(.quotes) { $0.topics = ["fraud"] }.count == 2)
    }

    @Test func periodsWithoutAnythingAreDrawn() throws {
        try keep([
            Self.event("a", "x", date: "2021-11-30", uri: nil, topics: ["drugs"]),
            Self.event("b", "x", date: "2022-02-01", uri: nil, topics: ["drugs"]),
        ])
        let chart = try #require(Chart(store.ask(ReadyQuestion(.topics(by: .month)).question), title: "t"))
        guard case .series(let series) = chart else {
            Issue.record("not a series")
            return
        }
        #expect(series.periods == ["2021-11", "2021-12", "2022-01", "2022-02"])
        #expect(series.series[0].values == [1, 0, 0, 1])
    }
}
