internal import Delivery
internal import SpeechFormats
internal import Speeches
internal import Synchronization
internal import Tracing

/// A document as it goes to Kafka.
struct IngestDocument: Sendable {
    /// Its id, which is the record's key.
    let id: SpeechID
    /// Its revision; nil for a withdrawal.
    let revision: Revision?
    /// Its canonical JSON; nil for a withdrawal.
    let value: [UInt8]?
    /// What of it could not be read.
    let warnings: [FormatError]
}

/// Publishes the documents of many requests at once and tells each when the brokers have all of its own. Any thread may
/// publish; one thread, that of `run`, takes the delivery reports.
///
/// A document whose last published revision comes again is not published again; one whose revision is under way is waited
/// for. So a client that sends a request again, because it saw no answer, doubles nothing while this process lives.
/// Records and bytes under way are bounded, and so is the time that a request waits.
final class IngestPublisher: Sendable {
    /// What became of a request's documents.
    enum Outcome: Sendable, Equatable {
        /// The brokers have all of them; these, by their place, they had before.
        case published(unchanged: Set<Int>)
        /// Too many are under way; nothing was published.
        case overloaded
        /// More than may ever be under way at once; nothing was published.
        case tooLarge
        /// The publisher ends; nothing was published.
        case stopping
        /// Some were not taken by the brokers, for this reason; others may have been.
        case failed(code: String, isRetryable: Bool)
    }

    private struct Request {
        /// Records that are not reported on, and one more until all are offered.
        var waiting: Int
        var failure: Outcome?
        /// Documents, by their place, that were the last of their ids when their turn came.
        var unchanged: Set<Int> = []
        let deadline: Duration
        let continuation: CheckedContinuation<Outcome, Never>
    }

    /// A record under way.
    private struct Flight {
        let document: Name
        let bytes: Int
        /// The requests that wait for it.
        var requests: [UInt64]
    }

    private struct Name: Hashable {
        let id: SpeechID
        let revision: Revision?

        init(_ document: IngestDocument) { (id, revision) = (document.id, document.revision) }
    }

    private struct State {
        var requests: [UInt64: Request] = [:]
        var flights: [UInt64: Flight] = [:]
        var tokens: [Name: UInt64] = [:]
        var bytes = 0
        var next: UInt64 = 1
        var recent = RecentRevisions()
        var isClosed = false
        var summary = PublishingSummary()
    }

    /// What a change of the state asks for, outside its lock.
    private typealias Ended = [(CheckedContinuation<Outcome, Never>, Outcome)]

    private let publisher: any RecordPublisher & Sendable
    private let topic: KafkaTopic
    private let recordsMax: Int
    private let bytesMax: Int
    private let patience: Duration
    private let clock: MonotonicClock
    private let notice: @Sendable (PublishingNotice) -> Void
    private let tracing = RecordTracing.ofProcess
    private let state = Mutex(State())

    /// - Parameters:
    ///   - recordsMax: documents under way at once, at most.
    ///   - bytesMax: their bytes, at most.
    ///   - patience: how long a request waits for the brokers; after that its documents may still arrive.
    ///   - notice: told what happens to single documents, on the thread of `run` or of a request.
    init(
        _ publisher: any RecordPublisher & Sendable, topic: KafkaTopic, recordsMax: Int, bytesMax: Int,
        patience: Duration, clock: MonotonicClock = .system, notice: @escaping @Sendable (PublishingNotice) -> Void
    ) {
        self.publisher = publisher
        self.topic = topic
        self.recordsMax = recordsMax
        self.bytesMax = bytesMax
        self.patience = patience
        self.clock = clock
        self.notice = notice
    }

    /// What was done so far.
    var summary: PublishingSummary { state.withLock { $0.summary } }

    /// Publishes documents and waits for the brokers.
    func publish(_ documents: [IngestDocument]) async -> Outcome {
        let deadline = clock.now() + patience
        return await withCheckedContinuation { continuation in
            let ended = state.withLock { begin(documents, until: deadline, continuation, &$0) }
            resume(ended)
        }
    }

    private func begin(
        _ documents: [IngestDocument], until deadline: Duration, _ continuation: CheckedContinuation<Outcome, Never>,
        _ state: inout State
    ) -> Ended {
        guard !state.isClosed else { return [(continuation, .stopping)] }
        let fresh = Self.fresh(documents, state.recent)
        let bytes = fresh.reduce(0) { $0 + ($1.value?.count ?? 0) }
        guard fresh.count <= recordsMax, bytes <= bytesMax else { return [(continuation, .tooLarge)] }
        guard state.flights.count + fresh.count <= recordsMax, state.bytes + bytes <= bytesMax else {
            return [(continuation, .overloaded)]
        }
        let request = state.next
        state.next += 1
        state.requests[request] = Request(waiting: 1, deadline: deadline, continuation: continuation)
        for place in documents.indices { send(documents, place, for: request, &state) }
        return settle(request, nil, &state)
    }

