import RuleEngine
import RuleLanguage
import Speeches

/// The YAML layer, the checker, the lints and the formatter on any bytes as a rule file: each ends with a ruleset or with
/// diagnostics that point into the file; formatting twice is formatting once; what checks also compiles and classifies.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    let file = RuleText(path: "t.yaml", text: text)
    let manifest = RuleText(path: "ruleset.yaml", text: "ruleset: fuzz\nversion: 1.0.0\n")
    let reader = RulesetReader([manifest, file], linting: true)
    let lines = text.unicodeScalars.reduce(1) { $0 + ($1 == "\n" ? 1 : 0) }
    for diagnostic in reader.diagnostics where diagnostic.path == "t.yaml" {
        precondition(diagnostic.range.start.line <= lines + 1, "\(diagnostic) points behind the file")
    }
    for format in DiagnosticReport.Format.allCases { _ = DiagnosticReport(reader).rendered(format) }
    if let once = try? RuleFormatter.formatted(file) {
        let twice = try? RuleFormatter.formatted(RuleText(path: "t.yaml", text: once))
        precondition(twice == once, "formatting twice differs")
    }
    if let checked = reader.ruleset {
        let classifier = Classifier(Ruleset.compile(checked))
        _ = classifier.classify(
            Speech(id: SpeechID("d"), title: "On fraud", body: ["Fraud and drugs. People traffic."]))
        _ = Codebook(checked).markdown
    }
    return 0
}
