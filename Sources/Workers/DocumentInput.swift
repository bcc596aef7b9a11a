internal import Foundation
public import SpeechFormats

/// The document on standard input, as the same outcomes that files give. Reading blocks.
public struct DocumentInput: Sequence, IteratorProtocol {
    private let registry: FormatRegistry
    private let context: SourceContext
    private var reader: SpeechReader?
    private var isRead = false

    /// Makes the sequence; nothing is read yet.
    public init(registry: FormatRegistry, context: SourceContext) {
        self.registry = registry
        var context = context
        context.file = "standard input"
        self.context = context
    }

    /// The next outcome, nil after the last.
    public mutating func next() -> SpeechFiles.Outcome? {
        do {
            if !isRead {
                isRead = true
                reader = try registry.reader(of: try bytes(), from: context)
            }
        } catch {
            return .rejected(error)
        }
        switch reader?.next() {
        case .success(let speech)?: return .speech(speech, file: "standard input")
        case .failure(let error)?: return .rejected(error)
        case nil: return nil
        }
    }

    private func bytes() throws(FormatError) -> [UInt8] {
        let limit = SpeechFiles.defaultFileBytes
        let data: Data?
        do {
            data = try FileHandle.standardInput.read(upToCount: limit + 1)
        } catch {
            throw FormatError(
                .unreadable, "standard input could not be read", cure: "give the document by name instead",
                file: context.file)
        }
        let bytes = [UInt8](data ?? Data())
        guard bytes.count <= limit else {
            throw FormatError(
                .tooLarge, "more than \(limit) bytes came", cure: "split the input, or give files by name",
                file: context.file)
        }
        return bytes
    }
}

extension FormatName {
    /// The names that an override may have, for help and errors.
    public static var listed: String { FormatRegistry().names.map(\.rawValue).joined(separator: ", ") }
}
