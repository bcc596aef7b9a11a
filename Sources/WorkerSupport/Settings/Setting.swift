internal import Foundation

/// One setting: its name, what it may be, what it is when nobody says, and what it is for. Everything that anybody reads
/// about settings (values, errors, `Config/rostrum.yaml`, `rostrum config`, environment names) comes from these.
public struct Setting<Value: Sendable>: Sendable {
    /// What people are told about it.
    public let entry: SettingEntry
    /// Text to value; nil when the text is not allowed.
    let parse: @Sendable (String) -> Value?

    init(
        _ key: String, _ allowed: String, default defaultText: String?, _ sentence: String,
        holdsSecret: (@Sendable (String) -> Bool)? = nil, shape: SettingShape = .text,
        parse: @escaping @Sendable (String) -> Value?
    ) {
        self.parse = parse
        self.entry = SettingEntry(
            key: SettingKey(key), allowed: allowed, defaultText: defaultText, sentence: sentence,
            holdsSecret: holdsSecret, shape: shape, accepts: { parse($0) != nil })
    }
}

/// A setting as catalogues and reports see it, whatever its type.
public struct SettingEntry: Sendable {
    /// The dotted name, such as `kafka.bootstrapServers`.
    public let key: SettingKey
    /// What it may be, in words, with unit and range.
    public let allowed: String
    /// Its value when no layer sets it; nil when it is then absent.
    public let defaultText: String?
    /// What it is for, in a sentence.
    public let sentence: String
    /// Whether its value must never be shown; a file may hold it (`NAME_FILE`).
    public var isSecret: Bool { holdsSecret != nil }
    /// Of a secret setting, whether a value must not stand on a command line; nil for other settings.
    let holdsSecret: (@Sendable (String) -> Bool)?
    /// What an editor can check of a value.
    let shape: SettingShape
    /// Whether a text is an allowed value.
    let accepts: @Sendable (String) -> Bool
}

/// What a JSON Schema can say of a setting's value.
enum SettingShape: Sendable {
    /// Any text that is not empty.
    case text
    /// A whole number.
    case integer(ClosedRange<Int>)
    /// One of these words.
    case choice([String])
}

/// A setting's dotted name.
public struct SettingKey: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The parts between the dots.
    public let components: [String]
    /// Splits a dotted name.
    public init(_ name: String) {
        components = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    }
    /// Takes the parts as they are: names of librdkafka's properties contain dots themselves.
    public init(components: [String]) { self.components = components }
    /// The dotted name.
    public var description: String { components.joined(separator: ".") }
    /// Byte order of the dotted name.
    public static func < (left: SettingKey, right: SettingKey) -> Bool {
        left.description.utf8.lexicographicallyPrecedes(right.description.utf8)
    }

    /// The environment variable that sets it, as swift-configuration spells it under the prefix `rostrum`:
    /// `ROSTRUM_KAFKA_BOOTSTRAP_SERVERS` for `kafka.bootstrapServers`.
    public var environmentName: String {
        var name = SettingKey.environmentPrefix
        for (index, component) in components.enumerated() {
            if index > 0 { name.append("_") }
            var previous: Character?
            for character in component {
                if character.isUppercase, let previous, previous.isLowercase || previous.isNumber { name.append("_") }
                name.append(character.isLetter || character.isNumber ? Character(character.uppercased()) : "_")
                previous = character
            }
        }
        return name
    }

    static let environmentPrefix = "ROSTRUM_"
}

extension Setting where Value == String {
    static func text(_ key: String, default text: String, _ sentence: String) -> Self {
        Setting(key, "any text", default: text, sentence) { $0.isEmpty ? nil : $0 }
    }

    static func uriReference(_ key: String, default text: String, _ sentence: String) -> Self {
        Setting(
            key, "a URI reference, such as /rostrum/classifier or https://example.org/rostrum", default: text, sentence
        ) {
            $0.wholeMatch(of: /[\x21-\x7E]+/) != nil && URL(string: $0) != nil ? $0 : nil
        }
    }

