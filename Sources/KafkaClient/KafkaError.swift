internal import CRdKafka
public import Delivery

/// What went wrong in Kafka: what was tried, the code, whether it may pass, and what to do. Carries no payload and no
/// secret.
public struct KafkaError: TransactionFailure, Equatable, CustomStringConvertible {
    /// The code.
    public let errorCode: KafkaErrorCode
    /// What was tried, such as `commit offsets`.
    public let operation: String
    /// What librdkafka or the broker said.
    public let message: String
    /// The client is beyond repair; the process must start anew.
    public let isFatal: Bool
    /// The same call may succeed later.
    public let isRetryable: Bool
    /// The open transaction must be aborted.
    public let requiresAbort: Bool
    /// The Kafka topic it was about.
    public let topic: KafkaTopic?
    /// The partition it was about.
    public let partition: Partition?
    /// The offset it was about.
    public let offset: Offset?

    init(
        _ errorCode: KafkaErrorCode, _ operation: String, message: String? = nil, isFatal: Bool = false,
        isRetryable: Bool? = nil, requiresAbort: Bool = false, topic: KafkaTopic? = nil, partition: Partition? = nil,
        offset: Offset? = nil
    ) {
        self.errorCode = errorCode
        self.operation = operation
        self.message = message ?? errorCode.text
        self.isFatal = isFatal
        self.isRetryable = isRetryable ?? (!isFatal && Self.passing.contains(errorCode))
        self.requiresAbort = requiresAbort
        self.topic = topic
        self.partition = partition
        self.offset = offset
    }

    /// The name of the code, such as `UNKNOWN_TOPIC_OR_PART`.
    public var name: String { errorCode.description }

    /// `kafka-` and the name in lower case with hyphens: stable and bounded, fit for a metric label.
    public var code: String {
        "kafka-" + name.lowercased().split(separator: "_").joined(separator: "-")
    }

    /// Too large or refused for what it is: `data`. May pass: `retryable`. All else: `infrastructure`.
    public var failureClass: FailureClass {
        if isFatal || requiresAbort { return .infrastructure }
        if errorCode == .messageTooLarge || errorCode == .invalidRecord { return .data }
        return isRetryable ? .retryable : .infrastructure
    }

    /// What was tried, on what, what was said, and the cure.
    public var description: String {
        var text = "\(operation)"
        if let topic { text += partition.map { ", \(topic)-\($0)" } ?? ", \(topic)" }
        if let offset { text += " at offset \(offset)" }
        text += ": \(message) (\(name))"
        if let cure { text += "; \(cure)" }
        return text
    }

    /// Codes that may pass without anybody's doing.
    private static let passing: Set<KafkaErrorCode> = [
        .transport, .allBrokersDown, .resolve, .timedOut, .requestTimedOut, .queueFull, .illegalGeneration,
        .unknownMember, .rebalanceInProgress, .waitingForCoordinator, .maxPollExceeded,
        KafkaErrorCode(RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE),
        KafkaErrorCode(RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION),
        KafkaErrorCode(RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS),
        KafkaErrorCode(RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE),
        KafkaErrorCode(RD_KAFKA_RESP_ERR_NOT_COORDINATOR),
        KafkaErrorCode(RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION),
        KafkaErrorCode(RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS),
        KafkaErrorCode(RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND),
    ]

    /// A broker was reached and will not talk: user, password or certificates are wrong, and stay so.
    var isRefusal: Bool {
        [.authentication, .saslAuthenticationFailed, .unsupportedMechanism, .tls].contains(errorCode)
    }

    /// What to do about it, for the common ones.
    public var cure: String? {
        switch errorCode {
        case .transport, .allBrokersDown, .resolve, .timedOut, .requestTimedOut, .messageTimedOut:
            "check that the broker runs and that the bootstrap servers and the broker's advertised listeners can be"
                + " reached from here"
        case .unknownTopic, .unknownTopicOrPartition:
            "create it with `rostrum topics create`, or check its name and prefix in the settings"
        case .unknownPartition: "check the number of partitions with `rostrum topics list`"
        case .messageTooLarge:
            "shorten or split the document, or raise max.message.bytes of the Kafka topic and message.max.bytes here"
        case .authentication, .saslAuthenticationFailed, .unsupportedMechanism:
            "check mechanism, user name and password in the settings"
        case .tls: "check the security protocol and the CA file in the settings"
        case .topicAuthorizationFailed, .groupAuthorizationFailed, .transactionalIDAuthorizationFailed:
            "ask for the access control entry for this user"
        case .autoOffsetReset: "choose where to start: earliest or latest, or reset the group's offsets"
        case .fenced, .invalidProducerEpoch:
            "another instance took over with the same transactional id; give each instance its own"
        case .fencedInstance: "another member took over with the same group.instance.id; give each member its own"
        case .invalidTransactionTimeout:
            "lower delivery.transactionTimeoutSeconds, or raise transaction.max.timeout.ms of the brokers"
        case .nonEmptyGroup: "stop the group's members first"
        default: nil
        }
    }
}

extension KafkaError {
    /// Takes an error object over and frees it.
    init(
        consuming error: OpaquePointer, _ operation: String, topic: KafkaTopic? = nil, partition: Partition? = nil
    ) {
        self.init(
            KafkaErrorCode(rd_kafka_error_code(error)), operation,
            message: String(cString: rd_kafka_error_string(error)), isFatal: rd_kafka_error_is_fatal(error) != 0,
            isRetryable: rd_kafka_error_is_retriable(error) != 0 ? true : nil,
            requiresAbort: rd_kafka_error_txn_requires_abort(error) != 0, topic: topic, partition: partition)
        rd_kafka_error_destroy(error)
    }

    /// Throws unless the code says that all is well.
    static func check(
        _ code: rd_kafka_resp_err_t, _ operation: String, topic: KafkaTopic? = nil, partition: Partition? = nil
    ) throws {
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
        throw KafkaError(KafkaErrorCode(code), operation, topic: topic, partition: partition)
    }

    /// Throws the error object, if there is one, and frees it.
    static func check(_ error: OpaquePointer?, _ operation: String) throws {
        if let error { throw KafkaError(consuming: error, operation) }
    }
}
