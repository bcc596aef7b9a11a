import Delivery

/// A publisher that takes a bounded number of records and reports when it is polled.
final class TestPublisher: RecordPublisher {
    struct Refused: ClassifiedFailure {
        let failureClass: FailureClass
        var code: String { "test-refused" }
    }

    let capacity: Int
    private(set) var records: [OutgoingRecord] = []
    private(set) var mostWaiting = 0
    private var waiting: [(token: DeliveryToken, isFailing: Bool)] = []
    private let isFailing: (OutgoingRecord) -> Bool
    private let isRefused: (OutgoingRecord) -> Bool
    private let failureClass: FailureClass
    private let onPoll: (Duration) -> Void
    private let isReporting: (Int) -> Bool
    private var polls = 0

    /// - Parameters:
    ///   - isFailing: whether a record is not acknowledged.
    ///   - failureClass: of what is not acknowledged.
    ///   - isRefused: whether a record is not taken.
    ///   - onPoll: told how long a poll may wait.
    ///   - isReporting: whether a poll, by its number from 1, gives reports.
    init(
        capacity: Int = 1_000, isFailing: @escaping (OutgoingRecord) -> Bool = { _ in false },
        failureClass: FailureClass = .infrastructure,
        isRefused: @escaping (OutgoingRecord) -> Bool = { _ in false }, onPoll: @escaping (Duration) -> Void = { _ in },
        isReporting: @escaping (Int) -> Bool = { _ in true }
    ) {
        self.onPoll = onPoll
        self.failureClass = failureClass
        self.isReporting = isReporting
        self.capacity = capacity
        self.isFailing = isFailing
        self.isRefused = isRefused
    }

    func enqueue(_ record: OutgoingRecord, token: DeliveryToken) throws -> EnqueueResult {
        if isRefused(record) { throw Refused(failureClass: .data) }
        guard waiting.count < capacity else { return .full }
        waiting.append((token, isFailing(record)))
        mostWaiting = max(mostWaiting, waiting.count)
        records.append(record)
        return .accepted
    }

    func poll(timeout: Duration) -> [DeliveryReport] {
        onPoll(timeout)
        polls += 1
        guard isReporting(polls) else { return [] }
        defer { waiting.removeAll() }
        return waiting.map { token, isFailing in
            DeliveryReport(
                token: token,
                result: isFailing
                    ? .failure(Refused(failureClass: failureClass))
                    : .success(.init(partition: TopicPartition(KafkaTopic("t"), Partition(0)), offset: Offset(0))))
        }
    }
}
