import Foundation
import TestSupport
import Testing

/// The engine against the naive oracle, and explanations against the engine, on random rulesets and texts. For a long run
/// see `Tests/Benchmarks/oracle`.
@Suite struct OracleTests {
    private static var cases: Int {
        ProcessInfo.processInfo.environment["ROSTRUM_ORACLE_CASES"].flatMap { Int($0) } ?? 3_000
    }

    @Test func engineOracleAndExplanationAgree() throws {
        let seed = SeededGenerator.seed()
        print("oracle: seed \(seed), \(Self.cases) cases; repeat with ROSTRUM_TEST_SEED=\(seed)")
        var comparison = OracleComparison()
        for number in 0..<(Self.cases / OracleComparison.textsPerRuleset) {
            if let disagreement = try comparison.disagreement(seed: seed &+ UInt64(number)) {
                Issue.record("seed \(seed) + \(number)\n\(disagreement)")
                return
            }
        }
        #expect(comparison.tagged > Self.cases / 10, "matches are frequent, or the run proves little")
        #expect(comparison.unproven == [], "rules with these had no evidence at all")
    }
}
