internal import HTTPTypes
internal import NIOCore
internal import NIOHTTPTypes

/// Bounds what one request may take of its connection: the time in which it comes, and its bytes, also of a body that was
/// refused and that nobody reads. Ends connections whose answer says so.
///
/// One for each connection, on the connection's event loop.
final class RequestBounds: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// A client that is answered before it has sent all is read on for so much and so long, so that it sees the answer
    /// and not a broken connection.
    private static let lingerBytes = 1_048_576
    private static let linger = TimeAmount.seconds(2)

    private let bytesMax: Int
    private let timeLimit: TimeAmount
    private var bytes = 0
    private var isReading = false
    private var isAnswered = false
    private var endsConnection = false
    private var deadline: Scheduled<Void>?

    /// - Parameters:
    ///   - bytesMax: of a request's body.
    ///   - timeLimit: from the request's head to its end.
    init(bytesMax: Int, timeLimit: TimeAmount) {
        self.bytesMax = bytesMax
        self.timeLimit = timeLimit
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            (bytes, isReading, isAnswered) = (0, true, false)
            end(context, in: timeLimit)
        case .body(let piece):
            bytes += piece.readableBytes
            guard bytes <= bytesMax + Self.lingerBytes else { return context.close(promise: nil) }
        case .end:
            isReading = false
            deadline?.cancel()
            if endsConnection, isAnswered { return context.close(promise: nil) }
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head):
            endsConnection = endsConnection || head.headerFields[.connection] == "close"
            context.write(data, promise: promise)
        case .body: context.write(data, promise: promise)
        case .end:
            isAnswered = true
            context.writeAndFlush(data, promise: promise)
            guard endsConnection else { return }
            if isReading { end(context, in: Self.linger) } else { context.close(promise: nil) }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        context.fireChannelInactive()
    }

    private func end(_ context: ChannelHandlerContext, in time: TimeAmount) {
        deadline?.cancel()
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: time) {
            if !self.isAnswered { self.answerTooSlow(context) }
            context.close(promise: nil)
        }
    }

    private func answerTooSlow(_ context: ChannelHandlerContext) {
        let problem = Problem(
            408, "too-slow", "The request took too long",
            detail:
                "it must be complete within \(timeLimit.nanoseconds / 1_000_000_000) seconds (ingest.requestSeconds)")
        let body = ByteBuffer(bytes: problem.json)
        let headers: HTTPFields = [
            .contentType: "application/problem+json", .contentLength: String(body.readableBytes), .connection: "close",
        ]
        context.write(wrapOutboundOut(.head(.init(status: .requestTimeout, headerFields: headers))), promise: nil)
        context.write(wrapOutboundOut(.body(body)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
}
