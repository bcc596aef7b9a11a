internal import Dispatch
internal import GRDB

/// Interrupts the statement that a connection runs when its time is over.
struct SQLiteTimeLimit {
    private let timer: any DispatchSourceTimer

    init(_ database: DatabaseQueue, until deadline: ContinuousClock.Instant) {
        timer = DispatchSource.makeTimerSource(queue: .global(qos: .utility))
        let left = max(0, (deadline - ContinuousClock.now) / .milliseconds(1))
        timer.schedule(deadline: .now() + .milliseconds(Int(left)), repeating: .milliseconds(100))
        timer.setEventHandler { database.interrupt() }
        timer.resume()
    }

    func end() { timer.cancel() }
}
