import Foundation
import Testing

/// Documents that come over HTTP: what is taken, what is refused, and that 202 means that the brokers have them.
@Suite(.enabled(if: TestBroker.isThere, TestBroker.absence), .serialized)
struct IngestTests {
    private func keys(_ area: KafkaArea) throws -> [String] {
        try area.kcat(area.documents, "%k\n").split(separator: "\n").map(String.init).sorted()
    }

    @Test func whatIsAcceptedIsInTheTopicOnce() throws {
        let area = try KafkaArea()
        let endpoint = try Endpoint()
        let ingest = try Ingest(area, endpoint.environment)
        let phrase = "Zinnoberrote Giraffen handeln"
        let text =
            "A speech\n\nThe speech made by Jane Doe, the Home Secretary, on 3 May 2021.\n\n\(phrase) with drugs."
        let single = try ingest.post(text, type: "text/plain; charset=utf-8")
        #expect(single.status == 202, "\(single)")
        #expect(single.headers["content-type"] == "application/json")
        #expect(single.outcomes == ["published"])
        let batch = try ingest.post(Ingest.rows(0..<50))
        #expect(batch.status == 202 && batch.json["accepted"] as? Int == 50)
        let ids = (single.documents + batch.documents).compactMap { $0["id"] as? String }
        #expect(try keys(area) == ids.sorted())
        let records = try objects(area.kcat(area.documents, "%s\n"))
        let revisions = Set(records.compactMap { $0["revision"] as? String })
        #expect(revisions == Set((single.documents + batch.documents).compactMap { $0["revision"] as? String }))
        // What comes again is not published again, unless something else came between.
        #expect(try ingest.post(Ingest.rows(0..<50)).outcomes == Array(repeating: "unchanged", count: 50))
        #expect(try ingest.post(Ingest.rows(7..<8, text: "Corrected.")).outcomes == ["published"])
        #expect(try ingest.post(Ingest.rows(7..<8)).outcomes == ["published"])
        // The same document at once from many: published once, and each is told so.
        let crowd = try Ingest.answers(of: ingest.begin(Array(repeating: Ingest.rows(90..<92), count: 12)))
        #expect(crowd.map(\.status) == Array(repeating: 202, count: 12))
        #expect(try keys(area) == (ids + ["row-7", "row-7", "row-90", "row-91"]).sorted())

        #expect(try endpoint.metric("rostrum_ingest_requests_total{status=\"202\"}") == 17)
        #expect(try endpoint.metric("rostrum_documents_published_total") == 55)
        #expect(try endpoint.metric("rostrum_ingest_requests_in_work") == 0)
        #expect(try endpoint.metric("rostrum_ingest_held_bytes") == 0)
        let checked = try run("promtool", ["check", "metrics"], input: try endpoint.get("/metrics").text)
        #expect(checked.code == 0 && checked.errors == "", "\(checked.errors)\(checked.output)")
        ingest.program.send(SIGTERM)
        let ended = try ingest.program.end(within: .seconds(60))
        #expect(ended.code == 0)
        let stopped = try #require(try objects(ended.errors).last)
        #expect(stopped["message"] as? String == "stopped" && stopped["documents"] as? Int == 55)
        #expect(ended.errors.contains("a request with documents was answered"))
        #expect(!ended.errors.contains("Giraffen"))
    }

    /// A date that is none does not refuse a document, and whoever sent it is told.
    @Test func aDateThatIsNoneIsAnsweredWithAWarning() throws {
        let area = try KafkaArea()
        let ingest = try Ingest(area)
        let answer = try ingest.post(
            "{\"id\":\"a\",\"text\":\"One.\"}\n{\"id\":\"b\",\"text\":\"Two.\",\"date\":\"2024-02-31\"}\n")
        #expect(answer.status == 202)
        #expect(answer.documents.map { $0["warnings"] != nil } == [false, true])
        let warning = try #require((answer.documents.last?["warnings"] as? [[String: Any]])?.first)
        #expect(warning["code"] as? String == "format.bad_date")
        #expect(warning["line"] as? Int == 2)
        #expect((warning["detail"] as? String)?.contains("'2024-02-31'") == true)
        #expect(try keys(area) == ["a", "b"])
    }

