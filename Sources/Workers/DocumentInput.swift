internal import Foundation
public import SpeechFormats

/// The documents on standard input, as the same outcomes that files give. Reading blocks.
public struct DocumentInput: Sequence, IteratorProtocol {
    private let registry: FormatRegistry
    private let context: SourceContext
    private var reader: SpeechReader?
    private var isRead = false
    private var ready: ArraySlice<SpeechFiles.Outcome> = []

    /// Makes the sequence; nothing is read yet.
    public init(registry: FormatRegistry, context: SourceContext) {
        self.registry = registry
        var context = context
        context.file = "standard input"
        self.context = context
    }

    /// The next outcome, nil after the last.
    public mutating func next() -> SpeechFiles.Outcome? {
        if let outcome = ready.popFirst() { return outcome }
        do {
            if !isRead {
                isRead = true
                reader = try registry.reader(
                    of: Self.input(context.file), bytesMax: SpeechFiles.defaultFileBytes, from: context)
            }
        } catch {
            return .rejected(error)
        }
        guard let reading = reader?.nextReading() else { return nil }
        ready = SpeechFiles.outcomes(of: reading, "standard input")[...]
        return ready.popFirst()
    }

    /// Standard input in pieces.
    private static func input(_ name: String?) -> ByteInput {
        ByteInput { () throws(FormatError) in
            let data: Data?
            do {
                data = try FileHandle.standardInput.read(upToCount: pieceBytes)
            } catch {
                throw FormatError(
                    .unreadable, "standard input could not be read", cure: "give the document by name instead",
                    file: name)
            }
            guard let data, !data.isEmpty else { return nil }
            return [UInt8](data)
        }
    }

    private static let pieceBytes = 262_144
}

extension FormatName {
    /// The names that an override may have, for help and errors.
    public static var listed: String { FormatRegistry().names.map(\.rawValue).joined(separator: ", ") }
}
