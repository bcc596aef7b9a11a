import Delivery
import TestSupport

/// Processes records in any order, a few at a time, as threads might.
final class ShuffledProcessing: RecordProcessing {
    private let process: RecordProcess
    private var random: SeededGenerator
    private let capacity: Int
    private var waiting: [(id: ProcessingID, record: ReceivedRecord)] = []
    private(set) var mostWaiting = 0
    private(set) var isClosed = false

    init(seed: UInt64, capacity: Int = 4, _ process: @escaping RecordProcess) {
        random = SeededGenerator(seed: seed)
        self.capacity = capacity
        self.process = process
    }

    var count: Int { waiting.count }
    var hasRoom: Bool { count < capacity }

    func submit(_ id: ProcessingID, _ record: ReceivedRecord) {
        waiting.append((id, record))
        mostWaiting = max(mostWaiting, waiting.count)
    }

    func finished(timeout: Duration) -> [ProcessedRecord] {
        guard !waiting.isEmpty else { return [] }
        let number = Int.random(in: (timeout > .zero ? 1 : 0)...waiting.count, using: &random)
        return (0..<number).map { _ in
            let (id, record) = waiting.remove(at: Int.random(in: waiting.indices, using: &random))
            return ProcessedRecord(id: id, result: Result { try process(record) }, took: .zero)
        }
    }

    func close(within limit: Duration) { isClosed = true }
}
