internal import Logging
internal import SpeechFormats
public import WorkerSupport

// What a producer tells.
extension WorkerTelemetry {
    /// Takes what the producer says of single documents.
    public func observe(_ notice: PublishingNotice) {
        switch notice {
        case .rejected(let error, _): rejected(error.code.rawValue)
        case .refused(_, _, let code, _): rejected(code)
        case .failed(_, let code, _): metrics.failed(code)
        case .progress:
            metrics.published()
            state.count { $0.documents += 1 }
        case .nearDuplicate, .warning: break
        }
    }

    private func rejected(_ code: String) {
        metrics.rejected(code)
        state.count { $0.deadLetters += 1 }
    }

    /// Takes an answer to a request with documents.
    func answered(_ status: Int, bytes: Int, seconds: Double) {
        metrics.answered(status, bytes: bytes, seconds: seconds)
        let facts: [LogKey: any LogValue] = [
            .httpStatus: status, .bytes: bytes, .milliseconds: Int(seconds * 1000),
        ]
        if status >= 500 {
            logger.write(.warning, "a request with documents could not be served now", facts)
        } else {
            logger.write(.debug, "a request with documents was answered", facts)
        }
    }

    /// Takes how many requests are in work.
    func ingests(requests: Int, bytes: Int) { metrics.ingests(requests: requests, bytes: bytes) }

    /// Takes the totals, for the last line.
    /// - Parameter exitCode: of the process, where its work says more than that it came to its end.
    public func ends(with summary: PublishingSummary, _ exitCode: ExitCode? = nil) {
        var facts: [LogKey: any LogValue] = [
            .documents: summary.published, .documentsRejected: summary.rejected.values.reduce(0, +),
            .withdrawals: summary.withdrawn,
        ]
        if let exitCode { facts[.exitCode] = Int(exitCode.rawValue) }
        state.ends(with: facts)
    }
}
