internal import Foundation

/// JSON as it arrives: UTF-8 only (RFC 8259, section 8.1), errors with their place.
enum JSONInput {
    /// The bytes without a byte order mark.
    /// - Throws: `FormatError` with code `encoding`.
    static func utf8(_ bytes: [UInt8]) throws(FormatError) -> Data {
        let offset = UTF8Damage.first(in: bytes)
        guard offset == bytes.count else {
            throw FormatError(
                .encoding, "JSON must be UTF-8 and is not", cure: "fetch it again, or convert it to UTF-8"
            )
            .at(byte: offset, of: bytes)
        }
        return Data(bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...])
    }

    /// Why JSON that no format takes is not taken; nil for what does not begin as JSON.
    static func unrecognised(_ sample: FormatSample) -> FormatError? {
        let bytes = Array(sample.content)
        let second = bytes.dropFirst().first { $0 != 0x20 && !(0x09...0x0D).contains($0) }
        guard let first = bytes.first, let second else { return nil }
        if first == UInt8(ascii: "[") {
            return FormatError(
                .unrecognised, "this is a JSON array", cure: "write one object a line: jq -c '.[]' FILE > FILE.jsonl")
        }
        guard first == UInt8(ascii: "{"), "\"}".utf8.contains(second) else { return nil }
        do {
            _ = try object(try utf8(bytes))
        } catch {
            var place = FormatError(.unrecognised, error.reason, cure: error.cure)
            (place.line, place.column) = (error.line, error.column)
            return place
        }
        return FormatError(
            .unrecognised, "this is a JSON object that is no document, and none of its members is a body",
            cure: "name the body: --map body=MEMBER; write several objects one a line (jq -c . FILE)")
    }

    /// - Throws: `FormatError` with code `invalid`, line and column.
    static func checkSyntax(_ data: Data) throws(FormatError) {
        do {
            _ = try JSONSerialization.jsonObject(with: data)
        } catch {
            throw syntaxError(error as NSError, in: data)
        }
    }

    /// The members of an object.
    /// - Throws: `FormatError` with code `invalid`.
    static func object(_ data: Data) throws(FormatError) -> [String: Any] {
        do {
            if let object = try JSONSerialization.jsonObject(with: data) as? [String: Any] { return object }
        } catch {
            throw syntaxError(error as NSError, in: data)
        }
        throw FormatError(.invalid, "the JSON is no object", cure: "write one object for each speech")
    }

    /// Decodes a value whose shape may be wrong.
    /// - Throws: `FormatError` with code `invalid`, and line and column or the member's path.
    static func decode<Value: Decodable>(_ type: Value.Type, from data: Data) throws(FormatError) -> Value {
        try checkSyntax(data)
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch let error as DecodingError {
            throw shapeError(error)
        } catch {
            throw FormatError(.invalid, "the JSON could not be decoded", cure: "fetch it again")
        }
    }

    /// Foundation gives the place of a syntax error only in words: a byte's number, or that the text ended.
    private static func syntaxError(_ error: NSError, in data: Data) -> FormatError {
        let problem = FormatError(.invalid, "the JSON breaks off or has a syntax error", cure: "fetch it again")
        let words = error.userInfo["NSDebugDescription"] as? String ?? ""
        let digits = words.firstRange(of: "character ").map { words[$0.upperBound...].prefix(while: \.isNumber) }
        let index = words.contains("end of file") ? data.count : digits.flatMap { Int($0) }
        guard let index, 0...data.count ~= index else { return problem }
        return problem.at(byte: index, of: [UInt8](data))
    }

    private static func jsonName(_ type: Any.Type) -> String {
        switch type {
        case is String.Type: "a string"
        case is Bool.Type: "true or false"
        case is [Any].Type: "an array"
        case is [String: Any].Type: "an object"
        default: "of another type"
        }
    }

    private static func shapeError(_ error: DecodingError) -> FormatError {
        func path(_ context: DecodingError.Context, _ key: (any CodingKey)? = nil) -> String? {
            let keys = context.codingPath + [key].compactMap { $0 }
            let text = keys.reduce(into: "") { text, key in
                if let index = key.intValue {
                    text += "[\(index)]"
                } else {
                    text += (text.isEmpty ? "" : ".") + key.stringValue
                }
            }
            return text.isEmpty ? nil : text
        }
        let cure = "fetch it again, or correct the member"
        return switch error {
        case .keyNotFound(let key, let context):
            FormatError(.invalid, "the member is missing", cure: cure, path: path(context, key))
        case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
            FormatError(.invalid, "the member must be \(jsonName(type))", cure: cure, path: path(context))
        case .dataCorrupted(let context):
            FormatError(.invalid, "the member has a value that is not allowed", cure: cure, path: path(context))
        @unknown default:
            FormatError(.invalid, "the JSON has the wrong shape", cure: cure)
        }
    }
}
