internal import CRdKafka
internal import Delivery
internal import Logging
internal import Synchronization

/// The one owner of a librdkafka client.
///
/// Unchecked, because the pointer is immutable and librdkafka's client is thread-safe ("the librdkafka API is
/// completely thread-safe", https://github.com/confluentinc/librdkafka/blob/master/INTRODUCTION.md#threads-and-callbacks);
/// whether it is closed is guarded by the mutex.
final class ClientHandle: @unchecked Sendable {
    enum Kind {
        case producer
        case consumer
    }

    /// Which of librdkafka's callbacks or events the client uses.
    struct Wiring {
        var deliveryReports = false
        /// Errors of the client as a whole are noted when it is polled; else librdkafka writes them to its log.
        var errors = false
        var events: Int32 = 0
        /// Where statistics go; nil asks for none.
        var statistics: StatisticsFeed?
    }

    let context: ClientContext
    private let client: OpaquePointer
    private let life = Mutex(Life())

    private struct Life {
        var isClosed = false
        /// Calls on threads of their own that nobody may be waiting for any more.
        var calls = 0
    }

    /// Makes a client. The configuration belongs to it once made and is freed on every other branch.
    init(_ kind: Kind, _ properties: [String: String], wiring: Wiring, logger: Logger) throws {
        let context = ClientContext(logger: logger, statistics: wiring.statistics)
        var properties = properties
        if wiring.statistics != nil {
            properties["statistics.interval.ms"] = String(StatisticsFeed.interval.milliseconds)
        }
        guard let configuration = rd_kafka_conf_new() else {
            throw KafkaError(.state, "configure", message: "librdkafka made no configuration")
        }
        var text = [CChar](repeating: 0, count: 512)
        for (name, value) in properties.sorted(by: { $0.key < $1.key }) {
            guard rd_kafka_conf_set(configuration, name, value, &text, text.count) == RD_KAFKA_CONF_OK else {
                rd_kafka_conf_destroy(configuration)
                throw KafkaError(
                    .invalidArgument, "configure \(name)",
                    message: KafkaSettings.isSecret(name) ? "the value was refused" : Self.string(text))
            }
        }
        // Balanced by the release after rd_kafka_destroy, when no callback can come any more.
        let retained = Unmanaged.passRetained(context)
        rd_kafka_conf_set_opaque(configuration, retained.toOpaque())
        rd_kafka_conf_set_log_cb(configuration) { client, level, facility, message in
            guard let facility, let message else { return }
            ClientContext.of(client)?.log(
                level: level, facility: String(cString: facility), message: String(cString: message))
        }
        if wiring.deliveryReports {
            rd_kafka_conf_set_dr_msg_cb(configuration) { client, message, _ in
                guard let message else { return }
                ClientContext.of(client)?.report(message)
            }
        }
        if wiring.errors || wiring.deliveryReports {
            rd_kafka_conf_set_error_cb(configuration) { client, code, reason, _ in
                ClientContext.of(client)?.note(ClientHandle.clientError(client, code, reason))
            }
        }
        if wiring.statistics != nil, wiring.events == 0 {
            rd_kafka_conf_set_stats_cb(configuration) { client, json, length, _ in
                guard let json else { return 0 }
                ClientContext.of(client)?.put(statistics: UnsafeRawBufferPointer(start: json, count: length))
                return 0  // librdkafka frees the text.
            }
        }
        if wiring.events != 0 { rd_kafka_conf_set_events(configuration, wiring.events) }
        let native = kind == .producer ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER
        guard let client = rd_kafka_new(native, configuration, &text, text.count) else {
            rd_kafka_conf_destroy(configuration)
            retained.release()
            throw KafkaError(.invalidArgument, "make a Kafka client", message: Self.string(text))
        }
        self.context = context
        self.client = client
    }

    deinit { end(within: .seconds(5)) }

    /// Destroys the client; the second time nothing. No queue, list or event of it may be left. A client in the middle of
    /// a call on another thread is left behind, and destroyed when that call ends.
    func end(within limit: Duration) {
        let (isFirst, calls) = life.withLock { life in
            defer { life.isClosed = true }
            return (!life.isClosed, life.calls)
        }
        guard isFirst else { return }
        guard calls == 0 else {
            return context.logger.warning("a kafka client is left behind: its broker does not answer")
        }
        Self.destroy(client, context, within: limit)
    }

    /// Makes a call on a thread of its own and waits for it, at most the limit; nil when it still goes on then. Until it
    /// has ended the client is not destroyed.
    func call<Value: Sendable>(
        within limit: Duration, _ body: @escaping @Sendable (OpaquePointer) -> Value
    ) -> Value? {
        life.withLock { life in
            precondition(!life.isClosed, "a Kafka client was used after it was closed")
            life.calls += 1
        }
        return OwnThread.run("rdkafka-query", within: limit) { [self] in
            defer { endCall() }
            return body(client)
        }
    }

    private func endCall() {
        let isLeftBehind = life.withLock { life in
            life.calls -= 1
            return life.isClosed && life.calls == 0
        }
        if isLeftBehind { Self.destroy(client, context, within: .seconds(5)) }
    }

    /// Lends the client to a call.
    func withClient<Result>(_ body: (OpaquePointer) throws -> Result) rethrows -> Result {
        precondition(!life.withLock { $0.isClosed }, "a Kafka client was used after it was closed")
        return try withExtendedLifetime(self) { try body(client) }
    }

    private static func clientError(
        _ client: OpaquePointer?, _ code: Int32, _ reason: UnsafePointer<CChar>?
    ) -> KafkaError {
        guard code == RD_KAFKA_RESP_ERR__FATAL.rawValue, let client else {
            return KafkaError(
                KafkaErrorCode(rawValue: code), "talk to Kafka", message: reason.map { String(cString: $0) })
        }
        return fatalError(of: client)
            ?? KafkaError(.fatal, "talk to Kafka", message: reason.map { String(cString: $0) }, isFatal: true)
    }

    /// The error that put the client beyond repair, if one did.
    static func fatalError(of client: OpaquePointer) -> KafkaError? {
        var text = [CChar](repeating: 0, count: 512)
        let code = rd_kafka_fatal_error(client, &text, text.count)
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
        return KafkaError(KafkaErrorCode(code), "talk to Kafka", message: string(text), isFatal: true)
    }

    /// Destroys a client on a thread of its own, since librdkafka can block in it for ever (#4187, #4724). Beyond the
    /// limit the thread is left to itself with all it holds.
    private static func destroy(_ client: OpaquePointer, _ context: ClientContext, within limit: Duration) {
        let doomed = Doomed(client: client)
        let ended: Void? = OwnThread.run("rdkafka-destroy", within: limit) {
            // The consumer has been closed before, with a deadline of its own.
            rd_kafka_destroy_flags(doomed.client, Int32(RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE))
            Unmanaged.passUnretained(context).release()
        }
        if ended == nil {
            context.logger.warning(
                "kafka client did not end in time", metadata: ["kafka.limit": "\(limit)"])
        }
    }

    private static func string(_ text: [CChar]) -> String {
        String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// Carries the pointer to the thread that destroys it. Unchecked, because the owner gave it up.
private struct Doomed: @unchecked Sendable {
    let client: OpaquePointer
}
