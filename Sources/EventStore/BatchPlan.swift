internal import Delivery
internal import Speeches

/// One revision of one document.
struct DocumentRevision: Hashable {
    let id: SpeechID
    let revision: Revision
}

/// What a database holds of the documents of one batch.
struct StoredRows {
    struct Document {
        let key: Int64
        let origin: Int64
        let isCurrent: Bool
    }

    struct Event {
        let key: Int64
        let document: SpeechID
        let rulesetDigest: String
        let origin: Int64
        let isCurrent: Bool
    }

    /// The offset of the last withdrawal of each document that was ever withdrawn.
    var withdrawals: [SpeechID: Int64] = [:]
    var documents: [DocumentRevision: Document] = [:]
    var events: [EventID: Event] = [:]
}

/// What a batch changes in a database, worked out before anything is written: entries one after the other against what is
/// stored, then the difference. Pure, so that every database answers alike and only writes sets of rows.
struct BatchPlan {
    /// A document row to insert, or to update where it is stored already.
    struct DocumentRow {
        let summary: DocumentSummary
        let origin: RecordPosition
        let isCurrent: Bool
    }

    /// An event to insert with its topics and evidence.
    struct EventRow {
        let entry: StoreEntry
        let event: ClassifiedSpeech
        let isCurrent: Bool
    }

    /// The highest withdrawal of each document that this batch withdraws.
    private(set) var withdrawals: [SpeechID: RecordPosition] = [:]
    /// Keys of stored events that go: withdrawn, or written anew.
    private(set) var deletedEvents: [Int64] = []
    /// Keys of stored documents that go, after their events.
    private(set) var deletedDocuments: [Int64] = []
    private(set) var insertedDocuments: [DocumentRow] = []
    /// Stored documents that were published again, by key.
    private(set) var updatedDocuments: [Int64: DocumentRow] = [:]
    /// Stored rows that are no longer current, or are again, by key.
    private(set) var documentFlags: [Int64: Bool] = [:]
    private(set) var eventFlags: [Int64: Bool] = [:]
    private(set) var insertedEvents: [EventRow] = []
    private(set) var applied = AppliedBatch()

    /// Keys of the documents that the batch names and that stay stored.
    private(set) var keptDocuments: [DocumentRevision: Int64] = [:]

    /// - Throws: `store.invalid_event` with the record's place for an event that has no rows in any database.
    init(_ batch: StoreBatch, over stored: StoredRows) throws(StoreError) {
        var simulation = Simulation(stored)
        for entry in batch.entries { try simulation.take(entry) }
        applied = simulation.applied
        withdrawals = simulation.newWithdrawals
        compareDocuments(simulation, with: stored)
        compareEvents(simulation, with: stored)
    }

    private mutating func compareDocuments(_ simulation: Simulation, with stored: StoredRows) {
        var current: [SpeechID: (origin: Int64, revision: Revision)] = [:]
        for (name, document) in simulation.documents {
            let candidate = (document.origin, name.revision)
            if current[name.id].map({ $0 < candidate }) ?? true { current[name.id] = candidate }
        }
        for (name, document) in simulation.documents {
            let isCurrent = current[name.id]?.revision == name.revision
            let row = document.latest.map { DocumentRow(summary: $0.summary, origin: $0.origin, isCurrent: isCurrent) }
            if let old = stored.documents[name], simulation.isStored(name) {
                keptDocuments[name] = old.key
                if let row { updatedDocuments[old.key] = row }
                if old.isCurrent != isCurrent { documentFlags[old.key] = isCurrent }
            } else if let row {
                insertedDocuments.append(row)
            }
        }
        for (name, old) in stored.documents where !simulation.isStored(name) { deletedDocuments.append(old.key) }
    }

