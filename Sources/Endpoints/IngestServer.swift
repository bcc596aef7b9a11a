internal import Foundation
internal import HTTPTypes
internal import Hummingbird
public import Logging
internal import NIOCore
public import ServiceLifecycle
internal import Synchronization

/// What becomes of the requests of an ``IngestServer``. Called on the server's threads: it must not block.
public protocol IngestReceiver: Sendable {
    /// Whether no more is taken, since the process is about to end.
    var isStopping: Bool { get }
    /// Why bodies of a media type are not taken; nil where they are. Asked before a body is read.
    func refusal(ofType mediaType: String?) -> IngestAnswer?
    /// Answers a body.
    func answer(_ body: [UInt8], ofType mediaType: String?) async -> IngestAnswer
    /// Told of every request that was answered.
    func answered(status: Int, bytes: Int, seconds: Double)
    /// Told how many requests are in work and how many bytes their bodies have, whenever it changes.
    func inWork(requests: Int, bytes: Int)
}

/// The bounds of an ``IngestServer``.
public struct IngestLimits: Sendable, Equatable {
    /// Bytes of a request's body, at most.
    public var requestBytes: Int
    /// Requests in work at once, at most: such as have come whole. Beyond it they are answered 503.
    public var requests: Int
    /// Bytes of all bodies in memory at once, at most.
    public var bytes: Int
    /// Seconds from a request's head to its end, at most.
    public var requestSeconds: Int
    /// Seconds that connections are given to end when the server stops.
    public var closingSeconds: Int

    /// Names the bounds.
    public init(requestBytes: Int, requests: Int, bytes: Int, requestSeconds: Int, closingSeconds: Int = 5) {
        self.requestBytes = requestBytes
        self.requests = requests
        self.bytes = bytes
        self.requestSeconds = requestSeconds
        self.closingSeconds = closingSeconds
    }
}

/// Takes documents over HTTP/1.1: `POST /speeches`. Knows no format and no broker; what becomes of a body is the
/// receiver's to say.
///
/// Connections, requests in work, bytes in memory, the time a request takes to come and idle time are bounded; what is
/// beyond the bounds is refused at once. An answer that comes before the request is whole ends its connection.
public struct IngestServer: Service {
    /// Connections at once; more wait to be accepted.
    private static let connectionsMax = 1_024
    private static let idleSeconds: Int64 = 30
    private static let retryAfterSeconds = 1
    private static let path: RouterPath = "speeches"

    private let host: String
    private let port: Int
    private let token: String?
    private let limits: IngestLimits
    private let admission: Admission
    private let logger: Logger
    private let receiver: any IngestReceiver
    private let listening: @Sendable (Int) -> Void

    /// Describes a server.
    /// - Parameters:
    ///   - port: 0 for any that is free.
    ///   - token: what requests must show as `Authorization: Bearer …`; nil for none.
    ///   - listening: told the port once it listens.
    public init(
        host: String, port: Int, token: String?, limits: IngestLimits, logger: Logger, receiver: any IngestReceiver,
        listening: @escaping @Sendable (Int) -> Void
    ) {
        self.host = host
        self.port = port
        self.token = token
        self.limits = limits
        self.logger = logger
        self.receiver = receiver
        self.listening = listening
        admission = Admission(limits, receiver)
    }

