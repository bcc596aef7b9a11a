// Settlement of offsets, transactions undone, the end.

extension DeliveryLoop {
    /// Settles what is committable; with transactions, waits first until nothing is outstanding.
    func settle() throws {
        let time = remaining(of: settings.settleTimeout)
        while strategy.isTransactional, outputs.outstanding > 0, time() > .zero {
            try takeReports(timeout: .milliseconds(20))
        }
        try settleOrAbandon(remaining: time)
        lastSettled = clock.now()
        publishedSinceSettled = (0, 0)
    }

    func settleOrAbandon(remaining: () -> Duration) throws {
        if strategy.isTransactional, outputs.outstanding > 0 { doom = doom ?? "delivery-too-slow" }
        if try undoIfDoomed(remaining: remaining) { return }
        let offsets = ledger.committable()
        guard !offsets.isEmpty else { return }
        do {
            switch try strategy.settle(offsets, source: source, publisher: publisher, remaining: remaining) {
            case .committed:
                ledger.recordCommit(offsets)
                summary.commits += 1
                undoneInARow = 0
                forgetRefusals(before: offsets)
                observe(.committed(offsets))
            case .undone(let reason): try readAgain(reason: reason)
            }
        } catch let failure as any ClassifiedFailure where failure.failureClass == .retryable {
            observe(.commitFailed(code: failure.code, message: "\(failure)"))
        }
    }

    /// Undoes the open transaction if it cannot be committed, and reads its records again. Returns whether it did.
    @discardableResult
    func undoIfDoomed(remaining: () -> Duration) throws -> Bool {
        guard let reason = doom else { return false }
        doom = nil
        if try strategy.abandon(publisher, remaining: remaining) { try readAgain(reason: reason) }
        return true
    }

    /// After a transaction was undone: everything uncommitted is read again, under fresh epochs. The next settlement
    /// waits, longer each time, so that a rebalance under way can end before the attempts do.
    func readAgain(reason: String) throws {
        doom = nil
        outputs.forgetAll()
        lanes.forgetAll()
        let starts = ledger.rewind()
        observe(.undone(reason: reason))
        undoneInARow += 1
        guard undoneInARow < settings.consecutiveUndoneLimit else {
            throw DeliveryStopped(
                code: "transactions-keep-failing",
                message: "\(undoneInARow) transactions one after another were undone, the last for \(reason)")
        }
        let rest = settings.retry.delay(afterAttempts: undoneInARow, spent: .zero, using: &generator)
        restUntil = clock.now() + (rest ?? .zero)
        if !starts.isEmpty { try source.seek(to: starts) }
    }

    private func forgetRefusals(before offsets: [TopicPartition: Offset]) {
        for (partition, next) in offsets where refusedBefore[partition] != nil {
            refusedBefore[partition] = refusedBefore[partition]?.filter { $0.key >= next }
        }
    }

    /// Takes nothing more, waits for what is in flight, settles.
    func drain() throws {
        // A bounded run ends without anybody's asking; its end has the same limit.
        endBegan = stop.requestedAt ?? clock.now()
        let time = remaining(of: settings.drainLimit)
        observe(.draining(inFlight: ledger.inFlightRecords))
        lanes.forgetWaiting()
        while lanes.isMoving() || outputs.outstanding > 0, time() > .zero { try takeProgress() }
        summary.abandoned = ledger.inFlightRecords
        // A commit that is refused for a moment is worth some more attempts; the next would have to read all again.
        for _ in 0..<Self.lastAttempts {
            try settleOrAbandon(remaining: time)
            summary.unsettledPartitions = ledger.committable().count
            if ledger.committable().isEmpty || time() == .zero { return }
            try takeReports(timeout: min(.milliseconds(200), time()))
        }
    }

    /// Attempts to commit at the end of a loop.
    private static var lastAttempts: Int { 5 }

    /// The part of the drain limit that is kept for leaving the group.
    private var timeForLeaving: Duration { min(.seconds(2), settings.drainLimit / 4) }

    /// The time left of a wait that begins now: its limit, cut to the drain limit once a stop is requested.
    func remaining(of limit: Duration) -> () -> Duration {
        let deadline = clock.now() + limit
        return { [self] in
            var end = deadline
            if let began = endBegan ?? stop.requestedAt { end = min(end, began + settings.drainLimit - timeForLeaving) }
            return max(end - clock.now(), .zero)
        }
    }

    /// The time left for leaving the group when the loop ends.
    func closingTime() -> Duration {
        max((endBegan ?? clock.now()) + settings.drainLimit - clock.now(), .seconds(1))
    }
}
