import Foundation
import RuleLanguage
import TestSupport
import Testing

/// Bugs that were found, each as the smallest file that showed it.
@Suite struct RegressionTests {
    @Test func linesThatEndInCarriageReturnAndLineFeedAreLines() {
        let text = Checking.topic(find: "a AND b | c").replacing("\n", with: "\r\n")
        let reader = Checking.read(text)
        #expect(Checking.places(reader) == ["Q002 9:15"])
        #expect(DiagnosticReport(reader).rendered(.text).contains(" 9 |       a AND b | c\n"))
    }

    @Test func byteOrderMarkIsNotThere() {
        #expect(Checking.read("\u{FEFF}" + Checking.topic(find: "crime")).ruleset != nil)
    }

    @Test func parenthesisThatIsNeverClosedHidesNoOtherQuery() {
        #expect(Checking.places(find: "(a | b\nc AND\n\nd | e\nf]") == ["Q004 9:7", "Q003 10:9", "Q004 13:8"])
        #expect(Checking.places(find: "(a | b\n c) | d\ne AND f | g") == ["Q002 11:15"])
    }

    @Test func bracketKeepsTheQueryOpenOverLines() throws {
        #expect(try Checking.canonical("a [b\n  | c] d\ne") == ["a [b | c] d", "e"])
    }

    @Test func phraseOfTooManyWordsIsADiagnostic() {
        let words = Array(repeating: "word", count: 25).joined(separator: " ")
        #expect(Checking.places(find: words) == ["Q015 9:7"])
        #expect(Checking.places(find: String(words.dropLast(5))) == [])
    }

    @Test func exactWithoutAWordIsADiagnostic() {
        #expect(Checking.places(find: "=-- crime") == ["Q010 9:7"])
    }

    @Test func exactWordMayHoldATypographicApostrophe() throws {
        #expect(try Checking.canonical("=O\u{2019}Neill") == ["=O\u{2019}Neill"])
    }

    @Test func backslashBeforeTheLastSlashOfARegularExpressionIsItsOwn() throws {
        #expect(try Checking.canonical(#"/a\\/ | b"#) == [#"/a\\/ | b"#])
        #expect(try Checking.canonical(#"/a\/b/"#) == [#"/a\/b/"#])
    }

    @Test func ampersandIsTheWordAnd() throws {
        #expect(try Checking.canonical("law & order") == ["law and order"])
    }

    @Test func wildcardNeedsTwoLettersNotTwoBytes() {
        #expect(Checking.places(find: "ж*") == ["Q008 9:7"])
        #expect(Checking.places(find: "жу*") == [])
    }

    @Test func wildcardWithPointsIsADiagnostic() {
        #expect(Checking.places(find: "u.s*") == ["Q001 9:7"])
    }

    @Test func referenceWithoutANameIsADiagnostic() {
        #expect(Checking.places(find: "topic: fraud") == ["Q001 9:7"])
        #expect(Checking.places(find: "a | rule:") == ["Q001 9:11"])
    }

    @Test func nestedPhrasesReadAsOne() throws {
        #expect(try Checking.canonical("(a [b]) c") == ["a [b] c"])
        #expect(try Checking.canonical("a | (b | (c | d))") == ["a | b | c | d"])
    }

    // MARK: YAML

    @Test func secondDocumentIsNotIgnored() {
        let reader = Checking.read(Checking.topic(find: "crime") + "---\ntopic: other\n")
        #expect(reader.diagnostics.map(\.code) == [.severalDocuments])
    }

    @Test(arguments: ["\r", "\u{85}", "\u{2028}", "\u{2029}"])
    func anchorsBehindOtherLineEndsAreSeen(_ lineEnd: String) {
        let text = Checking.topic(find: "crime") + "description:\(lineEnd)  &a x\nlabel: *a\n"
        let codes = Set(Checking.read(text).diagnostics.map(\.code))
        #expect(codes.isSuperset(of: [.strayLineEnd]))
    }

