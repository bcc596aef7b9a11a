internal import Foundation

/// The one way from bytes to values: Foundation reads, and every error becomes a `DocumentError`.
enum WireForm {
    static func read<Value: Decodable>(_ type: Value.Type, from data: Data) throws(DocumentError) -> Value {
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch let error as DocumentError {
            throw error
        } catch let error as DecodingError {
            throw DocumentError(decoding: error)
        } catch {
            throw DocumentError(code: .invalidJSON, reason: "not readable as JSON")
        }
    }
}

/// Reading of wire members where absent means absent: an optional member is left out, never null and never empty.
/// The errors name the member and what is allowed, never what was found.
extension KeyedDecodingContainer {
    /// A member that may be left out but not be null.
    func optional<Value: Decodable>(_ key: Key) throws -> Value? {
        guard contains(key) else { return nil }
        guard try !decodeNil(forKey: key) else {
            throw invalid(key, "must not be null; leave it out instead")
        }
        return try decode(Value.self, forKey: key)
    }

    /// A text that may be left out but not be null or empty.
    func optionalText(_ key: Key) throws -> String? {
        let text: String? = try optional(key)
        guard text != "" else { throw invalid(key, "must not be empty; leave it out instead") }
        return text
    }

    /// A text that must be there, with at least one character.
    func text(_ key: Key) throws -> String {
        let text = try decode(String.self, forKey: key)
        guard !text.isEmpty else { throw invalid(key, "must not be empty") }
        return text
    }

    /// A whole number within bounds.
    func integer(_ key: Key, from least: Int, to most: Int = .max) throws -> Int {
        let number = try representable(Int.self, key)
        guard let number, least...most ~= number else {
            throw invalid(
                key, most == .max ? "must be a whole number from \(least)" : "must be from \(least) to \(most)")
        }
        return number
    }

    /// A number, nil where it does not fit the type: Foundation throws something of its own then, which becomes an
    /// error about the whole input only on its way out.
    func representable<Number: Decodable>(_ type: Number.Type, _ key: Key) throws -> Number? {
        do {
            return try decode(type, forKey: key)
        } catch let error as DecodingError {
            guard case .dataCorrupted = error else { throw error }
            return nil
        } catch {
            return nil
        }
    }

    /// A score, a number from 0 to 1, rounded to thousandths.
    func score(_ key: Key) throws -> Score {
        guard let number = try representable(Double.self, key), (0...1).contains(number) else {
            throw invalid(key, "must be a number from 0 to 1")
        }
        return Score(thousandths: Int((number * 1000).rounded()))
    }

    /// A value that its own type can make of a text.
    func value<Value>(_ key: Key, allowed: String, _ make: (String) -> Value?) throws -> Value {
        guard let value = make(try decode(String.self, forKey: key)) else {
            throw invalid(key, "must be \(allowed)")
        }
        return value
    }

    /// Refuses a schema version that this library does not know, before other members can puzzle it.
    func checkSchemaVersion(_ key: Key, is known: Int) throws {
        guard let version = try representable(Int.self, key) else { throw invalid(key, "must be a small whole number") }
        guard version == known else {
            throw DocumentError(
                code: .unsupportedVersion, reason: "schema_version is \(version); this program reads \(known)")
        }
    }

    /// Refuses a member for a reason of its own.
    func invalid(_ key: Key, _ reason: String) -> DocumentError {
        DocumentError(code: .invalidDocument, reason: "\(DocumentError.path(codingPath + [key])) \(reason)")
    }
}

extension Speaker: Decodable {
    enum CodingKeys: String, CodingKey { case id, name, role, organisation }

    /// Reads a speaker.
    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            id: try members.optionalText(.id), name: try members.optionalText(.name),
            role: try members.optionalText(.role), organisation: try members.optionalText(.organisation))
    }
}

extension Source: Decodable {
    enum CodingKeys: String, CodingKey {
        case uri, publisher, format, licence
        case retrievedAt = "retrieved_at"
    }

    /// Reads a source.
    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            uri: try members.optionalText(.uri), publisher: try members.optionalText(.publisher),
            format: try members.optionalText(.format), retrievedAt: try members.optionalText(.retrievedAt),
            licence: try members.optionalText(.licence))
    }
}
