import Delivery
import Foundation
import RuleEngine
import Speeches
import Synchronization
import Testing
import WorkerSupport

@testable import Workers

@Suite struct ReloadDecisionTests {
    /// The answers to one look after the other; a state with a bang is looked at because somebody asked.
    private func answers(_ looks: [String]) -> [Bool] {
        var decision = ReloadDecision(loaded: "a")
        return looks.map { look in
            let isAsked = look.hasSuffix("!")
            return decision.look(isAsked ? String(look.dropLast()) : look, isAsked: isAsked)
        }
    }

    /// A change is waited out, since the copy may be half done.
    @Test func filesThatStandStillAreReadOnce() {
        #expect(answers(["a", "b", "c", "c", "c"]) == [false, false, false, true, false])
    }

    @Test func askingReadsAtOnce() {
        #expect(answers(["a!", "b!", "b"]) == [true, true, false])
    }

    @Test func filesPutBackAreReadAgainAfterOthersWereTried() {
        #expect(answers(["b", "b", "a", "a"]) == [false, true, false, true])
    }
}

/// A folder with a ruleset of one topic.
private final class RulesFolder {
    let path = FileManager.default.temporaryDirectory.appending(path: "rules-\(UUID().uuidString)").path

    init(find: String) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try write("ruleset: test\nversion: 1.0.0\ndescription: For tests.\n", "ruleset.yaml")
        try rule(find)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func rule(_ find: String) throws {
        try write(
            """
            topic: drugs
            label: Drugs
            description: For tests.
            scope_note: None.
            rules:
              - id: drugs.named
                weight: 3
                find: |
                  \(find)
                examples:
                  - {text: "None of it.", finds: []}
            """, "drugs.yaml")
    }

    func write(_ text: String, _ name: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path).appending(path: name), options: .atomic)
    }

    func settings(_ more: [String: String] = [:]) throws -> Settings {
        let flags = ["rules.path": path].merging(more) { $1 }
        return try SettingsResolution(
            SettingsSources(
                flags: flags.map { SettingFlag(key: $0.key, value: $0.value, flag: "--set") }, environment: [:],
                file: nil)
        ).settings()
    }
}

@Suite struct RulesetReloaderTests {
    @Test func soundRulesAreExchangedAndBrokenOnesChangeNothing() throws {
        let folder = try RulesFolder(find: "heroin")
        let settings = try folder.settings()
        let live = LiveRuleset(try Rules.load(settings))
        let reloader = RulesetReloader(live, settings) { _ in }
        let first = live.current

        guard case .unchanged = reloader.reload() else {
            Issue.record("nothing has changed")
            return
        }
        #expect(live.current.number == first.number)

        try folder.rule("(cocaine")
        guard case .refused(let failure) = reloader.reload() else {
            Issue.record("the rules are broken")
            return
        }
        #expect(failure.reason.contains("drugs.yaml"))
        #expect(live.current.ruleset.identity == first.ruleset.identity)

        try folder.rule("cocaine")
        guard case .exchanged(let ruleset) = reloader.reload() else {
            Issue.record("the rules are others")
            return
        }
        #expect(ruleset.identity.digest != first.ruleset.identity.digest)
        #expect(live.current.number == first.number + 1)
        #expect(live.current.ruleset.identity == ruleset.identity)
    }

    /// The whole way: a file changes, and the rules in use are others without anybody's asking.
    @Test func aChangedFileIsNoticed() throws {
        let folder = try RulesFolder(find: "heroin")
        let settings = try folder.settings(["rules.reloadSeconds": "1"])
        let live = LiveRuleset(try Rules.load(settings))
        let stop = StopRequest()
        defer { stop.request() }
        let refused = Mutex(0)
        RulesetReloader(live, settings) { if case .refused = $0 { refused.withLock { $0 += 1 } } }.start(until: stop)
        func wait(_ isMet: () -> Bool) -> Bool {
            let deadline = ContinuousClock.now + .seconds(60)
            while !isMet() {
                if ContinuousClock.now > deadline { return false }
                Thread.sleep(forTimeInterval: 0.05)
            }
            return true
        }
        // The watch must have seen the folder as it was.
        Thread.sleep(forTimeInterval: 1.5)
        try folder.rule("(cocaine")
        #expect(wait { refused.withLock { $0 } == 1 })
        #expect(live.current.number == 0)
        try folder.rule("cocaine")
        #expect(wait { live.current.number == 1 })
    }
}

@Suite struct LiveClassificationTests {
    private func speech(_ text: String) throws -> Speech {
        let json = #"{"schema_version":1,"id":"s","title":"Speech","body":["\#(text)"],"language":"en"}"#
        return try Speech(json: Data(json.utf8))
    }

    @Test func eventsSayWhichRulesMadeThem() throws {
        let (first, second) = (try RulesFolder(find: "heroin"), try RulesFolder(find: "cocaine"))
        let rulesets = try [first, second].map { try Rules.load($0.settings()) }
        let live = LiveRuleset(rulesets[0])
        let classification = LiveClassification(live)
        let before = classification.classify(try speech("Heroin is sold here."))
        #expect(before.ruleset.digest == rulesets[0].identity.digest)
        #expect(before.topics.map(\.id.rawValue) == ["drugs"])
        live.exchange(for: rulesets[1])
        let after = classification.classify(try speech("Heroin is sold here."))
        #expect(after.ruleset.digest == rulesets[1].identity.digest)
        #expect(after.topics.isEmpty)
    }

    @Test func rulesInTheShadowChangeNoEventAndAreReported() throws {
        let (first, second) = (try RulesFolder(find: "heroin"), try RulesFolder(find: "cocaine"))
        let rulesets = try [first, second].map { try Rules.load($0.settings()) }
        let report = first.path + "/shadow.html"
        let seen = Mutex<[[Int]]>([])
        let shadow = ShadowRules(rulesets[1], reportFile: report) { before, after in
            seen.withLock { $0.append([before.topics.count, after.topics.count]) }
        }
        let live = LiveRuleset(rulesets[0])
        // Two threads have a classification each; the report is one.
        let classifications = [LiveClassification(live, shadow: shadow), LiveClassification(live, shadow: shadow)]
        let alone = Classifier(rulesets[0])
        let texts = ["Heroin is sold here.", "Cocaine is sold here.", "Nothing is sold here."]
        for (number, text) in texts.enumerated() {
            let speech = try speech(text)
            #expect(classifications[number % 2].classify(speech).json == alone.classify(speech).json)
        }
        #expect(seen.withLock { $0 } == [[1, 0], [0, 1], [0, 0]])
        shadow.writeReport()
        let page = try String(contentsOfFile: report, encoding: .utf8)
        #expect(page.contains("3 documents, 2 changed"), "\(page)")
    }
}