    @Test func tagsAreRefused() {
        let reader = Checking.read("topic: !!str t\n" + Checking.topic(find: "crime").dropFirst(9))
        #expect(Checking.places(reader) == ["Y005 1:8"])
    }

    @Test func foldedScalarsDoNotJoinQueriesSilently() {
        let text = Checking.topic(find: "a\nb").replacing("find: |", with: "find: >")
        #expect(Checking.places(Checking.read(text)) == ["Y014 8:11"])
    }

    @Test func plainAndQuotedQueriesOverLinesAreRefused() {
        for query in ["a\n      b", "\"a\n      b\"", "'a\n      b'"] {
            let text = Checking.head + "  - id: t.r\n    weight: 3\n    find: \(query)\n"
            #expect(Checking.places(Checking.read(text)) == ["Y014 8:11"])
        }
    }

    @Test func columnsInAllKindsOfScalars() {
        func places(_ find: String) -> [String] {
            Checking.places(Checking.read(Checking.head + "  - id: t.r\n    weight: 3\n    find: \(find)\n"))
        }
        #expect(places("a AND b | c") == ["Q002 8:19"])
        #expect(places("'a''s AND b | c'") == ["Q002 8:23"])
        #expect(places(#""a \u0062 AND \x41 | c""#) == ["Q002 8:30"])
        #expect(places(#""\"a b\" AND b | c""#) == ["Q002 8:26"])
        #expect(places("|2\n         a AND b | c") == ["Q002 9:18"])
        #expect(places("|\n\n\n      a AND b | c") == ["Q002 11:15"])
        #expect(places("|\n      é\u{301}\u{1F600} a AND b | c") == ["Q001 9:9", "Q002 9:19"])
        #expect(places("|\n      a\tAND b | c") == ["Q002 9:15"])
    }

    // MARK: Files

    @Test(arguments: [
        ("rules", "{id: t.r}"), ("examples", "{text: a}"), ("codes", "{iccs: {a: b}}"), ("codes", "[a]"),
        ("lists", "[a]"),
    ])
    func valueOfAnotherKindIsNotIgnored(_ key: String, _ value: String) {
        let base = key == "rules" ? "topic: t\nlabel: T\ndescription: D.\n" : Checking.topic(find: "crime")
        #expect(Checking.read(base + "\(key): \(value)\n").diagnostics.map(\.code).contains(.wrongType))
    }

    @Test(arguments: ["filters: {id: a}", "lists: [a]"])
    func valueOfAnotherKindInASharedFileIsNotIgnored(_ text: String) {
        let reader = Checking.read(Checking.topic(find: "crime"), ["shared.yaml": text + "\n"])
        #expect(reader.diagnostics.map(\.code) == [.wrongType])
    }

    @Test func supportingMustBeAListOfTopics() {
        let manifest = "ruleset: a\nversion: 1.0.0\nsupporting: {t: true}\n"
        let reader = Checking.read(Checking.topic(find: "crime"), ["ruleset.yaml": manifest])
        #expect(reader.diagnostics.map(\.code) == [.wrongType])
    }

    /// What a manifest says of topics and of other subjects is checked as rules are, and used lists count as used.
    @Test(arguments: [
        ("shared: [u]\n", ["R011 3:10"]),
        ("shared: [t]\nsupporting: [t]\n", ["R002 3:10"]),
        ("shared: {t: true}\n", ["Y009 3:9"]),
        ("other_subjects: |\n  tax AND pay | wage\n", ["Q002 4:15"]),
        ("other_subjects: |\n  rule:t.unknown\n", ["R006 4:3"]),
        ("other_subjects: |\n  $work\nlists:\n  work: wage | pension\n", []),
    ])
    func manifestIsChecked(_ more: String, _ places: [String]) {
        let manifest = "ruleset: a\nversion: 1.0.0\n" + more
        #expect(Checking.places(Checking.read(Checking.topic(find: "crime"), ["ruleset.yaml": manifest])) == places)
    }

