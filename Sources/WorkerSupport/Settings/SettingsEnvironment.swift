internal import Configuration
internal import Foundation

/// The `ROSTRUM_` variables: known names, names that are no setting, and the map of librdkafka's properties.
struct SettingsEnvironment {
    /// Bytes of the largest file that a `_FILE` variable may name.
    static let maxSecretBytes = 65_536
    static let extraPrefix = SettingKey(components: Catalogue.extra.components + [""]).environmentName
    /// Names the settings file; read before there are settings.
    static let configName = SettingKey.environmentPrefix + "CONFIG"

    /// The variables as swift-configuration serves them, contents of `_FILE` variables put in their place.
    let snapshot: any ConfigSnapshot
    /// librdkafka's property to the variable that sets it.
    let extraProperties: [String: String]
    /// Everything that is wrong with names and files.
    let problems: [SettingsProblem]

    init(_ variables: [String: String]) {
        var served = variables.filter { $0.key.hasPrefix(SettingKey.environmentPrefix) }
        var problems: [SettingsProblem] = []
        var extraProperties: [String: String] = [:]
        let names = Dictionary(uniqueKeysWithValues: Catalogue.entries.map { ($0.key.environmentName, $0.key) })
        let secretFiles = Set(Catalogue.entries.filter(\.isSecret).map { $0.key.environmentName + "_FILE" })
        for (name, value) in served.sorted(by: { $0.key < $1.key }) {
            if secretFiles.contains(name) {
                Self.serve(contentsOf: value, named: name, in: &served, &problems)
            } else if name.hasPrefix(Self.extraPrefix) {
                let isFile = name.hasSuffix("_FILE")
                let target = isFile ? String(name.dropLast("_FILE".count)) : name
                extraProperties[Self.property(target)] = name
                if isFile { Self.serve(contentsOf: value, named: name, in: &served, &problems) }
            } else if names[name] == nil, name != Self.configName, !Self.belongsToOthers(name) {
                problems.append(
                    SettingsProblem(
                        code: .unknownKey,
                        text: "the environment variable \(name) is no setting"
                            + NearMiss.hint(name, among: Array(names.keys))
                            + " (rename or unset it; all are in Config/rostrum.yaml)"))
            }
        }
        snapshot = EnvironmentVariablesProvider(environmentVariables: served).prefixKeys(with: "rostrum").snapshot()
        self.extraProperties = extraProperties
        self.problems = problems
    }

    /// Puts what a `_FILE` variable's file holds in the place of the variable without `_FILE`.
    private static func serve(
        contentsOf path: String, named name: String, in served: inout [String: String],
        _ problems: inout [SettingsProblem]
    ) {
        let target = String(name.dropLast("_FILE".count))
        if served[target] != nil {
            problems.append(
                SettingsProblem(code: .contradiction, text: "\(target) and \(name) are both set; remove one of them"))
            return
        }
        do {
            served[target] = try contents(of: path, named: name)
        } catch {
            problems.append(error)
        }
    }

    /// `ROSTRUM_KAFKA_EXTRA_SASL_USERNAME` sets `sasl.username`.
    private static func property(_ name: String) -> String {
        name.dropFirst(extraPrefix.count).lowercased().replacing("_", with: ".")
    }

    /// Variables of the tests, and those that Kubernetes gives every pod for a service whose name begins with
    /// `rostrum` (https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables).
    private static func belongsToOthers(_ name: String) -> Bool {
        if name.hasPrefix("ROSTRUM_TEST_") { return true }
        return name.wholeMatch(of: /ROSTRUM_([A-Z0-9_]+_)?(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?)/) != nil
            || name.wholeMatch(of: /ROSTRUM_([A-Z0-9_]+_)?PORT(_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?/) != nil
    }

    /// One line break at the end goes: editors put it there.
    private static func contents(of path: String, named name: String) throws(SettingsProblem) -> String {
        guard let handle = FileHandle(forReadingAtPath: path),
            let data = try? handle.read(upToCount: maxSecretBytes + 1) ?? Data(), data.count <= maxSecretBytes,
            var text = String(data: data, encoding: .utf8)
        else {
            throw SettingsProblem(
                code: .unreadable,
                text: "\(name) names '\(path)', which cannot be read as UTF-8 text of at most \(maxSecretBytes) bytes; "
                    + "check the path and its permissions")
        }
        if text.last?.isNewline == true { text.removeLast() }
        guard !text.isEmpty else {
            throw SettingsProblem(
                code: .unreadable,
                text: "\(name) names '\(path)', which is empty; put the value into it, or unset the variable")
        }
        return text
    }
}
