internal import Foundation
internal import Speeches

/// Where a replay begins or ends, as a person says it. A pure value; the planner turns it into offsets.
public enum ReplayBound: Equatable, Sendable {
    /// The oldest record still there.
    case earliest
    /// The end of the partition at the moment of planning.
    case latest
    /// This offset in every partition replayed.
    case offset(Int64)
    /// The first record made at or after this time, in milliseconds since 1970.
    case time(Int64)

    /// What may be written.
    public static let forms =
        "earliest, latest, offset:N, a time such as 2022-05-17 or 2022-05-17T09:30:00Z, or a duration back from now such "
        + "as -PT24H or -P30D"

    /// Reads a bound.
    /// - Parameters:
    ///   - text: one of `forms`; a date is midnight in UTC, a time without zone is in UTC.
    ///   - now: what durations count back from, in milliseconds since 1970.
    /// - Returns: nil when the text is none of them.
    public init?(_ text: String, now: Int64) {
        switch text {
        case "earliest": self = .earliest
        case "latest": self = .latest
        default:
            if text.hasPrefix("offset:") {
                guard let offset = Int64(text.dropFirst("offset:".count)), offset >= 0 else { return nil }
                self = .offset(offset)
            } else if text.hasPrefix("-P") || text.hasPrefix("P") {
                let digits = text.hasPrefix("-") ? text.dropFirst() : Substring(text)
                guard let back = Self.milliseconds(ofDuration: digits), back <= now else { return nil }
                self = .time(now - back)
            } else {
                guard let time = Self.milliseconds(ofTime: text), time >= 0 else { return nil }
                self = .time(time)
            }
        }
    }

    /// Whether a range from here to there can hold nothing, whatever is in the Kafka topic.
    public func isNotBefore(_ end: ReplayBound) -> Bool {
        switch (self, end) {
        case (.time(let start), .time(let end)), (.offset(let start), .offset(let end)): start >= end
        case (_, .earliest): true
        default: false
        }
    }

    /// RFC 3339, its zone, seconds or time of day left out.
    private static func milliseconds(ofTime text: String) -> Int64? {
        guard let parts = text.wholeMatch(of: /(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d)(:\d\d(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?/)
        else { return nil }
        let (_, date, minutes, seconds, zone) = parts.output
        // Foundation takes the 30th of February for a day in March.
        guard DeliveryDate(String(date)) != nil else { return nil }
        let full = "\(date)T\(minutes ?? "00:00")\(seconds ?? ":00")\(zone ?? "Z")"
        let styles = [false, true].map { Date.ISO8601FormatStyle(includingFractionalSeconds: $0) }
        let moment = styles.lazy.compactMap { try? $0.parse(full) }.first
        return moment.map { Int64(($0.timeIntervalSince1970 * 1000).rounded()) }
    }

    /// ISO 8601 durations of weeks, days, hours, minutes and seconds. Years and months have no fixed length and are
    /// refused.
    private static func milliseconds(ofDuration text: Substring) -> Int64? {
        let form = /P(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9})S)?)?/
        guard let match = text.wholeMatch(of: form)?.output else { return nil }
        let parts = [
            (match.1, 604_800), (match.2, 86_400), (match.3, 3_600), (match.4, 60), (match.5, 1),
        ]
        let given = parts.compactMap { part, unit in part.flatMap { Int64($0) }.map { $0 * Int64(unit) } }
        guard !given.isEmpty, text.last != "T" else { return nil }
        return given.reduce(0, +) * 1000
    }
}
