public import Delivery
public import WorkerSupport

/// Whether a dead letter goes back to where its record came from, and where that is. A pure value.
public struct RedriveRules: Equatable, Sendable {
    /// What becomes of a dead letter.
    public enum Verdict: Equatable, Sendable {
        /// Its record goes to this Kafka topic.
        case send(KafkaTopic)
        /// It stays where it is.
        case hold(Hold)
    }

    /// Why a dead letter is not sent back.
    public enum Hold: String, CaseIterable, Sendable {
        /// It came back so often already that once more would not help.
        case redriveLimit = "redrive_limit"
        /// Its headers do not say where it came from.
        case noOrigin = "no_origin"
        /// It came from a Kafka topic that is none of this installation's: a header could name any.
        case foreignOrigin = "foreign_origin"
        /// It does not hold the record, which was too large; the record stands at its origin.
        case incomplete = "incomplete"

        /// The reason for people, with the way out.
        public var explanation: String {
            switch self {
            case .redriveLimit:
                "sent back so often already as delivery.redriveLimit allows; mend what refuses them, then raise it"
            case .noOrigin: "their headers do not say where they came from; others than Rostrum's workers wrote them"
            case .foreignOrigin:
                "they came from a Kafka topic that this installation's workers do not read; check kafkaTopics.…"
            case .incomplete: "too large for the dead-letter topic, which holds only their place; publish them again"
            }
        }
    }

    private let routes: Set<KafkaTopic>
    private let limit: Int

    /// The rules of an installation: records go back to what its workers read.
    public init(_ settings: Settings) {
        let names = settings.kafkaTopics
        routes = Set([names.documents, names.classified, names.candidate].map { KafkaTopic($0) })
        limit = settings.delivery.redriveLimit
    }

    /// What becomes of a dead letter.
    public func verdict(on letter: ReceivedDeadLetter) -> Verdict {
        guard let origin = letter.origin else { return .hold(.noOrigin) }
        guard routes.contains(origin.topic) else { return .hold(.foreignOrigin) }
        if letter.omittedBytes != nil { return .hold(.incomplete) }
        return letter.redriveCount < limit ? .send(origin.topic) : .hold(.redriveLimit)
    }
}

/// What a redrive did, or would do.
public struct RedriveSummary: Equatable, Sendable {
    /// Dead letters read.
    public internal(set) var read = 0
    /// Those that the selection holds.
    public internal(set) var chosen = 0
    /// Records sent back, which the brokers have; of a plan, those to be sent.
    public internal(set) var sent = 0
    /// Records sent back, by Kafka topic.
    public internal(set) var routes: [String: Int] = [:]
    /// Chosen dead letters by the error's code.
    public internal(set) var codes: [String: Int] = [:]
    /// Chosen dead letters that stay where they are, by the reason.
    public internal(set) var held: [RedriveRules.Hold: Int] = [:]
    /// Whether it ended at the number of records that was allowed.
    public internal(set) var isAtMaximum = false
    /// Whether it ended before its end: told to stop, or without the brokers' word on all that was sent. The same call
    /// goes on; what was not committed is sent again.
    public internal(set) var isInterrupted = false

    /// Nothing done.
    public init() {}

    /// 0 everything chosen is sent back, 3 some stay where they are, 1 it was stopped before its end.
    public var exitCode: ExitCode {
        if isInterrupted { return .failed }
        return held.isEmpty ? .done : .problemsFound
    }

    /// Counts a dead letter; the verdict is nil for one that the selection does not hold.
    mutating func count(_ letter: ReceivedDeadLetter, _ verdict: RedriveRules.Verdict?) {
        read += 1
        guard let verdict else { return }
        chosen += 1
        DeadLetterStatistics.count(letter.code, in: &codes)
        if case .hold(let reason) = verdict { held[reason, default: 0] += 1 }
    }

    /// Counts a record that the brokers have, or one that would be sent.
    mutating func countSent(to topic: KafkaTopic) {
        sent += 1
        routes[topic.rawValue, default: 0] += 1
    }
}
