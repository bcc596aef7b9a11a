internal import Delivery

/// The state of one redrive, on the loop's thread.
final class RedriveRun {
    private struct Place: Hashable {
        let partition: TopicPartition
        let offset: Offset
    }

    private let rules: RedriveRules
    private let selection: DeadLetterSelection
    private let maximum: Int
    private var passed = 0
    /// Records offered to be sent back; those of them on their way, by the place of their dead letter.
    private var offered = 0
    private var underWay: [Place: KafkaTopic] = [:]
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
        guard case .send(let topic) = verdict else { return .publish([]) }
        offered += 1
        summary.isAtMaximum = offered >= maximum
        underWay[Place(partition: letter.record.origin, offset: letter.record.offset)] = topic
        return .publish([letter.restored(to: topic)])
    }

    /// Counts what is done.
    func observe(_ event: DeliveryEvent, _ progress: (Int) -> Void) {
        guard case .completed(let origin, let offset) = event else { return }
        passed += 1
        if let topic = underWay.removeValue(forKey: Place(partition: origin, offset: offset)) {
            summary.countSent(to: topic)
        }
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
