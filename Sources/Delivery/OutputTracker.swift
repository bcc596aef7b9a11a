/// Leads delivery reports back to the records that caused the outputs. A pure value.
struct OutputTracker {
    /// One record whose outputs are outstanding.
    struct Work {
        let record: ReceivedRecord
        let claim: DeliveryLedger.Claim
        /// Outputs enqueued and not yet reported, plus one while outputs are still being offered: a report that comes
        /// meanwhile must not make the record look complete.
        var outstanding = 1
        /// Why the record itself goes to the dead letters, once the rest is reported.
        var refusal: DeadLetterReason?
        /// The dead letter among the outputs, of a record that was refused.
        var letter: Letter?
    }

    /// A dead letter under way.
    struct Letter {
        /// Why the record was refused.
        let reason: DeadLetterReason
        /// Whether it goes without the record's bytes.
        let isStub: Bool
    }

    /// What a report led to.
    enum Progress {
        /// The report belongs to work that was given up, or more reports must come.
        case none
        /// Every output of the record is durable.
        case durable(Work)
        /// The record must go to the dead letters now.
        case refused(Work, DeadLetterReason)
        /// The output cannot be published.
        case failed(Work, any Error)

        /// The dead letter that is to be written next: of a record that was refused, or the stub of one that was too
        /// large to be stored whole.
        var nextLetter: (Work, Letter)? {
            switch self {
            case .none, .durable: return nil
            case .refused(let work, let reason): return (work, Letter(reason: reason, isStub: false))
            case .failed(let work, let error):
                guard let letter = work.letter, !letter.isStub,
                    (error as? any ClassifiedFailure)?.failureClass == .data
                else { return nil }
                return (work, Letter(reason: letter.reason, isStub: true))
            }
        }
    }

    private var nextToken: UInt64 = 1
    private var nextWork: UInt64 = 1
    private var owners: [DeliveryToken: UInt64] = [:]
    private var works: [UInt64: Work] = [:]

    /// Outputs enqueued and not yet reported.
    var outstanding: Int { owners.count }

    /// Whether outputs of records of these partitions are outstanding.
    func hasOutstanding(of partitions: Set<TopicPartition>) -> Bool {
        works.values.contains { partitions.contains($0.claim.origin) }
    }

    /// Starts tracking a record whose outputs are about to be offered; `finishOffering` ends that.
    mutating func start(_ work: Work) -> UInt64 {
        let id = nextWork
        nextWork += 1
        works[id] = work
        return id
    }

    /// The token for the next output of a record; `accept` it once the publisher has taken the output.
    mutating func token() -> DeliveryToken {
        defer { nextToken += 1 }
        return DeliveryToken(rawValue: nextToken)
    }

    /// The publisher took the output.
    mutating func accept(_ token: DeliveryToken, for id: UInt64) {
        owners[token] = id
        works[id]?.outstanding += 1
    }

    /// The record itself is at fault; its dead letter is due when nothing of it is outstanding.
    mutating func refuse(_ id: UInt64, _ reason: DeadLetterReason) { works[id]?.refusal = reason }

    /// Another dead letter takes the place of the one that the publisher did not take.
    mutating func replaceLetter(of id: UInt64, by letter: Letter) { works[id]?.letter = letter }

    /// All outputs of the record were offered.
    mutating func finishOffering(_ id: UInt64) -> Progress {
        works[id]?.outstanding -= 1
        return progress(id)
    }

    private mutating func progress(_ id: UInt64) -> Progress {
        guard let work = works[id], work.outstanding == 0 else { return .none }
        works[id] = nil
        if let refusal = work.refusal { return .refused(work, refusal) }
        return .durable(work)
    }

    /// Takes a report in.
    mutating func report(_ report: DeliveryReport) -> Progress {
        guard let id = owners.removeValue(forKey: report.token), let work = works[id] else { return .none }
        works[id]?.outstanding -= 1
        if case .failure(let error) = report.result {
            guard let failure = error as? any ClassifiedFailure, failure.failureClass == .data, work.letter == nil
            else {
                works[id] = nil
                return .failed(work, error)
            }
            works[id]?.refusal = DeadLetterReason(code: failure.code, message: "\(failure)", stage: "KAFKA_PRODUCE")
        }
        return progress(id)
    }

    /// Gives up one record; reports that still come lead nowhere.
    mutating func forget(_ id: UInt64) {
        works[id] = nil
        owners = owners.filter { $0.value != id }
    }

    /// Gives up every record of the partitions; reports that still come lead nowhere.
    mutating func forget(_ partitions: Set<TopicPartition>) {
        let gone = works.filter { partitions.contains($0.value.claim.origin) }.keys
        for id in gone { works[id] = nil }
        owners = owners.filter { works[$0.value] != nil }
    }

    /// Gives up every record.
    mutating func forgetAll() {
        works.removeAll()
        owners.removeAll()
    }
}
