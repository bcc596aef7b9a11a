internal import Foundation

/// Reads a folder of rule files: from text to a checked ruleset, with every problem of every file in one run.
public struct RulesetReader: Sendable {
    /// The ruleset, nil when any diagnostic is an error.
    public let ruleset: CheckedRuleset?
    /// What was found wrong, in order of file and place.
    public let diagnostics: [Diagnostic]
    /// The files, for quoting lines in diagnostics.
    public let sources: [RuleText]

    /// A folder may have this many rule files.
    public static let maximumFiles = 1_000

    /// Checks files already in memory.
    public init(_ sources: [RuleText]) {
        self.init(sources, DiagnosticBag())
    }

    /// Reads every `.yaml` and `.yml` file directly in a folder, in order of their names.
    ///
    /// A missing or unreadable folder is a diagnostic too, so that callers show all problems in one way.
    public init(folder: String) {
        var bag = DiagnosticBag()
        self.init(Self.texts(in: folder, &bag), bag)
    }

    private init(_ sources: [RuleText], _ noted: DiagnosticBag) {
        var bag = noted
        let files = sources.compactMap { RuleFileReader.read($0, &bag) }
        let (ruleset, diagnostics) = RulesetChecker.check(files, bag)
        self.ruleset = diagnostics.contains { $0.severity == .error } ? nil : ruleset
        self.diagnostics = diagnostics.sorted()
        self.sources = sources
    }

    /// All diagnostics as people read them, and a closing count.
    public var report: String {
        let byPath = Dictionary(sources.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
        return diagnostics.map { $0.rendered(in: byPath[$0.path]) }.joined(separator: "\n\n")
    }

    private static func texts(in folder: String, _ bag: inout DiagnosticBag) -> [RuleText] {
        let nowhere = SourceRange(line: 1, column: 1)
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder)
                .filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }.sorted()
        } catch {
            bag.add(
                Diagnostic(
                    .folderMissing, path: folder, range: nowhere, "the rules folder cannot be read",
                    cure: "give the folder that holds ruleset.yaml (setting rules.path)"))
            return []
        }
        guard !names.isEmpty, names.count <= maximumFiles else {
            bag.add(
                Diagnostic(
                    .folderMissing, path: folder, range: nowhere,
                    names.isEmpty
                        ? "the rules folder holds no .yaml file" : "the rules folder holds more than \(maximumFiles) files",
                    cure: "give the folder that holds ruleset.yaml (setting rules.path)"))
            return []
        }
        return names.compactMap { name in
            let path = folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
            guard let data = FileManager.default.contents(atPath: path) else {
                bag.add(
                    Diagnostic(
                        .fileUnreadable, path: path, range: nowhere, "the file cannot be read",
                        cure: "check that it is a file and its permissions"))
                return nil
            }
            guard let text = String(data: data, encoding: .utf8) else {
                bag.add(
                    Diagnostic(
                        .invalidYAML, path: path, range: nowhere, "the file is not UTF-8 text", cure: "save it as UTF-8"))
                return nil
            }
            return RuleText(path: path, text: text)
        }
    }
}
