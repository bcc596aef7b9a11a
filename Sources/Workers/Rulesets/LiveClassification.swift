public import Delivery
internal import Foundation
public import RuleEngine
public import Speeches
internal import WorkerSupport

/// Applies the rules in use to one document after the other, and beside them the rules in their shadow, if there are any:
/// these make no events, only a report of what they would change. Belongs to one thread.
public final class LiveClassification {
    /// What the rules in the shadow would change of one document.
    public typealias Differences = (_ before: ClassifiedSpeech, _ after: ClassifiedSpeech) -> Void

    /// How often the report is written.
    private static let reportInterval = Duration.seconds(30)
    /// Documents that a report lists; all are counted.
    private static let documentsReported = 1_000

    private enum Work {
        case alone(Classifier)
        case shadowed(Shadow)
    }

    /// A comparison that grows in its place.
    private final class Shadow {
        private var comparison: RulesetComparison

        init(_ comparison: RulesetComparison) { self.comparison = comparison }

        var report: ComparisonReport { comparison.report() }
        func add(_ speech: Speech) -> (before: ClassifiedSpeech, after: ClassifiedSpeech) { comparison.add(speech) }
    }

    private let live: LiveRuleset
    private let shadow: Ruleset?
    private let reportFile: String?
    private let differ: Differences
    private let clock: MonotonicClock
    private var generation: Int
    private var work: Work
    private var reportedAt: Duration

    /// - Parameters:
    ///   - shadow: rules that make no events.
    ///   - reportFile: where the report of differences is kept (HTML); nil for none.
    ///   - differ: told of both results of each document, for metrics.
    public init(
        _ live: LiveRuleset, shadow: Ruleset? = nil, reportFile: String? = nil, clock: MonotonicClock = .system,
        differ: @escaping Differences = { _, _ in }
    ) {
        let current = live.current
        self.live = live
        self.shadow = shadow
        self.reportFile = reportFile
        self.differ = differ
        self.clock = clock
        generation = current.number
        work = Self.work(current.ruleset, shadow)
        reportedAt = clock.now()
    }

    private static func work(_ ruleset: Ruleset, _ shadow: Ruleset?) -> Work {
        guard let shadow else { return .alone(Classifier(ruleset)) }
        return .shadowed(
            Shadow(RulesetComparison(old: ruleset, new: shadow, documentsListed: documentsReported)))
    }

    /// The event of the rules in use; the rules in the shadow never change it.
    public func classify(_ speech: Speech) -> ClassifiedSpeech {
        let current = live.current
        if current.number != generation {
            generation = current.number
            work = Self.work(current.ruleset, shadow)
        }
        switch work {
        case .alone(let classifier): return classifier.classify(speech)
        case .shadowed(let comparison):
            let events = comparison.add(speech)
            differ(events.before, events.after)
            if clock.now() - reportedAt >= Self.reportInterval { writeReport() }
            return events.before
        }
    }

    /// Writes the report as it stands, whole or not at all. A place that cannot be written is passed over: the report is
    /// for people, the work goes on.
    public func writeReport() {
        reportedAt = clock.now()
        guard let reportFile, case .shadowed(let shadow) = work else { return }
        try? Data(shadow.report.html.utf8).write(to: URL(filePath: reportFile), options: .atomic)
    }
}
