public import RuleEngine
internal import Synchronization

/// The ruleset in use. It is exchanged as a whole and never changed, so that every event is made by one ruleset and says
/// which. Any thread.
public final class LiveRuleset: Sendable {
    /// A ruleset, and the how manieth it is in this process.
    public struct Generation: Sendable {
        /// The rules.
        public let ruleset: Ruleset
        /// Counts from 0; a reader that remembers it sees an exchange without comparing rules.
        public let number: Int
    }

    private let generation: Mutex<Generation>

    /// Begins with a ruleset.
    public init(_ ruleset: Ruleset) { generation = Mutex(Generation(ruleset: ruleset, number: 0)) }

    /// What is in use now.
    public var current: Generation { generation.withLock { $0 } }

    /// Puts another ruleset into use, from the next document on.
    public func exchange(for ruleset: Ruleset) {
        generation.withLock { $0 = Generation(ruleset: ruleset, number: $0.number + 1) }
    }
}
