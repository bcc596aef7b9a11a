internal import Foundation
public import Speeches

/// Speeches from files and folders, one by one, in a fixed order: paths as given, a folder's entries by name.
///
/// A file that cannot be read or is refused is one outcome among the others and does not end the sequence. In folders,
/// files whose name has no ending of a registered format are ignored, as are hidden entries and symbolic links: whoever may
/// write into a folder could have any file published that its reader may read, and links to folders could make loops. A
/// path given by name is always read (`SourceContext.followsNamedLinks`). Reading blocks: to be used from a thread or task
/// that may. One file's bytes are in memory at a time.
public struct SpeechFiles: Sequence, IteratorProtocol {
    /// What became of one file or one speech in it.
    public enum Outcome: Sendable {
        /// A document.
        case speech(Speech, file: String)
        /// A file, or a speech in it, that was refused; the error names the file.
        case rejected(FormatError)
        /// What of the speech before could not be read; the speech was taken without it.
        case warning(FormatError)
        /// A link in a folder, or a file whose name has no ending of a registered format.
        case ignored(file: String)
    }

    /// What is cut out of a file and still to be read, by any thread.
    public struct Part: Sendable {
        /// The bytes it holds, about.
        public let bytes: Int
        /// Reads it: a speech and the warnings about it, a refusal, or nothing, as of an empty line.
        public let outcomes: @Sendable () -> [Outcome]
    }

    /// The most bytes a file may have by default: a year of a chamber's sittings.
    public static let defaultFileBytes = 67_108_864
    /// How deep folders may be nested.
    public static let folderDepthMax = 32

    private struct Entry {
        let path: String
        let depth: Int
    }

    private let registry: FormatRegistry
    private let context: SourceContext
    private let fileBytesMax: Int
    private let extensions: Set<String>
    private let progress: ReadingProgress?
    /// What is still to be visited, next one last; bounded by the entries of the folders on the way down.
    private var rest: [Entry]
    private var reader: (speeches: SpeechReader, file: String)?
    /// What the last part held and was not asked for yet.
    private var ready: ArraySlice<Outcome> = []
    /// Whether it was said that links are not followed: once is enough.
    private var hasToldOfLinks = false

    /// Makes the sequence; nothing is opened yet.
    /// - Parameters:
    ///   - paths: files and folders.
    ///   - registry: the formats, and the size a document may have.
    ///   - context: what holds for every file (format or encoding override, publisher, licence); `file`, `uri` are not taken.
    ///   - fileBytesMax: the most bytes a file may have that has to be in memory whole.
    ///   - progress: counts the bytes read.
    public init(
        _ paths: [String], registry: FormatRegistry = FormatRegistry(), context: SourceContext = SourceContext(),
        fileBytesMax: Int = defaultFileBytes, progress: ReadingProgress? = nil
    ) {
        self.registry = registry
        self.context = context
        self.fileBytesMax = fileBytesMax
        self.progress = progress
        extensions = registry.fileExtensions
        rest = paths.reversed().map { Entry(path: $0, depth: 0) }
    }

    /// The next outcome, nil after the last file.
    public mutating func next() -> Outcome? {
        while ready.isEmpty {
            guard let part = nextPart() else { return nil }
            ready = part.outcomes()[...]
        }
        return ready.popFirst()
    }

    /// The next part, not yet read where its format can be read in parts; nil after the last file. For callers that read
    /// on several threads, instead of `next`.
    public mutating func nextPart() -> Part? {
        while true {
            if let part = nextPartOfFile() { return part }
            guard let entry = rest.popLast() else { return nil }
            let outcomes = visit(entry)
            if !outcomes.isEmpty { return Part(bytes: 0) { outcomes } }
        }
    }

    private mutating func nextPartOfFile() -> Part? {
        guard let file = reader?.file, let part = reader?.speeches.nextPart() else {
            reader = nil
            return nil
        }
        return Part(bytes: part.bytes) { part.read().map { Self.outcomes(of: $0, file) } ?? [] }
    }

    /// What a reading means for whoever goes through files.
    public static func outcomes(of reading: SpeechReading, _ file: String) -> [Outcome] {
        switch reading.result {
        case .success(let speech): [.speech(speech, file: file)] + reading.warnings.map { .warning($0) }
        case .failure(let error): [.rejected(error)]
        }
    }

    private mutating func visit(_ entry: Entry) -> [Outcome] {
        let followsLinks = entry.depth == 0 && context.followsNamedLinks
        let facts = FileFacts(entry.path, followingLinks: followsLinks)
        do {
            if facts?.kind == .folder {
                try push(folder: entry)
            } else if facts?.kind == .link {
                return ignoredLink(entry.path)
            } else if entry.depth > 0 && !isTaken(entry.path) {
                return [.ignored(file: entry.path)]
            } else {
                try open(entry.path, followingLinks: followsLinks)
            }
            return []
        } catch {
            return [.rejected(error)]
        }
    }

    private mutating func ignoredLink(_ path: String) -> [Outcome] {
        defer { hasToldOfLinks = true }
        guard !hasToldOfLinks else { return [.ignored(file: path)] }
        let warning = FormatError(
            .link, "symbolic links in folders are not followed; this one and any other are ignored",
            cure: "put the files themselves there, or name the link", file: path)
        return [.ignored(file: path), .warning(warning)]
    }

    private mutating func open(_ path: String, followingLinks: Bool) throws(FormatError) {
        var context = context
        context.file = path
        // An address names one original; many files cannot share it.
        context.uri = nil
        let input = try FileInput.open(path, followingLinks: followingLinks, counting: progress)
        reader = (try registry.reader(of: input, bytesMax: fileBytesMax, from: context), path)
    }

    private mutating func push(folder: Entry) throws(FormatError) {
        guard folder.depth < Self.folderDepthMax else {
            throw FormatError(
                .unreadable, "folders are nested deeper than \(Self.folderDepthMax)", cure: "name the folder itself",
                file: folder.path)
        }
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        } catch {
            throw FormatError(
                .unreadable, "the folder could not be listed", cure: "check its permissions", file: folder.path)
        }
        // Byte order: the same on every machine and locale.
        let sorted = names.filter { !$0.hasPrefix(".") }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let prefix = folder.path.hasSuffix("/") ? folder.path : folder.path + "/"
        rest += sorted.reversed().map { Entry(path: prefix + $0, depth: folder.depth + 1) }
    }

    private func isTaken(_ path: String) -> Bool {
        let name = path.split(separator: "/").last ?? ""
        guard let dot = name.lastIndex(of: ".") else { return false }
        return extensions.contains(name[name.index(after: dot)...].lowercased())
    }
}
