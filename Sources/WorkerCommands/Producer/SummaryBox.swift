import Synchronization
import Workers

/// Carries the summary from the worker's thread to the one that prints it.
final class SummaryBox: Sendable {
    private let summary = Mutex<PublishingSummary?>(nil)
    func put(_ value: PublishingSummary) { summary.withLock { $0 = value } }
    func take() -> PublishingSummary? { summary.withLock { $0 } }
}