    /// Serves until the group shuts down; connections then have ``IngestLimits/closingSeconds`` to end.
    /// - Throws: ``EndpointFailure`` when it cannot listen.
    public func run() async throws {
        let router = Router()
        router.post(Self.path) { request, _ in await respond(to: request) }
        for method in [HTTPRequest.Method.get, .head, .put, .patch, .delete, .options, .post] {
            if method != .post {
                router.on(Self.path, method: method) { _, _ in Self.response(Self.wrongMethod, endsConnection: true) }
            }
            for other: RouterPath in ["/", "**"] {
                router.on(other, method: method) { _, _ in Self.response(Self.wrongPath, endsConnection: true) }
            }
        }
        let (bytesMax, timeLimit) = (limits.requestBytes, TimeAmount.seconds(Int64(limits.requestSeconds)))
        // The server's own lines are about connections: for those who look for a fault.
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let listening = listening
        let application = Application(
            router: router,
            server: .http1(
                configuration: .init(
                    additionalChannelHandlers: [RequestBounds(bytesMax: bytesMax, timeLimit: timeLimit)],
                    idleTimeout: .seconds(Self.idleSeconds))),
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port), serverName: "rostrum",
                availableConnectionsDelegate: .maximum(Self.connectionsMax, logger: quiet)),
            onServerRunning: { channel in listening(channel.localAddress?.port ?? 0) }, logger: quiet)
        try await EndpointFailure.translating {
            try await Self.run(application, closingWithin: .seconds(limits.closingSeconds))
        }
    }

    /// Runs until the group shuts down, and cancels what goes on for longer than the limit after that.
    private static func run(_ application: some Service, closingWithin limit: Duration) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await application.run() }
            group.addTask {
                // Ends by being cancelled when the application ends by itself.
                guard (try? await gracefulShutdown()) != nil else { return }
                try? await Task.sleep(for: limit)
            }
            try await group.next()
            group.cancelAll()
            try await group.waitForAll()
        }
    }
}

// One request.
extension IngestServer {
    private func respond(to request: Request) async -> Response {
        let start = ContinuousClock.now
        let (answer, bytes, isWhole) = await answer(request)
        let response = Self.response(answer, endsConnection: !isWhole || receiver.isStopping)
        receiver.answered(status: answer.status, bytes: bytes, seconds: (ContinuousClock.now - start) / .seconds(1))
        return response
    }

    private func answer(_ request: Request) async -> (IngestAnswer, bytes: Int, isWhole: Bool) {
        let mediaType = request.headers[.contentType]
        if let refusal = refusal(of: request, mediaType) { return (refusal, 0, false) }
        var body: [UInt8] = []
        defer { admission.free(body.count) }
        do {
            for try await piece in request.body {
                guard body.count + piece.readableBytes <= limits.requestBytes else {
                    return (tooLarge, body.count, false)
                }
                guard admission.hold(piece.readableBytes) else { return (Self.overloaded, body.count, false) }
                body.append(contentsOf: piece.readableBytesView)
            }
        } catch {
            return (Self.brokenOff, body.count, false)
        }
        // A connection that ends early looks like the end of the body to the server's library.
        if let declared = Self.declaredBytes(request), body.count < declared {
            return (Self.brokenOff, body.count, false)
        }
        guard !receiver.isStopping else { return (Self.stopping, body.count, true) }
        guard admission.enter() else { return (Self.overloaded, body.count, true) }
        defer { admission.leave() }
        return (await receiver.answer(body, ofType: mediaType), body.count, true)
    }

    /// What is known to be wrong before the body is read.
    private func refusal(of request: Request, _ mediaType: String?) -> IngestAnswer? {
        if receiver.isStopping { return Self.stopping }
        guard isAllowed(request) else { return Self.unauthorised }
        if let refusal = receiver.refusal(ofType: mediaType) { return refusal }
        if let declared = Self.declaredBytes(request), declared > limits.requestBytes { return tooLarge }
        return admission.isFull ? Self.overloaded : nil
    }

    private static func declaredBytes(_ request: Request) -> Int? {
        request.headers[.contentLength].flatMap { Int($0) }
    }

    /// Compares in a time that does not tell how much of the token was right. The scheme is one in any case (RFC 9110,
    /// section 11.1).
    private func isAllowed(_ request: Request) -> Bool {
        guard let token else { return true }
        let credentials = (request.headers[.authorization] ?? "").utf8
        let scheme = credentials.prefix { $0 != UInt8(ascii: " ") }
        guard String(Substring(scheme)).lowercased() == "bearer" else { return false }
        let shown = Array(credentials.dropFirst(scheme.count).drop { $0 == UInt8(ascii: " ") })
        let wanted = Array(token.utf8)
        var difference = shown.count ^ wanted.count
        for index in wanted.indices { difference |= Int(wanted[index] ^ (index < shown.count ? shown[index] : 0)) }
        return difference == 0
    }

