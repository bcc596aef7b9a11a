internal import Configuration
internal import Foundation

/// A value from the command line.
public struct SettingFlag: Sendable, Equatable {
    /// The setting's dotted name; `kafka.extra.NAME` for librdkafka's own properties.
    public let key: String
    /// The value.
    public let value: String
    /// The flag as the person wrote it, such as `--bootstrap-servers`.
    public let flag: String

    /// Names a value.
    public init(key: String, value: String, flag: String) {
        self.key = key
        self.value = value
        self.flag = flag
    }
}

/// Where settings may come from, as a program was started.
public struct SettingsSources: Sendable {
    /// Values from the command line; of two for one setting the later wins.
    public var flags: [SettingFlag]
    /// The process environment.
    public var environment: [String: String]
    /// The settings file named by a flag; nil to take `ROSTRUM_CONFIG`, and without that no file.
    public var file: String?

    /// Gathers sources.
    public init(flags: [SettingFlag] = [], environment: [String: String], file: String? = nil) {
        self.flags = flags
        self.environment = environment
        self.file = file
    }
}

/// One effective value, as `rostrum config show` prints it.
public struct EffectiveSetting: Sendable, Equatable {
    /// The dotted name.
    public let key: SettingKey
    /// The text, `<redacted>` for a secret, nil when absent.
    public let shown: String?
    /// Which layer set it.
    public let origin: SettingOrigin
}

/// The outcome of reading all layers: values with their origins, and everything that is wrong with them.
public struct SettingsResolution: Sendable {
    /// Every setting and every passed-on property, in the order of the catalogue; values that are not allowed too.
    public let effective: [EffectiveSetting]
    /// Everything wrong, in the order of the catalogue.
    public let problems: [SettingsProblem]
    private let valid: Settings?

    /// The settings.
    /// - Throws: `SettingsError` with all problems.
    public func settings() throws(SettingsError) -> Settings {
        guard let valid else { throw SettingsError(problems: problems) }
        return valid
    }

    /// Reads flags over environment over file over defaults.
    public init(_ sources: SettingsSources) {
        let file = (sources.file ?? sources.environment[SettingsEnvironment.configName]).map(SettingsFile.init(path:))
        let environment = SettingsEnvironment(sources.environment)
        var reading = LayeredReading(flags: sources.flags, environment: environment, file: file)
        for entry in Catalogue.entries { reading.read(entry) }
        reading.readExtra()
        if reading.problems.isEmpty {
            let settings = Settings(SettingValues(texts: reading.texts, extra: reading.extra))
            reading.problems += Contradictions.find(settings)
            valid = reading.problems.isEmpty ? settings : nil
        } else {
            valid = nil
        }
        effective = reading.effective
        problems = reading.problems
    }
}

/// Asks the layers for one setting after the other, the strongest first.
private struct LayeredReading {
    private let layers: [(layer: SettingLayer, snapshot: any ConfigSnapshot)]
    private let environment: SettingsEnvironment
    private let file: SettingsFile?
    private let flagNames: [SettingKey: String]
    private let flagProperties: [String]
    private(set) var texts: [SettingKey: String] = [:]
    private(set) var extra: [String: String] = [:]
    private(set) var effective: [EffectiveSetting] = []
    var problems: [SettingsProblem]

    init(flags: [SettingFlag], environment: SettingsEnvironment, file: SettingsFile?) {
        self.environment = environment
        self.file = file
        let known = Set(Catalogue.entries.map(\.key))
        let extraStart = Catalogue.extra.description + "."
        var values: [AbsoluteConfigKey: ConfigValue] = [:]
        var flagNames: [SettingKey: String] = [:]
        var flagProperties: [String] = []
        var problems: [SettingsProblem] = []
        for flag in flags {
            var key = SettingKey(flag.key)
            var isSecret = false
            if flag.key.hasPrefix(extraStart) {
                let property = String(flag.key.dropFirst(extraStart.count))
                flagProperties.append(property)
                key = SettingKey(components: Catalogue.extra.components + [property])
                isSecret = Catalogue.isSecret(property: property)
            } else if !known.contains(key) {
                problems.append(
                    SettingsProblem(
                        code: .unknownKey,
                        text: "'\(flag.key)' (flag: \(flag.flag)) is no setting"
                            + NearMiss.hint(flag.key, among: known.map(\.description))
                            + " (all are in Config/rostrum.yaml)"))
                continue
            }
            flagNames[key] = flag.flag
            values[AbsoluteConfigKey(key.components)] = ConfigValue(.string(flag.value), isSecret: isSecret)
        }
        self.flagNames = flagNames
        self.flagProperties = flagProperties
        var layers: [(SettingLayer, any ConfigSnapshot)] = [
            (.flag, InMemoryProvider(name: "flags", values: values).snapshot()), (.environment, environment.snapshot),
        ]
        if let snapshot = file?.snapshot { layers.append((.file, snapshot)) }
        self.layers = layers
        self.problems = problems + environment.problems + (file?.problems ?? [])
    }

