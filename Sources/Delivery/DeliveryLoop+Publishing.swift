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
        try refuse(work, OutputTracker.Letter(reason: reason, isStub: false))
    }

    /// The same, with a dead letter that may be a stub already.
    func refuse(_ work: OutputTracker.Work, _ letter: OutputTracker.Letter) throws {
        let reason = letter.reason
        guard settings.tolerance != .none else {
            throw DeliveryStopped(
                code: reason.code, message: "the record is at fault and no error is tolerated: \(reason.message)",
                record: work.record)
        }
        guard ledger.isCurrent(work.claim) else { return }
        try write(letter, of: work)
        if doom != nil { return }
        summary.deadLettered += 1
        observe(.deadLettered(work.record.origin, work.record.offset, reason))
    }

    /// Offers the dead letter of a record; without the record's bytes when it is too large with them.
    private func write(_ letter: OutputTracker.Letter, of work: OutputTracker.Work) throws {
        let record = work.record
        var deadWork = OutputTracker.Work(record: record, claim: work.claim)
        deadWork.letter = letter
        let id = outputs.start(deadWork)
        if letter.isStub { observe(.deadLetterCut(record.origin, record.offset, bytes: record.size)) }
        do {
            do {
                try offer(deadLetter.record(of: letter, for: record), for: id)
            } catch let failure as any ClassifiedFailure where failure.failureClass == .data && !letter.isStub {
                observe(.deadLetterCut(record.origin, record.offset, bytes: record.size))
                let stub = OutputTracker.Letter(reason: letter.reason, isStub: true)
                outputs.replaceLetter(of: id, by: stub)
                try offer(deadLetter.record(of: stub, for: record), for: id)
            }
        } catch {
            throw deadLetterFailure(record, error)
        }
        try follow(outputs.finishOffering(id))
    }

    /// Waits for delivery reports, at most the timeout, and does what follows from them.
    func takeReports(timeout: Duration) throws {
        for report in try publisher.poll(timeout: timeout) {
            let progress = outputs.report(report)
            if case .failed(_, let error) = progress, let failure = error as? any TransactionFailure,
                failure.requiresAbort
            {
                // The transaction has failed, and the output was dropped with it.
                doom = doom ?? failure.code
                continue
            }
            guard strategy.isTransactional, let (work, letter) = progress.nextLetter else {
                try follow(progress)
                continue
            }
            // The refusal has doomed the transaction: the dead letter must go out in the next one.
            if ledger.isCurrent(work.claim) {
                refusedBefore[work.record.origin, default: [:]][work.record.offset] = letter
            }
            doom = letter.reason.code
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
            if let (work, stub) = progress.nextLetter {
                return try write(stub, of: work)
            }
            if work.letter != nil { throw deadLetterFailure(work.record, error) }
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

extension DeadLetter {
    fileprivate func record(of letter: OutputTracker.Letter, for record: ReceivedRecord) -> OutgoingRecord {
        letter.isStub ? stub(for: record, reason: letter.reason) : self.record(for: record, reason: letter.reason)
    }
}
