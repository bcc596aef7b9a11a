internal import Speeches

/// Notes what is allowed in rule files but probably not meant.
enum Linter {
    /// Lints that look at one rule, list or file and so are right about a ruleset that has errors elsewhere.
    private static let local: [@Sendable (LintedRuleset, inout LintFindings) -> Void] = [
        AlternativeLints.check, EvidenceWordLints.check, WrittenWordLints.check, OperatorLints.check, RuleLints.check,
        TopicLints.check, SourceLints.check,
    ]
    /// Lints that need all files.
    private static let whole: [@Sendable (LintedRuleset, inout LintFindings) -> Void] = [
        CrossTopicLints.check, ListLints.check, ExclusionLints.check,
    ]

    /// A file with errors is not linted, and nothing is said that needs the whole ruleset while any file has errors.
    static func lint(_ ruleset: CheckedRuleset, _ bag: inout DiagnosticBag) {
        let linted = LintedRuleset(ruleset)
        var findings = LintFindings(bag)
        for lint in bag.hasErrors ? local : local + whole { lint(linted, &findings) }
        if !bag.hasErrors { findings.reportUnusedAllowances(linted) }
        bag = findings.bag
    }
}

/// A ruleset with what several lints ask of it.
struct LintedRuleset {
    let ruleset: CheckedRuleset
    let words = WordKeys()
    let sources: [String: RuleText]
    private let allowancesByFile: [String: [LintAllowance]]

    init(_ ruleset: CheckedRuleset) {
        self.ruleset = ruleset
        sources = Dictionary(ruleset.sources.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
        allowancesByFile = Dictionary(grouping: ruleset.allowances, by: \.path)
    }

    /// All that is said to be allowed, in rules and in files.
    var allowances: [LintAllowance] { ruleset.rules.flatMap(\.allowances) + ruleset.allowances }

    func subject(_ rule: CheckedRule) -> LintSubject {
        LintSubject(
            path: rule.path, range: rule.range, allowances: rule.allowances + (allowancesByFile[rule.path] ?? []))
    }

    /// Anything else in a file: only the file's own `allow` counts.
    func subject(path: String, _ range: SourceRange) -> LintSubject {
        LintSubject(path: path, range: range, allowances: allowancesByFile[path] ?? [])
    }

    /// Blocks of queries as written, rule by rule, list by list, filter by filter, with what a finding in them belongs to.
    func forEachWritten(_ body: ([Query], LintSubject) -> Void) {
        func each(_ written: WrittenQueries, _ subject: LintSubject) {
            for block in [written.find, written.notInside, written.notDocument] where !block.isEmpty {
                body(block, subject)
            }
        }
        for topic in ruleset.topics {
            for rule in topic.rules { each(rule.written, subject(rule)) }
            each(topic.written, subject(path: topic.path, topic.range))
        }
        for list in ruleset.lists { body(list.written, subject(path: list.path, list.range)) }
        for filter in ruleset.filters { each(filter.written, subject(path: filter.path, filter.range)) }
        if let (path, range) = ruleset.otherSubjectsPlace, !ruleset.writtenOtherSubjects.isEmpty {
            body(ruleset.writtenOtherSubjects, subject(path: path, range))
        }
    }
}

/// What a finding belongs to: where it is shown if nothing nearer is known, and who may allow it.
struct LintSubject {
    let path: String
    let range: SourceRange
    let allowances: [LintAllowance]
}

/// Collects findings and sets aside those that are allowed.
struct LintFindings {
    private(set) var bag: DiagnosticBag
    private var used: Set<LintAllowance> = []
    private let pathsWithErrors: Set<String>

    init(_ bag: DiagnosticBag) {
        self.bag = bag
        pathsWithErrors = Set(bag.diagnostics.filter { $0.severity == .error }.map(\.path))
    }

    /// - Parameters:
    ///   - range: where it stands; nil for the subject's own place.
    ///   - other: what it is about too, and may allow it too.
    mutating func add(
        _ code: DiagnosticCode, _ subject: LintSubject, at range: SourceRange? = nil, _ message: String, cure: String,
        with other: LintSubject? = nil
    ) {
        guard !pathsWithErrors.contains(subject.path) else { return }
        let allowances = (subject.allowances + (other?.allowances ?? [])).filter { $0.code == code }
        guard allowances.isEmpty else {
            used.formUnion(allowances)
            return
        }
        bag.add(Diagnostic(code, path: subject.path, range: range ?? subject.range, message, cure: cure))
    }

    mutating func reportUnusedAllowances(_ linted: LintedRuleset) {
        for allowance in linted.allowances where !used.contains(allowance) && allowance.code != .uselessAllow {
            add(
                .uselessAllow, linted.subject(path: allowance.path, allowance.range),
                "\(allowance.code.rawValue) finds nothing here that would need to be allowed", cure: "take it out")
        }
    }
}
