/// A value that is a string of its own kind, so that a document's id can never be passed for a topic's.
public protocol StringIdentifier: RawRepresentable, Hashable, Comparable, Sendable, Codable, CustomStringConvertible
where RawValue == String {
    /// Wraps a string; identifiers carry no further syntax of their own.
    init(rawValue: String)
}

extension StringIdentifier {
    /// The identifier as written.
    public var description: String { rawValue }

    /// Equal bytes of the UTF-8 form. Strings of Swift are equal too where Unicode calls them canonically equivalent,
    /// which neither Kafka's keys nor databases do.
    public static func == (left: Self, right: Self) -> Bool { left.rawValue.utf8.elementsEqual(right.rawValue.utf8) }

    /// The same bytes have the same hash.
    public func hash(into hasher: inout Hasher) {
        var text = rawValue
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }

    /// Byte order of the UTF-8 form: the same on every machine and locale.
    public static func < (left: Self, right: Self) -> Bool {
        left.rawValue.utf8.lexicographicallyPrecedes(right.rawValue.utf8)
    }

    /// Wraps a string literal or value without the label.
    public init(_ value: String) { self.init(rawValue: value) }
}

/// A document's stable name: the source's own identifier or address, else a digest of its normalised text.
/// It survives re-publication and revision of the speech and is the key of its Kafka records.
public struct SpeechID: StringIdentifier {
    /// The identifier as written on the wire.
    public let rawValue: String
    /// Wraps an identifier.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The most bytes of a document's id. An entry of PostgreSQL's indexes holds about 2,700, and two names stand in one.
    public static let bytesMax = 1_024
}

/// The digest of a document's content: a revised speech keeps its `SpeechID` and changes its revision.
public struct Revision: StringIdentifier {
    /// The digest as written on the wire, `sha256:` and 64 hexadecimal digits.
    public let rawValue: String
    /// Wraps a revision.
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// A policy topic's stable id, such as `modern-slavery`. Never a Kafka topic: that is `KafkaTopic`.
public struct TopicID: StringIdentifier {
    /// The id as written in rule files and events.
    public let rawValue: String
    /// Wraps a topic id.
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// A rule's stable id, such as `modern-slavery.named`.
public struct RuleID: StringIdentifier {
    /// The id as written in rule files and events.
    public let rawValue: String
    /// Wraps a rule id.
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// An event's id, derived from document id, revision and ruleset digest alone, so that a replay with the same rules
/// makes the same event.
public struct EventID: StringIdentifier {
    /// The id as written in the event and in `ce_id`.
    public let rawValue: String
    /// Wraps an event id.
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// Which rules made an event: a name and version for people, and the digest over everything that can change a result.
public struct RulesetIdentity: Hashable, Sendable, Codable {
    /// The ruleset's name, such as `crime-policy`.
    public let name: String
    /// The ruleset's semantic version, such as `1.0.0`.
    public let version: String
    /// `sha256:` and 64 hexadecimal digits over rules, scoring, engine semantics and caps.
    public let digest: String

    /// Names a ruleset.
    public init(name: String, version: String, digest: String) {
        self.name = name
        self.version = version
        self.digest = digest
    }
}