    mutating func read(_ entry: SettingEntry) {
        guard let found = lookUp(entry.key) else {
            effective.append(
                EffectiveSetting(
                    key: entry.key, shown: entry.defaultText, origin: SettingOrigin(layer: .default, place: "")))
            return
        }
        // An address may hold a password where none is expected.
        let shown =
            entry.isSecret ? "<redacted>" : found.text.replacing(/\/\/[^\/@\s]*@/, with: "//<redacted>@")
        effective.append(EffectiveSetting(key: entry.key, shown: shown, origin: found.origin))
        if found.origin.layer == .flag, entry.holdsSecret?(found.text) == true {
            problems.append(
                SettingsProblem(
                    code: .badValue,
                    text: "\(entry.key) (\(found.origin)) holds a secret, which must not stand on a command line, "
                        + "where other users see it; set \(entry.key.environmentName), or "
                        + "\(entry.key.environmentName)_FILE to the path of a file that holds it"))
        } else if entry.accepts(found.text) {
            texts[entry.key] = found.text
        } else {
            let cure = entry.defaultText.map { "remove it to get the default '\($0)'" } ?? "or remove it"
            problems.append(
                SettingsProblem(
                    code: .badValue,
                    text: "\(entry.key) is '\(shown.prefix(100))' (\(found.origin)); it must be \(entry.allowed); "
                        + cure))
        }
    }

    mutating func readExtra() {
        let properties = Set(flagProperties).union(environment.extraProperties.keys).union(file?.extraProperties ?? [])
        for property in properties.sorted() {
            let key = SettingKey(components: Catalogue.extra.components + [property])
            guard let found = lookUp(key, property: property) else { continue }
            let isSecret = Catalogue.isSecret(property: property)
            effective.append(
                EffectiveSetting(key: key, shown: isSecret ? "<redacted>" : found.text, origin: found.origin))
            if let owner = Catalogue.ownedProperties[property] {
                problems.append(
                    SettingsProblem(
                        code: .contradiction, text: "\(key) (\(found.origin)) is decided by \(owner); set that instead")
                )
            } else if Catalogue.fixedProperties.contains(property) {
                problems.append(
                    SettingsProblem(
                        code: .contradiction,
                        text: "\(key) (\(found.origin)) cannot be set: the delivery contract depends on it; remove it"))
            } else if isSecret, found.origin.layer == .flag {
                problems.append(
                    SettingsProblem(
                        code: .badValue,
                        text: "\(key) is a secret and must not stand on a command line, where other users see it; "
                            + "set \(key.environmentName)_FILE to the path of a file that holds it"))
            } else {
                extra[property] = found.text
            }
        }
    }

    private func lookUp(_ key: SettingKey, property: String? = nil) -> (text: String, origin: SettingOrigin)? {
        for (layer, snapshot) in layers {
            // Asking for text cannot fail: the file's walk lets single values through only, the rest is text anyway.
            let value = try? snapshot.value(forKey: AbsoluteConfigKey(key.components), type: .string).value
            guard case .string(let text)? = value?.content else { continue }
            let place: String =
                switch layer {
                case .flag: flagNames[key] ?? ""
                case .environment: property.flatMap { environment.extraProperties[$0] } ?? key.environmentName
                case .file: file.map { "\($0.path):\($0.lines[key] ?? 0)" } ?? ""
                case .default: ""
                }
            return (text, SettingOrigin(layer: layer, place: place))
        }
        return nil
    }
}
