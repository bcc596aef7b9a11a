internal import Foundation
internal import Hummingbird
public import Logging
internal import NIOCore
public import ServiceLifecycle

/// What one path answers.
public struct Answer: Sendable {
    /// The HTTP status.
    public var status: Int
    /// The media type of the text.
    public var contentType: String
    /// The body.
    public var text: String

    /// Makes an answer.
    public init(status: Int = 200, contentType: String, text: String) {
        self.status = status
        self.contentType = contentType
        self.text = text
    }
}

/// Why a server cannot listen.
public struct EndpointFailure: Error, Sendable {
    /// What the system said.
    public let reason: String
    /// Whether somebody else has the port.
    public let isInUse: Bool

    /// Makes a failure of what a server throws when it cannot listen; other errors stay what they are.
    static func translating(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as IOError {
            throw EndpointFailure(
                reason: String(cString: strerror(error.errnoCode)), isInUse: error.errnoCode == EADDRINUSE)
        } catch let error as SocketAddressError {
            throw EndpointFailure(reason: "\(error)", isInUse: false)
        }
    }
}

/// A small HTTP/1.1 server that answers GET and HEAD for a few paths, each by calling a function. Requests are short and
/// have no body; connections are bounded in number and, when idle, in time.
public struct Endpoints: Service {
    /// Connections at once; more wait.
    private static let connectionsMax = 64
    private static let idleSeconds: Int64 = 30

    private let host: String
    private let port: Int
    private let answers: [String: @Sendable () -> Answer]
    private let logger: Logger
    private let listening: @Sendable (Int) -> Void

    /// Describes a server.
    /// - Parameters:
    ///   - port: 0 for any that is free.
    ///   - answers: by path; called on the server's threads, so they must not block for long.
    ///   - listening: told the port once it listens.
    public init(
        host: String, port: Int, answers: [String: @Sendable () -> Answer], logger: Logger,
        listening: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        self.host = host
        self.port = port
        self.answers = answers
        self.logger = logger
        self.listening = listening
    }

    /// Serves until the group shuts down.
    /// - Throws: ``EndpointFailure`` when it cannot listen.
    public func run() async throws {
        let router = Router(options: .autoGenerateHeadEndpoints)
        for (path, answer) in answers { router.get(RouterPath(path)) { _, _ in Self.response(answer()) } }
        let listening = listening
        // The server's own lines are about connections: for those who look for a fault.
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let application = Application(
            router: router, server: .http1(configuration: .init(idleTimeout: .seconds(Self.idleSeconds))),
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port), serverName: "rostrum",
                availableConnectionsDelegate: .maximum(Self.connectionsMax, logger: quiet)),
            onServerRunning: { channel in listening(channel.localAddress?.port ?? 0) }, logger: quiet)
        try await EndpointFailure.translating { try await application.run() }
    }

    private static func response(_ answer: Answer) -> Response {
        Response(
            status: .init(code: answer.status),
            headers: [.contentType: answer.contentType, .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(string: answer.text)))
    }
}
