/// What checking a ruleset found, as people, programs and code hosts read it.
public struct DiagnosticReport: Sendable {
    /// Forms of a report.
    public enum Format: String, Sendable, CaseIterable {
        /// Quoted lines with carets, and a closing count.
        case text
        /// One JSON object; Config/rules/README.md describes its members.
        case json
        /// SARIF 2.1.0, which code hosts and editors show beside the lines.
        case sarif
    }

    /// In order of file and place.
    public let diagnostics: [Diagnostic]
    /// How many more there are that were not kept.
    public let omitted: Int
    let sources: [String: RuleText]

    /// Reports what a reader found.
    public init(_ reader: RulesetReader) {
        self.init(reader.diagnostics, omitted: reader.omittedDiagnostics, sources: reader.sources)
    }

    /// Reports diagnostics of the given files.
    public init(_ diagnostics: [Diagnostic], omitted: Int = 0, sources: [RuleText]) {
        self.diagnostics = diagnostics
        self.omitted = omitted
        self.sources = Dictionary(sources.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// How many diagnostics are that bad.
    public func count(_ severity: Diagnostic.Severity) -> Int {
        diagnostics.count { $0.severity == severity }
    }

    /// Whether there is an error, or a warning where warnings count too.
    public func hasProblems(countingWarnings: Bool) -> Bool {
        count(.error) > 0 || countingWarnings && count(.warning) > 0
    }

    /// The report in one of its forms, without a final line end.
    public func rendered(_ format: Format) -> String {
        switch format {
        case .text: text
        case .json: json
        case .sarif: sarif
        }
    }

    private var text: String {
        (diagnostics.map { $0.rendered(in: sources[$0.path]) } + [summary]).joined(separator: "\n\n")
    }

    /// Such as `2 errors, 1 warning, no notes in 12 files`, and how many more are not shown.
    public var summary: String {
        func counted(_ number: Int, _ noun: String) -> String {
            number == 0 ? "no \(noun)s" : "\(number) \(noun)\(number == 1 ? "" : "s")"
        }
        let counts = [
            counted(count(.error), "error"), counted(count(.warning), "warning"), counted(count(.note), "note"),
        ]
        let more = omitted == 0 ? "" : "; \(omitted) more are not shown"
        return "\(counts.joined(separator: ", ")) in \(counted(sources.count, "file"))\(more)"
    }
}
