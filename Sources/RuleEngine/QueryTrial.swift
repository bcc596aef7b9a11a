public import RuleLanguage
public import Speeches

/// A query tried on texts, beside a ruleset whose lists, rules and topics it may name.
public final class QueryTrial {
    /// The topic and rule under which the query is compiled.
    private static let topic = "query-on-trial"
    private static let rule = "query-on-trial.query"
    /// What stands before each line of the query in the file made for it.
    private static let indentation = "      "

    private let classifier: Classifier
    private let number: Int

    /// Compiles a query.
    /// - Parameters:
    ///   - query: one query or several lines of alternatives.
    ///   - sources: the files of a ruleset; empty where the query names nothing of one.
    ///   - lists: those of a topic's own that the query may name, as though it stood in that topic's file.
    /// - Throws: `QueryTrialError` with every problem of the query.
    public init(
        _ query: String, beside sources: [RuleText] = [], with lists: [CheckedList] = []
    ) throws(QueryTrialError) {
        let lines = query.split(separator: "\n", omittingEmptySubsequences: false)
        let head = """
            topic: \(Self.topic)
            label: Query on trial
            description: A query on trial.
            \(Self.text(of: lists))rules:
              - id: \(Self.rule)
                weight: 3
                find: |

            """
        let text = head + lines.map { Self.indentation + $0 + "\n" }.joined()
        var files = sources
        if files.isEmpty {
            files.append(RuleText(path: "ruleset.yaml", text: "ruleset: \(Self.topic)\nversion: 1.0.0\n"))
        }
        let path = "query"
        let reader = RulesetReader(files + [RuleText(path: path, text: text)])
        let firstLine = head.split(separator: "\n").count
        let problems = reader.diagnostics.filter { $0.severity == .error }
        guard let checked = reader.ruleset, problems.isEmpty else {
            throw QueryTrialError(
                problems: problems, path: path, firstLine: firstLine, indentation: Self.indentation.count, query: query)
        }
        let ruleset = Ruleset.compile(checked)
        classifier = Classifier(ruleset)
        // The file just made holds the rule, or reading it would have failed.
        number = ruleset.rules.firstIndex { $0.id.rawValue == Self.rule }!
    }

    private static func text(of lists: [CheckedList]) -> String {
        guard !lists.isEmpty else { return "" }
        return "lists:\n"
            + lists.map { list in
                "  \(list.name): |\n" + list.written.map { "    \($0.description)\n" }.joined()
            }.joined()
    }

    /// What the query finds in a document, in order of place; and if nothing, the nearest misses.
    public func run(on speech: Speech) -> QueryTrialResult {
        let explanation = classifier.explain(
            speech, topic: TopicID(Self.topic), rule: RuleID(Self.rule))
        let rule = explanation.topics.first?.rules.first
        return QueryTrialResult(
            text: speech.canonicalText, matches: rule?.evidence ?? [], lost: rule?.lost ?? [],
            reasons: rule?.reasons ?? [])
    }
}

/// What a query found in a text.
public struct QueryTrialResult: Encodable, Sendable {
    /// The text searched.
    public let text: String
    /// What was found.
    public let matches: [Explanation.Quote]
    /// What was found inside an exclusion of the ruleset.
    public let lost: [Explanation.Lost]
    /// Why nothing was found: the nearest misses.
    public let reasons: [String]

    /// The text with each run of found words between two marks.
    /// - Parameters:
    ///   - start: put before found words, such as a terminal's code for bold.
    ///   - end: put behind them.
    public func marked(_ start: String, _ end: String, printing clean: (String) -> String) -> String {
        let scalars = Array(text.unicodeScalars)
        let spans = matches.flatMap(\.spans).sorted { ($0[0], $0[1]) < ($1[0], $1[1]) }
        var marked = ""
        var at = 0
        func piece(_ range: Range<Int>) -> String {
            var view = String.UnicodeScalarView()
            view.append(contentsOf: scalars[range])
            return clean(String(view))
        }
        for span in spans where span[1] > at {
            let from = max(span[0], at)
            marked += piece(at..<from) + start + piece(from..<span[1]) + end
            at = span[1]
        }
        return marked + piece(at..<scalars.count)
    }
}

/// Why a query cannot be tried: each problem under the line it is in.
public struct QueryTrialError: Error, Sendable, CustomStringConvertible {
    /// Always `rules.invalidQuery`.
    public let code = "rules.invalidQuery"
    /// The problems, with line, column, caret and cure.
    public let description: String

    init(problems: [Diagnostic], path: String, firstLine: Int, indentation: Int, query: String) {
        let source = RuleText(path: path, text: query)
        description = problems.map { problem in
            guard problem.path == path else { return problem.rendered(in: nil) }
            func moved(_ place: SourceLocation) -> SourceLocation {
                SourceLocation(line: max(1, place.line - firstLine), column: max(1, place.column - indentation))
            }
            let range = SourceRange(moved(problem.range.start), moved(problem.range.end))
            return Diagnostic(problem.code, path: path, range: range, problem.message, cure: problem.cure)
                .rendered(in: source)
        }.joined(separator: "\n\n")
    }
}
