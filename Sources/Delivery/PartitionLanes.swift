/// The records of each partition from the moment they are taken until their outputs are offered, in order, whatever the
/// order in which they come back from processing. A pure value.
///
/// A record that must be tried again waits at the front of its lane; everything behind it waits with it, and other
/// lanes go on.
struct PartitionLanes {
    /// A record in its lane.
    struct Entry {
        let record: ReceivedRecord
        let claim: DeliveryLedger.Claim
        /// Attempts made so far, the one under way included.
        var attempts = 1
        /// When the first attempt failed.
        var failedFirst: Duration?
        var state: State
    }

    /// What is to become of a record.
    enum State {
        /// It is being processed.
        case processing(ProcessingID)
        /// It came back.
        case processed(ProcessedRecord)
        /// It must not be processed: this is its only output.
        case refused(OutputTracker.Letter)
        /// The next attempt is due at this time.
        case waiting(until: Duration)
    }

    private struct Lane {
        /// What was begun, from `head` on.
        var entries: [Entry?] = []
        var head = 0
        /// Places before this one were removed from `entries`.
        var base = 0
        /// What arrived behind a record that waits, before the pause took effect; not begun.
        var backlog: [ReceivedRecord] = []

        var first: Entry? { head < entries.count ? entries[head] : nil }
        var isWaiting: Bool { due != nil }
        var due: Duration? {
            if case .waiting(let due) = first?.state { due } else { nil }
        }
        /// Whether its first record is ready to be taken out.
        var isReady: Bool {
            switch first?.state {
            case .processed, .refused: true
            case .processing, .waiting, nil: false
            }
        }
        var isMoving: Bool { first != nil && !isWaiting }

        mutating func append(_ entry: Entry) -> Int {
            if head > 64, head * 2 > entries.count {
                entries.removeFirst(head)
                base += head
                head = 0
            }
            entries.append(entry)
            return base + entries.count - 1
        }

        /// Takes the first entry out.
        mutating func removeFirst() -> Entry? {
            guard let entry = first else { return nil }
            entries[head] = nil
            head += 1
            return entry
        }

        /// Puts back the entry taken out last.
        mutating func putBack(_ entry: Entry) {
            if head == 0 {
                entries.insert(entry, at: 0)
                base -= 1
            } else {
                head -= 1
                entries[head] = entry
            }
        }
    }

    private var numbers: [TopicPartition: Int] = [:]
    private var lanes: [Lane] = []
    private var places: [ProcessingID: (lane: Int, place: Int)] = [:]
    /// Lanes whose first record is ready, each once.
    private var ready: [Int] = []
    private var waitingLanes = 0

    /// Whether there is no record in any lane.
    var isEmpty: Bool { lanes.allSatisfy { $0.first == nil && $0.backlog.isEmpty } }
    /// The partitions that wait for a retry.
    var waiting: Set<TopicPartition> {
        waitingLanes == 0 ? [] : Set(numbers.filter { lanes[$0.value].isWaiting }.keys)
    }
    /// Whether a record has its turn.
    var hasReady: Bool { !ready.isEmpty }
    /// Whether no partition waits for a retry.
    var noneWaits: Bool { waitingLanes == 0 }
    /// When the next retry is due.
    var nextDue: Duration? { waitingLanes == 0 ? nil : lanes.compactMap(\.due).min() }
    /// Whether records are on their way that wait for nothing but their processing, of these partitions or of all.
    func isMoving(_ partitions: Set<TopicPartition>? = nil) -> Bool {
        guard let partitions else { return lanes.contains(where: \.isMoving) }
        return partitions.contains { numbers[$0].map { lanes[$0].isMoving } ?? false }
    }

    private mutating func number(of origin: TopicPartition) -> Int {
        if let number = numbers[origin] { return number }
        lanes.append(Lane())
        numbers[origin] = lanes.count - 1
        return lanes.count - 1
    }

