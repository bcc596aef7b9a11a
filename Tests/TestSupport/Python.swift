internal import Foundation

/// Python, the tests' second opinion: the interpreter that `ROSTRUM_TEST_PYTHON` names, else `python3`.
public enum Python {
    /// The interpreter.
    public static var interpreter: String {
        ProcessInfo.processInfo.environment["ROSTRUM_TEST_PYTHON"] ?? "python3"
    }

    /// What a program did.
    public struct Outcome: Sendable {
        /// Its exit status.
        public let status: Int32
        /// What it printed.
        public let output: String
        /// What it complained of.
        public let errors: String
    }

    /// Runs a program to its end. Input and output go through files, so that no pipe can fill.
    public static func run(_ arguments: [String], input: [UInt8] = []) throws -> Outcome {
        let folder = try TemporaryFolder()
        for name in ["output", "errors"] { try Data().write(to: URL(filePath: folder.path(name))) }
        try Data(input).write(to: URL(filePath: folder.path("input")))
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [interpreter] + arguments
        process.standardInput = FileHandle(forReadingAtPath: folder.path("input"))
        process.standardOutput = FileHandle(forWritingAtPath: folder.path("output"))
        process.standardError = FileHandle(forWritingAtPath: folder.path("errors"))
        try process.run()
        process.waitUntilExit()
        func text(_ name: String) throws -> String {
            String(decoding: try Data(contentsOf: URL(filePath: folder.path(name))), as: UTF8.self)
        }
        return Outcome(status: process.terminationStatus, output: try text("output"), errors: try text("errors"))
    }

    /// What an independent validator (`jsonschema`) says of JSON values against a schema of `Config/schemas`: one
    /// answer a value, empty where it is valid.
    /// - Parameter folder: where the schema stands, from the root.
    public static func schemaErrors(
        _ values: [[UInt8]], schema: String, in folder: String = "Config/schemas"
    ) throws -> [String] {
        let outcome = try run(
            [
                Repository.root + "/Tests/TestSupport/validate_json.py",
                Repository.root + "/" + folder + "/" + schema,
            ], input: Array(values.joined(separator: [UInt8(ascii: "\n")])))
        guard outcome.status == 0 else { throw PythonFailure(description: outcome.errors) }
        return outcome.output.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map { String($0) }
    }
}

/// A Python program failed; its own words.
public struct PythonFailure: Error, CustomStringConvertible {
    /// What it wrote to standard error.
    public let description: String
}

/// A folder that goes when its owner goes.
public final class TemporaryFolder: Sendable {
    /// The folder.
    public let path: String

    /// Makes a folder of its own.
    public init() throws {
        path = FileManager.default.temporaryDirectory.path + "/rostrum-test-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// A file in it.
    public func path(_ name: String) -> String { path + "/" + name }
}