    @Test func missingLabelHidesNothingElse() {
        let text =
            "topic: t\ndescription: D.\nnot_inside: |\n  a AND b | c\nrules:\n  - {id: t.r, weight: 3, find: crime}\n"
        #expect(Checking.places(Checking.read(text)) == ["Y008 1:1", "Q002 4:11"])
    }

    @Test func filterWithoutIdHidesNothingElse() {
        let filters = "filters:\n  - applies_to: all\n    not_inside: |\n      a AND b | c\n"
        let reader = Checking.read(Checking.topic(find: "crime"), ["shared.yaml": filters])
        #expect(Checking.places(reader) == ["Y008 2:5", "Q002 4:15"])
    }

    @Test func brokenFileMakesNoFalseAlarmsElsewhere() {
        let manifest = "ruleset: a\nversion: 1.0.0\nsupporting: [other]\n"
        let reader = Checking.read(
            Checking.topic(find: "$people NEAR/3 rule:other.x"),
            ["ruleset.yaml": manifest, "other.yaml": "topic: other\n  label: [\n"])
        #expect(reader.diagnostics.map(\.path) == ["other.yaml"])
    }

    @Test func referenceInAListIsReportedWhereItStands() {
        let reader = Checking.read(
            Checking.topic(find: "$l"), ["lists.yaml": "lists:\n  l: |\n    a | rule:t.missing\n"])
        #expect(reader.diagnostics.map { "\($0.path) \($0.range.start.line)" } == ["lists.yaml 3"])
    }

    @Test func sharedListsDoNotSeeTheListsOfTheFilesThatUseThem() throws {
        let shared = "lists:\n  people: |\n    man\n  victims: |\n    $people victim\n"
        let reader = Checking.read("lists: {people: dog}\n" + Checking.topic(find: "$victims"), ["lists.yaml": shared])
        #expect(try #require(reader.ruleset).rules[0].find.map(\.description) == ["man victim"])
    }

    @Test func listOfConditionsCannotStandInAPhrase() {
        let reader = Checking.read("lists: {l: a AND b}\n" + Checking.topic(find: "$l crime"))
        #expect(Checking.places(reader) == ["Q009 10:7"])
    }

    @Test(arguments: [("1..0", false), ("-1.0.0", false), ("1.0", false), ("01.0.0", false), ("1.0.0-rc.1+b", true)])
    func versions(_ version: String, _ isValid: Bool) {
        let reader = Checking.read(
            Checking.topic(find: "crime"), ["ruleset.yaml": "ruleset: a\nversion: \"\(version)\"\n"])
        #expect((reader.ruleset != nil) == isValid)
    }

    @Test func namedPipeAndOversizedFileAreNotRead() throws {
        let folder = try TemporaryFolder()
        #expect(mkfifo(folder.path("pipe.yaml"), 0o600) == 0)
        let descriptor = creat(folder.path("big.yaml"), 0o600)
        #expect(ftruncate(descriptor, 3 << 30) == 0)
        close(descriptor)
        let reader = RulesetReader(folder: folder.path)
        #expect(reader.diagnostics.map(\.code) == [.fileTooLarge, .fileUnreadable])
    }

    @Test func hiddenFilesAreNotRules() throws {
        let folder = try TemporaryFolder()
        try Data("not: rules".utf8).write(to: URL(filePath: folder.path(".#ruleset.yaml")))
        try Data(Checking.manifest.text.utf8).write(to: URL(filePath: folder.path("ruleset.yaml")))
        #expect(RulesetReader(folder: folder.path).diagnostics.map(\.code) == [])
    }

    @Test func moreProblemsThanAreKeptAreStillErrors() {
        let reader = Checking.read(Checking.topic(find: Array(repeating: "a |", count: 1).joined()) + "x: 1\n")
        #expect(reader.ruleset == nil)
        let many = Checking.head + String(repeating: "  - {id: t.r, weight: 9, find: a}\n", count: 2_000)
        let flooded = Checking.read(many)
        #expect(flooded.ruleset == nil)
        #expect(flooded.diagnostics.count == 1_000)
        #expect(DiagnosticReport(flooded).rendered(.text).hasSuffix("more are not shown"))
    }
}
