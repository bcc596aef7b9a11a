import Foundation

/// A file that goes when the test is done with it.
final class TemporaryFile: Sendable {
    let path: String

    init(_ text: String) throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "rostrum-\(UUID().uuidString)")
        try Data(text.utf8).write(to: url)
        path = url.path
    }

    var contents: Data { FileManager.default.contents(atPath: path) ?? Data() }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// The checkout that this test was built from.
let packageRoot = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
