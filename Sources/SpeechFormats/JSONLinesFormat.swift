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
        return SpeechReader(parts: {
            while !isBroken {
                do throws(FormatError) {
                    return try lines.next().map { self.part($0, context) }
                } catch {
                    isBroken = true
                    return SpeechPart(.failure(error))
                }
            }
            return nil
        })
    }

    private func part(_ line: LineReader.Line, _ context: SourceContext) -> SpeechPart {
        switch line {
        case .tooLong(let number):
            var error = FormatError(
                .tooLarge, "the line has more than \(Self.lineBytesMax) bytes", cure: "split the document")
            error.line = number
            return SpeechPart(.failure(error))
        case .line(let bytes, let number):
            // A copy, so that the piece of the file that the line was cut from can go.
            let bytes = Array(bytes)
            return SpeechPart(bytes: bytes.count) { reading(of: bytes, number, context) }
        }
    }

    private func reading(of bytes: [UInt8], _ number: Int, _ context: SourceContext) -> SpeechReading? {
        let sample = FormatSample(bytes)
        guard !sample.content.isEmpty else { return nil }
        do throws(FormatError) {
            var reading = try reading(of: bytes, sample, context)
            for index in reading.warnings.indices { reading.warnings[index].line = number }
            return reading
        } catch {
            var error = error
            error.line = number
            return SpeechReading(.failure(error))
        }
    }

    private func reading(
        of bytes: [UInt8], _ sample: FormatSample, _ context: SourceContext
    ) throws(FormatError) -> SpeechReading {
        if let format = items.first(where: { $0.detects(sample) }) {
            var reader = try format.read(bytes, from: context)
            if let result = reader.next() { return SpeechReading(.success(try result.get())) }
        }
        guard sample.opensJSONObject else {
            throw FormatError(.invalid, "the line is no JSON object", cure: "write one object on each line")
        }
        return try context.mapping.reading(try texts(in: bytes), format: name, context)
    }

    /// The texts of an object's members, by name.
    private func texts(in bytes: [UInt8]) throws(FormatError) -> [String: String] {
        if let texts = JSONTape.texts(in: bytes) { return texts }
        return try Self.patientTexts(in: bytes)
    }

    /// The same by Foundation, whose errors name places.
    static func patientTexts(in bytes: [UInt8]) throws(FormatError) -> [String: String] {
        try JSONInput.object(JSONInput.utf8(bytes)).compactMapValues(Self.text)
    }

    /// A member's text: strings as they are, lists of strings as paragraphs, numbers as written; objects have none.
    private static func text(of value: Any) -> String? {
        switch value {
        case let text as String: text
        case let list as [String]: list.joined(separator: "\n")
        // Foundation keeps true and false as numbers, the only ones of C's type char.
        case let number as NSNumber where String(cString: number.objCType) == "c": number.boolValue ? "true" : "false"
        case let number as NSNumber: number.stringValue
        default: nil
        }
    }
}
