import WorkerSupport
import Workers

/// One picture of `rostrum top`: exactly as many lines as the terminal has, none wider than it.
struct TopScreen {
    /// What is shown; nil before the first look has come back.
    var status: InstallationStatus?
    /// Records a second by Kafka topic, documents a second by a worker's address.
    var rates: [String: Double] = [:]
    /// Whether looking is held.
    var isPaused = false
    /// Whether a look is under way.
    var isLooking = false
    /// Seconds between looks.
    var interval: Int
    /// How many lines of the body are scrolled away.
    var scrolled = 0

    /// The least that anything can be shown on.
    static let smallest = (width: 40, height: 8)

    /// The lines of the body, before they are cut.
    var body: [String] {
        guard let status else { return ["looking…"] }
        // What is wrong comes first: on a small terminal it must not be below the edge.
        var lines = status.problems.isEmpty ? ["no problems"] : StatusText.problems(status)
        for part in [
            StatusText.topics(status, rates), StatusText.groups(status), StatusText.workers(status, rates),
            StatusText.rest(status),
        ] where !part.isEmpty {
            lines += [""] + part
        }
        return lines
    }

    /// The picture.
    func lines(width: Int, height: Int) -> [String] {
        let (width, height) = (max(width, Self.smallest.width), max(height, Self.smallest.height))
        let title = "rostrum top  " + (status.map(StatusText.title) ?? "")
        let room = height - 3
        let body = body.flatMap { Self.wrapped($0, width) }
        let start = min(scrolled, max(body.count - room, 0))
        var shown = Array(body[start..<min(start + room, body.count)])
        if start + room < body.count, !shown.isEmpty {
            shown[shown.count - 1] = "… \(body.count - start - room + 1) more lines (down)"
        }
        shown += Array(repeating: "", count: room - shown.count)
        let state = isPaused ? "paused" : isLooking ? "looking" : "every \(interval) s"
        let keys = "q quit  p pause  r look now  + - interval  up down scroll  [\(state)]"
        return ([title, ""] + shown + [keys]).map { Self.cut($0, width) }
    }

    /// How far one can scroll.
    func scrollMax(width: Int, height: Int) -> Int {
        max(body.flatMap { Self.wrapped($0, max(width, Self.smallest.width)) }.count - (max(height, 8) - 3), 0)
    }

    private static func cut(_ line: String, _ width: Int) -> String {
        line.count <= width ? line : line.prefix(width - 1) + "…"
    }

    /// Sentences are wrapped at words, with an indent; tables are cut at the edge instead.
    private static func wrapped(_ line: String, _ width: Int) -> [String] {
        guard line.hasPrefix("  "), line.count > width else { return [line] }
        var lines: [String] = []
        var current = " "
        for word in line.split(separator: " ") {
            if current.count + word.count + 1 > width {
                lines.append(current)
                current = "   "
            }
            current += " " + word
        }
        return lines + [current]
    }
}
