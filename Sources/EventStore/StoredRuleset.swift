/// A ruleset as a store knows it.
public struct StoredRuleset: Equatable, Sendable {
    /// The digest over everything that can change a result.
    public let digest: String
    /// Its name.
    public let name: String
    /// Its semantic version.
    public let version: String
    /// Whether the views show its results.
    public let isCurrent: Bool
    /// Whether `rollBack` would show it.
    public let isPrevious: Bool
    /// Events stored, earlier revisions included.
    public let events: Int
    /// Documents of which an event is current.
    public let documents: Int

    /// Makes a ruleset of its parts.
    public init(
        digest: String, name: String, version: String, isCurrent: Bool, isPrevious: Bool, events: Int, documents: Int
    ) {
        self.digest = digest
        self.name = name
        self.version = version
        self.isCurrent = isCurrent
        self.isPrevious = isPrevious
        self.events = events
        self.documents = documents
    }
}

/// What a promotion or its undoing has changed.
public struct RulesetSwitch: Equatable, Sendable {
    /// Digest of the ruleset that the views showed.
    public let from: String
    /// Digest of the one that they show now.
    public let to: String

    /// Names both.
    public init(from: String, to: String) {
        self.from = from
        self.to = to
    }
}

/// What pruning has deleted.
public struct PrunedRows: Equatable, Sendable {
    /// Events.
    public var events = 0
    /// Documents that only those events spoke of.
    public var documents = 0

    /// Makes a count of nothing.
    public init() {}
}

extension Sequence<StoredRuleset> {
    /// The one ruleset that a person means: by the beginning of its digest (with or without `sha256:`, four digits at
    /// least), by its version, or by name and version (`crime-policy@1.2.0`).
    /// - Throws: `store.unknown_ruleset` where none or several answer to it.
    public func named(_ text: String) throws(StoreError) -> StoredRuleset {
        let digits = text.hasPrefix("sha256:") ? text : "sha256:" + text
        let found = filter {
            $0.version == text || "\($0.name)@\($0.version)" == text
                || (text.utf8.count >= 4 && $0.digest.hasPrefix(digits))
        }
        if found.count == 1 { return found[0] }
        let known = map { "\($0.name)@\($0.version) \($0.digest)" }.joined(separator: ", ")
        throw StoreError(
            code: .unknownRuleset,
            reason: found.isEmpty
                ? "no ruleset in the store answers to '\(text)'"
                : "\(found.count) rulesets in the store answer to '\(text)'",
            cure: "name one by the beginning of its digest; there are: \(known.isEmpty ? "none" : known)")
    }
}

extension StoreError {
    /// Of a digest that no event of the store has.
    static func noRuleset(_ digest: String) -> StoreError {
        StoreError(
            code: .unknownRuleset, reason: "the store has no results of the ruleset \(digest)",
            cure: "see 'rostrum store rulesets'")
    }

    static let nothingToRollBack = StoreError(
        code: .unknownRuleset, reason: "no promotion is left to be undone",
        cure: "promote the ruleset that the views are to show: 'rostrum store promote'")

    static func inUse(_ digest: String) -> StoreError {
        StoreError(
            code: .unknownRuleset, reason: "the ruleset \(digest) is current: its results are what the views show",
            cure: "promote another first")
    }
}
