/// Where a group's offsets are to be set: the scenarios of Kafka's own `kafka-consumer-groups --reset-offsets`. A pure
/// value; a plan turns it into offsets.
public enum GroupResetScenario: Equatable, Sendable {
    /// The oldest record still there.
    case earliest
    /// The end: what is there already is passed over.
    case latest
    /// Where the group is: for a plan that brings it back there later.
    case current
    /// This offset in every partition.
    case offset(Int64)
    /// So many records on, or back when negative.
    case shift(Int64)
    /// The first record made at or after this time, in milliseconds since 1970; the end where there is none.
    case time(Int64)

    /// The offset in one partition, kept between its ends.
    /// - Parameters:
    ///   - committed: the group's offset; nil when it has none.
    ///   - atTime: the answer to `time`; nil when no record is so young.
    /// - Returns: nil where the scenario begins at an offset that the group does not have.
    func offset(low: Int64, high: Int64, committed: Int64?, atTime: Int64?) -> Int64? {
        let wanted: Int64? =
            switch self {
            case .earliest: low
            case .latest: high
            case .current: committed
            case .offset(let offset): offset
            case .shift(let records): committed.map { Self.sum($0, records) }
            case .time: atTime ?? high
            }
        return wanted.map { min(max($0, low), high) }
    }

    private static func sum(_ offset: Int64, _ records: Int64) -> Int64 {
        let (sum, overflows) = offset.addingReportingOverflow(records)
        return overflows ? (records < 0 ? 0 : .max) : sum
    }
}
