internal import Foundation

/// How often processes died with which record in hand, as it stands in a file that the workers of a group share.
struct CrashCounts: Codable, Equatable {
    /// The deaths of one record.
    struct Entry: Codable, Equatable {
        let topic: String
        let partition: Int32
        let offset: Int64
        /// Deaths of the process's own: by a fatal signal, or since it stood still.
        var crashes = 0
        /// Deaths that may have been for want of memory.
        var kills = 0
        /// Deaths that somebody else caused.
        var outside: Int? = 0

        /// Keeps the numbers where they can be added, whatever a file held.
        fileprivate mutating func bound() {
            crashes = min(max(crashes, 0), CrashCounts.deathsAtMost)
            kills = min(max(kills, 0), CrashCounts.deathsAtMost)
            outside = min(max(outside ?? 0, 0), CrashCounts.deathsAtMost)
        }

        /// Whether the record is to be refused. A crash proves something against it; want of memory may have had another
        /// reason and needs one death more. Who kills from outside hits any record, but hardly the same one again and
        /// again: so many deaths in a row say that no process gets over it, and that what stands behind it must go on.
        func isRefused(limit: Int) -> Bool {
            crashes >= limit || crashes + kills > limit
                || crashes + kills + (outside ?? 0) >= limit * CrashCounts.deathsFromOutside
        }
    }

    /// Records remembered; the one that was noted first is forgotten when there are more.
    static let capacity = 1_000
    private static let fileBytes = 1_048_576
    /// Deaths from outside that weigh as much as a crash.
    static let deathsFromOutside = 5
    /// More deaths than this are not told apart.
    private static let deathsAtMost = 1_000_000

    private var version = 1
    /// In the order in which they were first noted.
    private(set) var entries: [Entry] = []

    init() {}

    subscript(place: CrashSlot.Place) -> Entry? { index(of: place).map { entries[$0] } }

    /// A process died with the record in hand.
    mutating func note(_ place: CrashSlot.Place, _ cause: CauseOfDeath) -> Entry {
        let index =
            index(of: place)
            ?? {
                if entries.count >= Self.capacity { entries.removeFirst() }
                entries.append(Entry(topic: place.topic, partition: place.partition, offset: place.offset))
                return entries.count - 1
            }()
        switch cause {
        case .crash: entries[index].crashes += 1
        case .perhapsMemory: entries[index].kills += 1
        case .outside: entries[index].outside = (entries[index].outside ?? 0) + 1
        case .machine: break
        }
        entries[index].bound()
        return entries[index]
    }

    /// The record did no harm after all.
    mutating func forget(_ place: CrashSlot.Place) {
        if let index = index(of: place) { entries.remove(at: index) }
    }

    private func index(of place: CrashSlot.Place) -> Int? {
        entries.firstIndex {
            $0.offset == place.offset && $0.partition == place.partition && $0.topic == place.topic
        }
    }

    /// Reads the file; nothing when there is none.
    /// - Throws: when it is there and is not a file of ours.
    static func read(_ path: String) throws -> CrashCounts {
        guard let handle = FileHandle(forReadingAtPath: path) else { return CrashCounts() }
        defer { try? handle.close() }
        let data = try handle.read(upToCount: fileBytes) ?? Data()
        var counts = try JSONDecoder().decode(CrashCounts.self, from: data)
        counts.entries = counts.entries.suffix(capacity)
        for index in counts.entries.indices { counts.entries[index].bound() }
        return counts
    }

    /// Writes the file anew, whole or not at all.
    func write(_ path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(self).write(to: URL(filePath: path), options: .atomic)
    }
}
