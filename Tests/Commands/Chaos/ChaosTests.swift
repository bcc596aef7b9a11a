import Foundation
import TestSupport
import Testing

/// kill -9 of producer, classifier, sink and broker at random moments, in both delivery modes: nothing is lost, every
/// document has one row set, and with exactly-once no event is seen twice.
///
/// `ROSTRUM_TEST_CHAOS_KILLS` asks for more kills than the usual, `ROSTRUM_TEST_SEED` repeats a run's choices.
@Suite(.enabled(if: OwnBroker.isThere, OwnBroker.absence), .serialized)
struct ChaosTests {
    /// Kills in all, over both modes, and in one run on one set of Kafka topics.
    static let kills =
        ProcessInfo.processInfo.environment["ROSTRUM_TEST_CHAOS_KILLS"].flatMap { Int($0) } ?? 24
    static let killsPerRun = 25

    @Test func nothingIsLostAndNothingCountsTwice() throws {
        let seed = SeededGenerator.seed()
        print("chaos: ROSTRUM_TEST_SEED=\(seed)")
        var generator = SeededGenerator(seed: seed)
        var (kills, inFlight) = (0, 0)
        while kills < Self.kills {
            for mode in ChaosMode.allCases where kills < Self.kills {
                let count = min(Self.killsPerRun, (Self.kills + 1) / 2, Self.kills - kills)
                let report = try ChaosRun(
                    .init(mode: mode, seed: generator.next(), kills: count), broker: OwnBroker()
                ).run()
                print(report)
                check(report)
                kills += report.killsInAll
                inFlight += report.killsInFlight
            }
        }
        print("chaos: \(kills) kills, \(inFlight) of them with work in flight")
        #expect(kills == Self.kills)
        #expect(inFlight * 2 >= kills, "too few kills met work in flight to prove anything")
    }

    private func check(_ report: ChaosReport) {
        #expect(report.lost == 0, "\(report)\n\(report.lastWords)")
        #expect(report.deadLetters == 0, "\(report)")
        #expect(report.rowProblems.isEmpty, "\(report): \(report.rowProblems)")
        // After a broker's end librdkafka may find an idempotent producer's numbers in disorder, which nothing but a new
        // process mends (#4438): a worker then says so and ends, and whoever supervises it starts it again.
        #expect(report.endedThemselves.count <= report.kills[.broker, default: 0], "\(report.endedThemselves)")
        #expect(
            report.endedThemselves.allSatisfy { $0.contains("kafka-out-of-order") }, "\(report.endedThemselves)")
        if report.mode == .exactlyOnce { #expect(report.duplicates == 0, "\(report)") }
    }

    /// A harness that no fault could fail would prove nothing.
    @Test(arguments: ["commits-early", "skips-transaction"])
    func aWrongClassifierIsNoticed(fault: String) throws {
        let mode: ChaosMode = fault == "commits-early" ? .atLeastOnce : .exactlyOnce
        var plan = ChaosRun.Plan(mode: mode, seed: SeededGenerator.seed(), kills: 3)
        plan.recordsBefore = 30...40
        plan.victims = [.classifier]
        // Wrong commits meet the kill when they are frequent; events without a transaction when none is committed yet.
        plan.commitMilliseconds = mode == .atLeastOnce ? 100 : 60_000
        plan.eventsBefore = mode == .atLeastOnce ? 0 : 10
        plan.classifier = ("faulty-classifier", ["--fault", fault])
        let report = try ChaosRun(plan, broker: OwnBroker()).run(patience: .seconds(8))
        print("chaos with a classifier that \(fault): \(report)")
        switch mode {
        case .atLeastOnce: #expect(report.lost > 0, "\(report)")
        case .exactlyOnce: #expect(report.duplicates > 0, "\(report)")
        }
    }
}
