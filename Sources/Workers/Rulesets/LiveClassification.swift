internal import RuleEngine
public import Speeches

/// Applies the rules in use to one document after the other, and beside them the rules in their shadow, if there are any.
/// Belongs to one thread; the rules and the shadow are shared.
public final class LiveClassification {
    private enum Work {
        case alone(Classifier)
        case shadowed(JointClassifier)
    }

    private let live: LiveRuleset
    private let shadow: ShadowRules?
    private var generation: Int
    private var work: Work

    /// Makes a thread's classification.
    public init(_ live: LiveRuleset, shadow: ShadowRules? = nil) {
        let current = live.current
        self.live = live
        self.shadow = shadow
        generation = current.number
        work = Self.work(current, shadow)
    }

    private static func work(_ current: LiveRuleset.Generation, _ shadow: ShadowRules?) -> Work {
        guard let shadow else { return .alone(Classifier(current.ruleset)) }
        return .shadowed(JointClassifier(shadow.joint(with: current)))
    }

    /// The event of the rules in use; the rules in the shadow never change it.
    public func classify(_ speech: Speech) -> ClassifiedSpeech {
        let current = live.current
        if current.number != generation {
            generation = current.number
            work = Self.work(current, shadow)
        }
        switch work {
        case .alone(let classifier): return classifier.classify(speech)
        case .shadowed(let classifier):
            let events = classifier.classify(speech)
            shadow?.note(speech, before: events[0], after: events[1], generation: generation)
            return events[0]
        }
    }
}
