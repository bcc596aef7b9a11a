/// Makes outputs of a record. Throws a ``ClassifiedFailure``, or any other error to stop the loop.
public typealias RecordProcess = (ReceivedRecord) throws -> ProcessingOutcome

/// A record that was handed over for processing; never used twice.
public struct ProcessingID: Hashable, Sendable {
    private let number: UInt64
    private init(_ number: UInt64) { self.number = number }
    /// The first one of a loop.
    public static var first: ProcessingID { ProcessingID(1) }
    /// The next one.
    public var next: ProcessingID { ProcessingID(number + 1) }
}

/// A record that comes back processed.
public struct ProcessedRecord: Sendable {
    /// Which one.
    public let id: ProcessingID
    /// What came of it.
    public let result: Result<ProcessingOutcome, any Error>
    /// How long it took.
    public let took: Duration

    /// Names what came of a record.
    public init(id: ProcessingID, result: Result<ProcessingOutcome, any Error>, took: Duration) {
        self.id = id
        self.result = result
        self.took = took
    }
}

/// Where a ``DeliveryLoop`` has its records processed: ``InlineProcessing`` or a ``ProcessingPool``. Records may come back
/// in any order; the loop puts those of a partition into order again. Used from the loop's thread.
public protocol RecordProcessing: AnyObject {
    /// Records handed over and not yet taken back.
    var count: Int { get }
    /// Whether another record may be handed over now; false for a short time only.
    var hasRoom: Bool { get }
    /// Hands a record over.
    func submit(_ id: ProcessingID, _ record: ReceivedRecord)
    /// Takes back what is processed, waiting for the first at most the timeout.
    func finished(timeout: Duration) -> [ProcessedRecord]
    /// Processes nothing more that has not begun, and waits for what has, at most the limit.
    func close(within limit: Duration)
}

/// Processes each record at once on the thread that hands it over.
public final class InlineProcessing: RecordProcessing {
    private let clock: MonotonicClock
    private let hand: (any CrashHand)?
    private let process: RecordProcess
    private var waiting: [ProcessedRecord] = []

    /// Processes with a closure, on the thread that makes this.
    public init(crashes: (any CrashMemory)? = nil, clock: MonotonicClock = .system, process: @escaping RecordProcess) {
        self.clock = clock
        hand = crashes?.hand()
        hand?.adopt()
        self.process = process
    }

    /// Records processed and not yet taken back.
    public var count: Int { waiting.count }
    /// The thread has no more than one record in hand.
    public var hasRoom: Bool { true }

    /// Processes the record.
    public func submit(_ id: ProcessingID, _ record: ReceivedRecord) {
        waiting.append(.processing(id, record, with: hand, clock, process))
    }

    /// Takes back what is processed; there is nothing to wait for.
    public func finished(timeout: Duration) -> [ProcessedRecord] {
        guard !waiting.isEmpty else { return [] }
        defer { waiting.removeAll(keepingCapacity: true) }
        return waiting
    }

    /// Nothing is going on.
    public func close(within limit: Duration) {}
}

extension ProcessedRecord {
    /// Processes a record with the record in hand. A thrown error is no crash.
    static func processing(
        _ id: ProcessingID, _ record: ReceivedRecord, with hand: (any CrashHand)?, _ clock: MonotonicClock,
        _ process: RecordProcess
    ) -> ProcessedRecord {
        let began = clock.now()
        let result = Result { try hand.guarding(record, process) }
        return ProcessedRecord(id: id, result: result, took: clock.now() - began)
    }
}
