public import Speeches
internal import TextMatching

/// Several rulesets compiled together, so that one scan of a document serves them all: to compare a ruleset with its
/// successor, or to run one in the shadow of another. Immutable and shareable; every thread classifies with a
/// `JointClassifier` of its own.
public struct JointRulesets: Sendable {
    /// The rulesets as they were given.
    public let rulesets: [Ruleset]
    /// The same rules over one automaton that holds the words of all.
    let members: [Ruleset]

    /// Compiles rulesets together; takes about as long as compiling each of them.
    public init(_ rulesets: [Ruleset]) {
        self.rulesets = rulesets
        members = Ruleset.overOneAutomaton(rulesets)
    }
}

/// Applies several rulesets to documents and reads each document once: it is split into words and searched for the
/// phrases of all rulesets in one pass, and what is known of the text alone is computed once. It owns scratch memory and
/// belongs to one thread.
public final class JointClassifier {
    /// The rulesets applied.
    public let joint: JointRulesets
    private let document: ScannedDocument
    private let members: [Classifier]
    /// For documents in which so much occurs that a scan for all would leave out what a scan for one finds.
    private lazy var singly = joint.rulesets.map { Classifier($0) }

    /// Makes a classifier with scratch memory of its own.
    public init(_ joint: JointRulesets) {
        self.joint = joint
        let automaton = joint.members.first?.automaton ?? PhraseAutomaton.Builder().build()
        let document = ScannedDocument(automaton)
        self.document = document
        members = joint.members.map { Classifier($0, reading: document) }
    }

    /// Classifies one document with every ruleset.
    /// - Returns: the events in the order of the rulesets, each byte for byte what `Classifier.classify` makes with that
    ///   ruleset alone.
    public func classify(_ speech: Speech) -> [ClassifiedSpeech] {
        document.scan(speech)
        if document.scanner.isTruncated { return singly.map { $0.classify(speech) } }
        return members.map { $0.classifyScanned() }
    }
}
