/// What a chaotic run came to.
struct ChaosReport: CustomStringConvertible {
    let mode: ChaosMode
    let seed: UInt64
    var documents = 0
    /// Kills, by what was killed.
    var kills: [Victim: Int] = [:]
    /// Kills that met work in flight: records taken and not committed, documents on their way.
    var killsInFlight = 0
    /// Records that a worker took more than once.
    var redelivered = 0
    /// Events that a reader of committed transactions sees beyond the first of a document's record.
    var duplicates = 0
    /// Documents' records without an event, and documents without a current row set.
    var lost = 0
    /// Records put aside: a kill is no fault of the record that it meets.
    var deadLetters = 0
    /// Workers that ended without being killed, by what they said.
    var endedThemselves: [String] = []
    /// What the workers said last, where not all was done.
    var lastWords = ""
    /// What is wrong with the rows.
    var rowProblems: [String] = []

    var killsInAll: Int { kills.values.reduce(0, +) }

    var description: String {
        let each = Victim.allCases.compactMap { victim in kills[victim].map { "\(victim.rawValue) \($0)" } }
        return "chaos \(mode.rawValue), seed \(seed): \(killsInAll) kills (\(each.joined(separator: ", "))), "
            + "\(killsInFlight) in flight, \(redelivered) redelivered, \(duplicates) duplicates, \(lost) lost, \(deadLetters) put aside, "
            + "\(documents) documents, \(endedThemselves.count) ended by themselves"
    }
}

/// What is killed.
enum Victim: String, CaseIterable {
    case producer, classifier, sink, broker
}

/// The delivery mode under test, as `delivery.mode` has it.
enum ChaosMode: String, CaseIterable {
    case atLeastOnce = "at-least-once"
    case exactlyOnce = "exactly-once"
}
