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
