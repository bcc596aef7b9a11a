import Foundation
import Speeches
import TestSupport
import Testing

@Suite struct WireFormTests {
    static let documents: [(String, Speech)] = [("document-full", Samples.full), ("document-minimal", Samples.minimal)]

    static let events: [(String, ClassifiedSpeech)] = [
        ("event-full", Samples.event(Samples.full)),
        ("event-offsets-only", Samples.event(Samples.minimal, quotes: false)),
        ("event-unsupported-language", Samples.unread(Samples.full, .unsupportedLanguage)),
        ("event-empty", Samples.unread(Samples.minimal, .empty)),
    ]

    @Test(arguments: documents) func documentsKeepTheirBytes(name: String, speech: Speech) throws {
        try goldenMatches(speech.json, "Speeches/\(name).json")
        let read = try Speech(json: Data(speech.json))
        #expect(read == speech)
        #expect(read.json == speech.json)
    }

    @Test(arguments: events) func eventsKeepTheirBytes(name: String, event: ClassifiedSpeech) throws {
        try goldenMatches(event.json, "Speeches/\(name).json")
        let read = try ClassifiedSpeech(json: Data(event.json))
        #expect(read == event)
        #expect(read.json == event.json)
    }

    @Test func randomDocumentsComeBackEqual() throws {
        let seed = SeededGenerator.seed()
        print("seed of randomDocumentsComeBackEqual: \(seed)")
        var speeches = RandomSpeeches(generator: SeededGenerator(seed: seed))
        for _ in 0..<500 {
            let speech = speeches.next()
            let read = try Speech(json: Data(speech.json))
            #expect(read == speech, "seed \(seed)")
            #expect(read.json == speech.json, "seed \(seed)")
            #expect(read.revision == speech.revision, "seed \(seed)")
            #expect(speech.jsonBytesAtMost >= speech.json.count, "seed \(seed)")
        }
    }

    /// Every escape is judged by two parsers that are not ours.
    @Test func otherParsersReadTheSameText() throws {
        let text = String(String.UnicodeScalarView((0...0x2FF).compactMap { Unicode.Scalar($0) })) + "\u{2028}\u{1F600}"
        let json = Speech(id: SpeechID("escapes"), body: [text]).json
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json)) as? [String: Any])
        let body = try #require(object["body"] as? [String])
        #expect(body.first.map { Array($0.utf8) } == Array(text.utf8))
        let program = "import json,sys; sys.stdout.buffer.write(json.load(sys.stdin.buffer)['body'][0].encode())"
        let outcome = try Python.run(["-c", program], input: json)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(Array(outcome.output.utf8) == Array(text.utf8))
    }

    @Test func theSchemasAcceptWhatWeWrite() throws {
        var speeches = RandomSpeeches(generator: SeededGenerator(seed: 1))
        let documents = Self.documents.map(\.1.json) + (0..<50).map { _ in speeches.next().json }
        #expect(try Python.schemaErrors(documents, schema: "document.v1.json").filter { !$0.isEmpty } == [])
        let events = Self.events.map(\.1.json)
        #expect(try Python.schemaErrors(events, schema: "event.v1.json").filter { !$0.isEmpty } == [])
    }

    /// Offsets and digests as `Config/schemas/README.md` writes them down, computed by Python.
    @Test func theReadmeIsEnoughToComputeRevisionsAndIDs() throws {
        let program = """
            import hashlib, json, sys
            document = json.load(sys.stdin.buffer)
            def number(n): return n.to_bytes(8, "big")
            def text(s): return number(len(s.encode())) + s.encode()
            def optional(s): return b"\\0" if s is None else b"\\1" + text(s)
            d, speaker, source = document, document.get("speaker", {}), document.get("source", {})
            message = text("rostrum.document.1")
            for name in ["title", "summary", "event", "location", "language", "delivered_on"]: message += optional(d.get(name))
            for name in ["id", "name", "role", "organisation"]: message += optional(speaker.get(name))
            for name in ["uri", "publisher", "format", "licence"]: message += optional(source.get(name))
            message += number(len(d["body"])) + b"".join(map(text, d["body"]))
            for name, value in sorted(d.get("attributes", {}).items(), key=lambda item: item[0].encode()):
                message += text(name) + text(value)
            revision = "sha256:" + hashlib.sha256(message).hexdigest()
            event = text("rostrum.event.1") + text(d["id"]) + text(revision) + text(sys.argv[1])
            print(revision, hashlib.sha256(event).hexdigest()[:32])
            """
        for (_, speech) in Self.documents {
            let outcome = try Python.run(["-c", program, Samples.rulesetDigest], input: speech.json)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output == "\(speech.revision) \(Samples.event(speech).eventID)\n")
        }
    }

    @Test func emptySpeakerAndSourceAreAbsent() throws {
        let speech = Speech(id: SpeechID("a"), body: [], speaker: Speaker(), source: Source())
        #expect(String(decoding: speech.json, as: UTF8.self).contains("speaker") == false)
        let read = try Speech(json: Data(#"{"schema_version":1,"id":"a","body":[],"speaker":{},"source":{}}"#.utf8))
        #expect(read.speaker == nil)
        #expect(read.source == nil)
    }

    @Test func unknownMembersAreIgnored() throws {
        let json = #"{"future":[{}],"schema_version":1,"id":"a","body":["b"],"speaker":{"name":"n","born":null}}"#
        let speech = try Speech(json: Data(json.utf8))
        #expect(speech == Speech(id: SpeechID("a"), body: ["b"], speaker: Speaker(name: "n")))
    }

    @Test func whenItWasFetchedDoesNotMakeARevision() {
        var later = Samples.full
        later.source?.retrievedAt = "2030-01-01T00:00:00Z"
        #expect(later.revision == Samples.full.revision)
        var other = Samples.full
        other.body[0] += "!"
        #expect(other.revision != Samples.full.revision)
    }

    @Test func scoresAreWrittenAsTheyAreSaid() {
        var event = Samples.event(Samples.full)
        for thousandths in 0...1000 {
            let score = Score(thousandths: thousandths)
            event.crimePolicy = CrimePolicy(value: true, score: score)
            let json = String(decoding: event.json, as: UTF8.self)
            #expect(json.contains("\"crime_policy\":{\"value\":true,\"score\":\(score)}"))
        }
    }

    /// A document that was read knows its revision, and forgets it with each change.
    @Test func aChangeAfterReadingIsAnotherRevision() throws {
        let read = try Speech(json: Data(Samples.full.json))
        let changes: [(inout Speech) -> Void] = [
            { $0.title = "Other" }, { $0.summary = nil }, { $0.body[1] += "." }, { $0.speaker?.role = "Other" },
            { $0.deliveredOn = nil }, { $0.event = "Other" }, { $0.location = nil }, { $0.language = "fr" },
            { $0.source?.licence = nil }, { $0.attributes["a"] = nil },
        ]
        var revisions = [read.revision]
        for change in changes {
            var changed = read
            change(&changed)
            var alike = Samples.full
            change(&alike)
            #expect(changed.revision == alike.revision)
            revisions.append(changed.revision)
        }
        #expect(Set(revisions).count == changes.count + 1)
    }
}
