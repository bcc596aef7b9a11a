import Foundation
import Testing

/// A worker's endpoints, asked by Python: another HTTP client than the one under test.
struct Endpoint {
    let port: Int

    /// A port that was free a moment ago.
    init() throws {
        let script = "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])"
        let ended = try run("python3", ["-c", script])
        port = try #require(Int(ended.output.trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    var environment: [String: String] { ["ROSTRUM_HTTP_PORT": String(port)] }
    var address: String { "http://127.0.0.1:\(port)" }

    /// The status and the text of an answer; 0 when there is none.
    func get(_ path: String) throws -> (status: Int, text: String) {
        let script = """
            import sys, urllib.error, urllib.request
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            try:
                with opener.open(sys.argv[1], timeout=30) as answer:
                    print(answer.status)
                    sys.stdout.write(answer.read().decode())
            except urllib.error.HTTPError as answer:
                print(answer.code)
                sys.stdout.write(answer.read().decode())
            except OSError as error:
                print(0)
                print(error)
            """
        let ended = try run("python3", ["-c", script, address + path], within: .seconds(60))
        let parts = ended.output.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        return (Int(parts.first ?? "") ?? 0, parts.count > 1 ? String(parts[1]) : "")
    }

    /// Status and metrics, for the message of a test that fails.
    var shown: String { ["/status", "/metrics"].map { (try? get($0).text) ?? "nothing" }.joined(separator: "\n") }

    func json(_ path: String) throws -> [String: Any] {
        let text = try get(path).text
        return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any], "\(text)")
    }

    /// Waits until a path answers with the status; gives the last text.
    @discardableResult
    func wait(
        for path: String, toAnswer status: Int, within limit: Duration = .seconds(60),
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> String {
        var last = (status: 0, text: "")
        _ = try waitUntil(within: limit) {
            last = try get(path)
            return last.status == status
        }
        try #require(last.status == status, "\(path): \(last)", sourceLocation: sourceLocation)
        return last.text
    }

    /// The value of one series in the text of `/metrics`.
    func metric(_ series: String) throws -> Double? {
        try get("/metrics").text.split(separator: "\n").first { $0.hasPrefix(series + " ") }
            .flatMap { Double($0.dropFirst(series.count + 1)) }
    }
}
