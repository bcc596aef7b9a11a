import Foundation
import Synchronization
import Workers

/// One line on a terminal that is written over; nothing where nobody watches.
final class ProgressLine: Sendable {
    private struct State {
        var shownAt: ContinuousClock.Instant?
    }

    private let state = Mutex(State())
    private let isShown = isatty(STDERR_FILENO) == 1

    /// Shows the text, at most five times a second.
    func show(_ text: String) {
        guard isShown else { return }
        let now = ContinuousClock.now
        let isDue = state.withLock { state in
            if let shownAt = state.shownAt, now - shownAt < .milliseconds(200) { return false }
            state.shownAt = now
            return true
        }
        if isDue { put("\r\u{1B}[2K\(text)") }
    }

    /// Takes the line away, so that another can be written.
    func clear() {
        let wasShown = state.withLock { $0.shownAt != nil }
        if isShown, wasShown { put("\r\u{1B}[2K") }
    }

    private func put(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) }
}

/// Carries the summary from the worker's thread to the one that prints it.
final class SummaryBox: Sendable {
    private let summary = Mutex<PublishingSummary?>(nil)
    func put(_ value: PublishingSummary) { summary.withLock { $0 = value } }
    func take() -> PublishingSummary? { summary.withLock { $0 } }
}
