/// Decides which of many equal messages are written: the first few of each kind in an interval, then one more at the
/// interval's end with the count of those left out. A value without a clock; the caller gives the time.
struct RepeatLimiter {
    /// What to do with a message.
    enum Decision: Equatable {
        /// Write it; so many like it were left out before.
        case write(leftOut: Int)
        /// Leave it out.
        case leaveOut
    }

    private struct Window {
        var start: Duration
        var written: Int
        var leftOut: Int
    }

    /// How many of a kind an interval lets through.
    let burst: Int
    /// How long an interval is.
    let interval: Duration
    /// How many kinds are remembered; the one whose interval began first is forgotten when there are more.
    let capacity: Int
    private var windows: [String: Window] = [:]

    init(burst: Int = 5, interval: Duration = .seconds(10), capacity: Int = 512) {
        self.burst = burst
        self.interval = interval
        self.capacity = capacity
    }

    mutating func admit(_ kind: String, at now: Duration) -> Decision {
        guard var window = windows[kind], now < window.start + interval else {
            let leftOut = windows[kind]?.leftOut ?? 0
            if windows[kind] == nil { makeRoom() }
            windows[kind] = Window(start: now, written: 1, leftOut: 0)
            return .write(leftOut: leftOut)
        }
        if window.written < burst {
            window.written += 1
        } else {
            window.leftOut += 1
        }
        windows[kind] = window
        return window.leftOut == 0 ? .write(leftOut: 0) : .leaveOut
    }

    /// Everything left out so far and not yet told, by kind; for the end of a program.
    mutating func takeLeftOut() -> [(kind: String, count: Int)] {
        let untold = windows.filter { $0.value.leftOut > 0 }.map { (kind: $0.key, count: $0.value.leftOut) }
        windows.removeAll()
        return untold.sorted { $0.kind < $1.kind }
    }

    private mutating func makeRoom() {
        guard windows.count >= capacity, let oldest = windows.min(by: { $0.value.start < $1.value.start }) else {
            return
        }
        windows[oldest.key] = nil
    }
}
