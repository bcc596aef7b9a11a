import ArgumentParser
import Delivery
import Foundation
import Speeches
import KafkaClient
import WorkerSupport
import Workers

/// `rostrum deadletter …`: records that could not be processed.
struct DeadLetterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deadletter",
        abstract: "Shows the records that could not be processed, and sends them back once the cause is mended.",
        discussion: """
            Workers put a record that cannot be processed aside on the dead-letter topic, byte for byte, with headers that \
            say where it came from and why. Start with 'rostrum deadletter stats'.
            """,
        subcommands: [
            DeadLetterList.self, DeadLetterShow.self, DeadLetterStats.self, DeadLetterRedrive.self,
        ])

    enum Output: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    /// Every dead letter of a selection; how many were read shows on a terminal meanwhile.
    static func read(
        _ job: DeadLetterJob, _ selection: DeadLetterSelection, _ take: (DeadLetterFacts) -> Void
    ) throws {
        let progress = ProgressLine()
        defer { progress.clear() }
        try job.forEach(
            selection, until: StopRequest(), progress: { progress.show("\(DeadLetterText.letters($0)) read") },
            { take(DeadLetterFacts($0)) })
    }

    /// Blocking work on the cluster, its errors turned into the program's failures.
    static func work<Result: Sendable>(
        _ settings: Settings, _ body: @escaping @Sendable (DeadLetterJob) throws -> Result
    ) async throws -> Result {
        let logger = Logs(level: settings.log.level == .info ? .error : settings.log.level, format: settings.log.format)
            .logger("rostrum")
        do {
            return try await OwnThread.run("deadletter") { try body(DeadLetterJob(settings, logger: logger)) }
        } catch {
            throw ProgramFailure(error)
        }
    }
}

/// Which dead letters a command is about.
struct DeadLetterFilter: ParsableArguments {
    @Option(help: ArgumentHelp("Only with this error code; may be repeated.", valueName: "code"))
    var code: [String] = []

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Only records of this time or later: 2026-05-17, 2026-05-17T10:00:00Z, or -PT24H for the last 24 hours. It is the "
                + "record's own time.",
            valueName: "time"))
    var since: PointInTime?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Only records from before this time, given like --since.", valueName: "time"))
    var until: PointInTime?

    @Option(
        help: ArgumentHelp(
            "Only records that came from there: TOPIC, TOPIC/PARTITION or TOPIC/PARTITION/OFFSET.",
            valueName: "origin"))
    var origin: OriginArgument?

    var selection: DeadLetterSelection {
        var selection = DeadLetterSelection()
        selection.codes = Set(code)
        selection.since = since?.moment
        selection.until = until?.moment
        selection.origin = origin?.origin
        return selection
    }
}

/// An origin on a command line.
struct OriginArgument: ExpressibleByArgument {
    let origin: DeadLetterSelection.Origin

    init?(argument: String) {
        guard let origin = DeadLetterSelection.Origin(argument) else { return nil }
        self.origin = origin
    }
}

/// A point in time on a command line: a date, a date with time, or so much before now.
struct PointInTime: ExpressibleByArgument {
    let moment: DeadLetterSelection.Moment

    init?(argument text: String) {
        guard let date = Self.date(text) ?? Self.beforeNow(text, now: Date()) else { return nil }
        // Whole milliseconds of years 1 to 9999 fit by far.
        moment = .init(milliseconds: Int64((date.timeIntervalSince1970 * 1000).rounded()), text: text)
    }

    private static func date(_ text: String) -> Date? {
        // Foundation takes the 30th of February for a day in March.
        guard DeliveryDate(String(text.prefix(10))) != nil else { return nil }
        let plain = Date.ISO8601FormatStyle()
        let styles = [plain, Date.ISO8601FormatStyle(includingFractionalSeconds: true), plain.year().month().day()]
        return styles.lazy.compactMap { try? $0.parse(text) }.first
    }

    /// An ISO 8601 duration of days, hours, minutes and seconds with a minus before it.
    private static func beforeNow(_ text: String, now: Date) -> Date? {
        let pattern = /-P(?:(\d{1,5})D)?(?:T(?:(\d{1,7})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?/
        guard let match = text.wholeMatch(of: pattern) else { return nil }
        let parts = [(match.1, 86_400.0), (match.2, 3_600), (match.3, 60), (match.4, 1)]
        let given = parts.compactMap { digits, seconds in digits.flatMap { Double($0) }.map { $0 * seconds } }
        return given.isEmpty ? nil : now.addingTimeInterval(-given.reduce(0, +))
    }
}
