public import Delivery
internal import Logging
public import SpeechFormats
public import Speeches
internal import Tracing
public import WorkerSupport

/// What happens to single documents, for the person who started it.
public enum PublishingNotice: Sendable {
    /// A file or a speech in it was refused; nothing of it was published.
    case rejected(FormatError)
    /// The broker did not take a document.
    case failed(SpeechID, code: String, reason: String)
    /// One more is published: so many.
    case progress(published: Int)
    /// Something of a document could not be read; it is published all the same.
    case warning(FormatError)
    /// A document nearly repeats an earlier one.
    case nearDuplicate(SpeechID, of: SpeechID)
}

/// Publishes documents, in the order given, each keyed by its id. Blocks its thread; to be used from one.
///
/// Nothing counts as published before the broker has acknowledged it. A bounded number of documents waits for that at
/// any time.
public final class ProducerWorker<Publisher: RecordPublisher> {
    private let publisher: Publisher
    private let topic: KafkaTopic
    private let limits: Settings.Delivery
    private let clock: MonotonicClock
    private let tracing = RecordTracing.ofProcess
    private let notice: (PublishingNotice) -> Void
    private var waiting: [DeliveryToken: (id: SpeechID, bytes: Int, isWithdrawal: Bool)] = [:]
    private var waitingBytes = 0
    private var nextToken: UInt64 = 1
    private var summary = PublishingSummary()
    private let policy: PublishingPolicy
    private var known: PublishedDocuments
    private var texts = NearDuplicates()
    private var startedAt: Duration?
    private var sent = 0

    /// Makes a worker that publishes to the documents' Kafka topic of the settings.
    public convenience init(
        _ settings: Settings, publisher: Publisher, policy: PublishingPolicy = PublishingPolicy(),
        clock: MonotonicClock = .system, notice: @escaping (PublishingNotice) -> Void
    ) {
        self.init(
            settings, publisher: publisher, policy: policy, known: PublishedDocuments(), clock: clock, notice: notice)
    }

    /// The same; documents that are known are not published again.
    init(
        _ settings: Settings, publisher: Publisher, policy: PublishingPolicy, known: PublishedDocuments,
        clock: MonotonicClock, notice: @escaping (PublishingNotice) -> Void
    ) {
        self.policy = policy
        self.known = known
        self.publisher = publisher
        self.topic = KafkaTopic(settings.kafkaTopics.documents)
        self.limits = settings.delivery
        self.clock = clock
        self.notice = notice
    }

    /// Publishes all documents, until told to stop.
    /// - Throws: the publisher's error when it can never publish again.
    public func publish(
        _ outcomes: some Sequence<SpeechFiles.Outcome>, until stop: StopRequest
    ) throws -> PublishingSummary {
        try publish(prepared: outcomes.lazy.map { PreparedOutcome($0) }, until: stop)
    }

    /// The same with documents that somebody else prepared.
    func publish(
        prepared outcomes: some Sequence<PreparedOutcome>, until stop: StopRequest
    ) throws -> PublishingSummary {
        for outcome in outcomes {
            if stop.isRequested {
                summary.isInterrupted = true
                break
            }
            switch outcome {
            case .document(let document): try publish(document, until: stop)
            case .rejected(let error):
                summary.rejected[error.code.rawValue, default: 0] += 1
                notice(.rejected(error))
            case .warning(let error):
                summary.warnings[error.code.rawValue, default: 0] += 1
                notice(.warning(error))
            case .ignored: summary.ignored += 1
            }
        }
        return try finish(until: stop)
    }

    /// Withdraws documents: publishes a null value for each.
    /// - Throws: the publisher's error when it can never publish again.
    public func withdraw(_ ids: [SpeechID], until stop: StopRequest) throws -> PublishingSummary {
        for id in ids { try send(id, value: nil) }
        return try finish(until: stop)
    }

    private func publish(_ document: PreparedDocument, until stop: StopRequest) throws {
        let id = document.speech.id
        if policy.withdrawn == .withdraw, document.speech.attributes["withdrawn_at"] != nil {
            return try send(id, value: nil)
        }
        var document = document
        if let earlier = texts.earlier(than: id, document.fingerprint) {
            summary.nearDuplicates += 1
            notice(.nearDuplicate(id, of: earlier))
            switch policy.nearDuplicates {
            case .report: break
            case .link:
                var speech = document.speech
                speech.attributes["near_duplicate_of"] = earlier.rawValue
                document = PreparedDocument(speech)
            case .drop: return
            }
        }
        guard !known.contains(id, document.revision) else {
            summary.unchanged += 1
            return
        }
        known.note(id, document.revision)
        try waitForTurn(until: stop)
        try send(id, value: document.json)
    }

    /// Waits until the rate allows one more, taking reports meanwhile.
    private func waitForTurn(until stop: StopRequest) throws {
        guard let rate = policy.documentsPerSecondMax else { return }
        let start = startedAt ?? clock.now()
        startedAt = start
        while !stop.isRequested, clock.now() - start < .microseconds(sent * 1_000_000 / rate) { try takeReports() }
        sent += 1
    }

    private func send(_ id: SpeechID, value: [UInt8]?) throws {
        let span = tracing?.sending(to: topic)
        defer { span?.end() }
        let record = OutgoingRecord(
            topic: topic, key: Array(id.rawValue.utf8), value: value,
            headers: span.flatMap { tracing?.headers(of: $0) } ?? [])
        let size = value?.count ?? 0
        while waiting.count >= limits.maxInFlightRecords || waitingBytes + size > limits.maxInFlightBytes {
            try takeReports()
        }
        let token = DeliveryToken(rawValue: nextToken)
        nextToken += 1
        do {
            // The publisher reports on each record within its delivery timeout, which ends this loop.
            while try publisher.enqueue(record, token: token) == .full { try takeReports() }
            waiting[token] = (id, size, value == nil)
            waitingBytes += size
        } catch let failure as any ClassifiedFailure where failure.failureClass == .data {
            fail(id, failure)
        }
    }

    private func finish(until stop: StopRequest) throws -> PublishingSummary {
        var deadline: Duration?
        while !waiting.isEmpty {
            try takeReports()
            if stop.isRequested {
                deadline = deadline ?? clock.now() + .seconds(limits.drainSeconds)
                if let deadline, clock.now() > deadline { break }
            }
        }
        if !waiting.isEmpty { summary.failed["publish.unacknowledged", default: 0] += waiting.count }
        return summary
    }

    private func takeReports() throws {
        for report in try publisher.poll(timeout: .milliseconds(100)) {
            guard let sent = waiting.removeValue(forKey: report.token) else { continue }
            waitingBytes -= sent.bytes
            switch report.result {
            case .success where sent.isWithdrawal: summary.withdrawn += 1
            case .success:
                summary.published += 1
                notice(.progress(published: summary.published))
            case .failure(let error): fail(sent.id, error)
            }
        }
    }

    private func fail(_ id: SpeechID, _ error: any Error) {
        let code = (error as? any ClassifiedFailure)?.code ?? "publish.failed"
        summary.failed[code, default: 0] += 1
        notice(.failed(id, code: code, reason: "\(error)"))
    }
}