    /// Puts a record behind what waits in its partition, if that waits for a retry. Returns the length of the backlog
    /// then.
    mutating func appendBehindWaiting(_ record: ReceivedRecord) -> Int? {
        guard waitingLanes > 0, let number = numbers[record.origin], lanes[number].isWaiting else { return nil }
        lanes[number].backlog.append(record)
        return lanes[number].backlog.count
    }

    /// Takes the next record that arrived behind one that waited, once that waits no more.
    mutating func takeBacklog(of origin: TopicPartition) -> ReceivedRecord? {
        guard let number = numbers[origin], !lanes[number].isWaiting, !lanes[number].backlog.isEmpty else { return nil }
        return lanes[number].backlog.removeFirst()
    }

    /// Puts a record at the end of its lane.
    mutating func append(_ entry: Entry) {
        let number = number(of: entry.claim.origin)
        let place = lanes[number].append(entry)
        if case .processing(let id) = entry.state { places[id] = (number, place) }
        if lanes[number].isReady, place - lanes[number].base == lanes[number].head { ready.append(number) }
    }

    /// A record came back from processing. One that is not looked for any more is passed over.
    mutating func finish(_ processed: ProcessedRecord) {
        guard let (number, place) = places.removeValue(forKey: processed.id) else { return }
        let index = place - lanes[number].base
        lanes[number].entries[index]?.state = .processed(processed)
        if index == lanes[number].head { ready.append(number) }
    }

    /// Takes out the next record whose turn it is to be published or refused.
    mutating func takeReady() -> Entry? {
        guard let number = ready.first else { return nil }
        let entry = lanes[number].removeFirst()
        if !lanes[number].isReady { ready.removeFirst() }
        return entry
    }

    /// The record taken out last must be tried again, not before the time.
    mutating func wait(_ entry: Entry, until due: Duration) {
        guard let number = numbers[entry.claim.origin] else { return }
        var entry = entry
        entry.state = .waiting(until: due)
        lanes[number].putBack(entry)
        ready.removeAll { $0 == number }
        waitingLanes += 1
    }

    /// A record whose retry is due; it is being processed under the id from now on.
    mutating func takeDue(at now: Duration, processingAs id: ProcessingID) -> Entry? {
        guard waitingLanes > 0 else { return nil }
        let due = numbers.filter { lanes[$0.value].due.map { $0 <= now } ?? false }
        guard let number = due.min(by: { $0.key < $1.key })?.value else { return nil }
        let head = lanes[number].head
        lanes[number].entries[head]?.state = .processing(id)
        lanes[number].entries[head]?.attempts += 1
        places[id] = (number, lanes[number].base + head)
        waitingLanes -= 1
        return lanes[number].entries[head]
    }

    /// Forgets what waits for a retry, and what is behind it.
    mutating func forgetWaiting() { forget { $0.isWaiting } }

    /// Forgets partitions; what still comes back of them is passed over.
    mutating func forget(_ partitions: some Sequence<TopicPartition>) {
        let gone = Set(partitions.compactMap { numbers[$0] })
        for number in gone { empty(number) }
    }

    /// The same of those among the partitions that wait for a retry.
    mutating func forgetWaiting(of partitions: some Sequence<TopicPartition>) {
        forget(partitions.filter { numbers[$0].map { lanes[$0].isWaiting } ?? false })
    }

    /// Forgets all.
    mutating func forgetAll() { forget { _ in true } }

    private mutating func forget(_ isGone: (Lane) -> Bool) {
        for number in lanes.indices where isGone(lanes[number]) { empty(number) }
    }

    private mutating func empty(_ number: Int) {
        if lanes[number].isWaiting { waitingLanes -= 1 }
        for case .processing(let id) in lanes[number].entries.compactMap({ $0?.state }) { places[id] = nil }
        lanes[number] = Lane()
        ready.removeAll { $0 == number }
    }
}
