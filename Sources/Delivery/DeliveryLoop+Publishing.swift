// Outputs: offering them to the publisher, taking its reports, dead letters.

extension DeliveryLoop {
    /// Offers the outputs of a record; without any the record is complete at once.
    func publish(_ records: [OutgoingRecord], of record: ReceivedRecord, _ claim: DeliveryLedger.Claim) throws {
        let id = outputs.start(OutputTracker.Work(record: record, claim: claim))
        for output in records {
            do {
                try offer(output, for: id)
            } catch let failure as any ClassifiedFailure where failure.failureClass == .data {
                outputs.refuse(
                    id,
                    DeadLetterReason(
                        code: failure.code, message: "\(failure)", stage: "KAFKA_PRODUCE",
                        exceptionClassName: "\(type(of: failure))"))
                break
            }
        }
        try follow(outputs.finishOffering(id))
    }

    /// The record itself is at fault: its dead letter is its only output.
    func refuse(_ work: OutputTracker.Work, _ reason: DeadLetterReason) throws {
        guard settings.tolerance != .none else {
            throw DeliveryStopped(
                code: reason.code, message: "the record is at fault and no error is tolerated: \(reason.message)",
                record: work.record)
        }
        guard ledger.isCurrent(work.claim) else { return }
        var deadWork = OutputTracker.Work(record: work.record, claim: work.claim)
        deadWork.isDeadLetter = true
        let id = outputs.start(deadWork)
        do {
            try offer(deadLetter.record(for: work.record, reason: reason), for: id)
        } catch {
            throw deadLetterFailure(work.record, error)
        }
        try follow(outputs.finishOffering(id))
        if doom != nil { return }
        summary.deadLettered += 1
        observe(.deadLettered(work.record.origin, work.record.offset, reason))
    }

    /// Waits for delivery reports, at most the timeout, and does what follows from them.
    func takeReports(timeout: Duration) throws {
        for report in try publisher.poll(timeout: timeout) {
            let progress = outputs.report(report)
            guard strategy.isTransactional, case .refused(let work, let reason) = progress else {
                try follow(progress)
                continue
            }
            // The refusal has doomed the transaction: the dead letter must go out in the next one.
            if ledger.isCurrent(work.claim) {
                refusedBefore[work.record.origin, default: [:]][work.record.offset] = reason
            }
            doom = reason.code
        }
    }

    private func follow(_ progress: OutputTracker.Progress) throws {
        switch progress {
        case .none: break
        case .durable(let work):
            if ledger.complete(work.claim) {
                summary.completed += 1
                observe(.completed(work.record.origin, work.record.offset))
            }
        case .refused(let work, let reason): try refuse(work, reason)
        case .failed(let work, let error):
            if work.isDeadLetter { throw deadLetterFailure(work.record, error) }
            throw DeliveryStopped(
                code: (error as? any ClassifiedFailure)?.code ?? "publish-failed",
                message: "an output of the record could not be published", record: work.record, cause: error)
        }
    }

    private func deadLetterFailure(_ record: ReceivedRecord, _ cause: any Error) -> DeliveryStopped {
        DeliveryStopped(
            code: "dead-letter-failed",
            message: "the dead letter could not be written to \(deadLetter.topic)", record: record, cause: cause)
    }

    /// Offers one output, waiting for room while the publisher's queue is full. Into a doomed transaction nothing is
    /// offered any more: its records are read again.
    private func offer(_ record: OutgoingRecord, for id: UInt64) throws {
        let token = outputs.token()
        let deadline = clock.now() + settings.queueFullLimit
        while doom == nil {
            let result: EnqueueResult
            do {
                try strategy.open(publisher)
                result = try publisher.enqueue(record, token: token)
            } catch let failure as any TransactionFailure where failure.requiresAbort {
                doom = failure.code
                break
            }
            switch result {
            case .accepted: return outputs.accept(token, for: id)
            case .full:
                guard clock.now() < deadline else {
                    throw DeliveryStopped(
                        code: "publisher-queue-full",
                        message: "the publisher's queue had no room for \(settings.queueFullLimit)")
                }
                try takeReports(timeout: .milliseconds(20))
            }
        }
        outputs.forget(id)
    }
}
