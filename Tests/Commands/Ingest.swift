import Foundation
import Testing

/// A producer that takes documents over HTTP, and Python as its client.
struct Ingest {
    /// What a request was answered.
    struct Answer {
        let status: Int
        /// By lower-case name.
        let headers: [String: String]
        let text: String
        /// How long it took.
        let seconds: Double

        var json: [String: Any] { (try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]) ?? [:] }
        var documents: [[String: Any]] { json["documents"] as? [[String: Any]] ?? [] }
        /// The statuses of the documents, in order.
        var outcomes: [String] { documents.compactMap { $0["status"] as? String } }
        /// The last part of a problem's type.
        var problem: String { (json["type"] as? String).map { $0.components(separatedBy: ":").last ?? "" } ?? "" }
    }

    let port: Int
    let program: RunningProgram

    /// Starts it and waits until it listens.
    init(_ area: KafkaArea, _ settings: [String: String] = [:], arguments: [String] = []) throws {
        program = try area.start(
            "rostrum-producer", ["ROSTRUM_INGEST_PORT": "0"].merging(settings) { $1 }, arguments: ["serve"] + arguments)
        try program.waitForLine("\"ingest.port\"")
        let line = try #require(program.errors.split(separator: "\n").first { $0.contains("\"ingest.port\"") })
        port = try #require(try objects(String(line))[0]["ingest.port"] as? Int)
    }

    /// Begins to send bodies, each on a connection of its own, all at once.
    func begin(
        _ bodies: [String], type: String? = "application/x-ndjson", headers: [String: String] = [:],
        method: String = "POST", path: String = "/speeches"
    ) throws -> RunningProgram {
        let request: [String: Any] = [
            "port": port, "bodies": bodies, "type": type ?? "", "headers": headers, "method": method, "path": path,
        ]
        let input = String(decoding: try JSONSerialization.data(withJSONObject: request), as: UTF8.self)
        let script = """
            import http.client, json, sys, threading, time
            asked = json.load(sys.stdin)
            answers = [None] * len(asked["bodies"])
            def send(place, body):
                start = time.monotonic()
                connection = http.client.HTTPConnection("127.0.0.1", asked["port"], timeout=120)
                headers = dict(asked["headers"])
                if asked["type"]: headers["Content-Type"] = asked["type"]
                # The body as bytes: Latin-1 carries what is no text.
                try:
                    connection.request(asked["method"], asked["path"], body.encode("latin-1"), headers)
                    answer = connection.getresponse()
                    answers[place] = {"status": answer.status, "text": answer.read().decode(),
                        "headers": {name.lower(): value for name, value in answer.getheaders()}}
                except OSError as error:
                    answers[place] = {"status": 0, "text": repr(error), "headers": {}}
                answers[place]["seconds"] = time.monotonic() - start
            threads = [threading.Thread(target=send, args=pair) for pair in enumerate(asked["bodies"])]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            json.dump(answers, sys.stdout)
            """
        return try RunningProgram("python3", ["-c", script], input: input)
    }

    static func answers(of client: RunningProgram) throws -> [Answer] {
        let ended = try client.end(within: .seconds(180))
        let list = try #require(
            try JSONSerialization.jsonObject(with: Data(ended.output.utf8)) as? [[String: Any]], "\(ended.errors)")
        return list.map { answer in
            Answer(
                status: answer["status"] as? Int ?? 0, headers: answer["headers"] as? [String: String] ?? [:],
                text: answer["text"] as? String ?? "", seconds: answer["seconds"] as? Double ?? 0)
        }
    }

    /// Sends one body, its characters taken for bytes, and waits for the answer.
    func post(
        _ body: String, type: String? = "application/x-ndjson", headers: [String: String] = [:],
        method: String = "POST", path: String = "/speeches"
    ) throws -> Answer {
        try Self.answers(of: begin([body], type: type, headers: headers, method: method, path: path))[0]
    }

    /// What a socket that a Python script holds as `peer` made it print.
    func talk(_ script: String) throws -> String {
        let head = "import socket, time\npeer = socket.create_connection(('127.0.0.1', \(port)), timeout=60)\n"
        let ended = try run("python3", ["-c", head + script], within: .seconds(120))
        #expect(ended.code == 0, "\(ended.errors)")
        return ended.output
    }

    /// Rows of JSON lines, each a document.
    static func rows(_ numbers: Range<Int>, text: String = "What was said.") -> String {
        numbers.map { #"{"id":"row-\#($0)","text":"Speech \#($0). \#(text)"}"# }.joined(separator: "\n")
    }
}
