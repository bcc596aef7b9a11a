internal import Foundation
internal import SpeechFormats
internal import WorkerSupport

/// The files of a folder and of those in it, as `SpeechFiles` takes them: by ending, hidden ones left out.
struct WatchedTree {
    private(set) var files: [String] = []

    init(_ folder: String, endings: Set<String>, visiting: (String) throws -> Void) throws {
        try visit(folder, depth: 0, endings, visiting)
        files.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private mutating func visit(
        _ folder: String, depth: Int, _ endings: Set<String>, _ visiting: (String) throws -> Void
    ) throws {
        guard depth < SpeechFiles.folderDepthMax else { return }
        // Watched before it is listed, so that nothing comes in between.
        try visiting(folder)
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
            guard depth > 0 else {
                throw ProgramFailure(
                    .badConfiguration, code: "watch.no_folder",
                    "the folder '\(folder)' cannot be read; make it, or check its permissions")
            }
            return
        }
        for name in names where !name.hasPrefix(".") {
            let path = folder + "/" + name
            guard let facts = FileFacts(path, followingLinks: false) else { continue }
            if facts.kind == .folder {
                try visit(path, depth: depth + 1, endings, visiting)
            } else if let dot = name.lastIndex(of: "."), endings.contains(name[name.index(after: dot)...].lowercased())
            {
                files.append(path)
            }
        }
    }
}
