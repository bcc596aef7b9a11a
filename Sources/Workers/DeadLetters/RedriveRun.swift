internal import Delivery

/// The state of one redrive, on the loop's thread.
final class RedriveRun {
    private let rules: RedriveRules
    private let selection: DeadLetterSelection
    private let maximum: Int
    private var passed = 0
    var summary = RedriveSummary()

    init(_ rules: RedriveRules, _ selection: DeadLetterSelection, _ options: DeadLetterJob.RedriveOptions) {
        self.rules = rules
        self.selection = selection
        maximum = options.maximum ?? .max
    }

    /// The record to send back, if any. One that stays or is not meant is done with at once: the group goes past it.
    func outcome(of letter: ReceivedDeadLetter) -> ProcessingOutcome {
        let verdict = selection.holds(letter) ? rules.verdict(on: letter) : nil
        summary.count(letter, verdict)
        summary.isAtMaximum = summary.sent >= maximum
        guard case .send(let topic) = verdict else { return .publish([]) }
        return .publish([letter.restored(to: topic)])
    }

    /// Counts what is done.
    func observe(_ event: DeliveryEvent, _ progress: (Int) -> Void) {
        guard case .completed = event else { return }
        passed += 1
        progress(passed)
    }
}

/// A source that starts at given places, whatever the group has committed.
final class PositionedSource<Source: RecordSource>: RecordSource {
    private let source: Source
    /// Places not used yet: a partition that goes and comes back goes on where it was committed.
    private var starts: [TopicPartition: Offset]

    init(_ source: Source, startingAt starts: [TopicPartition: Offset]) {
        self.source = source
        self.starts = starts
    }

    func poll(timeout: Duration) throws -> SourceEvent? { try source.poll(timeout: timeout) }
    func take(_ partitions: [TopicPartition], startingAt starts: [TopicPartition: Offset]) throws {
        var places = starts
        for partition in partitions {
            if let start = self.starts.removeValue(forKey: partition) { places[partition] = start }
        }
        try source.take(partitions, startingAt: places)
    }
    func release(_ partitions: [TopicPartition]) throws { try source.release(partitions) }
    func pause(_ partitions: [TopicPartition]) throws { try source.pause(partitions) }
    func resume(_ partitions: [TopicPartition]) throws { try source.resume(partitions) }
    func seek(to offsets: [TopicPartition: Offset]) throws { try source.seek(to: offsets) }
    func commit(_ offsets: [TopicPartition: Offset], timeout: Duration) throws {
        try source.commit(offsets, timeout: timeout)
    }
    func close(within limit: Duration) { source.close(within: limit) }
}
