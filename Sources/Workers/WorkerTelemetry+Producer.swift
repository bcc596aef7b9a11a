internal import SpeechFormats
internal import WorkerSupport

// What a producer tells.
extension WorkerTelemetry {
    /// Takes what the producer says of single documents.
    public func observe(_ notice: PublishingNotice) {
        switch notice {
        case .rejected(let error):
            metrics.rejected(error.code.rawValue)
            state.count { $0.deadLetters += 1 }
        case .failed(_, let code, _): metrics.failed(code)
        case .progress:
            metrics.published()
            state.count { $0.documents += 1 }
        case .nearDuplicate: break
        }
    }

    /// Takes the totals, for the last line.
    public func ends(with summary: PublishingSummary) {
        state.ends(with: [
            .documents: summary.published, .documentsRejected: summary.rejected.values.reduce(0, +),
            .withdrawals: summary.withdrawn,
        ])
    }
}
