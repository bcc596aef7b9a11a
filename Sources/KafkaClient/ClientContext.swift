internal import CRdKafka
internal import Delivery
internal import Logging
internal import Synchronization

/// What librdkafka's callbacks reach through the one opaque pointer: the log, and what the callbacks leave to be
/// fetched by `poll`. Callbacks copy, store and return; they call nobody.
final class ClientContext: Sendable {
    struct State {
        var reports: [DeliveryReport] = []
        var fatal: KafkaError?
        var refusal: KafkaError?
    }

    let logger: Logger
    let state = Mutex(State())
    private let statistics: StatisticsFeed?

    init(logger: Logger, statistics: StatisticsFeed?) {
        self.logger = logger
        self.statistics = statistics
    }

    func put(statistics bytes: UnsafeRawBufferPointer) { statistics?.put(Array(bytes)) }

    static func of(_ client: OpaquePointer?) -> ClientContext? {
        guard let client, let opaque = rd_kafka_opaque(client) else { return nil }
        return Unmanaged<ClientContext>.fromOpaque(opaque).takeUnretainedValue()
    }

    /// Forwards a line of librdkafka's log. Its severities are syslog's; what it calls an error (a broker that hangs
    /// up) it mends itself, so that only its critical ones count as errors here.
    func log(level: Int32, facility: String, message: String) {
        let level: Logger.Level =
            switch level {
            case ...2: .error
            case 3, 4: .warning
            case 5: .notice
            case 6: .info
            default: .debug
            }
        logger.log(
            level: level, "librdkafka", metadata: ["kafka.facility": "\(facility)", "kafka.message": "\(message)"])
    }

    func note(_ error: KafkaError) {
        if error.isFatal { state.withLock { if $0.fatal == nil { $0.fatal = error } } }
        if error.isRefusal { state.withLock { $0.refusal = error } }
        logger.warning(
            "kafka client trouble", metadata: ["error.code": "\(error.code)", "error.message": "\(error)"])
    }

    func report(_ message: UnsafePointer<rd_kafka_message_t>) {
        let token = DeliveryToken(rawValue: UInt64(UInt(bitPattern: message.pointee._private)))
        let topic = message.pointee.rkt.map { KafkaTopic(String(cString: rd_kafka_topic_name($0))) }
        let partition = Partition(message.pointee.partition)
        let report: DeliveryReport
        if message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR, let topic {
            report = DeliveryReport(
                token: token,
                result: .success(
                    .init(partition: TopicPartition(topic, partition), offset: Offset(message.pointee.offset))))
        } else {
            let code = KafkaErrorCode(message.pointee.err)
            report = DeliveryReport(
                token: token,
                result: .failure(
                    KafkaError(
                        code, "publish a record", requiresAbort: code == .purgedQueue || code == .purgedInFlight,
                        topic: topic, partition: partition.rawValue < 0 ? nil : partition)))
        }
        state.withLock { $0.reports.append(report) }
    }

    func takeReports() -> [DeliveryReport] {
        state.withLock { state in
            defer { state.reports.removeAll(keepingCapacity: true) }
            return state.reports
        }
    }
}