    @Test func everyFormatIsTakenByItsMediaTypeOrItsContent() throws {
        let area = try KafkaArea()
        let ingest = try Ingest(area, arguments: ["--withdrawn", "withdraw", "--map", "role=post"])
        let page =
            "<!DOCTYPE html><html><head><title>A page</title></head><body><main><h1>A page</h1><p>"
            + String(repeating: "We will fight crime together. ", count: 20) + "</p></main></body></html>"
        let item = """
            {"content_id":"c1","base_path":"/government/speeches/gone","schema_name":"speech","document_type":"speech",
            "title":"Gone","locale":"en","details":{"body":"<p>Withdrawn words.</p>","delivered_on":"2020-01-02T00:00:00Z"},
            "links":{},"withdrawn_notice":{"explanation":"<p>Old</p>","withdrawn_at":"2021-01-02T00:00:00Z"}}
            """
        let table = "id,text,post\nc1,What was said in a row.,Minister\n"
        #expect(try ingest.post(page, type: "text/html").outcomes == ["published"])
        #expect(try ingest.post(page, type: nil).outcomes == ["unchanged"])
        #expect(try ingest.post(table, type: "text/csv").outcomes == ["published"])
        #expect(try ingest.post(table, type: "application/octet-stream").outcomes == ["unchanged"])
        let withdrawal = try ingest.post(item, type: "application/json")
        #expect(withdrawal.outcomes == ["withdrawn"], "\(withdrawal)")
        let packed = try run(
            "python3",
            [
                "-c",
                """
                import gzip, sys
                sys.stdout.buffer.write(gzip.compress(sys.argv[1].encode()).decode("latin-1").encode())
                """, Ingest.rows(0..<3),
            ])
        #expect(try ingest.post(packed.output, type: "application/gzip").outcomes.count == 3)
        let row = try #require(try objects(area.kcat(area.documents, "%s\n")).first { $0["id"] as? String == "c1" })
        #expect((row["speaker"] as? [String: String])?["role"] == "Minister")
    }

