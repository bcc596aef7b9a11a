import ArgumentParser
import WorkerSupport

/// The option of commands that apply rules.
struct RulesOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Folder of rule files instead of the shipped ones (rules.path).", valueName: "folder"))
    var rules: String?

    /// The option as a setting.
    var flags: [SettingFlag] { rules.map { [SettingFlag(key: "rules.path", value: $0, flag: "--rules")] } ?? [] }
}
