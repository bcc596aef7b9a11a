internal import Foundation
internal import Speeches

/// A JSON object a line: our own documents and GOV.UK items as they are, any other object by a mapping of its members.
/// Files of any size are read, one line in memory at a time.
public struct JSONLinesFormat: StreamedSpeechFormat {
    private let items: [any SpeechFormat] = [CanonicalFormat(), GovUKFormat()]

    /// Makes the format.
    public init() {}

    /// `json-lines`.
    public var name: FormatName { .jsonLines }
    /// `jsonl` and `ndjson`.
    public var fileExtensions: Set<String> { ["jsonl", "ndjson"] }
    /// The most bytes of a line.
    static let lineBytesMax = 8_388_608

    /// Two lines that each hold an object, or one that is no document or item of another format.
    public func detects(_ sample: FormatSample) -> Bool {
        guard sample.opensJSONObject else { return false }
        let lines = sample.content.split(separator: UInt8(ascii: "\n"), maxSplits: 2)
        let trimmed = lines.prefix(2).map { line in
            line.reversed().drop { $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }
        }
        guard let first = trimmed.first, first.first == UInt8(ascii: "}") else { return false }
        if lines.count == 1 {
            return sample.isWhole && !items.contains { $0.detects(sample) }
                && DocumentField.body.commonNames.contains { sample.containsJSONString($0) }
        }
        return lines[1].first == UInt8(ascii: "{")
    }

    /// Reads line by line. Empty lines are passed over.
    public func read(_ input: ByteInput, from context: SourceContext) throws(FormatError) -> SpeechReader {
        var lines = LineReader(input, bytesMax: Self.lineBytesMax)
        var isBroken = false
        return SpeechReader {
            while !isBroken {
                do throws(FormatError) {
                    guard let line = try lines.next() else { return nil }
                    guard let result = self.result(of: line, context) else { continue }
                    return result
                } catch {
                    isBroken = true
                    return .failure(error)
                }
            }
            return nil
        }
    }

    private func result(of line: LineReader.Line, _ context: SourceContext) -> Result<Speech, FormatError>? {
        switch line {
        case .tooLong(let number):
            var error = FormatError(
                .tooLarge, "the line has more than \(Self.lineBytesMax) bytes", cure: "split the document")
            error.line = number
            return .failure(error)
        case .line(let bytes, let number):
            let sample = FormatSample(Array(bytes))
            guard !sample.content.isEmpty else { return nil }
            do throws(FormatError) {
                return .success(try speech(Array(bytes), sample, context))
            } catch {
                var error = error
                error.line = number
                return .failure(error)
            }
        }
    }

    private func speech(
        _ bytes: [UInt8], _ sample: FormatSample, _ context: SourceContext
    ) throws(FormatError) -> Speech {
        if let format = items.first(where: { $0.detects(sample) }) {
            var reader = try format.read(bytes, from: context)
            if let result = reader.next() { return try result.get() }
        }
        guard sample.opensJSONObject else {
            throw FormatError(.invalid, "the line is no JSON object", cure: "write one object on each line")
        }
        let object = try JSONInput.object(JSONInput.utf8(bytes))
        var values: [String: String] = [:]
        for (member, value) in object { values[member] = Self.text(of: value) }
        return try context.mapping.speech(values, format: name, context)
    }

    /// A member's text: strings as they are, lists of strings as paragraphs, numbers as written; objects have none.
    private static func text(of value: Any) -> String? {
        switch value {
        case let text as String: text
        case let list as [String]: list.joined(separator: "\n")
        case let number as NSNumber: number.stringValue
        default: nil
        }
    }
}
