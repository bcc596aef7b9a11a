internal import Delivery
internal import WorkerSupport

extension DeliverySettings {
    /// The loops' settings as the programs' settings want them.
    /// - Parameter timeToSettle: the longest wait for one settlement, nil for the default.
    init(_ settings: Settings, timeToSettle: Duration? = nil) {
        self.init()
        let delivery = settings.delivery
        limits = InFlightLimits(records: delivery.maxInFlightRecords, bytes: delivery.maxInFlightBytes)
        settleInterval = .milliseconds(delivery.commitIntervalMilliseconds)
        settleRecords = delivery.commitRecords
        settleBytes = delivery.commitBytes
        if let timeToSettle { settleTimeout = timeToSettle }
        drainLimit = .seconds(delivery.drainSeconds)
        // Half of the session, so that a worker whose broker is slow still leaves before it is put out.
        revokeBudget = min(drainLimit, .milliseconds(settings.consumer.sessionSeconds * 500))
        tolerance = delivery.deadLetterTolerance
        retry = delivery.retry
    }
}

extension Settings.Delivery {
    /// How long the end of a transaction is waited for: the brokers have undone it by then.
    var timeToEndTransactions: Duration { .seconds(transactionTimeoutSeconds + Self.transactionEndSeconds) }
}
