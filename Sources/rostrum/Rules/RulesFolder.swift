import ArgumentParser
import WorkerSupport
import Workers

/// The folder of rule files that a command works on.
struct RulesFolder: ParsableArguments {
    @Argument(help: "Folder of rule files; the shipped ones if none is given.", completion: .directory)
    var folder: String?

    /// The folder given, else the shipped one.
    /// - Throws: `ProgramFailure` where neither is there to be used.
    func path() throws -> String {
        if let folder { return folder }
        if let shipped = ShippedFiles.rules { return shipped }
        throw ProgramFailure(
            .usage, code: "rules.folderMissing", "no rules come with this program; name the folder of rule files")
    }
}
