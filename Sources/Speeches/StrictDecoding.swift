internal import Foundation

/// The one way from bytes to values.
enum WireForm {
    /// Reads the bytes by their tape; what that does not take is Foundation's, which reads or refuses it. Every error
    /// becomes a `DocumentError`.
    static func read<Value: WireObject>(_ type: Value.Type, from data: Data) throws(DocumentError) -> Value {
        if let value = JSONTape.read(type, from: data) { return value }
        return try readPatiently(type, from: data)
    }

    /// Foundation's way alone.
    static func readPatiently<Value: WireObject>(
        _ type: Value.Type, from data: Data
    ) throws(DocumentError) -> Value {
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

extension KeyedDecodingContainer: WireMembers {
    func isNull(_ key: Key) throws -> Bool { try decodeNil(forKey: key) }
    func string(_ key: Key) throws -> String { try decode(String.self, forKey: key) }
    func flag(_ key: Key) throws -> Bool { try decode(Bool.self, forKey: key) }
    func whole(_ key: Key) throws -> Int? { try representable(Int.self, key) }
    func real(_ key: Key) throws -> Double? { try representable(Double.self, key) }
    func strings(_ key: Key) throws -> [String] { try decode([String].self, forKey: key) }
    func stringsByName(_ key: Key) throws -> [String: String] { try decode([String: String].self, forKey: key) }
    func listsByName(_ key: Key) throws -> [String: [String]] { try decode([String: [String]].self, forKey: key) }
    func object<Value: WireObject>(_ key: Key) throws -> Value { try decode(Value.self, forKey: key) }
    func objects<Value: WireObject>(_ key: Key) throws -> [Value] { try decode([Value].self, forKey: key) }

    /// Foundation throws something of its own for a number that does not fit, which becomes an error about the whole
    /// input only on its way out.
    private func representable<Number: Decodable>(_ type: Number.Type, _ key: Key) throws -> Number? {
        do {
            return try decode(type, forKey: key)
        } catch let error as DecodingError {
            guard case .dataCorrupted = error else { throw error }
            return nil
        } catch {
            return nil
        }
    }

    func invalid(_ key: Key, _ reason: String) -> any Error {
        DocumentError(code: .invalidDocument, reason: "\(DocumentError.path(codingPath + [key])) \(reason)")
    }

    func unsupported(_ version: Int, known: Int) -> any Error {
        DocumentError(
            code: .unsupportedVersion, reason: "schema_version is \(version); this program reads \(known)")
    }
}
