internal import CRdKafka

/// An error code of Kafka's protocol (0 and up) or of librdkafka (below 0).
public struct KafkaErrorCode: Hashable, Sendable, RawRepresentable, CustomStringConvertible {
    /// The number.
    public let rawValue: Int32
    /// Wraps a number.
    public init(rawValue: Int32) { self.rawValue = rawValue }

    init(_ code: rd_kafka_resp_err_t) { self.rawValue = code.rawValue }

    var native: rd_kafka_resp_err_t { rd_kafka_resp_err_t(rawValue: rawValue) }

    /// The name librdkafka knows it by, such as `UNKNOWN_TOPIC_OR_PART`; those of the library itself begin with `_`.
    public var description: String { String(cString: rd_kafka_err2name(native)) }
    /// The library's sentence about it.
    public var text: String { String(cString: rd_kafka_err2str(native)) }

    /// A broker could not be reached or hung up.
    public static let transport = KafkaErrorCode(RD_KAFKA_RESP_ERR__TRANSPORT)
    /// No broker can be reached.
    public static let allBrokersDown = KafkaErrorCode(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
    /// A host name could not be resolved.
    public static let resolve = KafkaErrorCode(RD_KAFKA_RESP_ERR__RESOLVE)
    /// The call took longer than its timeout.
    public static let timedOut = KafkaErrorCode(RD_KAFKA_RESP_ERR__TIMED_OUT)
    /// The broker took longer than its timeout.
    public static let requestTimedOut = KafkaErrorCode(RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT)
    /// The record was not delivered within `message.timeout.ms`.
    public static let messageTimedOut = KafkaErrorCode(RD_KAFKA_RESP_ERR__MSG_TIMED_OUT)
    /// The local queue of the producer is full.
    public static let queueFull = KafkaErrorCode(RD_KAFKA_RESP_ERR__QUEUE_FULL)
    /// The record is larger than the client, the Kafka topic or the broker allows.
    public static let messageTooLarge = KafkaErrorCode(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
    /// The broker refuses the record for what it is.
    public static let invalidRecord = KafkaErrorCode(RD_KAFKA_RESP_ERR_INVALID_RECORD)
    /// The Kafka topic or partition does not exist, by the broker's word.
    public static let unknownTopicOrPartition = KafkaErrorCode(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
    /// The Kafka topic does not exist, by the client's knowledge.
    public static let unknownTopic = KafkaErrorCode(RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC)
    /// The partition does not exist, by the client's knowledge.
    public static let unknownPartition = KafkaErrorCode(RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION)
    /// The Kafka topic exists already.
    public static let topicAlreadyExists = KafkaErrorCode(RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
    /// User name or password were refused.
    public static let authentication = KafkaErrorCode(RD_KAFKA_RESP_ERR__AUTHENTICATION)
    /// The broker refused the SASL exchange.
    public static let saslAuthenticationFailed = KafkaErrorCode(RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED)
    /// The broker does not know the SASL mechanism.
    public static let unsupportedMechanism = KafkaErrorCode(RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM)
    /// TLS could not be established.
    public static let tls = KafkaErrorCode(RD_KAFKA_RESP_ERR__SSL)
    /// The user may not use the Kafka topic.
    public static let topicAuthorizationFailed = KafkaErrorCode(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
    /// The user may not use the consumer group.
    public static let groupAuthorizationFailed = KafkaErrorCode(RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED)
    /// The user may not use the transactional id.
    public static let transactionalIDAuthorizationFailed = KafkaErrorCode(
        RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
    /// The transaction's timeout is longer than the broker allows.
    public static let invalidTransactionTimeout = KafkaErrorCode(RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT)
    /// There is no offset to start from and the settings say to fail.
    public static let autoOffsetReset = KafkaErrorCode(RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET)
    /// The member's generation is over: a rebalance happened.
    public static let illegalGeneration = KafkaErrorCode(RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION)
    /// The group no longer knows the member.
    public static let unknownMember = KafkaErrorCode(RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID)
    /// The group is rebalancing.
    public static let rebalanceInProgress = KafkaErrorCode(RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS)
    /// The member polled too rarely and was put out of the group.
    public static let maxPollExceeded = KafkaErrorCode(RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED)
    /// Another producer with the same transactional id took over.
    public static let fenced = KafkaErrorCode(RD_KAFKA_RESP_ERR__FENCED)
    /// The same, by an older broker's word.
    public static let invalidProducerEpoch = KafkaErrorCode(RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH)
    /// Another member with the same `group.instance.id` took over.
    public static let fencedInstance = KafkaErrorCode(RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID)
    /// The group has members, so its offsets cannot be changed.
    public static let nonEmptyGroup = KafkaErrorCode(RD_KAFKA_RESP_ERR_NON_EMPTY_GROUP)
    /// The group's coordinator is not known yet.
    public static let waitingForCoordinator = KafkaErrorCode(RD_KAFKA_RESP_ERR__WAIT_COORD)
    /// The producer dropped the record because its transaction has failed.
    public static let purgedQueue = KafkaErrorCode(RD_KAFKA_RESP_ERR__PURGE_QUEUE)
    /// The same for a record already on its way.
    public static let purgedInFlight = KafkaErrorCode(RD_KAFKA_RESP_ERR__PURGE_INFLIGHT)
    /// A setting was refused.
    public static let invalidArgument = KafkaErrorCode(RD_KAFKA_RESP_ERR__INVALID_ARG)
    /// The client is beyond repair.
    public static let fatal = KafkaErrorCode(RD_KAFKA_RESP_ERR__FATAL)
    /// The call is not allowed in this state.
    public static let state = KafkaErrorCode(RD_KAFKA_RESP_ERR__STATE)
    /// The broker or the client does not know the request.
    public static let unsupported = KafkaErrorCode(RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION)
}
