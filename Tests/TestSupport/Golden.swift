internal import Foundation
public import Testing

/// The repository that the tests were built from.
public enum Repository {
    /// Its root folder.
    public static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// The bytes of a file, named from the root.
    public static func bytes(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: root + "/" + path)))
    }

    /// The text of a file, named from the root.
    public static func text(_ path: String) throws -> String {
        String(decoding: try bytes(path), as: UTF8.self)
    }
}

/// Records an issue unless the bytes are those of `Tests/Fixtures/NAME`. With `ROSTRUM_RECORD_GOLDENS=1` it writes the
/// file instead and still records an issue, so that no run that records can pass.
public func goldenMatches(
    _ actual: [UInt8], _ name: String, sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let path = "Tests/Fixtures/" + name
    let url = URL(filePath: Repository.root + "/" + path)
    if ProcessInfo.processInfo.environment["ROSTRUM_RECORD_GOLDENS"] == "1" {
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(actual).write(to: url)
        Issue.record(
            "recorded \(path): look at it, then run without ROSTRUM_RECORD_GOLDENS", sourceLocation: sourceLocation)
        return
    }
    guard let expected = try? Array(Data(contentsOf: url)) else {
        Issue.record("\(path) is missing: record it with ROSTRUM_RECORD_GOLDENS=1", sourceLocation: sourceLocation)
        return
    }
    guard actual != expected else { return }
    let place = zip(actual, expected).prefix { $0 == $1 }.count
    func excerpt(_ bytes: [UInt8]) -> String {
        String(decoding: bytes[max(0, place - 40)..<min(bytes.count, place + 80)], as: UTF8.self)
    }
    Issue.record(
        """
        \(path) differs at byte \(place) (\(actual.count) bytes, golden \(expected.count))
        actual: …\(excerpt(actual))
        golden: …\(place <= expected.count ? excerpt(expected) : "")
        """, sourceLocation: sourceLocation)
}

/// The same for text.
public func goldenMatches(
    _ actual: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation
) throws {
    try goldenMatches(Array(actual.utf8), name, sourceLocation: sourceLocation)
}
