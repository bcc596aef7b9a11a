public import Delivery
internal import Logging
public import SpeechFormats
public import Speeches
internal import Tracing
public import WorkerSupport

/// What happens to single documents, for the person who started it.
public enum PublishingNotice: Sendable {
    /// A file or a speech in it was refused; nothing of it was published, unless it is a file that could not be read to its
    /// end, and documents of it came before.
    case rejected(FormatError, isPart: Bool = false)
    /// The brokers refuse a document for what it is, such as its size: another attempt would end the same.
    case refused(SpeechID, file: String, code: String, reason: String)
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
    private var waiting: [DeliveryToken: Offered] = [:]
    private var waitingBytes = 0
    private var nextToken: UInt64 = 1
    private var summary = PublishingSummary()
    private let policy: PublishingPolicy
    private var known: PublishedDocuments
    private var texts = NearDuplicates()
    /// How late a document may be without delaying those after it: a wait for reports is as exact as a millisecond.
    private static var rateTolerance: Duration { .milliseconds(50) }
    private var rate: RateLimit?
    /// The file of the last document that came.
    private var lastFile: String?

    /// A document or a withdrawal on its way.
    private struct Offered {
        let id: SpeechID
        let file: String?
        let bytes: Int
        let isWithdrawal: Bool
    }

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
        rate = policy.documentsPerSecondMax.map { RateLimit(perSecond: Double($0), tolerance: Self.rateTolerance) }
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
                notice(.rejected(error, isPart: error.isRetryable && error.file == lastFile))
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
        for id in ids { try send(id, value: nil, until: stop) }
        return try finish(until: stop)
    }

    private func publish(_ document: PreparedDocument, until stop: StopRequest) throws {
        let id = document.speech.id
        lastFile = document.file
        let isWithdrawal = policy.withdrawn == .withdraw && document.speech.attributes["withdrawn_at"] != nil
        guard let document = isWithdrawal ? document : compared(document) else { return }
        guard !known.skips(id, isWithdrawal ? nil : document.revision) else {
            summary.unchanged += 1
            return
        }
        try waitForTurn(until: stop)
        try send(id, value: isWithdrawal ? nil : document.json, of: document.file, until: stop)
    }

    /// What is published of a document that may nearly repeat an earlier one; nil for nothing.
    private func compared(_ document: PreparedDocument) -> PreparedDocument? {
        let id = document.speech.id
        guard let earlier = texts.earlier(than: id, document.fingerprint) else { return document }
        summary.nearDuplicates += 1
        notice(.nearDuplicate(id, of: earlier))
        switch policy.nearDuplicates {
        case .report: return document
        case .link:
            var speech = document.speech
            speech.attributes["near_duplicate_of"] = earlier.rawValue
            return PreparedDocument(speech, file: document.file)
        case .drop: return nil
        }
    }

    /// Waits until the rate allows one more, taking reports meanwhile.
    private func waitForTurn(until stop: StopRequest) throws {
        let now = clock.now()
        guard let wait = rate?.take(at: now) else { return }
        let turn = now + wait
        while !stop.isRequested, clock.now() < turn { try takeReports(within: turn - clock.now()) }
    }

    /// Offers a record, once there is room for it. Told to stop, it waits no longer: brokers that are away give no room.
    private func send(_ id: SpeechID, value: [UInt8]?, of file: String? = nil, until stop: StopRequest) throws {
        let span = tracing?.sending(to: topic)
        defer { span?.end() }
        let record = OutgoingRecord(
            topic: topic, key: Array(id.rawValue.utf8), value: value,
            headers: span.flatMap { tracing?.headers(of: $0) } ?? [])
        let offered = Offered(id: id, file: file, bytes: value?.count ?? 0, isWithdrawal: value == nil)
        let token = DeliveryToken(rawValue: nextToken)
        nextToken += 1
        do {
            while try !hasRoom(for: offered) || publisher.enqueue(record, token: token) == .full {
                guard !stop.isRequested else { return summary.isInterrupted = true }
                try takeReports()
            }
            waiting[token] = offered
            waitingBytes += offered.bytes
        } catch let failure as any ClassifiedFailure where failure.failureClass == .data {
            fail(offered, failure)
        }
    }

    private func hasRoom(for offered: Offered) -> Bool {
        waiting.isEmpty
            || waiting.count < limits.maxInFlightRecords && waitingBytes + offered.bytes <= limits.maxInFlightBytes
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
        if !waiting.isEmpty {
            summary.failed["publish.unacknowledged", default: 0] += waiting.count
            summary.isInterrupted = true
        }
        return summary
    }

    private func takeReports(within limit: Duration = .milliseconds(100)) throws {
        for report in try publisher.poll(timeout: min(limit, .milliseconds(100))) {
            guard let sent = waiting.removeValue(forKey: report.token) else { continue }
            waitingBytes -= sent.bytes
            switch report.result {
            case .success where sent.isWithdrawal: summary.withdrawn += 1
            case .success:
                summary.published += 1
                notice(.progress(published: summary.published))
            case .failure(let error): fail(sent, error)
            }
        }
    }

    private func fail(_ offered: Offered, _ error: any Error) {
        let known = error as? any ClassifiedFailure
        let code = known?.code ?? "publish.failed"
        if known?.failureClass == .data, let file = offered.file {
            summary.rejected[code, default: 0] += 1
            notice(.refused(offered.id, file: file, code: code, reason: "\(error)"))
        } else {
            summary.failed[code, default: 0] += 1
            notice(.failed(offered.id, code: code, reason: "\(error)"))
        }
    }
}
