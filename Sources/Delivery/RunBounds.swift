/// Where a bounded run ends in each partition. A pure value.
public struct RunBounds: Sendable {
    private let ends: [TopicPartition: Offset]
    private var open: Set<TopicPartition>

    /// Bounds by exclusive end offset.
    public init(_ ends: [TopicPartition: Offset]) {
        self.ends = ends
        self.open = Set(ends.filter { $0.value.rawValue > 0 }.keys)
    }

    /// Whether every partition was read to its end.
    public var areReached: Bool { open.isEmpty }

    /// Whether the record lies before its partition's end; notes when it is the last one.
    public mutating func admits(_ origin: TopicPartition, _ offset: Offset) -> Bool {
        guard let end = ends[origin] else { return false }
        if offset.next >= end { open.remove(origin) }
        return offset < end
    }

    /// The partition holds nothing before this offset that was not delivered.
    public mutating func reached(_ origin: TopicPartition, _ offset: Offset) {
        if let end = ends[origin], offset >= end { open.remove(origin) }
    }
}
