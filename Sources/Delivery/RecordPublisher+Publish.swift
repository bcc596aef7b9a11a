internal import Synchronization

/// Why a record could not be published.
public struct PublishFailure: ClassifiedFailure, CustomStringConvertible {
    /// Which of the records it was, from 0.
    public let index: Int
    /// Why.
    public let cause: any Error

    /// The cause's code.
    public var code: String { (cause as? any ClassifiedFailure)?.code ?? "publish-failed" }
    /// The cause's class.
    public var failureClass: FailureClass { (cause as? any ClassifiedFailure)?.failureClass ?? .infrastructure }
    /// The cause.
    public var description: String { "record \(index) was not published: \(cause)" }
}

extension RecordPublisher {
    /// Publishes records and waits until all of them are durable.
    ///
    /// For a publisher whose reports nobody else polls meanwhile. On failure other records of the call may have been
    /// published or still be under way.
    ///
    /// - Returns: Where each record is stored, in order.
    /// - Throws: ``PublishFailure`` for the first record that failed or was not acknowledged within the limit.
    @discardableResult
    public func publish(
        _ records: [OutgoingRecord], within limit: Duration, clock: MonotonicClock = .system
    ) throws -> [DeliveryReport.StoredAt] {
        let deadline = clock.now() + limit
        let base = firstToken.wrappingAdd(UInt64(records.count), ordering: .relaxed).oldValue
        var places: [Int: DeliveryReport.StoredAt] = [:]
        func takeReports() throws {
            for report in try poll(timeout: .milliseconds(20)) {
                // A report on an earlier call that was given up is none of ours.
                guard report.token.rawValue >= base else { continue }
                let index = Int(report.token.rawValue - base)
                do {
                    places[index] = try report.result.get()
                } catch {
                    throw PublishFailure(index: index, cause: error)
                }
            }
            if clock.now() >= deadline, places.count < records.count {
                let index = (0..<records.count).first { places[$0] == nil } ?? 0
                throw PublishFailure(index: index, cause: NotAcknowledged(limit: limit))
            }
        }
        for (index, record) in records.enumerated() {
            while true {
                let result: EnqueueResult
                do {
                    result = try enqueue(record, token: DeliveryToken(rawValue: base + UInt64(index)))
                } catch {
                    throw PublishFailure(index: index, cause: error)
                }
                if result == .accepted { break }
                try takeReports()
            }
        }
        while places.count < records.count { try takeReports() }
        return (0..<records.count).compactMap { places[$0] }
    }
}

/// Tokens are never used twice, so that a late report on an abandoned call is not taken for one of a later call. The
/// upper half of the numbers, to be apart from a loop's own.
private let firstToken = Atomic<UInt64>(1 << 63)

/// No delivery report came in time.
private struct NotAcknowledged: ClassifiedFailure, CustomStringConvertible {
    let limit: Duration
    var code: String { "not-acknowledged" }
    var failureClass: FailureClass { .infrastructure }
    var description: String { "no acknowledgement within \(limit); check that the broker can be reached" }
}