    /// The documents that are to be published: those that are not the last of their ids when their turn comes.
    private static func fresh(_ documents: [IngestDocument], _ recent: RecentRevisions) -> [IngestDocument] {
        var last: [SpeechID: Revision?] = [:]
        return documents.filter { document in
            let isKnown = last[document.id].map { $0 == document.revision }
            last.updateValue(document.revision, forKey: document.id)
            return !(isKnown ?? recent.isLast(document.revision, of: document.id))
        }
    }

    /// Offers a record, joins the one that is under way, or leaves out what is the last of its id already, be it by a
    /// document before it in the same request. Under the lock, which is never held for long since offering
    /// does not wait: so the brokers get a document's revisions in the order in which they are noted here.
    private func send(_ documents: [IngestDocument], _ place: Int, for request: UInt64, _ state: inout State) {
        let document = documents[place]
        let name = Name(document)
        if state.recent.isLast(document.revision, of: document.id) {
            if let token = state.tokens[name] {
                state.requests[request]?.waiting += 1
                state.flights[token]?.requests.append(request)
            } else {
                state.requests[request]?.unchanged.insert(place)
                state.summary.unchanged += 1
            }
            return
        }
        let span = tracing?.sending(to: topic)
        defer { span?.end() }
        let record = OutgoingRecord(
            topic: topic, key: Array(document.id.rawValue.utf8), value: document.value,
            headers: span.flatMap { tracing?.headers(of: $0) } ?? [])
        let token = state.next
        state.next += 1
        do {
            guard try publisher.enqueue(record, token: DeliveryToken(rawValue: token)) == .accepted else {
                state.requests[request]?.failure = .failed(code: "publish.queue_full", isRetryable: true)
                return
            }
        } catch {
            state.requests[request]?.failure = Self.failure(error)
            return
        }
        let bytes = document.value?.count ?? 0
        state.requests[request]?.waiting += 1
        state.flights[token] = Flight(document: name, bytes: bytes, requests: [request])
        state.tokens[name] = token
        state.bytes += bytes
        state.recent.note(document.revision, of: document.id)
    }

    /// Takes delivery reports until told to stop, then until all requests are answered or the limit is reached. Blocks.
    /// - Throws: the publisher's error when it can never publish again; requests that wait are answered before.
    func run(until stop: StopRequest, drain limit: Duration) throws {
        defer { close() }
        while true {
            for report in try publisher.poll(timeout: .milliseconds(20)) { take(report) }
            let now = clock.now()
            resume(state.withLock { expire(at: now, &$0) })
            guard let asked = stop.requestedAt else { continue }
            if state.withLock({ $0.requests.isEmpty }) || now - asked > limit { return }
        }
    }

    private func take(_ report: DeliveryReport) {
        let token = report.token.rawValue
        let failure: Outcome? =
            switch report.result {
            case .success: nil
            case .failure(let error): Self.failure(error)
            }
        let (flight, ended, published) = state.withLock { state -> (Flight?, Ended, Int) in
            guard let flight = state.flights.removeValue(forKey: token) else { return (nil, [], 0) }
            let name = flight.document
            state.bytes -= flight.bytes
            if state.tokens[name] == token { state.tokens[name] = nil }
            switch failure {
            case .failed(let code, _)?:
                state.recent.forget(name.revision, of: name.id)
                state.summary.failed[code, default: 0] += 1
            default:
                if name.revision == nil { state.summary.withdrawn += 1 } else { state.summary.published += 1 }
            }
            return (flight, flight.requests.flatMap { settle($0, failure, &state) }, state.summary.published)
        }
        guard let flight else { return }
        if case .failed(let code, _)? = failure {
            notice(.failed(flight.document.id, code: code, reason: "the brokers did not take it"))
        } else if flight.document.revision != nil {
            notice(.progress(published: published))
        }
        resume(ended)
    }

    /// One record of a request is done with.
    private func settle(_ number: UInt64, _ failure: Outcome?, _ state: inout State) -> Ended {
        guard var request = state.requests[number] else { return [] }
        request.waiting -= 1
        request.failure = request.failure ?? failure
        state.requests[number] = request.waiting > 0 ? request : nil
        guard request.waiting == 0 else { return [] }
        return [(request.continuation, request.failure ?? .published(unchanged: request.unchanged))]
    }

    private func expire(at now: Duration, _ state: inout State) -> Ended {
        let late = state.requests.filter { $0.value.deadline < now }
        for number in late.keys { state.requests[number] = nil }
        return late.values.map { ($0.continuation, Self.unacknowledged) }
    }

    /// Answers who waits; who comes later is told that it ends.
    private func close() {
        let ended = state.withLock { state in
            state.isClosed = true
            defer { state.requests = [:] }
            return state.requests.values.map { ($0.continuation, Self.unacknowledged) }
        }
        resume(ended)
    }

    private func resume(_ ended: Ended) {
        for (continuation, outcome) in ended { continuation.resume(returning: outcome) }
    }

    private static let unacknowledged = Outcome.failed(code: "publish.unacknowledged", isRetryable: true)

    private static func failure(_ error: any Error) -> Outcome {
        let known = error as? any ClassifiedFailure
        return .failed(code: known?.code ?? "publish.failed", isRetryable: known?.failureClass != .data)
    }
}
