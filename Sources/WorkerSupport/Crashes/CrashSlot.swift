internal import Delivery
internal import Foundation
internal import Synchronization

/// The place of the record in hand, in a file mapped into memory: a store into memory is all that a record costs, and
/// what was stored is in the file whatever ends the process (not what ends the machine).
///
/// The file is locked by its process for life; one that nobody locks was left behind by a process that died.
/// Owns the mapping and the descriptor. Used from one thread, and by the handler of fatal signals, which touches the
/// state alone.
final class CrashSlot {
    /// What a process was doing.
    enum State: UInt64 {
        /// No record in hand.
        case idle = 0
        /// A record in hand.
        case inHand = 1
        /// A record in hand when a fatal signal of the process's own came.
        case crashed = 2
    }

    /// A record's place, as a dead process left it.
    struct Place: Hashable {
        let topic: String
        let partition: Int32
        let offset: Int64
    }

    private static let bytes = 4_096
    private static let magic: UInt64 = 0x524F_5354_5255_4D32  // ROSTRUM2
    private static let topicBytes = 249
    // Words of the file, in order; the Kafka topic's name follows them.
    private static let (magicWord, stateWord, partitionWord, offsetWord, countWord) = (0, 1, 2, 3, 4)
    private static let (bootWord, memoryKillsWord, wordCount) = (5, 6, 7)
    /// How many words the partition stands behind the state.
    static let partitionFromState = 1

    /// A partition as it stands in its word.
    static func word(of partition: Partition) -> UInt64 { UInt64(bitPattern: Int64(partition.rawValue)) }

    let path: String
    private let descriptor: Int32
    private let memory: UnsafeMutableRawPointer
    private let words: UnsafeMutablePointer<Atomic<UInt64>>
    private var topic: KafkaTopic?

    /// What a dead process left behind.
    struct Left {
        let state: State
        let place: Place
        /// The machine when the process began; nil where it was not known.
        let machine: MachineLife?

        fileprivate static let nothing = Left(
            state: .idle, place: Place(topic: "", partition: 0, offset: 0), machine: nil)
    }

    /// Makes the file and locks it.
    /// - Parameter machine: the machine now, to tell later why the process died.
    init(path: String, machine: MachineLife?) throws(CrashFileError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw CrashFileError("make", path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let error = CrashFileError("lock", path)
            close(descriptor)
            unlink(path)
            throw error
        }
        // All of it is allocated now: a store into a hole of a file on a full disk would be a SIGBUS.
        let allocated = posix_fallocate(descriptor, 0, off_t(Self.bytes))
        guard allocated == 0 else {
            close(descriptor)
            unlink(path)
            throw CrashFileError("make room for", path, because: allocated)
        }
        let mapped = mmap(nil, Self.bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        guard let mapped, mapped != MAP_FAILED else {
            let error = CrashFileError("map", path)
            close(descriptor)
            unlink(path)
            throw error
        }
        self.path = path
        self.descriptor = descriptor
        memory = mapped
        words = mapped.bindMemory(to: Atomic<UInt64>.self, capacity: Self.wordCount)
        words[Self.bootWord].store(machine?.boot ?? 0, ordering: .relaxed)
        words[Self.memoryKillsWord].store(machine?.memoryKills ?? 0, ordering: .relaxed)
        words[Self.magicWord].store(Self.magic, ordering: .releasing)
    }

    /// A slot given back in order leaves no file.
    deinit {
        CrashSignals.forget(stateAddress)
        unlink(path)
        munmap(memory, Self.bytes)
        close(descriptor)
    }

    /// Where the handler of fatal signals finds the state.
    var stateAddress: UnsafeMutableRawPointer {
        memory + Self.stateWord * MemoryLayout<UInt64>.stride
    }

    /// The record is in hand. Its place is complete in the file before the state says so.
    func begin(_ origin: TopicPartition, _ offset: Offset) {
        if topic != origin.topic { write(origin.topic) }
        words[Self.partitionWord].store(Self.word(of: origin.partition), ordering: .relaxed)
        words[Self.offsetWord].store(UInt64(bitPattern: offset.rawValue), ordering: .relaxed)
        words[Self.stateWord].store(State.inHand.rawValue, ordering: .releasing)
    }

    /// No record is in hand.
    func end() { words[Self.stateWord].store(State.idle.rawValue, ordering: .releasing) }

    private func write(_ topic: KafkaTopic) {
        let name = Array(topic.rawValue.utf8.prefix(Self.topicBytes))
        words[Self.countWord].store(UInt64(name.count), ordering: .relaxed)
        (memory + Self.wordCount * MemoryLayout<UInt64>.stride).copyMemory(from: name, byteCount: name.count)
        self.topic = topic
    }

    /// What a slot holds that nobody locks, nil when its process lives or it cannot be read.
    static func abandoned(_ path: String) -> Left? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { return nil }
        var bytes = [UInt8](repeating: 0, count: Self.bytes)
        let count = read(descriptor, &bytes, bytes.count)
        // A process that died while it made its slot had no record in hand.
        guard count == Self.bytes else { return Left.nothing }
        return contents(bytes)
    }

    private static func contents(_ bytes: [UInt8]) -> Left {
        func word(_ index: Int) -> UInt64 {
            bytes.withUnsafeBytes { $0.load(fromByteOffset: index * MemoryLayout<UInt64>.stride, as: UInt64.self) }
        }
        let nameStart = wordCount * MemoryLayout<UInt64>.stride
        let nameCount = Int(min(word(countWord), UInt64(topicBytes)))
        guard word(magicWord) == magic, let state = State(rawValue: word(stateWord)),
            let topic = String(validating: bytes[nameStart..<(nameStart + nameCount)], as: UTF8.self),
            let partition = Int32(exactly: Int64(bitPattern: word(partitionWord)))
        else { return Left.nothing }
        let place = Place(topic: topic, partition: partition, offset: Int64(bitPattern: word(offsetWord)))
        let machine = word(bootWord) == 0 ? nil : MachineLife(boot: word(bootWord), memoryKills: word(memoryKillsWord))
        return Left(state: state, place: place, machine: machine)
    }
}

/// A file of the crash journal could not be used.
struct CrashFileError: Error, CustomStringConvertible {
    let description: String
    /// Whether it may pass without anybody's changing a setting: a full or a failing disk.
    let mayPass: Bool

    /// To be made at once, while `errno` stands, or with the number that a call gave instead.
    init(_ action: String, _ path: String, because number: Int32 = errno) {
        let reason = String(cString: strerror(number)).lowercased()
        description = "cannot \(action) '\(path)': \(reason)"
        mayPass = [ENOSPC, EDQUOT, EIO, ENFILE, EMFILE].contains(number)
    }
}
