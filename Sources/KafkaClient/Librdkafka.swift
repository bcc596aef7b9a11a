internal import CRdKafka

/// The C library underneath, as it runs now.
public enum Librdkafka {
    /// Its version, such as `2.0.2`.
    public static var version: String { String(cString: rd_kafka_version_str()) }

    /// Its version as `0xMMmmrrpp`, comparable.
    public static var versionNumber: Int { Int(rd_kafka_version()) }
}

/// How a group's partitions are shared out among its members.
public enum PartitionAssignor: String, CaseIterable, Equatable, Sendable {
    /// All partitions are given up and dealt anew at each rebalance.
    case range
    /// Only what moves is given up.
    case cooperativeSticky = "cooperative-sticky"

    /// The best that the running library does safely: cooperative-sticky from 2.6.1, whose predecessors could loop for
    /// ever in the assignor (librdkafka #4783) or, in 2.0.2, abort the process; else range.
    public static var recommended: PartitionAssignor { recommended(forVersion: Librdkafka.versionNumber) }

    static func recommended(forVersion version: Int) -> PartitionAssignor {
        version >= 0x0206_01ff ? .cooperativeSticky : .range
    }
}

extension Duration {
    /// Whole milliseconds for C, at least 0, at most what it takes.
    var milliseconds: Int32 {
        let (seconds, attoseconds) = components
        guard seconds < Int64(Int32.max) / 1000 - 1 else { return Int32.max }
        return Int32(max(seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000, 0))
    }
}