    private static func response(_ answer: IngestAnswer, endsConnection: Bool) -> Response {
        var headers: HTTPFields = [.contentType: answer.contentType, .cacheControl: "no-store"]
        if let seconds = answer.retryAfterSeconds { headers[.retryAfter] = String(seconds) }
        if let authenticate = answer.authenticate { headers[.wwwAuthenticate] = authenticate }
        if let allow = answer.allow { headers[.allow] = allow }
        if let accept = answer.accept { headers[.accept] = accept }
        if endsConnection { headers[.connection] = "close" }
        return Response(
            status: .init(code: answer.status), headers: headers,
            body: .init(byteBuffer: ByteBuffer(bytes: answer.body)))
    }
}

// What the server itself answers.
extension IngestServer {
    private var tooLarge: IngestAnswer {
        IngestAnswer(
            Problem(
                413, "too-large", "The request is too large",
                detail: "at most \(limits.requestBytes) bytes are taken at once (ingest.requestBytes); split it"))
    }

    /// More than the bounds allow; nothing was taken.
    public static let overloaded = IngestAnswer(
        Problem(
            503, "overload", "Too much is in work",
            detail: "nothing of this request was taken; send it again after the time in Retry-After"),
        retryAfterSeconds: retryAfterSeconds)

    /// The process is about to end; nothing was taken.
    public static let stopping = IngestAnswer(
        Problem(
            503, "stopping", "The server is stopping",
            detail: "nothing of this request was taken; send it again after the time in Retry-After"),
        retryAfterSeconds: 5)

    private static let brokenOff = IngestAnswer(
        Problem(
            400, "broken-request", "The request broke off",
            detail: "fewer bytes came than were announced, or they were no HTTP; send it again, whole"))

    private static let unauthorised: IngestAnswer = {
        var answer = IngestAnswer(
            Problem(
                401, "unauthorised", "The token is missing or wrong",
                detail: "send 'Authorization: Bearer TOKEN' with the token of the setting ingest.token"))
        answer.authenticate = "Bearer"
        return answer
    }()

    private static let wrongPath = IngestAnswer(
        Problem(404, "no-such-resource", "Not Found", detail: "documents are sent as POST /speeches"))

    private static let wrongMethod: IngestAnswer = {
        var answer = IngestAnswer(
            Problem(405, "wrong-method", "Method Not Allowed", detail: "documents are sent as POST /speeches"))
        answer.allow = "POST"
        return answer
    }()
}

/// How much is in work and in memory. Any thread.
private final class Admission: Sendable {
    private let limits: IngestLimits
    private let receiver: any IngestReceiver
    private let inWork = Mutex((requests: 0, bytes: 0))

    init(_ limits: IngestLimits, _ receiver: any IngestReceiver) {
        self.limits = limits
        self.receiver = receiver
    }

    var isFull: Bool { inWork.withLock { $0.requests >= limits.requests || $0.bytes >= limits.bytes } }

    /// Whether one more request may be worked on. Who came in must leave.
    func enter() -> Bool { change { inWork in limits.requests > inWork.requests ? (1, 0) : nil } }
    func leave() { _ = change { _ in (-1, 0) } }

    /// Whether so many bytes more may be held. What is held must be freed.
    func hold(_ bytes: Int) -> Bool { change { inWork in inWork.bytes + bytes <= limits.bytes ? (0, bytes) : nil } }
    func free(_ bytes: Int) { _ = change { _ in (0, -bytes) } }

    private func change(_ by: ((requests: Int, bytes: Int)) -> (Int, Int)?) -> Bool {
        let now = inWork.withLock { inWork -> (requests: Int, bytes: Int)? in
            guard let (requests, bytes) = by(inWork) else { return nil }
            inWork = (inWork.requests + requests, inWork.bytes + bytes)
            return inWork
        }
        guard let now else { return false }
        receiver.inWork(requests: now.requests, bytes: now.bytes)
        return true
    }
}
