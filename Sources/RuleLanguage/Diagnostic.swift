/// Something wrong, or worth a second look, in a rule file. Diagnostics are for the person who writes the rule: what is
/// wrong, where, and how to mend it.
public struct Diagnostic: Hashable, Sendable {
    /// How bad it is.
    public enum Severity: String, Sendable, CaseIterable, Comparable {
        /// Advice; changes no exit code.
        case note
        /// The ruleset works, but probably not as meant.
        case warning
        /// The ruleset cannot be used.
        case error

        /// By gravity.
        public static func < (left: Severity, right: Severity) -> Bool {
            let order: [Severity] = [.note, .warning, .error]
            return order.firstIndex(of: left)! < order.firstIndex(of: right)!
        }
    }

    /// Stable code, for goldens, suppression and search.
    public let code: DiagnosticCode
    /// The file's path.
    public let path: String
    /// The place in the file.
    public let range: SourceRange
    /// What is wrong, with the value that is wrong.
    public let message: String
    /// How to mend it.
    public let cure: String?

    /// Makes a diagnostic.
    public init(_ code: DiagnosticCode, path: String, range: SourceRange, _ message: String, cure: String? = nil) {
        self.code = code
        self.path = path
        self.range = range
        self.message = message
        self.cure = cure
    }

    /// How bad it is, which the code decides.
    public var severity: Severity { code.severity }
}

/// By file, then place, then code: the order in which diagnostics are shown.
extension Diagnostic: Comparable {
    /// Whether `left` is shown first.
    public static func < (left: Diagnostic, right: Diagnostic) -> Bool {
        (left.path, left.range.start, left.code.rawValue, left.message)
            < (right.path, right.range.start, right.code.rawValue, right.message)
    }
}
