import RuleEngine
import RuleLanguage
import Speeches

/// The expression parser on any text as queries. What parses has a canonical form that parses to the same; it compiles,
/// and classification and explanation agree on a text full of the words that the seeds use.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    guard let ruleset = read(text) else { return 0 }
    let queries = ruleset.rules[0].find.map(\.description)
    guard let again = read(queries.joined(separator: "\n")) else {
        preconditionFailure("no canonical form: \(queries)")
    }
    precondition(again.rules[0].find.map(\.description) == queries, "another canonical form: \(queries)")
    let classifier = Classifier(Ruleset.compile(ruleset))
    let event = classifier.classify(speech)
    let explanation = classifier.explain(speech)
    precondition(
        Set(event.topics.map(\.id.rawValue)) == Set(explanation.topics.filter(\.stands).map(\.id)),
        "explanation and classification differ")
    return 0
}

private let speech = Speech(
    id: SpeechID("d"), title: "On fraud and drug trafficking",
    body: [
        "Fraud, scams and drug trafficking. Police say that women and children are trafficked; modern-day slavery.",
        "A clinical trial. The NCA and the U.S. fight cyber crime, cyber-crime, cybercrime. Section 12 of the Act.",
    ])

private func read(_ query: String) -> CheckedRuleset? {
    let block = query.split(separator: "\n", omittingEmptySubsequences: false).map { "      \($0)\n" }.joined()
    let topic =
        "topic: t\nlabel: T\ndescription: D.\nlists:\n  people: |\n    women | children | people\nrules:\n"
        + "  - {id: t.first, weight: 2, find: fraud}\n  - {id: t.second, weight: 1, find: drug trafficking}\n"
    let own = "topic: q\nlabel: Q\ndescription: D.\nlists:\n  people: |\n    women | children | people\nrules:\n"
    let files = [
        RuleText(path: "ruleset.yaml", text: "ruleset: fuzz\nversion: 1.0.0\n"), RuleText(path: "t.yaml", text: topic),
        RuleText(path: "q.yaml", text: own + "  - id: q.query\n    weight: 3\n    find: |\n\(block)"),
    ]
    return RulesetReader(files).ruleset
}
