import Foundation
import Synchronization
import TestSupport

/// The engine against the naive oracle for a long time, on several threads: the comparison of `RuleEngineTests`, built with
/// optimisation. Prints what was seen; ends with 1 at the first disagreement, or where an operator was never tried.
@main
struct OracleRun {
    static func main() {
        let arguments = CommandLine.arguments
        guard arguments.count == 3, let cases = Int(arguments[1]), cases > 0, let threads = Int(arguments[2]),
            threads > 0
        else {
            FileHandle.standardError.write(Data("usage: OracleRun CASES THREADS\n".utf8))
            exit(2)
        }
        let seed = SeededGenerator.seed()
        let rulesets = max(cases / OracleComparison.textsPerRuleset, 1)
        let next = Atomic(0)
        let total = Mutex(OracleComparison())
        DispatchQueue.concurrentPerform(iterations: threads) { _ in
            var comparison = OracleComparison()
            while true {
                let number = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard number < rulesets else { break }
                do {
                    if let disagreement = try comparison.disagreement(seed: seed &+ UInt64(number)) {
                        fail("seed \(seed) + \(number)\n\(disagreement)")
                    }
                } catch {
                    fail("seed \(seed) + \(number)\n\(error)")
                }
                if number % 10_000 == 0 { FileHandle.standardError.write(Data("\(number) rulesets\n".utf8)) }
            }
            total.withLock { $0.add(comparison) }
        }
        let (tagged, unproven) = total.withLock { ($0.tagged, $0.unproven) }
        let done = rulesets * OracleComparison.textsPerRuleset
        print("\(done) cases, \(rulesets) rulesets, seed \(seed), \(tagged) topics found, no disagreement")
        if !unproven.isEmpty { fail("rules with these had no evidence at all: \(unproven)") }
    }

    private static func fail(_ reason: String) -> Never {
        print(reason)
        exit(1)
    }
}
