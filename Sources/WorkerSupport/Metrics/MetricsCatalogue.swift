/// Every metric there is, in the order in which they are shown. Names and units follow
/// https://prometheus.io/docs/practices/naming/.
public enum MetricsCatalogue {
    /// From a tenth of a millisecond to a minute: one document, one batch.
    private static let workSeconds = [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60,
    ]
    /// From ten milliseconds to a day: from the broker to the result.
    private static let waitSeconds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3_600, 86_400]
    private static let everybody = Set(MetricFamily.Program.allCases)
    /// Partitions shown one by one; of more, those with the most lag.
    package static let partitionsMax = 1_000
    private static let partition = ["kafka_topic", "partition"]

    package static let buildInfo = MetricFamily(
        "rostrum_build_info", .gauge, "Always 1; the labels say which program and which versions run.",
        labels: ["program", "version", "librdkafka_version"], of: everybody)
    package static let started = MetricFamily(
        "rostrum_start_time_seconds", .gauge, "When the program started, in seconds since 1970.", of: everybody)
    package static let live = MetricFamily(
        "rostrum_live", .gauge, "1 while every partition with work makes progress, as /health/live says it; else 0.")
    package static let ready = MetricFamily(
        "rostrum_ready", .gauge, "1 while the program can work, as /health/ready says it; else 0.", of: everybody)

    package static let received = MetricFamily(
        "rostrum_records_received_total", .counter, "Records taken from Kafka, repeats included.")
    package static let receivedBytes = MetricFamily(
        "rostrum_received_bytes_total", .counter, "Bytes of keys and values of the records taken.")
    package static let documents = MetricFamily(
        "rostrum_documents_total", .counter, "Documents classified, by what the classifier could make of them.",
        labels: ["assessment"], of: [.classifier])
    package static let withdrawals = MetricFamily(
        "rostrum_withdrawals_total", .counter, "Withdrawals of documents handled.")
    package static let events = MetricFamily(
        "rostrum_events_total", .counter,
        "Events and withdrawals that are durable: acknowledged by Kafka (classifier) or stored (sink).")
    package static let deadLetters = MetricFamily(
        "rostrum_dead_letters_total", .counter, "Records put aside, by the code of the reason.", labels: ["code"])
    package static let deadLettersCut = MetricFamily(
        "rostrum_dead_letters_cut_total", .counter,
        "Dead letters without their record, which was larger than the dead-letter topic takes.")
    package static let topics = MetricFamily(
        "rostrum_topic_documents_total", .counter, "Documents in which a policy topic was found.", labels: ["topic"],
        seriesMax: 1_000, of: [.classifier])
    package static let rules = MetricFamily(
        "rostrum_rule_documents_total", .counter,
        "Documents in which a rule gave evidence that their event shows (classifier.evidencePerTopic).",
        labels: ["rule"], seriesMax: 2_000, of: [.classifier])

    package static let processing = MetricFamily(
        "rostrum_processing_seconds", .histogram, "Time to process one record.", buckets: workSeconds, of: [.classifier]
    )
    package static let endToEnd = MetricFamily(
        "rostrum_end_to_end_seconds", .histogram,
        "Time from a record's timestamp in Kafka to its result being durable; clocks of different machines meet in it.",
        buckets: waitSeconds)

    package static let partitions = MetricFamily(
        "rostrum_partitions_assigned", .gauge, "Partitions that this worker reads now.")
    package static let lag = MetricFamily(
        "rostrum_lag_records", .gauge,
        "Records of a partition that are readable and not committed; of more than 1,000 partitions those with the most.",
        labels: partition, seriesMax: partitionsMax)
    package static let lagSeconds = MetricFamily(
        "rostrum_lag_seconds", .gauge,
        "Age of the oldest record known that is not committed, 0 without lag; of more than 1,000 partitions those with "
            + "the most lag.",
        labels: partition, seriesMax: partitionsMax)
    package static let lagTotal = MetricFamily(
        "rostrum_total_lag_records", .gauge, "The lag of all partitions of this worker together.")
    package static let rebalances = MetricFamily(
        "rostrum_rebalances_total", .counter,
        "Changes of the partitions of this worker: assigned, revoked in order, or lost.", labels: ["kind"])
    package static let inFlightRecords = MetricFamily(
        "rostrum_in_flight_records", .gauge, "Records taken and not finished.")
    package static let inFlightBytes = MetricFamily(
        "rostrum_in_flight_bytes", .gauge, "Bytes of the records taken and not finished.")
    package static let pausedPartitions = MetricFamily(
        "rostrum_paused_partitions", .gauge,
        "Partitions not read at the moment: at the limit of work in hand, or waiting for a retry.")
    package static let retries = MetricFamily(
        "rostrum_retries_total", .counter, "Attempts that failed and are repeated, by the code of the failure.",
        labels: ["code"])
    package static let commits = MetricFamily("rostrum_commits_total", .counter, "Commits of offsets.")
    package static let commitFailures = MetricFamily(
        "rostrum_commit_failures_total", .counter, "Commits that failed and are repeated, by the code of the failure.",
        labels: ["code"])
    package static let truncatedEvents = MetricFamily(
        "rostrum_events_truncated_total", .counter,
        "Events that are not the whole answer: evidence was dropped to keep them small, or a limit of work was reached.",
        of: [.classifier])
    package static let transactionsUndone = MetricFamily(
        "rostrum_transactions_undone_total", .counter, "Kafka transactions undone; their records are read again.",
        of: [.classifier])
    package static let troubles = MetricFamily(
        "rostrum_broker_troubles_total", .counter, "Passing difficulties with brokers, by librdkafka's code.",
        labels: ["code"])

    package static let rulesetInfo = MetricFamily(
        "rostrum_ruleset_info", .gauge, "Always 1; the labels say which ruleset is in use.",
        labels: ["name", "version", "digest"], of: [.classifier])
    package static let rulesetLoaded = MetricFamily(
        "rostrum_ruleset_loaded_timestamp_seconds", .gauge,
        "When the ruleset in use was loaded, in seconds since 1970.", of: [.classifier])
    package static let rulesetReloads = MetricFamily(
        "rostrum_ruleset_reloads_total", .counter, "Attempts to load the rules anew, by result: success or failure.",
        labels: ["result"], of: [.classifier])
    package static let shadowDocuments = MetricFamily(
        "rostrum_shadow_documents_total", .counter,
        "Documents that the rules in the shadow read too, by what they would make of them: same or changed.",
        labels: ["result"], of: [.classifier])
    package static let shadowTopics = MetricFamily(
        "rostrum_shadow_topics_total", .counter,
        "Topics of documents that the rules in the shadow would change, by topic and change: gained or lost.",
        labels: ["topic", "change"], of: [.classifier])

    package static let storeBatches = MetricFamily(
        "rostrum_store_batches_total", .counter, "Batches stored, each in one transaction with its offsets.",
        of: [.sink])
    package static let storeSeconds = MetricFamily(
        "rostrum_store_batch_seconds", .histogram, "Time to store one batch, dead letters included.",
        buckets: workSeconds, of: [.sink])
    package static let storeRecords = MetricFamily(
        "rostrum_store_batch_records", .histogram, "Records of one batch.",
        buckets: [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000], of: [.sink])
    package static let storedEvents = MetricFamily(
        "rostrum_store_events_total", .counter,
        "Events stored, by what became of them: inserted, renewed, unchanged (stored before) or withdrawn_before.",
        labels: ["result"], of: [.sink])

    package static let documentToStore = MetricFamily(
        "rostrum_document_to_store_seconds", .histogram,
        "Time from a live document's timestamp in Kafka to its event being stored, both workers and both waits included.",
        buckets: waitSeconds, of: [.sink])
    package static let storeChecksFailed = MetricFamily(
        "rostrum_store_checks_failed_total", .counter,
        "Times that the store did not answer when it was asked without work for it, by the code of the failure.",
        labels: ["code"], of: [.sink])

    package static let published = MetricFamily(
        "rostrum_documents_published_total", .counter, "Documents acknowledged by Kafka.", of: [.producer])
    package static let rejected = MetricFamily(
        "rostrum_documents_rejected_total", .counter,
        "Documents refused, before they were published or by the brokers for what they are, by code.",
        labels: ["code"], of: [.producer])
    package static let unpublished = MetricFamily(
        "rostrum_documents_failed_total", .counter, "Documents that Kafka did not take, by code.", labels: ["code"],
        of: [.producer])

    package static let ingestRequests = MetricFamily(
        "rostrum_ingest_requests_total", .counter, "Requests with documents that were answered, by HTTP status.",
        labels: ["status"], of: [.producer])
    package static let ingestSeconds = MetricFamily(
        "rostrum_ingest_request_seconds", .histogram,
        "Time from a request's head to its answer, the wait for Kafka included.", buckets: workSeconds,
        of: [.producer])
    package static let ingestBytes = MetricFamily(
        "rostrum_ingest_received_bytes_total", .counter, "Bytes of requests' bodies.", of: [.producer])
    package static let ingestInWork = MetricFamily(
        "rostrum_ingest_requests_in_work", .gauge, "Requests that came whole and are not answered yet.",
        of: [.producer])
    package static let ingestHeldBytes = MetricFamily(
        "rostrum_ingest_held_bytes", .gauge, "Bytes of requests' bodies in memory.", of: [.producer])

    package static let producerQueueRecords = MetricFamily(
        "rostrum_kafka_producer_queue_records", .gauge,
        "Records in librdkafka's queue that are not acknowledged yet.", of: everybody)
    package static let producerQueueBytes = MetricFamily(
        "rostrum_kafka_producer_queue_bytes", .gauge, "Bytes of the records in librdkafka's queue.", of: everybody)
    package static let consumerQueueRecords = MetricFamily(
        "rostrum_kafka_consumer_queue_records", .gauge, "Records that librdkafka has fetched ahead.")
    package static let brokersConnected = MetricFamily(
        "rostrum_kafka_brokers_connected", .gauge, "Brokers that a client of this program is connected to.",
        labels: ["client"], of: everybody)

    /// All of them.
    public static let families: [MetricFamily] = [
        buildInfo, started, live, ready,
        received, receivedBytes, documents, withdrawals, events, deadLetters, deadLettersCut, topics, rules,
        processing, endToEnd,
        partitions, lag, lagSeconds, lagTotal, rebalances, inFlightRecords, inFlightBytes, pausedPartitions, retries,
        commits, commitFailures, truncatedEvents, transactionsUndone, troubles,
        rulesetInfo, rulesetLoaded, rulesetReloads, shadowDocuments, shadowTopics,
        storeBatches, storeSeconds, storeRecords, storedEvents, documentToStore, storeChecksFailed,
        published, rejected, unpublished, ingestRequests, ingestSeconds, ingestBytes, ingestInWork, ingestHeldBytes,
        producerQueueRecords, producerQueueBytes, consumerQueueRecords, brokersConnected,
    ]
}
