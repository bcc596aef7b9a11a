import ArgumentParser
import RuleLanguage
import WorkerSupport
import Workers

/// The folder of rule files that a command works on.
struct RulesFolder: ParsableArguments {
    @Argument(help: "Folder of rule files; the shipped ones if none is given.", completion: .directory)
    var folder: String?

    /// The folder given, else the shipped one.
    func path() throws(ProgramFailure) -> String { try Self.path(folder) }

    /// The folder's ruleset, checked.
    func checked() throws(ProgramFailure) -> CheckedRuleset { try Self.checked(folder) }

    /// A folder, or the shipped one for nil.
    /// - Throws: `ProgramFailure` where none is shipped with this program.
    static func path(_ folder: String?) throws(ProgramFailure) -> String {
        if let folder { return folder }
        if let shipped = ShippedFiles.rules { return shipped }
        throw ProgramFailure(
            .usage, code: "rules.folderMissing", "no rules come with this program; name the folder of rule files")
    }

    /// The ruleset of a folder, or of the shipped one for nil.
    /// - Throws: `ProgramFailure` with exit code 78 and every diagnostic.
    static func checked(_ folder: String?) throws(ProgramFailure) -> CheckedRuleset {
        let reader = RulesetReader(folder: try path(folder))
        if let ruleset = reader.ruleset { return ruleset }
        throw ProgramFailure(
            .badConfiguration, code: "ruleset.invalid",
            "the rules cannot be used\n\n\(DiagnosticReport(reader).rendered(.text))")
    }
}