    /// Whatever is refused leaves nothing behind, not even the good documents beside it, and says why.
    @Test func whatIsRefusedIsNotPublished() throws {
        let area = try KafkaArea()
        let ingest = try Ingest(area, ["ROSTRUM_INGEST_REQUEST_BYTES": "2000000"])
        let bomb = try run(
            "python3",
            [
                "-c",
                """
                import gzip, sys
                sys.stdout.buffer.write(gzip.compress(b'{"id":"a","text":"' + b"x" * 300000000).decode("latin-1").encode())
                """,
            ])
        let cases: [(body: String, type: String?, status: Int, problem: String, part: String)] = [
            (Ingest.rows(0..<2) + "\n{\"id\":\"x\",\"text\":\n", "application/x-ndjson", 422, "refused", "\"line\":3"),
            (Ingest.rows(0..<2) + "\n{\"id\":\"x\"}\n", "application/x-ndjson", 422, "refused", "\"document\":3"),
            ("{\"a\":", "application/json", 422, "refused", "format.unrecognised"),
            ("{\"schema_version\":1,\"id\":\"b\",\"body\":\"no list\"}", "application/json", 422, "refused", "body"),
            ("", "text/plain", 422, "refused", "format.empty"),
            ("%PDF-1.7 and so on", nil, 415, "no-text", "pdftotext"),
            ("a=b&c=d", "application/x-www-form-urlencoded", 415, "media-type", "Content-Type"),
            ("--x\r\n", "multipart/form-data; boundary=x", 415, "media-type", "text/plain"),
            (
                "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><TEI xmlns=\"http://www.tei-c.org/ns/1.0\"><u>&e;</u></TEI>",
                "application/xml", 422, "refused", "format.invalid"
            ),
            (String(repeating: "x", count: 2_000_001), "text/plain", 413, "too-large", "ingest.requestBytes"),
            (bomb.output, "application/gzip", 413, "too-large", "format.too_large"),
            (Ingest.rows(0..<1001), "application/x-ndjson", 413, "too-many", "split it"),
            (
                "{\"id\":\"a\",\"text\":\"" + String(repeating: "word ", count: 200_000) + "\"}",
                "application/x-ndjson", 413,
                "too-large", "format.too_large"
            ),
        ]
        for expected in cases {
            let answer = try ingest.post(expected.body, type: expected.type)
            let shown: Comment = "\(expected.body.prefix(40)) \(expected.type ?? "") gave \(answer)"
            #expect(answer.status == expected.status && answer.problem == expected.problem, shown)
            #expect(answer.headers["content-type"] == "application/problem+json", shown)
            #expect(answer.json["status"] as? Int == expected.status, shown)
            #expect(answer.text.contains(expected.part), shown)
        }
        #expect(try ingest.post("", type: nil, method: "GET").status == 405)
        #expect(try ingest.post("", type: nil, method: "DELETE").headers["allow"] == "POST")
        #expect(try ingest.post("x", type: nil, path: "/speeches/1").status == 404)
        #expect(try ingest.post("x", type: "image/png").headers["accept"]?.contains("text/plain") == true)
        // A body without an announced length is cut where the limit is.
        let endless = try ingest.talk(
            """
            peer.sendall(b"POST /speeches HTTP/1.1\\r\\nHost: x\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n")
            sent = 0
            try:
                while sent < 500_000_000:
                    peer.sendall(b"10000\\r\\n" + b"x" * 65536 + b"\\r\\n")
                    sent += 65536
            except OSError: pass
            print(sent)
            """)
        let sent = try #require(Int(endless.trimmingCharacters(in: .whitespacesAndNewlines)))
        // The limit, what is read on for, and what the system keeps between.
        #expect(sent < 100_000_000)
        #expect(try area.count(area.documents) == 0)
        #expect(try ingest.post(Ingest.rows(0..<1)).status == 202)
    }

    /// A request that breaks off, in any way, is no request.
    @Test func halfARequestIsNothing() throws {
        let area = try KafkaArea()
        let ingest = try Ingest(area, ["ROSTRUM_INGEST_REQUEST_SECONDS": "2"])
        let head = "POST /speeches HTTP/1.1\\r\\nHost: x\\r\\nContent-Type: text/plain\\r\\n"
        let text = "A speech that is cut.\\n\\nIt was half of what was said."
        for (framing, body) in [("Content-Length: 500", text), ("Transfer-Encoding: chunked", "31\\r\\n\(text)")] {
            for ending in ["peer.close()", "peer.shutdown(socket.SHUT_WR); peer.recv(10000)"] {
                _ = try ingest.talk("peer.sendall(b\"\(head)\(framing)\\r\\n\\r\\n\(body)\")\n\(ending)\n")
            }
        }
        // One that trickles in is ended, while others are served.
        let slow = try RunningProgram(
            "python3",
            [
                "-c",
                """
                import socket, time
                peer = socket.create_connection(("127.0.0.1", \(ingest.port)), timeout=60)
                peer.sendall(b"\(head)Content-Length: 5000\\r\\n\\r\\n")
                start = time.monotonic()
                try:
                    while time.monotonic() - start < 50:
                        peer.sendall(b"x")
                        time.sleep(0.1)
                        peer.settimeout(0.01)
                        try:
                            answer = peer.recv(10000)
                            if answer: print(answer.decode())
                            break
                        except TimeoutError: pass
                except OSError as error: print(error)
                """,
            ])
        #expect(try ingest.post(Ingest.rows(0..<1)).status == 202)
        let answer = try slow.end(within: .seconds(60)).output
        #expect(answer.hasPrefix("HTTP/1.1 408"), "\(answer)")
        #expect(answer.contains("ingest.requestSeconds"))
        #expect(try keys(area) == ["row-0"])
    }

