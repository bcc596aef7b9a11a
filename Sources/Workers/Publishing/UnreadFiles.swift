/// Files of a watched folder that could not be opened or read, and when each is tried again. A pure value.
///
/// The next attempt is due after two seconds, each later one after twice as long, at most a minute. A file that cannot be
/// opened is tried for as long as it stands there. One that breaks off after documents of it were published is given up
/// after twenty attempts, a quarter of an hour: each of them reads back what was published since the first, so that its
/// documents are not published again, and the longer it waits the more that is.
struct UnreadFiles {
    /// Attempts at a file of which a part is published.
    static let partAttemptsMax = 20
    private static let firstWait = Duration.seconds(2)
    private static let waitMax = Duration.seconds(60)

    private struct Attempts {
        var next: Duration
        var wait: Duration
        var partly = 0
    }

    private var files: [FileVersion: Attempts] = [:]

    /// How many there are.
    var count: Int { files.count }

    func contains(_ version: FileVersion) -> Bool { files[version] != nil }

    /// Whether it is too early for another attempt.
    func isResting(_ version: FileVersion, at now: Duration) -> Bool {
        files[version].map { now < $0.next } ?? false
    }

    /// Notes that a file could not be read.
    /// - Parameter isPart: whether documents of it came before the reading failed.
    /// - Returns: whether it is tried again; otherwise it is forgotten.
    mutating func note(_ version: FileVersion, isPart: Bool, at now: Duration) -> Bool {
        var attempts = files[version] ?? Attempts(next: now, wait: Self.firstWait)
        attempts.next = now + attempts.wait
        attempts.wait = min(attempts.wait * 2, Self.waitMax)
        if isPart { attempts.partly += 1 }
        files[version] = attempts.partly < Self.partAttemptsMax ? attempts : nil
        return attempts.partly < Self.partAttemptsMax
    }

    /// Notes that a file was read.
    mutating func remove(_ version: FileVersion) { files[version] = nil }

    /// Forgets files that are gone or have changed.
    mutating func keep(where isThere: (FileVersion) -> Bool) { files = files.filter { isThere($0.key) } }
}
