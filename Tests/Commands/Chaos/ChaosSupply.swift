import Foundation
import Testing

/// Documents that keep coming: a producer at a time publishes a folder of speeches, slowly. One that is killed is
/// started again on its folder and publishes all of it.
final class ChaosSupply {
    static let documentsPerWave = 60

    private let area: KafkaArea
    private var folder: DocumentFolder
    private var producer: RunningProgram
    private(set) var waves = 1
    private(set) var kills = 0
    private(set) var killsInFlight = 0
    private var isEnding = false

    init(_ area: KafkaArea) throws {
        self.area = area
        folder = try Self.wave(1)
        producer = try Self.start(area, folder)
    }

    /// Documents published by all waves begun.
    var documents: Int { waves * Self.documentsPerWave }

    /// Whether a producer is at work.
    var isPublishing: Bool { producer.isRunning }

    /// Begins the next wave when this one is published. Returns false when there will be no other.
    @discardableResult
    func tend() throws -> Bool {
        guard !producer.isRunning else { return true }
        let ended = try producer.end()
        if ended.code == 0 {
            if isEnding { return false }
            waves += 1
            folder = try Self.wave(waves)
        }
        // With another code the broker was away for too long: whoever runs a producer runs it again.
        producer = try Self.start(area, folder)
        return true
    }

    /// kill -9 of the producer, and another on the same folder.
    func kill() throws {
        if producer.isRunning { killsInFlight += 1 }
        kills += 1
        producer.killNow()
        producer = try Self.start(area, folder)
    }

    /// Lets this wave be the last.
    func end() { isEnding = true }

    private static func start(_ area: KafkaArea, _ folder: DocumentFolder) throws -> RunningProgram {
        try area.start(
            "rostrum-producer", ["ROSTRUM_DELIVERY_MAX_IN_FLIGHT_RECORDS": "2"], arguments: [folder.path])
    }

    private static func wave(_ number: Int) throws -> DocumentFolder {
        try DocumentFolder(documentsPerWave, named: "wave-\(number)")
    }
}