    static func kafkaTopicName(_ key: String, default text: String, _ sentence: String) -> Self {
        Setting(key, "a Kafka topic name (1 to 249 letters, digits, '.', '_' or '-')", default: text, sentence) {
            isKafkaName($0, upTo: 249) && $0 != "." && $0 != ".." ? $0 : nil
        }
    }
}

extension Setting where Value == String? {
    static func optionalText(_ key: String, _ allowed: String, _ sentence: String) -> Self {
        Setting(key, allowed, default: nil, sentence) { $0.isEmpty ? nil : .some($0) }
    }

    /// - Parameter holdsSecret: which values must not stand on a command line.
    static func secret(
        _ key: String, _ allowed: String, _ sentence: String,
        holdsSecret: @escaping @Sendable (String) -> Bool = { _ in true }
    ) -> Self {
        Setting(key, allowed, default: nil, sentence, holdsSecret: holdsSecret) { $0.isEmpty ? nil : .some($0) }
    }

    /// Whether a libpq connection string or URI holds a password.
    @Sendable static func holdsPassword(_ text: String) -> Bool {
        text.contains(/password\s*=/.ignoresCase()) || text.contains(/:\/\/[^\/@?]*:[^\/@?]*@/)
    }

    /// A name that goes to the broker with every request; long ones have crashed librdkafka (librdkafka issue 4689).
    static func clientName(_ key: String, _ sentence: String) -> Self {
        Setting(
            key, "1 to 64 letters, digits, '.', '_' or '-'; the program's name when absent", default: nil, sentence
        ) { isKafkaName($0, upTo: 64) ? .some($0) : nil }
    }

    /// Addresses of endpoints, separated by commas.
    static func endpointList(_ key: String, _ sentence: String) -> Self {
        Setting(
            key, "http://host:port without user and password, several separated by commas; none are asked when absent",
            default: nil, sentence
        ) { text in
            let parts = text.split(separator: ",", omittingEmptySubsequences: false)
            let isAddress = { (part: Substring) in part.wholeMatch(of: /https?:\/\/[^\s\/,@]+\/?/) != nil }
            return parts.allSatisfy(isAddress) ? .some(text) : nil
        }
    }

    static func kafkaTopicPrefix(_ key: String, _ sentence: String) -> Self {
        Setting(
            key, "the beginning of a Kafka topic name (letters, digits, '.', '_' or '-')", default: nil, sentence
        ) { isKafkaName($0, upTo: 200) ? .some($0) : nil }
    }
}

extension Setting where Value == Int {
    static func integer(
        _ key: String, _ range: ClosedRange<Int>, unit: String, default value: Int, _ sentence: String
    ) -> Self {
        let allowed = "an integer from \(range.lowerBound) to \(range.upperBound) \(unit)"
        return Setting(key, allowed, default: String(value), sentence, shape: .integer(range)) { text in
            guard let value = Int(text), range.contains(value) else { return nil }
            return value
        }
    }
}

extension Setting where Value == Int? {
    static func optionalInteger(
        _ key: String, _ range: ClosedRange<Int>, _ absence: String, _ sentence: String
    ) -> Self {
        let allowed = "an integer from \(range.lowerBound) to \(range.upperBound); \(absence)"
        return Setting(key, allowed, default: nil, sentence, shape: .integer(range)) { text in
            guard let value = Int(text), range.contains(value) else { return nil }
            return .some(value)
        }
    }
}

extension Setting where Value: RawRepresentable<String> & CaseIterable {
    static func choice(_ key: String, default value: Value, _ sentence: String) -> Self {
        let names = Value.allCases.map { $0.rawValue }
        return Setting(
            key, "one of \(names.joined(separator: ", "))", default: value.rawValue, sentence, shape: .choice(names)
        ) { Value(rawValue: $0) }
    }
}

/// Kafka's own rule for names.
private func isKafkaName(_ text: String, upTo length: Int) -> Bool {
    1...length ~= text.utf8.count && text.wholeMatch(of: /[A-Za-z0-9._-]+/) != nil
}
