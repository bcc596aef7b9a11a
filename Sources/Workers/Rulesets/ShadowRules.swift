public import Delivery
internal import Foundation
public import RuleEngine
public import Speeches
internal import Synchronization

/// Rules that make no events, only a report of what they would change; one for all threads that classify. The report
/// begins anew when the rules in use are exchanged.
public final class ShadowRules: Sendable {
    /// What the rules in the shadow would change of one document.
    public typealias Differences = @Sendable (_ before: ClassifiedSpeech, _ after: ClassifiedSpeech) -> Void

    /// How often the report is written.
    private static let reportInterval = Duration.seconds(30)
    /// Documents that a report lists; all are counted.
    private static let documentsReported = 1_000

    private struct State {
        var generation = -1
        var joint: JointRulesets?
        var comparison: RulesetComparison?
        var reportedAt: Duration
    }

    private let rules: Ruleset
    private let reportFile: String?
    private let differ: Differences
    private let clock: MonotonicClock
    /// Held while a document's differences are noted, and while both rulesets are compiled together after an exchange.
    private let state: Mutex<State>

    /// - Parameters:
    ///   - reportFile: where the report of differences is kept (HTML); nil for none.
    ///   - differ: told of both results of each document, for metrics, on the thread that classified it.
    public init(
        _ rules: Ruleset, reportFile: String? = nil, clock: MonotonicClock = .system,
        differ: @escaping Differences = { _, _ in }
    ) {
        self.rules = rules
        self.reportFile = reportFile
        self.differ = differ
        self.clock = clock
        state = Mutex(State(reportedAt: clock.now()))
    }

    /// The rules in use and those in the shadow, compiled together once for all threads.
    func joint(with current: LiveRuleset.Generation) -> JointRulesets {
        state.withLock { state in
            if let joint = state.joint, state.generation >= current.number { return joint }
            let joint = JointRulesets([current.ruleset, rules])
            state.generation = current.number
            state.joint = joint
            state.comparison = RulesetComparison(joint, documentsListed: Self.documentsReported)
            return joint
        }
    }

    /// Notes what both made of a document. What rules made that are not in use any more is left out of the report.
    func note(_ speech: Speech, before: ClassifiedSpeech, after: ClassifiedSpeech, generation: Int) {
        differ(before, after)
        let now = clock.now()
        let isDue = state.withLock { state in
            if state.generation == generation { state.comparison?.note(speech, before: before, after: after) }
            guard now - state.reportedAt >= Self.reportInterval else { return false }
            state.reportedAt = now
            return true
        }
        if isDue { writeReport() }
    }

    /// Writes the report as it stands, whole or not at all. A place that cannot be written is passed over: the report is
    /// for people, the work goes on.
    public func writeReport() {
        guard let reportFile, let report = state.withLock({ $0.comparison?.report() }) else { return }
        try? Data(report.html.utf8).write(to: URL(filePath: reportFile), options: .atomic)
    }
}
