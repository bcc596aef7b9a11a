import Foundation
import SpeechFormats
import Speeches
import TestSupport
import Testing

/// Files that the tests read, found from this file's own place in the repository.
enum Fixtures {
    private static let root = URL(filePath: Repository.root)
    static let samples = root.appending(path: "Config/samples")
    static let texts = root.appending(path: "Tests/Fixtures/Formats/text")

    /// Files of a folder by name, README files left out.
    static func files(in folder: URL) -> [URL] {
        let files = (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
        return files.filter { ["txt", "json"].contains($0.pathExtension) }.sorted { $0.path < $1.path }
    }

    static func bytes(_ file: URL) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: file))
    }

    static func speech(_ file: URL) throws -> Speech {
        let speeches = try FormatRegistry().speeches(in: bytes(file), from: SourceContext(file: file.lastPathComponent))
        return try #require(speeches.first)
    }
}

/// The refusal that reading ends with, nil if it is read.
func refusal(of bytes: [UInt8], _ context: SourceContext = SourceContext(file: "in")) -> FormatError? {
    do {
        _ = try FormatRegistry().speeches(in: bytes, from: context)
        return nil
    } catch {
        return error
    }
}

/// A GOV.UK item around a body.
func govUKItem(body: String, changing: [String: Any] = [:], details: [String: Any] = [:]) throws -> [UInt8] {
    var members: [String: Any] = [
        "base_path": "/government/speeches/x", "content_id": "5f5332ea-7631-11e4-a3cb-005056011aef",
        "schema_name": "speech", "document_type": "speech", "locale": "en", "title": "A title",
        "details": ["body": body, "delivered_on": "2016-05-12T12:30:00+01:00"].merging(details) { $1 },
    ]
    members.merge(changing) { $1 }
    return [UInt8](try JSONSerialization.data(withJSONObject: members))
}