    @Test func aTokenIsAskedForWhereOneIsSet() throws {
        let area = try KafkaArea()
        let token = "geheim-41-aber-lang"
        let file = try area.folder.write(token + "\n", to: "token")
        let ingest = try Ingest(area, ["ROSTRUM_INGEST_TOKEN_FILE": file, "ROSTRUM_INGEST_HOST": "0.0.0.0"])
        for wrong in [
            nil, "Bearer", "Bearer wrong", "Bearer \(token)x", "Basic \(token)", "Bearer \(token.dropLast())",
        ] {
            let headers = wrong.map { ["Authorization": $0] } ?? [:]
            let answer = try ingest.post(Ingest.rows(0..<1), headers: headers)
            #expect(answer.status == 401 && answer.problem == "unauthorised", "\(wrong ?? "none"): \(answer)")
            #expect(answer.headers["www-authenticate"] == "Bearer")
        }
        #expect(try area.count(area.documents) == 0)
        let right = try ingest.post(Ingest.rows(0..<1), headers: ["Authorization": "Bearer \(token)"])
        #expect(right.status == 202)
        for scheme in ["bearer", "BEARER"] {
            let again = try ingest.post(Ingest.rows(0..<1), headers: ["Authorization": "\(scheme) \(token)"])
            #expect(again.status == 202, "\(scheme)")
        }
        #expect(!ingest.program.errors.contains(token))
        #expect(!ingest.program.errors.contains("no token is set"))
        let open = try Ingest(area, ["ROSTRUM_INGEST_HOST": "0.0.0.0"])
        #expect(open.program.errors.contains("no token is set (ingest.token)"))
    }

    @Test func whatCannotServeSaysWhy() throws {
        let area = try KafkaArea()
        let ingest = try Ingest(area)
        let second = try run(
            "rostrum-producer", ["serve", "--set", "ingest.port=\(ingest.port)"], environment: area.environment)
        #expect(second.code == 78)
        #expect(
            second.errors.contains("ingest.cannot_listen") && second.errors.contains("another program has this port"))
        let away = try run(
            "rostrum-producer", ["serve", "--set", "ingest.port=0"],
            environment: ["ROSTRUM_KAFKA_BOOTSTRAP_SERVERS": "localhost:1", "ROSTRUM_KAFKA_CONNECT_SECONDS": "2"])
        #expect(away.code == 69)
        #expect(try run("rostrum-producer", ["serve", "--format", "nothing"]).code == 2)
    }
}

/// Documents that come over HTTP while the broker does not answer.
@Suite(.enabled(if: OwnBroker.isThere, OwnBroker.absence), .serialized)
struct IngestFaultTests {
    @Test func anOverloadIsAnsweredAtOnceAndWhatWaitsIsPublishedOnce() throws {
        let broker = try OwnBroker()
        let area = try KafkaArea(on: broker)
        let ingest = try Ingest(area, ["ROSTRUM_INGEST_REQUESTS": "3", "ROSTRUM_INGEST_REQUEST_SECONDS": "100"])
        #expect(try ingest.post(Ingest.rows(0..<1)).status == 202)
        try broker.send(SIGSTOP)
        defer { try? broker.send(SIGCONT) }
        let waiting = try ingest.begin((1..<4).map { Ingest.rows($0..<($0 + 1)) })
        // Refused once all three are in work.
        var refused: [Ingest.Answer] = []
        _ = try waitUntil(within: .seconds(60)) {
            refused = try Ingest.answers(of: ingest.begin([Ingest.rows(0..<1)]))
            return refused[0].status == 503
        }
        #expect(refused[0].problem == "overload", "\(refused)")
        #expect(refused[0].headers["retry-after"] == "1")
        #expect(waiting.isRunning)
        try broker.send(SIGCONT)
        #expect(try Ingest.answers(of: waiting).map(\.status) == [202, 202, 202])
        #expect(try area.count(area.documents) == 4)
    }

