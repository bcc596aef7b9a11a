/// The members of one JSON object as a reader of wire forms asks for them: said once for the fast way (`TapeMembers`) and
/// for the patient one (Foundation's, whose errors name members and places).
///
/// Absent means absent: an optional member is left out, never null and never empty. The errors name the member and what is
/// allowed, never what was found.
protocol WireMembers<Key> {
    associatedtype Key: CodingKey

    func contains(_ key: Key) -> Bool
    func isNull(_ key: Key) throws -> Bool
    /// A text, empty or not.
    func string(_ key: Key) throws -> String
    func flag(_ key: Key) throws -> Bool
    /// A number, nil where it does not fit the type.
    func whole(_ key: Key) throws -> Int?
    func real(_ key: Key) throws -> Double?
    func strings(_ key: Key) throws -> [String]
    /// Texts by name, and lists of texts by name.
    func stringsByName(_ key: Key) throws -> [String: String]
    func listsByName(_ key: Key) throws -> [String: [String]]
    func object<Value: WireObject>(_ key: Key) throws -> Value
    func objects<Value: WireObject>(_ key: Key) throws -> [Value]
    /// What refuses a member for a reason of its own.
    func invalid(_ key: Key, _ reason: String) -> any Error
    /// What refuses a schema version.
    func unsupported(_ version: Int, known: Int) -> any Error
}

/// A value that is an object on the wire.
protocol WireObject: Decodable {
    associatedtype CodingKeys: CodingKey
    init(_ members: some WireMembers<CodingKeys>) throws
}

extension WireMembers {
    /// What may be left out but not be null.
    private func optional<Value>(_ key: Key, _ read: (Key) throws -> Value) throws -> Value? {
        guard contains(key) else { return nil }
        guard try !isNull(key) else { throw invalid(key, "must not be null; leave it out instead") }
        return try read(key)
    }

    /// An object that may be left out.
    func optional<Value: WireObject>(_ key: Key) throws -> Value? { try optional(key) { try object($0) } }

    func optionalFlag(_ key: Key) throws -> Bool? { try optional(key) { try flag($0) } }

    func optionalString(_ key: Key) throws -> String? { try optional(key) { try string($0) } }

    func optionalStringsByName(_ key: Key) throws -> [String: String]? {
        try optional(key) { try stringsByName($0) }
    }

    func optionalListsByName(_ key: Key) throws -> [String: [String]]? { try optional(key) { try listsByName($0) } }

    /// A text that may be left out but not be null or empty.
    func optionalText(_ key: Key) throws -> String? {
        let text = try optionalString(key)
        guard text != "" else { throw invalid(key, "must not be empty; leave it out instead") }
        return text
    }

    /// A text that must be there, with at least one character.
    func text(_ key: Key) throws -> String {
        let text = try string(key)
        guard !text.isEmpty else { throw invalid(key, "must not be empty") }
        return text
    }

    /// A date in one of its four forms.
    func optionalDate(_ key: Key) throws -> DeliveryDate? {
        guard let text = try optionalString(key) else { return nil }
        guard let date = DeliveryDate(text) else {
            throw invalid(key, "must be YYYY, YYYY-MM, YYYY-MM-DD or an RFC 3339 timestamp")
        }
        return date
    }

    /// A whole number within bounds.
    func integer(_ key: Key, from least: Int, to most: Int = .max) throws -> Int {
        guard let number = try whole(key), least...most ~= number else {
            throw invalid(
                key, most == .max ? "must be a whole number from \(least)" : "must be from \(least) to \(most)")
        }
        return number
    }

    /// A score, a number from 0 to 1, rounded to thousandths.
    func score(_ key: Key) throws -> Score {
        guard let number = try real(key), (0...1).contains(number) else {
            throw invalid(key, "must be a number from 0 to 1")
        }
        return Score(thousandths: Int((number * 1000).rounded()))
    }

    /// A value that its own type can make of a text.
    func value<Value>(_ key: Key, allowed: String, _ make: (String) -> Value?) throws -> Value {
        guard let value = make(try string(key)) else { throw invalid(key, "must be \(allowed)") }
        return value
    }

    /// Refuses a schema version that this library does not know, before other members can puzzle it.
    func checkSchemaVersion(_ key: Key, is known: Int) throws {
        guard let version = try whole(key) else { throw invalid(key, "must be a small whole number") }
        guard version == known else { throw unsupported(version, known: known) }
    }
}

extension Speaker: WireObject {
    enum CodingKeys: String, CodingKey { case id, name, role, organisation }

    /// Reads a speaker.
    public init(from decoder: any Decoder) throws { try self.init(decoder.container(keyedBy: CodingKeys.self)) }

    init(_ members: some WireMembers<CodingKeys>) throws {
        self.init(
            id: try members.optionalText(.id), name: try members.optionalText(.name),
            role: try members.optionalText(.role), organisation: try members.optionalText(.organisation))
    }
}

extension Source: WireObject {
    enum CodingKeys: String, CodingKey {
        case uri, publisher, format, licence
        case retrievedAt = "retrieved_at"
    }

    /// Reads a source.
    public init(from decoder: any Decoder) throws { try self.init(decoder.container(keyedBy: CodingKeys.self)) }

    init(_ members: some WireMembers<CodingKeys>) throws {
        self.init(
            uri: try members.optionalText(.uri), publisher: try members.optionalText(.publisher),
            format: try members.optionalText(.format), retrievedAt: try members.optionalText(.retrievedAt),
            licence: try members.optionalText(.licence))
    }
}

extension RulesetIdentity: WireObject {
    enum CodingKeys: String, CodingKey { case name, version, digest }

    init(_ members: some WireMembers<CodingKeys>) throws {
        self.init(
            name: try members.string(.name), version: try members.string(.version), digest: try members.string(.digest))
    }
}
