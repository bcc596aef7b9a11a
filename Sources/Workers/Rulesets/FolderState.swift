internal import Foundation

/// What can be seen of a folder's files without reading them; a change of any file changes it. Symbolic links are
/// followed, as Kubernetes exchanges the files of a ConfigMap by exchanging a link.
struct FolderState: Equatable, Sendable {
    /// Files beyond this many are not looked at; a ruleset has some dozens.
    private static let maximumFiles = 10_000

    private struct File: Equatable {
        let size: Int
        let modified: Date?
        let number: Int?
    }

    private let files: [String: File]

    /// Looks at the folder now; a folder that is not there has no files.
    init(of folder: String) {
        let manager = FileManager.default
        let root = URL(filePath: folder).resolvingSymlinksInPath()
        var files: [String: File] = [:]
        let names = manager.enumerator(at: root, includingPropertiesForKeys: nil)
        while files.count < Self.maximumFiles, let url = names?.nextObject() as? URL {
            let target = url.resolvingSymlinksInPath().path
            guard let facts = try? manager.attributesOfItem(atPath: target),
                facts[.type] as? FileAttributeType == .typeRegular
            else { continue }
            files[url.path] = File(
                size: (facts[.size] as? NSNumber)?.intValue ?? 0, modified: facts[.modificationDate] as? Date,
                number: (facts[.systemFileNumber] as? NSNumber)?.intValue)
        }
        self.files = files
    }
}