    /// The wait is bounded; who sends again after it doubles nothing.
    @Test func aSilentBrokerIsNotWaitedForForEver() throws {
        let broker = try OwnBroker()
        let area = try KafkaArea(on: broker)
        let ingest = try Ingest(area, ["ROSTRUM_INGEST_REQUEST_SECONDS": "2"])
        #expect(try ingest.post(Ingest.rows(0..<1)).status == 202)
        try broker.send(SIGSTOP)
        defer { try? broker.send(SIGCONT) }
        let late = try ingest.post(Ingest.rows(1..<3))
        #expect(late.status == 503 && late.problem == "not-acknowledged", "\(late)")
        #expect(late.headers["retry-after"] == "5")
        #expect(late.seconds < 30)
        try broker.send(SIGCONT)
        var again: Ingest.Answer?
        _ = try waitUntil(within: .seconds(120)) {
            again = try ingest.post(Ingest.rows(1..<3))
            return again?.status == 202
        }
        #expect(again?.status == 202, "\(String(describing: again))")
        let keys = try area.kcat(area.documents, "%k\n").split(separator: "\n").sorted()
        #expect(keys == ["row-0", "row-1", "row-2"])
    }

    /// Told to stop: what is in work is finished and answered, what comes is refused.
    @Test func aStopAnswersWhatIsInWork() throws {
        let broker = try OwnBroker()
        let area = try KafkaArea(on: broker)
        let endpoint = try Endpoint()
        let ingest = try Ingest(
            area, endpoint.environment.merging(["ROSTRUM_DELIVERY_DRAIN_SECONDS": "40"]) { $1 })
        #expect(try ingest.post(Ingest.rows(0..<1)).status == 202)
        try broker.send(SIGSTOP)
        defer { try? broker.send(SIGCONT) }
        let waiting = try ingest.begin([Ingest.rows(1..<2)])
        #expect(waitUntil(within: .seconds(60)) { (try? endpoint.metric("rostrum_ingest_requests_in_work")) == 1 })
        ingest.program.send(SIGTERM)
        try ingest.program.waitForLine("stop requested")
        let refused = try ingest.post(Ingest.rows(2..<3))
        #expect(refused.status == 503 && refused.problem == "stopping", "\(refused)")
        #expect(refused.headers["retry-after"] == "5" && refused.headers["connection"] == "close")
        try broker.send(SIGCONT)
        #expect(try Ingest.answers(of: waiting).map(\.status) == [202])
        #expect(try ingest.program.end(within: .seconds(60)).code == 0)
        #expect(try area.count(area.documents) == 2)
    }

    /// A client that never ends its request does not hold up the end.
    @Test func aStopEndsInTimeWithoutTheBroker() throws {
        let broker = try OwnBroker()
        let area = try KafkaArea(on: broker)
        let endpoint = try Endpoint()
        let ingest = try Ingest(
            area, endpoint.environment.merging(["ROSTRUM_DELIVERY_DRAIN_SECONDS": "3"]) { $1 })
        let slow = try RunningProgram(
            "python3",
            [
                "-c",
                """
                import socket, time
                peer = socket.create_connection(("127.0.0.1", \(ingest.port)))
                peer.sendall(b"POST /speeches HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 50\\r\\n\\r\\nx")
                time.sleep(100)
                """,
            ])
        try broker.send(SIGSTOP)
        defer { try? broker.send(SIGCONT) }
        let waiting = try ingest.begin([Ingest.rows(1..<2)])
        #expect(
            waitUntil(within: .seconds(60)) {
                (try? endpoint.metric("rostrum_ingest_requests_in_work")) == 1
                    && (try? endpoint.metric("rostrum_ingest_held_bytes")) ?? 0 > 30
            })
        let asked = ContinuousClock.now
        ingest.program.send(SIGTERM)
        #expect(try ingest.program.end(within: .seconds(60)).code == 0)
        // The drain limit, five seconds for connections, and the freeing of the client.
        #expect(ContinuousClock.now - asked < .seconds(3 + 5 + 12))
        let answer = try Ingest.answers(of: waiting)[0]
        #expect(answer.status == 503 && answer.problem == "not-acknowledged", "\(answer)")
        slow.killNow()
    }
}
