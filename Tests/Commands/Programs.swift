import Foundation
import Testing

/// The checkout that this test was built from.
let packageRoot = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

/// The built programs and the tools beside them.
enum Programs {
    /// Where `swift build` puts them; `ROSTRUM_TEST_BIN` names another build.
    static let folder =
        ProcessInfo.processInfo.environment["ROSTRUM_TEST_BIN"].map { URL(filePath: $0) }
        ?? packageRoot.appending(path: ".build/debug")

    static func path(of name: String) -> URL {
        let built = folder.appending(path: name)
        if FileManager.default.isExecutableFile(atPath: built.path) { return built }
        let tool = packageRoot.appending(path: ".build/tools/bin/\(name)")
        return FileManager.default.isExecutableFile(atPath: tool.path) ? tool : URL(filePath: "/usr/bin/\(name)")
    }

    /// Settings of whoever runs the tests must not reach the programs under test.
    static func environment(_ more: [String: String]) -> [String: String] {
        ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("ROSTRUM_") }.merging(more) { _, new in new }
    }
}

/// What a program that has ended left behind.
struct Ended {
    let code: Int32
    let output: String
    let errors: String
}

/// Runs a program to its end, at most for the given time; standard input is the given text or nothing.
func run(
    _ name: String, _ arguments: [String] = [], environment: [String: String] = [:], input: String? = nil,
    within limit: Duration = .seconds(120), sourceLocation: SourceLocation = #_sourceLocation
) throws -> Ended {
    let program = try RunningProgram(name, arguments, environment: environment, input: input)
    return try program.end(within: limit, sourceLocation: sourceLocation)
}

/// A program that runs. Standard output and standard error go to files, so that no full pipe can stop it.
final class RunningProgram {
    private let process = Process()
    private let folder: TemporaryFolder
    private let name: String
    /// Standard input that ends with this object, for a program that ends with it.
    private let openInput: Pipe?

    init(
        _ name: String, _ arguments: [String] = [], environment: [String: String] = [:], input: String? = nil,
        keepsInputOpen: Bool = false
    ) throws {
        self.name = name
        folder = try TemporaryFolder()
        for stream in ["in", "out", "err"] { try folder.write(stream == "in" ? input ?? "" : "", to: stream) }
        process.executableURL = Programs.path(of: name)
        process.arguments = arguments
        process.environment = Programs.environment(environment)
        openInput = keepsInputOpen ? Pipe() : nil
        process.standardInput = try openInput ?? FileHandle(forReadingFrom: folder.url(of: "in"))
        process.standardOutput = try FileHandle(forWritingTo: folder.url(of: "out"))
        process.standardError = try FileHandle(forWritingTo: folder.url(of: "err"))
        try process.run()
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

    var isRunning: Bool { process.isRunning }
    var processID: Int32 { process.processIdentifier }
    var output: String { folder.read("out") }
    var errors: String { folder.read("err") }

    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    /// Ends it with SIGKILL, whatever it is doing.
    func killNow() {
        send(SIGKILL)
        process.waitUntilExit()
    }

    /// Waits for its end.
    func end(within limit: Duration = .seconds(120), sourceLocation: SourceLocation = #_sourceLocation) throws -> Ended
    {
        let ended = waitUntil(within: limit) { !self.process.isRunning }
        if !ended {
            killNow()
            Issue.record("\(name) did not end within \(limit):\n\(errors.suffix(4000))", sourceLocation: sourceLocation)
        }
        process.waitUntilExit()
        return Ended(code: process.terminationStatus, output: output, errors: errors)
    }

    /// Waits until it has written a line that holds the text.
    func waitForLine(
        _ text: String, within limit: Duration = .seconds(60), sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let came = waitUntil(within: limit) { self.errors.contains(text) || !self.process.isRunning }
        try #require(
            came && errors.contains(text), "\(name) did not say '\(text)':\n\(errors.suffix(4000))",
            sourceLocation: sourceLocation)
    }
}

/// Asks until the answer is yes; false when it is still no at the end of the time.
func waitUntil(within limit: Duration, _ isMet: () throws -> Bool) rethrows -> Bool {
    let deadline = ContinuousClock.now + limit
    while try !isMet() {
        if ContinuousClock.now > deadline { return false }
        Thread.sleep(forTimeInterval: 0.01)
    }
    return true
}

/// A folder that goes when the test is done with it.
final class TemporaryFolder {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "rostrum-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func url(of name: String) -> URL { URL(filePath: path).appending(path: name) }

    @discardableResult
    func write(_ text: String, to name: String) throws -> String { try write(Data(text.utf8), to: name) }

    @discardableResult
    func write(_ data: Data, to name: String) throws -> String {
        try data.write(to: url(of: name))
        return url(of: name).path
    }

    func read(_ name: String) -> String {
        String(decoding: FileManager.default.contents(atPath: url(of: name).path) ?? Data(), as: UTF8.self)
    }
}

/// Lines of JSON as objects.
func objects(_ lines: String) throws -> [[String: Any]] {
    try lines.split(separator: "\n").map { line in
        try #require(
            try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "not an object: \(line)")
    }
}
