import Foundation
import Testing

/// A worker and its supervisor: starts it again when it is killed or ends, and remembers what its lives took.
final class ChaosWorker {
    /// What one life took, and whether it was killed.
    struct Life {
        let taken: [String]
        let wasKilled: Bool
    }

    let victim: Victim
    private let start: () throws -> RunningProgram
    private(set) var program: RunningProgram
    private(set) var lives: [Life] = []
    /// How lives ended that were not killed.
    private(set) var ends: [String] = []

    init(_ victim: Victim, start: @escaping () throws -> RunningProgram) throws {
        self.victim = victim
        self.start = start
        program = try start()
    }

    /// Starts it again if it has ended by itself.
    func tend() throws {
        guard !program.isRunning else { return }
        let ended = try program.end()
        let reason = ended.errors.split(separator: "\n").last { $0.contains("cannot go on") } ?? "no reason given"
        ends.append("\(victim.rawValue) ended with \(ended.code): \(reason)")
        lives.append(Life(taken: program.recordsTaken, wasKilled: false))
        program = try start()
    }

    /// Whether this life has taken so many records already.
    func hasTaken(_ records: Int) -> Bool {
        program.errors.components(separatedBy: "\"record taken\"").count > records
    }

    /// kill -9, and a new life.
    func kill() throws {
        program.killNow()
        lives.append(Life(taken: program.recordsTaken, wasKilled: true))
        program = try start()
    }

    /// SIGTERM, and the end; it must come to 0.
    func stop() throws {
        program.send(SIGTERM)
        let ended = try program.end(within: .seconds(90))
        #expect(ended.code == 0, "\(victim.rawValue): \(ended.errors.suffix(2000))")
        lives.append(Life(taken: program.recordsTaken, wasKilled: false))
    }

    /// What it said in this life and is not about single records; the end of it.
    var lastWords: String {
        let lines = program.errors.split(separator: "\n").filter { !$0.contains("\"level\":\"trace\"") }
        return "\(victim.rawValue), \(program.isRunning ? "running" : "ended"):\n"
            + lines.suffix(20).joined(separator: "\n")
    }

    /// Records taken by one life and again by a later one.
    var redelivered: Int {
        let all = lives.flatMap(\.taken)
        return all.count - Set(all).count
    }

    /// Kills of lives whose last records had to be taken again.
    var killsInFlight: Int {
        lives.indices.filter { index in
            guard lives[index].wasKilled, index + 1 < lives.count else { return false }
            let later = Set(lives[(index + 1)...].flatMap(\.taken))
            return lives[index].taken.contains { later.contains($0) }
        }.count
    }
}
