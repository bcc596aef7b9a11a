public import WorkerSupport

/// What a producer did.
public struct PublishingSummary: Sendable, Equatable {
    /// Documents that the broker has acknowledged.
    public var published = 0
    /// Withdrawals that the broker has acknowledged.
    public var withdrawn = 0
    /// Documents and withdrawals that an interrupted run had published already, or that repeat the one before of the same
    /// id.
    public var unchanged = 0
    /// Documents whose text nearly repeats an earlier one of the run; published or not as the policy says.
    public var nearDuplicates = 0
    /// Files in folders that have no ending of a known format.
    public var ignored = 0
    /// Documents refused, before they were published or by the brokers for what they are, by the error's code.
    public var rejected: [String: Int] = [:]
    /// What of published documents could not be read, such as dates, by the error's code.
    public var warnings: [String: Int] = [:]
    /// Documents that the broker did not take and may take another time, by the error's code.
    public var failed: [String: Int] = [:]
    /// Whether a signal ended it before all was read and acknowledged.
    public var isInterrupted = false

    /// Makes a summary of nothing done.
    public init() {}

    /// 0 all published, with warnings or without; 3 some documents were refused; 1 some were not taken by the broker or
    /// not read.
    public var exitCode: ExitCode {
        if !failed.isEmpty || isInterrupted { return .failed }
        return rejected.isEmpty ? .done : .problemsFound
    }

    /// Adds another run's counts.
    mutating func add(_ other: PublishingSummary) {
        published += other.published
        withdrawn += other.withdrawn
        unchanged += other.unchanged
        nearDuplicates += other.nearDuplicates
        ignored += other.ignored
        rejected.merge(other.rejected, uniquingKeysWith: +)
        warnings.merge(other.warnings, uniquingKeysWith: +)
        failed.merge(other.failed, uniquingKeysWith: +)
        isInterrupted = isInterrupted || other.isInterrupted
    }
}

/// What is published of documents that repeat or are withdrawn.
public struct PublishingPolicy: Sendable, Equatable {
    /// What becomes of a document that nearly repeats an earlier one.
    public enum NearDuplicates: String, Sendable, CaseIterable {
        /// It is published and counted.
        case report
        /// It is published with the earlier one's id in its attribute `near_duplicate_of`.
        case link
        /// It is not published.
        case drop
    }

    /// What becomes of a document that its source calls withdrawn.
    public enum Withdrawn: String, Sendable, CaseIterable {
        /// It is published like any other, with the source's notice in its attributes.
        case publish
        /// A withdrawal is published in its place.
        case withdraw
    }

    /// Near duplicates.
    public var nearDuplicates = NearDuplicates.report
    /// Withdrawn documents.
    public var withdrawn = Withdrawn.publish
    /// Documents and withdrawals a second at most, spread evenly, with no credit for time in which none came; nil for no
    /// limit.
    public var documentsPerSecondMax: Int?

    /// Everything is published, at full speed.
    public init() {}
}
