internal import Speeches

/// What a site may choose about events. Everything here changes events, so everything here is in the ruleset's digest.
public struct ClassifierOptions: Hashable, Sendable {
    /// Whether events quote the words or only say where they are.
    public enum EvidenceText: String, Sendable, CaseIterable {
        /// Exact words with what stands before and after.
        case full
        /// Offsets only.
        case offsets
    }

    /// Most items of evidence shown for one topic, 1 to 1000; all of them are counted.
    public var evidencePerTopic: Int
    /// Quotes or offsets.
    public var evidenceText: EvidenceText
    /// Largest event in bytes; evidence is dropped from the longest lists until it fits.
    public var maximumEventBytes: Int
    /// Whether experimental rules are used: for testing rules, never in production.
    public var includesExperimental: Bool

    /// Chooses; the defaults are what `Config/rostrum.yaml` documents.
    public init(
        evidencePerTopic: Int = 20, evidenceText: EvidenceText = .full, maximumEventBytes: Int = 512 * 1024,
        includesExperimental: Bool = false
    ) {
        self.evidencePerTopic = min(max(evidencePerTopic, 1), 1000)
        self.evidenceText = evidenceText
        self.maximumEventBytes = maximumEventBytes
        self.includesExperimental = includesExperimental
    }

    func add(to digest: inout Digest) {
        digest.add(evidencePerTopic)
        digest.add(evidenceText.rawValue)
        digest.add(maximumEventBytes)
        digest.add(includesExperimental ? 1 : 0)
    }
}
