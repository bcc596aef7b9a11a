internal import Foundation

/// Reads a folder of rule files: from text to a checked ruleset, with every problem of every file in one run.
public struct RulesetReader: Sendable {
    /// The ruleset, nil when any diagnostic is an error.
    public let ruleset: CheckedRuleset?
    /// What was found wrong, in order of file and place.
    public let diagnostics: [Diagnostic]
    /// How many more diagnostics there are that were not kept.
    public let omittedDiagnostics: Int
    /// The files, for quoting lines in diagnostics.
    public let sources: [RuleText]

    /// A folder may have this many rule files,
    public static let maximumFiles = 1_000
    /// and they may have this many bytes together.
    public static let maximumFolderSize = 16 << 20

    /// Checks files already in memory.
    /// - Parameter linting: whether what is allowed but probably not meant is noted too.
    public init(_ sources: [RuleText], linting: Bool = false) {
        self.init(sources, DiagnosticBag(), linting: linting)
    }

    /// Reads every `.yaml` and `.yml` file directly in a folder, in order of their names, hidden files left out.
    ///
    /// A missing or unreadable folder is a diagnostic too, so that callers show all problems in one way.
    /// - Parameter linting: whether what is allowed but probably not meant is noted too.
    public init(folder: String, linting: Bool = false) {
        var bag = DiagnosticBag()
        self.init(RuleFolder.texts(in: folder, &bag), bag, linting: linting)
    }

    private init(_ sources: [RuleText], _ noted: DiagnosticBag, linting: Bool) {
        var bag = noted
        let files = sources.compactMap { RuleFileReader.read($0, &bag) }
        let (ruleset, checked) = RulesetChecker.check(files, bag)
        bag = checked
        if linting { Linter.lint(ruleset, &bag) }
        self.ruleset = bag.hasErrors ? nil : ruleset
        diagnostics = bag.diagnostics.sorted()
        omittedDiagnostics = bag.omitted
        self.sources = sources
    }

    /// All diagnostics as people read them.
    public var report: String {
        let byPath = Dictionary(sources.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
        return diagnostics.map { $0.rendered(in: byPath[$0.path]) }.joined(separator: "\n\n")
    }
}

/// The rule files of a folder, none of them read that is too large or no file.
enum RuleFolder {
    /// The paths of a folder's rule files in order of their names.
    static func paths(in folder: String) throws -> [String] {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            .filter { ($0.hasSuffix(".yaml") || $0.hasSuffix(".yml")) && !$0.hasPrefix(".") }.sorted()
        return names.map { folder.hasSuffix("/") ? folder + $0 : "\(folder)/\($0)" }
    }

    static func texts(in folder: String, _ bag: inout DiagnosticBag) -> [RuleText] {
        guard let paths = try? paths(in: folder) else {
            reportFolder(folder, "the rules folder cannot be read", &bag)
            return []
        }
        guard !paths.isEmpty else {
            reportFolder(folder, "the rules folder holds no .yaml file", &bag)
            return []
        }
        guard paths.count <= RulesetReader.maximumFiles else {
            reportFolder(folder, "the rules folder holds more than \(RulesetReader.maximumFiles) files", &bag)
            return []
        }
        var texts: [RuleText] = []
        var total = 0
        for path in paths {
            switch text(at: path) {
            case .success(let text):
                total += text.text.utf8.count
                texts.append(text)
            case .failure(let problem):
                bag.noteUnreadFile()
                bag.add(problem.diagnostic)
            }
            guard total <= RulesetReader.maximumFolderSize else {
                reportFolder(
                    folder, "the rule files have more than \(RulesetReader.maximumFolderSize) bytes together", &bag)
                return []
            }
        }
        return texts
    }

    struct Problem: Error {
        let diagnostic: Diagnostic
    }

    /// One file's text. Only regular files are opened, links to them included: a pipe would never end.
    static func text(at path: String) -> Result<RuleText, Problem> {
        func problem(_ code: DiagnosticCode, _ message: String, _ cure: String) -> Result<RuleText, Problem> {
            .failure(
                Problem(
                    diagnostic: Diagnostic(
                        code, path: path, range: SourceRange(line: 1, column: 1), message, cure: cure)))
        }
        let resolved = URL(filePath: path).resolvingSymlinksInPath().path
        let attributes = try? FileManager.default.attributesOfItem(atPath: resolved)
        guard let attributes, attributes[.type] as? FileAttributeType == .typeRegular else {
            return problem(.fileUnreadable, "this is no file that can be read", "put a file there, or remove it")
        }
        let size = (attributes[.size] as? NSNumber)?.intValue ?? 0
        guard size <= RuleText.maximumSize else { return .failure(Problem(diagnostic: .tooLarge(path, bytes: size))) }
        // Read with a bound all the same: the file may have grown since.
        guard let file = FileHandle(forReadingAtPath: resolved),
            let data = try? file.read(upToCount: RuleText.maximumSize + 1) ?? Data()
        else { return problem(.fileUnreadable, "the file cannot be read", "check its permissions") }
        guard let text = String(data: data, encoding: .utf8) else {
            return problem(.invalidYAML, "the file is not UTF-8 text", "save it as UTF-8")
        }
        return .success(RuleText(path: path, text: text))
    }

    private static func reportFolder(_ folder: String, _ message: String, _ bag: inout DiagnosticBag) {
        bag.noteUnreadFile()
        bag.add(
            Diagnostic(
                .folderMissing, path: folder, range: SourceRange(line: 1, column: 1), message,
                cure: "give the folder that holds ruleset.yaml (setting rules.path)"))
    }
}
