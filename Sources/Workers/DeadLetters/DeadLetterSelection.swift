public import Delivery

/// Which dead letters a command is about. Every part that is given must hold.
public struct DeadLetterSelection: Equatable, Sendable, CustomStringConvertible {
    /// Where a record came from, as far as a person wants to say: `TOPIC`, `TOPIC/PARTITION` or
    /// `TOPIC/PARTITION/OFFSET`.
    public struct Origin: Equatable, Sendable, CustomStringConvertible {
        /// The Kafka topic.
        public let topic: KafkaTopic
        /// The partition, nil for any.
        public let partition: Partition?
        /// The offset, nil for any.
        public let offset: Offset?

        /// Reads the text; nil when it is none of the three forms. A Kafka topic's name holds no slash.
        public init?(_ text: String) {
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            guard (1...3).contains(parts.count), !parts[0].isEmpty else { return nil }
            topic = KafkaTopic(String(parts[0]))
            let partition = parts.count > 1 ? Int32(parts[1]) : nil
            let offset = parts.count > 2 ? Int64(parts[2]) : nil
            guard (partition != nil) == (parts.count > 1), (offset != nil) == (parts.count > 2),
                partition ?? 0 >= 0, offset ?? 0 >= 0
            else { return nil }
            self.partition = partition.map { Partition($0) }
            self.offset = offset.map { Offset($0) }
        }

        /// As it was written.
        public var description: String {
            ([topic.rawValue] + [partition?.description, offset?.description].compactMap(\.self)).joined(separator: "/")
        }

        fileprivate func holds(_ letter: ReceivedDeadLetter) -> Bool {
            guard let origin = letter.origin, origin.topic == topic else { return false }
            if let partition, origin.partition != partition { return false }
            if let offset, letter.offset != offset { return false }
            return true
        }
    }

    /// A point in time, as a person gave it.
    public struct Moment: Equatable, Sendable {
        /// Milliseconds since 1970.
        public let milliseconds: Int64
        /// The words, such as `-PT24H`: two runs with the same words are about the same selection.
        public let text: String
        /// Names a moment.
        public init(milliseconds: Int64, text: String) {
            self.milliseconds = milliseconds
            self.text = text
        }
    }

    /// Codes of errors, any of them; empty for all.
    public var codes: Set<String> = []
    /// The earliest time of the records.
    public var since: Moment?
    /// The moment that the records' times must lie before.
    public var until: Moment?
    /// Where the records came from.
    public var origin: Origin?

    /// Everything.
    public init() {}

    /// Whether the dead letter is meant. One without a time is meant whatever times are given.
    public func holds(_ letter: ReceivedDeadLetter) -> Bool {
        if !codes.isEmpty, !codes.contains(letter.code ?? "") { return false }
        if let origin, !origin.holds(letter) { return false }
        guard let time = letter.record.timestamp?.milliseconds else { return true }
        if let since, time < since.milliseconds { return false }
        if let until, time >= until.milliseconds { return false }
        return true
    }

    /// The parts that are given, one way for one selection; empty for everything.
    public var description: String {
        let parts = [
            codes.isEmpty ? nil : "code=" + codes.sorted().joined(separator: "+"), origin.map { "origin=\($0)" },
            since.map { "since=\($0.text)" }, until.map { "until=\($0.text)" },
        ]
        return parts.compactMap(\.self).joined(separator: ",")
    }
}
