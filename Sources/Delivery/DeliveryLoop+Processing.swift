// One record from its arrival to its outputs: begun, processed, tried again.

extension DeliveryLoop {
    func receive(_ record: ReceivedRecord) throws {
        if bounds?.admits(record.origin, record.offset) == false { return }
        if let waiting = lanes.appendBehindWaiting(record) {
            guard waiting <= settings.limits.records else {
                throw DeliveryStopped(
                    code: "source-ignores-pause", message: "the source delivered \(waiting) records while paused",
                    record: record)
            }
            return
        }
        begin(record)
    }

    private func begin(_ record: ReceivedRecord) {
        guard let claim = ledger.begin(record.origin, record.offset, bytes: record.size) else { return }
        summary.received += 1
        observe(.received(record.origin, record.offset, bytes: record.size, made: record.timestamp))
        let crash = crashes?.refusal(of: record.origin, record.offset)
        let letter = crash.map { OutputTracker.Letter(reason: $0, isStub: false) } ?? refusedBefore(record)
        if let letter {
            return lanes.append(PartitionLanes.Entry(record: record, claim: claim, state: .refused(letter)))
        }
        let id = takeID()
        lanes.append(PartitionLanes.Entry(record: record, claim: claim, state: .processing(id)))
        submit(id, record)
    }

    private func refusedBefore(_ record: ReceivedRecord) -> OutputTracker.Letter? {
        refusedBefore.isEmpty ? nil : refusedBefore[record.origin]?[record.offset]
    }

    private func takeID() -> ProcessingID {
        defer { nextProcessing = nextProcessing.next }
        return nextProcessing
    }

    /// Hands a record over; one that processes have died with is processed alone.
    private func submit(_ id: ProcessingID, _ record: ReceivedRecord) {
        guard let crashes, crashes.isSuspected(record.origin, record.offset) else {
            return processing.submit(id, record)
        }
        awaitProcessing()
        processing.submit(id, record)
        awaitProcessing()
        crashes.absolve(record.origin, record.offset)
    }

    /// Waits until nothing is being processed. What comes back keeps its place in its lane.
    private func awaitProcessing() {
        while processing.count > 0 {
            for processed in processing.finished(timeout: .milliseconds(100)) { lanes.finish(processed) }
        }
    }

    /// Waits for what is processed, at most the timeout, and publishes what has its turn, until offsets are to be settled.
    func takeProcessed(timeout: Duration) throws {
        for processed in processing.finished(timeout: timeout) { lanes.finish(processed) }
        while !isFull, let entry = lanes.takeReady() { try deliver(entry) }
    }

    /// Waits a little for whatever is under way: processing, else delivery reports. For the end of an assignment or of the
    /// loop: all that has its turn is published.
    func takeProgress() throws {
        let isProcessing = processing.count > 0
        try takeProcessed(timeout: isProcessing ? .milliseconds(20) : .zero)
        while let entry = lanes.takeReady() { try deliver(entry) }
        try takeReports(timeout: isProcessing ? .zero : .milliseconds(20))
    }

    private func deliver(_ entry: PartitionLanes.Entry) throws {
        let record = entry.record
        let work = OutputTracker.Work(record: record, claim: entry.claim)
        publishedSinceSettled.records += 1
        publishedSinceSettled.bytes += record.size
        switch entry.state {
        case .refused(let letter): try refuse(work, letter)
        case .processed(let processed):
            switch processed.result {
            case .failure(let failure as any ClassifiedFailure): try handle(failure, of: entry)
            case .failure(let error): throw error
            case .success(let outcome):
                observe(.processed(record.origin, record.offset, took: processed.took))
                switch outcome {
                case .publish(let records): try publish(records, of: record, entry.claim)
                case .deadLetter(let reason): try refuse(work, reason)
                }
            }
        case .processing, .waiting: preconditionFailure("a record left its lane before its turn")
        }
    }

    private func handle(_ failure: any ClassifiedFailure, of entry: PartitionLanes.Entry) throws {
        let record = entry.record
        let reason = DeadLetterReason(
            code: failure.code, message: "\(failure)", exceptionClassName: "\(type(of: failure))")
        let work = OutputTracker.Work(record: record, claim: entry.claim)
        switch failure.failureClass {
        case .infrastructure:
            throw DeliveryStopped(
                code: failure.code, message: "the record could not be processed", record: record, cause: failure)
        case .data: try refuse(work, reason)
        case .retryable:
            let now = clock.now()
            let failedFirst = entry.failedFirst ?? now
            let attempts = entry.attempts
            if let delay = settings.retry.delay(
                afterAttempts: attempts, spent: now - failedFirst, using: &generator)
            {
                summary.retries += 1
                observe(
                    .retrying(record.origin, record.offset, code: failure.code, attempt: attempts, delay: delay))
                var entry = entry
                entry.failedFirst = failedFirst
                return lanes.wait(entry, until: now + delay)
            }
            guard settings.tolerance == .all else {
                throw DeliveryStopped(
                    code: failure.code, message: "the record failed \(attempts) times", record: record, cause: failure)
            }
            try refuse(work, reason)
        }
    }

    func retryDue() throws {
        while !lanes.noneWaits, let entry = lanes.takeDue(at: clock.now(), processingAs: nextProcessing) {
            submit(takeID(), entry.record)
            try takeProcessed(timeout: .zero)
            // What arrived behind it follows in order, unless it must wait again.
            while let record = lanes.takeBacklog(of: entry.record.origin) {
                begin(record)
                try takeProcessed(timeout: .zero)
            }
        }
    }
}
