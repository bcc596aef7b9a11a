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
    public func detects(_ sample: FormatSample) -> Bool { detects(sample, mapping: FieldMapping()) }

    /// The same, with names that the caller maps.
    public func detects(_ sample: FormatSample, mapping: FieldMapping) -> Bool {
        guard sample.opensJSONObject else { return false }
        let lines = sample.content.split(separator: UInt8(ascii: "\n"), maxSplits: 2)
        let trimmed = lines.prefix(2).map { line in
            line.reversed().drop { $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }
        }
        guard let first = trimmed.first, first.first == UInt8(ascii: "}") else { return false }
        if lines.count == 1 {
            return sample.isWhole && !items.contains { $0.detects(sample) }
                && (DocumentField.body.commonNames + [mapping.bodyName].compactMap(\.self)).contains {
                    sample.containsJSONPath($0)
                }
        }
        return lines[1].first == UInt8(ascii: "{")
    }

    /// Reads line by line. Empty lines are passed over.
    public func read(_ input: ByteInput, from context: SourceContext) throws(FormatError) -> SpeechReader {
        var lines = LineReader(input, bytesMax: Self.lineBytesMax)
        var isBroken = false
        // Members may be absent from a line; of those that the first mebibyte has nowhere the first line tells.
        let head = context.mapping.names.isEmpty ? nil : FormatSample(try input.head().bytes)
        var absent = context.mapping.names.filter { head?.containsJSONPath($0) == false }
        return SpeechReader(parts: {
            while !isBroken {
                do throws(FormatError) {
                    guard let line = try lines.next() else { return nil }
                    if line.isEmpty { continue }
                    defer { absent = [] }
                    return self.part(line, absent, context)
                } catch {
                    isBroken = true
                    return SpeechPart(.failure(error))
                }
            }
            return nil
        })
    }

    private func part(_ line: LineReader.Line, _ absent: [String], _ context: SourceContext) -> SpeechPart {
        switch line {
        case .tooLong(let number):
            var error = FormatError(
                .tooLarge, "the line has more than \(Self.lineBytesMax) bytes", cure: "split the document")
            error.line = number
            return SpeechPart(.failure(error))
        case .line(let bytes, let number):
            // A copy, so that the piece of the file that the line was cut from can go.
            let bytes = Array(bytes)
            return SpeechPart(bytes: bytes.count, line: number) {
                do throws(FormatError) {
                    return try reading(of: bytes, absent, context)
                } catch {
                    return SpeechReading(.failure(error))
                }
            }
        }
    }

    private func reading(
        of bytes: [UInt8], _ absent: [String], _ context: SourceContext
    ) throws(FormatError) -> SpeechReading {
        let sample = FormatSample(bytes)
        if let format = items.first(where: { $0.detects(sample) }) {
            var reader = try format.read(bytes, from: context)
            if let result = reader.next() { return SpeechReading(.success(try result.get())) }
        }
        guard sample.opensJSONObject else {
            throw FormatError(.invalid, "the line is no JSON object", cure: "write one object on each line")
        }
        let members = try members(of: bytes)
        var reading = try context.mapping.reading(members, format: name, context)
        let names = members.texts.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        reading.warnings = absent.map { FieldMapping.absent($0, of: names, "first line's members") } + reading.warnings
        return reading
    }

    private func members(of bytes: [UInt8]) throws(FormatError) -> MemberTexts {
        if let texts = JSONTape.texts(in: bytes) { return MemberTexts(texts) }
        return try Self.patientMembers(of: bytes)
    }

    /// The same by Foundation, whose errors name places, and which takes objects within the object, too.
    static func patientMembers(of bytes: [UInt8]) throws(FormatError) -> MemberTexts {
        let object = try JSONInput.object(JSONInput.utf8(bytes))
        var members = MemberTexts(object.compactMapValues(Self.text))
        for (name, value) in object where members.texts[name] == nil && !(value is NSNull) {
            guard let parts = value as? [String: Any] else {
                members.leftOut.append(name)
                continue
            }
            for (part, value) in parts where !(value is NSNull) {
                let path = name + "." + part
                guard let text = Self.text(of: value) else {
                    members.leftOut.append(path)
                    continue
                }
                if name == "attributes" {
                    members.attributes[part] = text
                } else {
                    members.texts[path] = members.texts[path] ?? text
                }
            }
        }
        members.leftOut.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        return members
    }

    /// A member's text: strings as they are, lists of plain values as paragraphs, numbers as written; objects have none.
    private static func text(of value: Any) -> String? {
        switch value {
        case let text as String: return text
        case let list as [Any]:
            let texts = list.compactMap { $0 is [Any] ? nil : text(of: $0) }
            return texts.count == list.count ? texts.joined(separator: "\n") : nil
        // Foundation keeps true and false as numbers, the only ones of C's type char.
        case let number as NSNumber where String(cString: number.objCType) == "c":
            return number.boolValue ? "true" : "false"
        case let number as NSNumber: return number.stringValue
        default: return nil
        }
    }
}
