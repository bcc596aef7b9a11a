import RuleEngine
import RuleLanguage
import TestSupport
import Testing

/// The shipped rules are good by their own account: no error, and every example in their files holds.
@Suite struct ShippedRulesTests {
    private let reader = RulesetReader(folder: Repository.root + "/Config/rules")

    @Test func haveNoErrors() {
        #expect(reader.ruleset != nil, "\(reader.report)")
    }

    @Test func keepWhatTheirExamplesPromise() throws {
        guard let ruleset = reader.ruleset else {
            Issue.record("\(reader.report)")
            return
        }
        let results = ExampleTests.run(ruleset)
        #expect(results.count > 300, "the shipped rules have examples")
        for result in results where !result.isPassed { Issue.record("\(result.failureReport)") }
    }
}