    private mutating func compareEvents(_ simulation: Simulation, with stored: StoredRows) {
        struct Slot: Hashable {
            let document: SpeechID
            let rulesetDigest: String
        }
        var current: [Slot: (origin: Int64, id: EventID)] = [:]
        for (id, event) in simulation.events {
            let slot = Slot(document: event.document, rulesetDigest: event.rulesetDigest)
            let candidate = (event.origin, id)
            if current[slot].map({ $0 < candidate }) ?? true { current[slot] = candidate }
        }
        for (id, event) in simulation.events {
            let isCurrent =
                current[Slot(document: event.document, rulesetDigest: event.rulesetDigest)]?.id == id
            if let (entry, classified) = event.arrived {
                insertedEvents.append(EventRow(entry: entry, event: classified, isCurrent: isCurrent))
            } else if let old = stored.events[id], old.isCurrent != isCurrent {
                eventFlags[old.key] = isCurrent
            }
        }
        // Rows in the order of arrival: keys then follow the records, which keeps neighbours together on disk.
        insertedEvents.sort { left, right in
            (left.entry.position.partition, left.entry.position.offset)
                < (right.entry.position.partition, right.entry.position.offset)
        }
        for (id, old) in stored.events where simulation.events[id]?.arrived != nil || simulation.events[id] == nil {
            deletedEvents.append(old.key)
        }
    }
}

/// The rows as each entry in turn leaves them.
private struct Simulation {
    struct Document {
        var origin: Int64
        /// What the batch brought, if anything, with the highest origin.
        var latest: (summary: DocumentSummary, origin: RecordPosition)?
    }

    struct Event {
        let document: SpeechID
        let rulesetDigest: String
        let origin: Int64
        /// What the batch brought; nil for a stored row that stays as it is.
        let arrived: (StoreEntry, ClassifiedSpeech)?
    }

    private var withdrawals: [SpeechID: Int64]
    private(set) var newWithdrawals: [SpeechID: RecordPosition] = [:]
    private(set) var documents: [DocumentRevision: Document]
    private(set) var events: [EventID: Event]
    private(set) var applied = AppliedBatch()
    /// Stored documents that no withdrawal of this batch has deleted.
    private var storedDocuments: Set<DocumentRevision>

    init(_ stored: StoredRows) {
        withdrawals = stored.withdrawals
        documents = stored.documents.mapValues { Document(origin: $0.origin) }
        events = stored.events.mapValues {
            Event(document: $0.document, rulesetDigest: $0.rulesetDigest, origin: $0.origin, arrived: nil)
        }
        storedDocuments = Set(stored.documents.keys)
    }

    func isStored(_ name: DocumentRevision) -> Bool { storedDocuments.contains(name) }

    mutating func take(_ entry: StoreEntry) throws(StoreError) {
        switch entry.change {
        case .withdrawal(let id): withdraw(id, at: entry.origin)
        case .event(let event):
            guard Set(event.topics.map(\.id)).count == event.topics.count else {
                throw StoreError(
                    code: .invalidEvent, reason: "the event names a topic twice",
                    cure: "send the record to the dead letters", position: entry.position)
            }
            take(event, of: entry)
        }
    }

    private mutating func withdraw(_ id: SpeechID, at origin: RecordPosition) {
        let offset = origin.offset.rawValue
        applied.withdrawals += 1
        if offset > withdrawals[id] ?? -1 {
            withdrawals[id] = offset
            newWithdrawals[id] = origin
        }
        // What was published after the withdrawal stays, though it arrived before: the document has come back.
        for (eventID, event) in events where event.document == id && event.origin <= offset {
            events[eventID] = nil
        }
        for (name, document) in documents where name.id == id && document.origin <= offset {
            documents[name] = nil
            storedDocuments.remove(name)
        }
    }

    private mutating func take(_ event: ClassifiedSpeech, of entry: StoreEntry) {
        let origin = entry.origin.offset.rawValue
        let id = event.document.id
        if let withdrawn = withdrawals[id], origin <= withdrawn {
            applied.withdrawnBefore += 1
            return
        }
        if let known = events[event.eventID] {
            guard known.origin < origin else {
                applied.unchanged += 1
                return
            }
            applied.renewed += 1
        } else {
            applied.inserted += 1
        }
        events[event.eventID] = Event(
            document: id, rulesetDigest: event.ruleset.digest, origin: origin, arrived: (entry, event))
        let name = DocumentRevision(id: id, revision: event.document.revision)
        if documents[name].map({ $0.origin < origin }) ?? true {
            documents[name] = Document(origin: origin, latest: (event.document, entry.origin))
        }
    }
}
