internal import Foundation
public import RuleEngine
public import WorkerSupport

/// The ruleset that the settings name.
public enum Rules {
    /// Loads it: from `rules.path`, else the shipped rules.
    /// - Throws: `ProgramFailure` with exit code 78 and every diagnostic.
    public static func load(_ settings: Settings) throws(ProgramFailure) -> Ruleset {
        guard let folder = settings.rulesPath ?? ShippedFiles.rules else {
            throw ProgramFailure(
                .badConfiguration, code: "rules.missing",
                "no rules: rules.path is not set and none are beside the program; set rules.path (ROSTRUM_RULES_PATH, "
                    + "--rules) to a folder of rule files")
        }
        return try load(folder, named: "rules.path", settings)
    }

    /// Loads the rules that run in the shadow of the others; nil where the settings name none.
    /// - Throws: `ProgramFailure` with exit code 78 and every diagnostic.
    public static func loadShadow(_ settings: Settings) throws(ProgramFailure) -> Ruleset? {
        guard let folder = settings.rulesShadowPath else { return nil }
        return try load(folder, named: "rules.shadowPath", settings)
    }

    private static func load(
        _ folder: String, named setting: String, _ settings: Settings
    ) throws(ProgramFailure) -> Ruleset {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
            throw ProgramFailure(
                .badConfiguration, code: "rules.missing",
                "the rules folder '\(folder)' (\(setting)) does not exist or is not a folder; name a folder of rule files"
            )
        }
        let options = ClassifierOptions(
            evidencePerTopic: settings.classifier.evidencePerTopic,
            evidenceText: settings.classifier.evidenceText == .full ? .full : .offsets)
        do {
            return try Ruleset.load(folder: folder, options: options)
        } catch {
            throw ProgramFailure(
                .badConfiguration, code: error.code,
                "\(error)\nthe rules in '\(folder)' are not used; mend what is listed above")
        }
    }
}
