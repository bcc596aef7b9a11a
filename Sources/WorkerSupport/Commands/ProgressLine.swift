internal import Foundation
internal import Synchronization

/// One line on a terminal that is written over; nothing where nobody watches. Any thread.
public final class ProgressLine: Sendable {
    private struct State {
        var shownAt: ContinuousClock.Instant?
    }

    private let state = Mutex(State())
    private let isShown = isatty(STDERR_FILENO) == 1

    /// A line on standard error, not there yet.
    public init() {}

    /// Shows the text, at most five times a second.
    public func show(_ text: String) {
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
    public func clear() {
        let wasShown = state.withLock { $0.shownAt != nil }
        if isShown, wasShown { put("\r\u{1B}[2K") }
    }

    private func put(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) }
}
