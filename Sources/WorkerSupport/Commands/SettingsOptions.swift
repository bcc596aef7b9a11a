public import ArgumentParser
internal import Foundation

/// The options that every program has for its settings. Any setting can be given by `--set`; the commonest have flags.
public struct SettingsOptions: ParsableArguments {
    @Option(
        name: .long, help: ArgumentHelp("Settings file (YAML; Config/rostrum.yaml shows every key).", valueName: "file")
    )
    var config: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "One setting, such as delivery.drainSeconds=10; may be repeated.", valueName: "key=value"))
    var set: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp("Brokers, host:port separated by commas (kafka.bootstrapServers).", valueName: "brokers"))
    var bootstrapServers: String?

    @Option(name: .long, help: ArgumentHelp("Least severe messages written (log.level).", valueName: "level"))
    var logLevel: String?

    @Option(name: .long, help: ArgumentHelp("auto, json or text (log.format).", valueName: "format"))
    var logFormat: String?

    /// Made by the parser.
    public init() {}

    /// Refuses a `--set` that is not KEY=VALUE.
    public func validate() throws {
        for pair in set where !pair.contains("=") {
            throw ValidationError("--set takes KEY=VALUE, such as delivery.drainSeconds=10, not '\(pair)'")
        }
    }

    /// All layers read: these options, the environment, the file.
    /// - Parameter more: values of flags that one program alone has.
    public func resolve(_ more: [SettingFlag] = []) -> SettingsResolution {
        var flags = set.map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            return SettingFlag(key: parts[0], value: parts[1], flag: "--set")
        }
        let named = [
            ("kafka.bootstrapServers", bootstrapServers, "--bootstrap-servers"),
            ("log.level", logLevel, "--log-level"), ("log.format", logFormat, "--log-format"),
        ]
        for case (let key, let value?, let flag) in named {
            flags.append(SettingFlag(key: key, value: value, flag: flag))
        }
        return SettingsResolution(
            SettingsSources(flags: flags + more, environment: ProcessInfo.processInfo.environment, file: config))
    }

    /// The settings, or the failure that ends a program with exit code 78.
    public func settings(_ more: [SettingFlag] = []) throws(ProgramFailure) -> Settings {
        do {
            return try resolve(more).settings()
        } catch {
            throw ProgramFailure(.badConfiguration, code: "settings.invalid", error.description)
        }
    }
}
